/*
 * Calls bridged from WebRTC to plain RTP and back, Opus passed through: CPU of the process that does it, added latency, loss. Three subjects
 * take turns on the same packets in one run, because figures of two runs on a shared machine cannot be compared:
 *   ours               the media worker, as the nodes use it
 *   node-datachannel   a native WebRTC library, headers rewritten in JavaScript
 *   floor              UDP and one AES-GCM operation per packet, nothing else: what Node costs at least
 * With --codec=PCMU the RTP side speaks G.711: real speech is transcoded both ways, packets are counted but not timed, and instead of the floor
 *   codec              libopus and a table alone, without any network: what transcoding costs at least
 *
 *   node bench/media.ts [--calls=1,10,50] [--rounds=2] [--seconds=8] [--codec=opus|PCMU]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FarResult, Kind, ToFar, ToSubject } from './media/protocol.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1,10,50' },
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '8' },
    codec: { type: 'string', default: 'opus' },
  },
});
/** For the processes to come. */
process.env.BENCH_CODEC = values.codec;
const LEAST: Kind = values.codec === 'PCMU' ? 'codec' : 'floor';
const KINDS: Kind[] = ['ours', 'node-datachannel', LEAST];
const FILES = {
  ours: 'subject-ours',
  'node-datachannel': 'subject-datachannel',
  floor: 'subject-floor',
  codec: 'subject-codec',
};
/** So many calls are set up at once; more only delay each other. */
const SETUPS = 10;
const WARM_UP_MS = 3000;
/** A subject that has not set up its calls by then is started anew; how often is printed. */
const SETUP_LIMIT_MS = 30_000;
const ATTEMPTS = 4;
const repeated = new Map<Kind, number>();

interface Measured {
  cpu: number;
  setupMs: number;
  far: FarResult;
}

class Process<Command> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;

  constructor(name: string) {
    this.#child = fork(join(dirname(process.argv[1] ?? ''), 'media', `${name}.ts`));
    this.#child.on('message', ({ number, value }: { number: number; value: unknown }) => {
      this.#waiting.get(number)?.resolve(value);
      this.#waiting.delete(number);
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended with code ${code}`));
    });
  }

  ask<Value>(command: Command): Promise<Value> {
    const number = this.#number++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(number, answer);
    this.#child.send({ number, command });
    return answer.promise as Promise<Value>;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

async function measure(kind: Kind, calls: number, seconds: number): Promise<Measured> {
  const subject = new Process<ToSubject>(FILES[kind]);
  const far = new Process<ToFar>('far');
  try {
    let next = 0;
    const setups: number[] = [];
    const setUp = async () => {
      for (let call = next++; call < calls; call = next++) {
        const begun = performance.now();
        const offer = await subject.ask<string>({ do: 'offer', call });
        const { answer, rtpPort } = await far.ask<{ answer: string; rtpPort: number }>({
          do: 'answer',
          call,
          kind,
          offer,
        });
        const port = await subject.ask<number>({ do: 'connect', call, answer, rtpPort });
        await far.ask({ do: 'aim', call, port });
        setups.push(performance.now() - begun);
      }
    };
    const limit = AbortSignal.timeout(SETUP_LIMIT_MS);
    const late = new Promise<never>((_, reject) =>
      limit.addEventListener('abort', () => reject(new Error('set-up hangs'))),
    );
    await Promise.race([Promise.all(Array.from({ length: SETUPS }, setUp)), late]);
    await far.ask({ do: 'begin' });
    await sleep(WARM_UP_MS);
    await far.ask({ do: 'mark' });
    const begun = performance.now();
    const before = await subject.ask<NodeJS.CpuUsage>({ do: 'cpu' });
    await sleep(seconds * 1000);
    const after = await subject.ask<NodeJS.CpuUsage>({ do: 'cpu' });
    const elapsed = performance.now() - begun;
    const used = after.user + after.system - before.user - before.system;
    const result = await far.ask<FarResult>({ do: 'end' });
    const setupMs = setups.toSorted((a, b) => a - b)[Math.floor(setups.length / 2)] ?? 0;
    return { cpu: used / 10 / elapsed / calls, setupMs, far: result };
  } finally {
    subject.end();
    far.end();
  }
}

/** Measures, again if the set-up hung. */
async function measureSurely(kind: Kind, calls: number, seconds: number): Promise<Measured> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await measure(kind, calls, seconds);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      repeated.set(kind, (repeated.get(kind) ?? 0) + 1);
    }
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s, interleaved\n`,
  );
  console.log(
    `| calls | subject | CPU % of a core per call (each round) | x ${LEAST} | x native | person->RTP p50/p99 ms | RTP->person p50/p99 ms | lost of sent | offer to media ms |`,
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const calls of values.calls.split(',').map(Number)) {
    const results = new Map<Kind, Measured[]>(KINDS.map((kind) => [kind, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const kind of KINDS) results.get(kind)?.push(await measureSurely(kind, calls, seconds));
    const cpuOf = (kind: Kind) => mean((results.get(kind) ?? []).map(({ cpu }) => cpu));
    for (const [kind, runs] of results) {
      const figure = (pick: (far: FarResult) => number) =>
        values.codec === 'PCMU' ? '–' : mean(runs.map(({ far }) => pick(far))).toFixed(2);
      const sent = runs.reduce((sum, { far }) => sum + far.sent, 0);
      const received = runs.reduce((sum, { far }) => sum + far.received, 0);
      console.log(
        `| ${calls} | ${kind} | ${cpuOf(kind).toFixed(3)} (${runs.map(({ cpu }) => cpu.toFixed(2)).join(' / ')}) | ` +
          `${(cpuOf(kind) / cpuOf(LEAST)).toFixed(2)} | ${(cpuOf(kind) / cpuOf('node-datachannel')).toFixed(2)} | ` +
          `${figure(({ out }) => out.p50)} / ${figure(({ out }) => out.p99)} | ${figure((far) => far.in.p50)} / ${figure((far) => far.in.p99)} | ` +
          `${kind === 'codec' ? '–' : `${sent - received} of ${sent}`} | ${mean(runs.map(({ setupMs }) => setupMs)).toFixed(0)} |`,
      );
    }
  }
  console.log(
    `\nSet-ups that hung and were repeated: ${[...repeated].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
  );
}

void main();
