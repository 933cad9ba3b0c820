import { Worker } from 'node:worker_threads';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { SimulatorError } from './simulator-error.ts';
import type { FromWorker, PlainError, ToWorker } from './worker.ts';

/** A simulator in a thread of its own. */
export interface HostedSimulator extends Omit<Simulator, 'control'> {
  /** Called if the thread ends without `close`. */
  onCrash(listener: (error: Error) => void): void;
}

type Reply = { resolve: () => void; reject: (error: Error) => void };
type Order = { [K in ToWorker['do']]: Omit<Extract<ToWorker, { do: K }>, 'id'> }[ToWorker['do']];

/**
 * Starts a simulator in a worker thread, so that its media and webhooks do not take the host's event loop. The control
 * API is on its HTTP address.
 *
 * @throws SimulatorError as `startSimulator`, and `simulator_crashed` for calls after the thread has died
 */
export async function startSimulatorWorker(
  options: Omit<SimulatorOptions, 'createRelay'> = {},
): Promise<HostedSimulator> {
  const { simulatorUrl } = await import('./worker-url.mts');
  const worker = new Worker(simulatorUrl('worker'), { workerData: options, name: 'whatsapp-simulator' });
  const replies = new Map<number, Reply>();
  const crashListeners: ((error: Error) => void)[] = [];
  let next = 1;
  let over = false;
  let closing: Promise<void> | undefined;
  let crash: Error | undefined;

  const started = new Promise<Extract<FromWorker, { started: unknown }>['started']>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if ('started' in message) resolve(message.started);
      else if (!('id' in message)) reject(revive(message.failed));
      else {
        const reply = replies.get(message.id);
        replies.delete(message.id);
        if ('failed' in message) reply?.reject(revive(message.failed));
        else reply?.resolve();
      }
    });
    worker.on('error', (error) => {
      crash = error as Error;
    });
    worker.on('exit', () => {
      over = true;
      const error = dead(crash);
      reject(error);
      for (const reply of replies.values()) reply.reject(error);
      replies.clear();
      if (!closing) for (const listener of crashListeners) listener(error);
    });
  });

  const send = (order: Order) =>
    new Promise<void>((resolve, reject) => {
      if (over) {
        reject(dead(crash));
        return;
      }
      const id = next;
      next += 1;
      replies.set(id, { resolve, reject });
      worker.postMessage({ ...order, id } as ToWorker);
    });

  try {
    const facts = await started;
    return {
      url: facts.url,
      graphUrl: facts.graphUrl,
      phoneUrl: facts.phoneUrl,
      settings: facts.settings as unknown as Simulator['settings'],
      setWebhook: (url, verifyToken) =>
        send({ do: 'setWebhook', url, ...(verifyToken === undefined ? {} : { verifyToken }) }),
      onCrash: (listener) => {
        crashListeners.push(listener);
      },
      close: () => {
        closing ??= (over ? Promise.resolve() : send({ do: 'close' }).catch(() => undefined)).then(() =>
          terminate(worker),
        );
        return closing;
      },
    };
  } catch (error) {
    await terminate(worker);
    throw error;
  }
}

async function terminate(worker: Worker): Promise<void> {
  await worker.terminate();
}

function revive(error: PlainError): SimulatorError {
  return new SimulatorError(error.code, error.message, error.nextStep, 500);
}

function dead(cause: Error | undefined): SimulatorError {
  return new SimulatorError(
    'simulator_crashed',
    `The simulator has stopped${cause ? ` (${cause.message})` : ''}.`,
    'Start it again, for example by deploying the flow.',
    500,
  );
}
