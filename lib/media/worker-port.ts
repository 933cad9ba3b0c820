import { parentPort } from 'node:worker_threads';
import type { FromWorker } from './worker-protocol.ts';

/** Tells the main thread something. Between processes everything is copied, so nothing is transferred. */
export function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  if (parentPort) parentPort.postMessage(message, transfer);
  else if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

/** Listens to the main thread, whether this is a thread of it or a process beside it. */
export function onRequest<Message>(listener: (message: Message) => void): void {
  if (parentPort) {
    parentPort.on('message', listener);
    return;
  }
  process.on('message', listener as (message: unknown) => void);
  // Without its parent no call has anybody who could end it.
  process.on('disconnect', () => process.exit());
  // A terminal and a service manager signal the whole group; the parent ends its calls first, then us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
