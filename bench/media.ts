/*
 * Calls bridged from WebRTC to plain RTP and back, Opus passed through: CPU and memory of the process that does it (and of those it starts), added
 * latency, loss, time from the answer to connected. The subjects take turns on the same packets in one run, because figures of two runs on a shared
 * machine cannot be compared:
 *   ours               the media worker, as the nodes use it
 *   ours, native       the same with the engine node-datachannel
 *   werift             the JavaScript library as its documentation has it: peer connection, track, sender
 *   node-datachannel   the native library, headers rewritten in JavaScript
 *   floor              UDP and one AES-GCM operation per packet, nothing else: what Node costs at least
 * With --codec=PCMU the RTP side speaks G.711: real speech is transcoded both ways, packets are counted but not timed, and instead of the floor
 *   codec              libopus and a table alone, without any network: what transcoding costs at least
 * With --srtp=cm media are protected with AES_CM_128_HMAC_SHA1_80 instead of AES-GCM, as with Chromium as DTLS server.
 * With --profile=N it prints instead where the worker of `ours` spends its time with N calls.
 *
 * Each figure is the median of the rounds. The far ends of all calls, people and RTP peers, live in one process of their own, whose processor time is
 * told in the last column, and is in no other. Five subjects take about 10 s each per number of calls and round.
 *
 *   node bench/media.ts [--calls=1,10,50,100,200] [--rounds=1] [--seconds=4] [--codec=opus|PCMU] [--kinds=…] [--srtp=gcm|cm] [--profile=50]
 */
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { profile } from './media/profile.ts';
import type { FarResult, Kind } from './media/protocol.ts';
import { Trial } from './media/trial.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1,10,50,100,200' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '4' },
    codec: { type: 'string', default: 'opus' },
    kinds: { type: 'string', default: '' },
    srtp: { type: 'string', default: 'gcm' },
    profile: { type: 'string', default: '' },
  },
});
const CODEC = values.codec === 'PCMU' ? 'PCMU' : 'opus';
const SRTP = values.srtp === 'cm' ? 'cm' : 'gcm';
const LEAST: Kind = CODEC === 'PCMU' ? 'codec' : 'floor';
const ALL: Kind[] = ['ours', 'ours, native', 'werift', 'node-datachannel', LEAST];
/** The native library's name ends the others' when it is in a list. */
const KINDS =
  values.kinds === '' ? ALL : ALL.filter((kind) => values.kinds.split(',').includes(kind.replace(', ', '-')));
const WARM_UP_MS = 2000;
/** A subject that does not set up its calls is started anew; how often is printed. */
const ATTEMPTS = 3;
const repeated = new Map<Kind, number>();

interface Measured {
  cpu: number;
  memory: number;
  answerMs: number;
  far: FarResult;
}

const middle = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function measure(kind: Kind, calls: number, seconds: number): Promise<Measured> {
  const trial = new Trial(kind, { codec: CODEC, srtp: SRTP });
  try {
    const empty = await trial.figures();
    const { answerMs } = await trial.setUp(calls);
    await trial.far.ask({ do: 'begin' });
    await sleep(WARM_UP_MS);
    await trial.far.ask({ do: 'mark' });
    const begun = performance.now();
    const before = await trial.figures();
    await sleep(seconds * 1000);
    const after = await trial.figures();
    const elapsed = performance.now() - begun;
    return {
      cpu: (after.cpuUs - before.cpuUs) / 10 / elapsed / calls,
      memory: (after.bytes - empty.bytes) / 1024 / calls,
      answerMs: middle(answerMs),
      far: await trial.result(),
    };
  } finally {
    trial.close();
  }
}

/** Measures, again if the set-up hung; nothing if it never succeeded. */
async function measureSurely(kind: Kind, calls: number, seconds: number): Promise<Measured | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1)
    try {
      return await measure(kind, calls, seconds);
    } catch {
      repeated.set(kind, (repeated.get(kind) ?? 0) + 1);
    }
  return undefined;
}

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${CODEC}, SRTP ${SRTP}, ${rounds} rounds of ${seconds} s, interleaved\n`,
  );
  if (values.profile !== '') {
    console.log(await profile(Number(values.profile), CODEC, seconds));
    return;
  }
  console.log(
    `| calls | subject | CPU % of a core per call (each round) | × ${LEAST} | × native | person → RTP p50 / p99 ms | RTP → person p50 / p99 ms | lost of sent | answer to connected ms | memory per call KB | far end: CPU % / late p99 ms |`,
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const calls of values.calls.split(',').map(Number)) {
    const results = new Map<Kind, Measured[]>(KINDS.map((kind) => [kind, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const kind of KINDS) {
        const measured = await measureSurely(kind, calls, seconds);
        if (measured) results.get(kind)?.push(measured);
      }
    const cpuOf = (kind: Kind) => middle((results.get(kind) ?? []).map(({ cpu }) => cpu));
    for (const [kind, runs] of results) {
      const figure = (pick: (far: FarResult) => number) =>
        CODEC === 'PCMU' ? '–' : middle(runs.map(({ far }) => pick(far))).toFixed(2);
      const sent = runs.reduce((sum, { far }) => sum + far.sent, 0);
      const received = runs.reduce((sum, { far }) => sum + far.received, 0);
      const network = kind !== 'codec' && kind !== 'floor';
      console.log(
        `| ${calls} | ${kind} | ${cpuOf(kind).toFixed(3)} (${runs.map(({ cpu }) => cpu.toFixed(2)).join(' / ') || 'not set up'}) | ` +
          `${(cpuOf(kind) / cpuOf(LEAST)).toFixed(2)} | ${(cpuOf(kind) / cpuOf('node-datachannel')).toFixed(2)} | ` +
          `${figure(({ out }) => out.p50)} / ${figure(({ out }) => out.p99)} | ${figure((far) => far.in.p50)} / ${figure((far) => far.in.p99)} | ` +
          `${kind === 'codec' ? '–' : `${sent - received} of ${sent}`} | ${network ? middle(runs.map(({ answerMs }) => answerMs)).toFixed(0) : '–'} | ` +
          `${middle(runs.map(({ memory }) => memory)).toFixed(0)} | ` +
          `${middle(runs.map(({ far }) => far.cpu)).toFixed(0)} / ${middle(runs.map(({ far }) => far.late)).toFixed(1)} |`,
      );
    }
  }
  console.log(
    `\nSet-ups that hung and were repeated: ${[...repeated].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
  );
}

void main();
