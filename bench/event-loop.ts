/*
 * What calls do to the flow engine's thread, and a busy flow to calls.
 *   delay     how late that thread is (ms above the 1 ms between looks) with transcoded and recorded calls, beside the same process without calls
 *   blocked   latency of calls that are passed through while that thread is blocked again and again, beside the same without blocking, and beside
 *             the same work in another process, which can only take processor time away
 *
 *   node bench/event-loop.ts [--transcoded=50] [--passed=20] [--seconds=10] [--rounds=2] [--block=100] [--every=500] [--native]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FarResult, Kind } from './media/protocol.ts';
import { Trial } from './media/trial.ts';

const { values } = parseArgs({
  options: {
    transcoded: { type: 'string', default: '50' },
    passed: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '2' },
    block: { type: 'string', default: '100' },
    every: { type: 'string', default: '500' },
    native: { type: 'boolean', default: false },
  },
});
const KIND: Kind = values.native ? 'ours, native' : 'ours';
const SETTLE_MS = 2000;

interface Delay {
  p50: number;
  p99: number;
  max: number;
}

async function delayOf(trial: Trial, seconds: number): Promise<Delay> {
  await trial.subject.ask({ do: 'delay', from: 'now' });
  await sleep(seconds * 1000);
  return trial.subject.ask<Delay>({ do: 'delay', from: 'before' });
}

/** How late the main thread is without calls, and then with them. */
async function delays(calls: number, seconds: number): Promise<{ idle: Delay; busy: Delay; far: FarResult }> {
  const record = await mkdtemp(join(tmpdir(), 'event-loop-'));
  const trial = new Trial(KIND, { codec: 'PCMU', record });
  try {
    await sleep(SETTLE_MS);
    const idle = await delayOf(trial, seconds);
    await trial.setUp(calls);
    await trial.far.ask({ do: 'begin' });
    await sleep(SETTLE_MS);
    await trial.far.ask({ do: 'mark' });
    const busy = await delayOf(trial, seconds);
    return { idle, busy, far: await trial.result() };
  } finally {
    trial.close();
    await rm(record, { recursive: true, force: true });
  }
}

type Blocked = 'nobody' | 'other' | 'main';
const BLOCKED: Record<Blocked, string> = {
  nobody: 'main thread free',
  other: 'another process busy',
  main: 'main thread blocked',
};

/** Does to its own process what `block` does to the flow engine's. */
function busyProcess(ms: number, everyMs: number) {
  const code = `setInterval(() => { const end = performance.now() + ${ms}; while (performance.now() < end); }, ${everyMs})`;
  return spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
}

/** Latency of calls while somebody is blocked again and again, or nobody. */
async function blocked(calls: number, seconds: number, who: Blocked, ms: number, everyMs: number): Promise<FarResult> {
  const trial = new Trial(KIND, { codec: 'opus' });
  const other = who === 'other' ? busyProcess(ms, everyMs) : undefined;
  try {
    await trial.setUp(calls);
    await trial.far.ask({ do: 'begin' });
    if (who === 'main') await trial.subject.ask({ do: 'block', ms, everyMs });
    await sleep(SETTLE_MS);
    await trial.far.ask({ do: 'mark' });
    await sleep(seconds * 1000);
    return await trial.result();
  } finally {
    other?.kill();
    trial.close();
  }
}

const figure = (value: number) => value.toFixed(2);

async function main(): Promise<void> {
  const seconds = Number(values.seconds);
  const [transcoded, passed, rounds, ms] = [values.transcoded, values.passed, values.rounds, values.block].map(Number);
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${KIND}, ${seconds} s each\n`,
  );
  console.log('| main thread, ms late | p50 | p99 | max | p99 above idle | packets lost of sent |');
  console.log('|---|---|---|---|---|---|');
  for (let round = 0; round < (rounds ?? 1); round += 1) {
    const { idle, busy, far } = await delays(transcoded ?? 0, seconds);
    console.log(`| no calls | ${figure(idle.p50)} | ${figure(idle.p99)} | ${figure(idle.max)} | – | – |`);
    console.log(
      `| ${transcoded} calls, transcoded and recorded | ${figure(busy.p50)} | ${figure(busy.p99)} | ${figure(busy.max)} | ` +
        `${figure(busy.p99 - idle.p99)} | ${far.sent - far.received} of ${far.sent} |`,
    );
  }
  const every = Number(values.every);
  console.log(`\nBlocked: ${ms} ms every ${every} ms.\n`);
  console.log(
    `| ${passed} calls passed through | person → RTP p50 / p99 ms | RTP → person p50 / p99 ms | lost of sent | far end late p99 ms |`,
  );
  console.log('|---|---|---|---|---|');
  for (let round = 0; round < (rounds ?? 1); round += 1)
    for (const who of Object.keys(BLOCKED) as Blocked[]) {
      const far = await blocked(passed ?? 0, seconds, who, ms ?? 0, every);
      console.log(
        `| ${BLOCKED[who]} | ${figure(far.out.p50)} / ${figure(far.out.p99)} | ${figure(far.in.p50)} / ${figure(far.in.p99)} | ` +
          `${far.sent - far.received} of ${far.sent} | ${figure(far.late)} |`,
      );
    }
}

void main();
