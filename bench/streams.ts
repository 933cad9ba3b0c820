/*
 * What streams to the flow cost the thread that they come to, Node-RED's: its own processor time with many streams to a listener that only
 * counts, less the same without streams just before and after. All streams are of one call, whose sound is decoded once.
 *
 *   node bench/streams.ts [--streams=40] [--seconds=6] [--chunks=20,100]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BridgedPerson } from '../test/lib/media/bridged-person.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '6' },
    chunks: { type: 'string', default: '20,100' },
  },
});
const STREAMS = Number(values.streams);
const SECONDS = Number(values.seconds);

interface Measured {
  /** Of one core. */
  share: number;
  chunks: number;
  dropped: number;
}

async function measure(person: BridgedPerson, count: number, chunkMs: number): Promise<Measured> {
  const tasks = Array.from({ length: count }, () => person.leg.stream({ chunkMs }));
  let chunks = 0;
  for (const task of tasks)
    task.listen(({ kind }) => {
      if (kind === 'chunk') chunks += 1;
    });
  await Promise.all(tasks.map((task) => task.started));
  // What starting costs is over by then.
  await sleep(500);
  chunks = 0;
  const before = process.threadCpuUsage();
  const from = performance.now();
  await sleep(SECONDS * 1000);
  const used = process.threadCpuUsage(before);
  const lasted = performance.now() - from;
  const counted = chunks;
  await Promise.all(tasks.map((task) => task.stop()));
  const results = await Promise.all(tasks.map((task) => task.done));
  return {
    share: (used.user + used.system) / 1000 / lasted,
    chunks: counted / (lasted / 1000),
    dropped: results.reduce((sum, { droppedChunks }) => sum + droppedChunks, 0),
  };
}

async function main(): Promise<void> {
  const person = await BridgedPerson.connect();
  try {
    // The first round compiles what the others use.
    await measure(person, STREAMS, 20);
    console.log(
      '| Chunks | Main thread per chunk | of a core per stream | without streams | dropped |\n|---|---|---|---|---|',
    );
    for (const chunkMs of values.chunks.split(',').map(Number)) {
      const before = await measure(person, 0, 100);
      const { share, chunks, dropped } = await measure(person, STREAMS, chunkMs);
      const after = await measure(person, 0, 100);
      const idle = (before.share + after.share) / 2;
      const own = share - idle;
      console.log(
        `| ${chunkMs} ms | ${((own / chunks) * 1e6).toFixed(1)} µs | ${((own / STREAMS) * 100).toFixed(3)} % | ${(idle * 100).toFixed(2)} % | ${dropped} |`,
      );
    }
  } finally {
    await person.close();
  }
}

void main();
