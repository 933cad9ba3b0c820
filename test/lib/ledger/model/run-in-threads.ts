import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { OnPostgres } from './on-postgres.ts';
import { WORKER_URL } from './worker-url.mts';
import { newTally, type Tally } from './world.ts';

/** Plays histories in several threads, each with a seed of its own; on a PostgreSQL server if one is given, else on SQLite. */
export async function runInThreads(
  histories: number,
  seed: number,
  threads: number,
  postgres?: OnPostgres,
): Promise<Tally> {
  const workers = Array.from({ length: threads }, (_, index) => {
    const workerData = { histories: Math.ceil(histories / threads), seed: seed + index, postgres };
    return new Worker(WORKER_URL, { workerData });
  });
  try {
    const tallies = await Promise.all(
      workers.map(async (worker) => {
        const gone = once(worker, 'exit').then(([code]) => [{ failure: `a thread ended with ${code}` }]);
        const [answer] = (await Promise.race([once(worker, 'message'), gone])) as [{ tally?: Tally; failure?: string }];
        // The others need not play on.
        if (answer.tally === undefined) throw new Error(answer.failure);
        return answer.tally;
      }),
    );
    return tallies.reduce(add, newTally());
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

export function add(a: Tally, b: Tally): Tally {
  const sum = { ...a, codes: { ...a.codes }, reasons: { ...a.reasons } };
  for (const key of ['histories', 'steps', 'allowed', 'blocked', 'uninformed'] as const) sum[key] += b[key];
  for (const key of ['codes', 'reasons'] as const)
    for (const [name, count] of Object.entries(b[key])) sum[key][name] = (sum[key][name] ?? 0) + count;
  return sum;
}
