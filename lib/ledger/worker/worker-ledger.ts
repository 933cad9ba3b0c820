import { randomBytes } from 'node:crypto';
import { CheckedLedger } from '../checked-ledger.ts';
import { storeIsClosed } from '../closed-store.ts';
import type { OperationName } from '../operations/operations.ts';
import { Tries } from '../tries.ts';
import type { Connection } from './connection.ts';

type Health = Awaited<ReturnType<CheckedLedger['health']>>;

/**
 * A ledger whose store is in a worker thread: nothing here waits for a disk or a network, and an operation costs the caller's
 * thread a few microseconds. If the worker dies, what was under way is rejected with `store_unavailable` and the next
 * operation starts a new one; if that fails, the next one waits a second (`Tries`). The owner stays the same, because the
 * calls are the caller's and not the worker's: reservations that were acknowledged can be settled as if nothing had happened,
 * and one that was stored but never acknowledged becomes unknown when its lease is over.
 */
export abstract class WorkerLedger extends CheckedLedger {
  /** This opening's name: calls in the store under another one belong to somebody else, or to a process that died. */
  readonly owner = randomBytes(9).toString('base64url');
  readonly #place: Pick<Health, 'engine' | 'location'>;
  readonly #tries = new Tries();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #closing: Promise<void> | undefined;

  /** @param place for people, without secrets */
  protected constructor(place: Pick<Health, 'engine' | 'location'>) {
    super();
    this.#place = place;
  }

  /**
   * Starts a worker and waits until it has the store.
   * @param onDeath to be called if it dies later
   * @throws LedgerError
   */
  protected abstract start(onDeath: () => void): Promise<Connection>;

  /** Never rejects: a store that cannot be had is an answer here. */
  async health(): Promise<Health> {
    try {
      return await this.call<Health>('health', []);
    } catch (error) {
      return { ok: false, ...this.#place, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For tests: the worker dies in the middle of whatever it does; the next operation starts another one. */
  async killWorkerForTest(): Promise<void> {
    await this.#connection?.kill();
  }

  /** For tests: as if the whole process had crashed. Nothing is finished and nothing is released. */
  async crashForTest(): Promise<void> {
    const closed = this.#closing;
    this.#closing ??= Promise.resolve();
    this.#tries.end();
    const connection = this.#connection ?? (await this.#opening?.catch(() => undefined));
    if (closed === undefined) await connection?.kill();
  }

  protected ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    let ready: unknown[];
    try {
      ready = args();
    } catch (error) {
      return Promise.reject(error);
    }
    // What the worker answers is what the operation of that name returns.
    return this.call<T>(name, ready);
  }

  /** Asks the worker, which is started if there is none. @param args checked */
  protected call<T>(name: string, args: unknown[]): Promise<T> {
    // At once where there is a connection: a `close` that is called next must come after it.
    if (this.#connection !== undefined) return this.#connection.ask(name, args) as Promise<T>;
    return this.connect().then((connection) => connection.ask(name, args) as Promise<T>);
  }

  /** @throws LedgerError if the store cannot be had */
  protected connect(): Promise<Connection> {
    if (this.#closing !== undefined) return Promise.reject(storeIsClosed());
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    this.#opening ??= this.#tries
      .next(() => this.#start())
      .then((connection) => {
        // Closing while it opens: `close` waits for this promise and takes the connection from it.
        if (this.#closing === undefined) this.#connection = connection;
        return connection;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  async #start(): Promise<Connection> {
    // Closed while it waited for this try.
    if (this.#closing !== undefined) throw storeIsClosed();
    return this.start(() => {
      this.#connection = undefined;
    });
  }

  async #close(): Promise<void> {
    this.#tries.end();
    const connection = this.#connection ?? (await this.#opening?.catch(() => undefined));
    this.#connection = undefined;
    await connection?.close();
  }
}
