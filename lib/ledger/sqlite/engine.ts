import { randomBytes } from 'node:crypto';
import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { CheckedLedger } from '../checked-ledger.ts';
import { storeIsClosed } from '../closed-store.ts';
import { backupPath, checked, retentionDays } from '../input.ts';
import type { OperationName } from '../operations/operations.ts';
import { Tries } from '../tries.ts';
import { Connection } from './connection.ts';
import type { WorkerSettings } from './protocol.ts';

export interface SqliteEngineSettings {
  /** File of the store, or `:memory:`. */
  path: string;
  profile: Profile;
  /** Changes to the list of opt-out words. */
  optOut?: OptOutWords;
  /** How many days records are kept (`docs/adr/0009-erasure-and-retention.md`); for ever if left out. */
  retentionDays?: number;
  /** For tests: wall and steady milliseconds as two float64, which the test moves. */
  clock?: SharedArrayBuffer;
  /** For tests: largest file in pages of 4 KiB. */
  maxPages?: number;
}

/**
 * A ledger on one SQLite file, owned by a worker thread: nothing here waits for the disk. If the worker dies, what was
 * under way is rejected with `store_unavailable` and the next operation starts a new one; if that fails, the next one waits a
 * second (`Tries`).
 */
export class SqliteEngine extends CheckedLedger {
  readonly #settings: WorkerSettings;
  readonly #tries = new Tries();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #closed = false;

  private constructor(settings: SqliteEngineSettings) {
    super();
    this.#settings = {
      path: settings.path,
      profile: settings.profile,
      owner: randomBytes(9).toString('base64url'),
      maxPages: settings.maxPages ?? 0,
      ...(settings.optOut === undefined ? {} : { optOut: settings.optOut }),
      ...(settings.retentionDays === undefined ? {} : { retentionDays: settings.retentionDays }),
      ...(settings.clock === undefined ? {} : { clock: settings.clock }),
    };
  }

  /** @throws LedgerError if the file cannot be had, or the settings make no sense */
  static async open(settings: SqliteEngineSettings): Promise<SqliteEngine> {
    checked(retentionDays.optional(), settings.retentionDays, 'number of days to keep records');
    const engine = new SqliteEngine(settings);
    await engine.#connect();
    return engine;
  }

  /** This opening's name: calls in the store under another one belong to a process that died. */
  get owner(): string {
    return this.#settings.owner;
  }

  /** Never rejects: a store that cannot be had is an answer here. */
  async health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }> {
    try {
      return (await (await this.#connect()).ask('health', [])) as Awaited<ReturnType<SqliteEngine['health']>>;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { ok: false, engine: 'sqlite', location: this.#settings.path, detail };
    }
  }

  async backup(path: string): Promise<void> {
    const target = checked(backupPath, path, 'path of a backup');
    // At once where there is a connection: a `close` that is called next must come after it.
    const connection = this.#connection ?? (await this.#connect());
    await connection.ask('backup', [target]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#tries.end();
    const connection = this.#connection ?? (await this.#opening?.catch(() => undefined));
    this.#connection = undefined;
    await connection?.close();
  }

  /** For tests: the worker dies as if it had crashed. */
  async crashForTest(): Promise<void> {
    await this.#connection?.kill();
  }

  protected ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    let ready: unknown[];
    try {
      ready = args();
    } catch (error) {
      return Promise.reject(error);
    }
    // What the worker answers is what the operation of that name returns.
    if (this.#connection !== undefined) return this.#connection.ask(name, ready) as Promise<T>;
    return this.#connect().then((connection) => connection.ask(name, ready) as Promise<T>);
  }

  #connect(): Promise<Connection> {
    if (this.#closed) return Promise.reject(storeIsClosed());
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    this.#opening ??= this.#tries
      .next(() => this.#start())
      .then(
        (connection) => {
          this.#opening = undefined;
          // Closing while it opens: `close` waits for this promise and takes the connection from it.
          if (!this.#closed) this.#connection = connection;
          return connection;
        },
        (error: unknown) => {
          this.#opening = undefined;
          throw error;
        },
      );
    return this.#opening;
  }

  async #start(): Promise<Connection> {
    // Closed while it waited for this try.
    if (this.#closed) throw storeIsClosed();
    return Connection.open(this.#settings, () => {
      this.#connection = undefined;
    });
  }
}
