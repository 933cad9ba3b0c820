import { parentPort, workerData } from 'node:worker_threads';
import { type SimulatorOptions, startSimulator } from './simulator.ts';
import { SimulatorError } from './simulator-error.ts';

/** What crosses between `host.ts` and this worker. */
export type ToWorker =
  | { id: number; do: 'setWebhook'; url: string; verifyToken?: string }
  | { id: number; do: 'close' };
export type FromWorker =
  | { started: { url: string; graphUrl: string; phoneUrl: string; settings: Record<string, string> } }
  | { failed: PlainError }
  | { id: number; done: true }
  | { id: number; failed: PlainError };
export interface PlainError {
  code: string;
  message: string;
  nextStep: string;
}

const plain = (error: unknown): PlainError =>
  error instanceof SimulatorError
    ? { code: error.code, message: error.message, nextStep: error.nextStep }
    : { code: 'simulator_failed', message: (error as Error).message, nextStep: 'Restart the simulator.' };

async function main(): Promise<void> {
  const host = parentPort;
  if (!host) return;
  const say = (message: FromWorker) => host.postMessage(message);
  try {
    const simulator = await startSimulator(workerData as SimulatorOptions);
    const { url, graphUrl, phoneUrl, settings } = simulator;
    host.on('message', async (message: ToWorker) => {
      try {
        if (message.do === 'setWebhook') await simulator.setWebhook(message.url, message.verifyToken);
        else await simulator.close();
        say({ id: message.id, done: true });
      } catch (error) {
        say({ id: message.id, failed: plain(error) });
      }
      if (message.do === 'close') host.close();
    });
    say({ started: { url, graphUrl, phoneUrl, settings: { ...settings } } });
  } catch (error) {
    say({ failed: plain(error) });
  }
}

void main();
