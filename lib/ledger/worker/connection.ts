import type { Worker } from 'node:worker_threads';
import { LedgerError } from '../ledger.ts';
import type { Asked, FromWorker, PlainError, ToWorker } from './protocol.ts';

/** What differs between the workers of two engines. */
export interface WorkerOf {
  /** The worker's entry below `lib/`, without extension. */
  entry: string;
  /** What it is told at its start. May hold secrets: it is not kept here. */
  data: unknown;
  /** Of Node.js; as the caller's thread has them if left out. */
  flags?: string[];
  /** Where the store is, for people, without secrets. */
  location: string;
  /** What it means that the worker could not be started. Undefined: nothing in particular. */
  startFault?: (error: Error) => LedgerError | undefined;
  /** Told what the worker says without having been asked. */
  onNews?: (news: unknown) => void;
  /** Called once if it dies after it was open. */
  onDeath: () => void;
}

type How = Omit<WorkerOf, 'entry' | 'data' | 'flags'>;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * One life of the worker that has a store. What is asked for in one turn of the event loop crosses as one message and is
 * answered by one, which is what keeps an operation at a few microseconds of the caller's thread.
 */
export class Connection {
  readonly #worker: Worker;
  readonly #how: How;
  readonly #pending = new Map<number, Pending>();
  #queue: Asked[] = [];
  #nextId = 1;
  #dead: LedgerError | undefined;
  #closed: (() => void) | undefined;

  private constructor(worker: Worker, how: How) {
    this.#worker = worker;
    this.#how = how;
  }

  /**
   * Starts a worker and waits until it has the store.
   * @throws LedgerError
   */
  static async open({ entry, data, flags, ...how }: WorkerOf): Promise<Connection> {
    const [{ Worker }, { workerUrl }] = await Promise.all([
      import('node:worker_threads'),
      import('../../runtime/worker-url.mts'),
    ]);
    const worker = new Worker(workerUrl(entry), {
      workerData: data,
      name: 'whatsapp-calling-ledger',
      ...(flags === undefined ? {} : { execArgv: flags }),
    });
    const connection = new Connection(worker, how);
    await connection.#ready();
    return connection;
  }

  ask(name: string, args: unknown[]): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      // The process stays up for what is under way, and only for that.
      if (this.#pending.size === 0) this.#worker.ref();
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      if (this.#queue.push({ id, name, args }) === 1) queueMicrotask(() => this.#flush());
    });
  }

  /** Finishes what is under way, closes the store and ends the worker. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    this.#worker.ref();
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    const operations = this.#queue;
    this.#queue = [];
    this.#post({ operations, close: true });
    await closed;
    await this.#worker.terminate();
  }

  /** For tests of what happens when the worker crashes. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (text: string) => {
        const message = JSON.parse(text) as FromWorker;
        if (message.results !== undefined) this.#settle(message.results);
        else if (message.ready === true) {
          this.#worker.unref();
          resolve();
        } else if (message.failed !== undefined) {
          this.#dead = revive(message.failed);
          reject(this.#dead);
          // Whatever is left in it need not keep the process up.
          void this.#worker.terminate();
        } else if (message.news !== undefined) this.#how.onNews?.(message.news);
        else if (message.closed === true) {
          this.#die(this.#fault('is closed'));
          this.#closed?.();
        }
      });
      this.#worker.on('error', (error) => {
        const fault = this.#how.startFault?.(error) ?? this.#fault(`stopped (${error.message})`);
        reject(fault);
        this.#die(fault);
      });
      this.#worker.on('exit', () => {
        const fault = this.#fault('stopped');
        reject(fault);
        this.#die(fault);
        this.#closed?.();
      });
    });
  }

  #flush(): void {
    if (this.#queue.length === 0) return;
    const operations = this.#queue;
    this.#queue = [];
    this.#post({ operations });
  }

  #post(message: ToWorker): void {
    try {
      this.#worker.postMessage(message);
    } catch {
      // One operation holds something that cannot cross threads (a function in its data). Find it; the others are fine.
      for (const operation of message.operations) {
        try {
          this.#worker.postMessage({ operations: [operation] } satisfies ToWorker);
        } catch {
          this.#settle([{ id: operation.id, error: uncloneable() }]);
        }
      }
      if (message.close === true) this.#worker.postMessage({ operations: [], close: true } satisfies ToWorker);
    }
  }

  #settle(results: NonNullable<FromWorker['results']>): void {
    for (const { id, value, error } of results) {
      const pending = this.#pending.get(id);
      if (pending === undefined) continue;
      this.#pending.delete(id);
      if (error === undefined) pending.resolve(value);
      else pending.reject(revive(error));
    }
    if (this.#pending.size === 0 && this.#closed === undefined) this.#worker.unref();
  }

  #die(fault: LedgerError): void {
    if (this.#dead !== undefined) return;
    this.#dead = fault;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of lost) reject(fault);
    this.#how.onDeath();
  }

  #fault(what: string): LedgerError {
    return new LedgerError(
      'store_unavailable',
      `The permission store ${this.#how.location} ${what} before it had answered.`,
      'Try again: it starts by itself. What was not answered may or may not have been stored.',
    );
  }
}

function revive({ code, message, nextStep }: PlainError): LedgerError {
  return new LedgerError(code, message, nextStep);
}

function uncloneable(): PlainError {
  return {
    code: 'bad_input',
    message: 'The ledger cannot store this: it holds a function, a stream or another live object.',
    nextStep: 'Pass plain data only (texts, numbers, lists, objects).',
  };
}
