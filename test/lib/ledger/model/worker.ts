import { parentPort, workerData } from 'node:worker_threads';
import { runModel } from './run-model.ts';

/** A thread that plays a part of the histories: its share of the machine's cores, and its own stores. */
async function work(): Promise<void> {
  const { histories, seed } = workerData as { histories: number; seed: number };
  try {
    parentPort?.postMessage({ tally: await runModel({ histories, seed }) });
  } catch (error) {
    parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) });
  }
}

// The referee's refusals are errors; nobody reads from where they came.
Error.stackTraceLimit = 0;
void work();
