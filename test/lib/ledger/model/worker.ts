import { parentPort, workerData } from 'node:worker_threads';
import { type OnPostgres, playOnPostgres } from './on-postgres.ts';
import { prepareStatements } from './prepared.ts';
import { runModel } from './run-model.ts';

/** A thread that plays a part of the histories: its share of the machine's cores, and its own stores. */
async function work(): Promise<void> {
  const { histories, seed, postgres } = workerData as { histories: number; seed: number; postgres?: OnPostgres };
  try {
    if (postgres !== undefined) prepareStatements();
    const played = postgres === undefined ? runModel({ histories, seed }) : playOnPostgres(postgres, histories, seed);
    parentPort?.postMessage({ tally: await played });
  } catch (error) {
    parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) });
  }
}

// The referee's refusals are errors; nobody reads from where they came.
Error.stackTraceLimit = 0;
void work();
