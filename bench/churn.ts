/*
 * Calls set up and cut off at every stage, many at once, and what is left of them: descriptors, sockets, ports, timers, memory. The far ends live
 * in this process, the calls in the media worker (werift: a thread, node-datachannel: a process).
 *
 *   node bench/churn.ts [--calls=1000] [--at-once=20] [--engines=werift,node-datachannel]
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createMediaEngine } from '../lib/media/engine.ts';
import type { MediaEngineName } from '../lib/media/media.ts';
import type { MediaHost } from '../lib/media/media-host.ts';
import { brieflyCall, churn, type Holdings, holdings } from '../test/lib/media/churn.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '20' },
    engines: { type: 'string', default: 'werift,node-datachannel' },
  },
});
const RANGE: [number, number] = [47_600, 47_999];
/** Calls before the first look: they load what stays. */
const WARM_UP = 100;
const PARTS = 4;

/** Bytes that a worker holds after a collection: a thread's heap, a process's private memory. */
async function held(host: MediaHost | undefined): Promise<number> {
  if (host instanceof Worker) {
    // Taking a snapshot collects first, and nothing else does in somebody else's thread.
    const snapshot = await host.getHeapSnapshot();
    snapshot.resume();
    await new Promise((resolve) => snapshot.once('end', resolve));
    return (await host.getHeapStatistics()).used_heap_size;
  }
  const status = await readFile(`/proc/${host?.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

async function look(host: MediaHost | undefined): Promise<Holdings & { workerDescriptors: number; bytes: number }> {
  await sleep(3000);
  const pid = host instanceof Worker ? 'self' : (host?.pid ?? 'self');
  const own = await holdings(RANGE);
  const theirs = await holdings(RANGE, pid);
  return { ...own, workerDescriptors: theirs.descriptors, bytes: await held(host) };
}

async function measure(name: MediaEngineName, calls: number, atOnce: number): Promise<void> {
  const hosts: MediaHost[] = [];
  const engine = createMediaEngine({ onWorker: (host) => hosts.push(host) });
  const folder = await mkdtemp(join(tmpdir(), 'churn-'));
  const options = { bindAddress: '127.0.0.1', engine: name, portRange: RANGE };
  const faults = new Map<string, number>();
  // One call that stays, so that the worker does.
  const stays = await engine.createLeg('stays', options);
  let next = 0;
  const run = (count: number) => {
    const first = next;
    next += count;
    return churn(count, atOnce, (index, stage) =>
      brieflyCall(engine, `${first + index}`, stage, options, folder, index % 2 ? 'active' : 'passive').catch(
        (error: { code?: string }) => {
          const what = `${stage}: ${error.code ?? error}`;
          faults.set(what, (faults.get(what) ?? 0) + 1);
        },
      ),
    );
  };
  try {
    let done = 0;
    for (const part of [Math.min(WARM_UP, calls), ...Array<number>(PARTS).fill(Math.round(calls / PARTS))]) {
      const begun = performance.now();
      await run(part);
      const seconds = (performance.now() - begun) / 1000;
      done += part;
      const now = await look(hosts[0]);
      console.log(
        `| ${name} | ${done} | ${(part / seconds).toFixed(0)} | ${engine.legs() - 1} | ${now.udpSockets} | ${now.ports} | ${now.descriptors} | ` +
          `${now.workerDescriptors} | ${now.timers} | ${(now.bytes / 2 ** 20).toFixed(1)} |`,
      );
    }
    const unfinished = (await readdir(folder)).filter((file) => !file.endsWith('.wav'));
    console.log(
      `\n${name}: ${unfinished.length} unfinished recordings, ${hosts.length - 1} workers died, faults: ` +
        `${[...faults].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none'}\n`,
    );
    await stays.close();
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  console.log(
    '| engine | calls so far | calls per second | legs left | UDP sockets | ports of the range | descriptors | of the worker | timers | worker memory MB |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const name of values.engines.split(','))
    await measure(name as MediaEngineName, Number(values.calls), Number(values['at-once']));
}

void main();
