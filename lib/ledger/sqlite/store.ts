import { type OptOutMatcher, type OptOutWords, optOutMatcher } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { LedgerClock, type TimeSource } from '../clock.ts';
import { OPERATIONS, type OperationName } from '../operations/operations.ts';
import type { Transaction } from '../operations/transaction.ts';
import { sweepLeases } from '../operations/upkeep.ts';
import { AuditChain } from './audit-table.ts';
import { Database } from './database.ts';
import { asLedgerError } from './faults.ts';
import { NumberLoads } from './number-load.ts';
import { KnownNumbers } from './number-table.ts';
import { SqliteRecords } from './records.ts';

export interface Operation {
  name: OperationName | 'health' | 'backup';
  args: unknown[];
}
export type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

export interface StoreOptions {
  path: string;
  profile: Profile;
  optOut?: OptOutWords;
  owner: string;
  time: TimeSource;
  maxPages?: number;
  /** How many days records are kept; for ever if left out. */
  retentionDays?: number;
}

/**
 * The permission store on one SQLite file, synchronous: it belongs into a worker. Operations run in batches: one
 * transaction, one flush to disk; one that fails takes none with it.
 */
export class SqliteStore {
  readonly #db: Database;
  readonly #options: StoreOptions;
  readonly #clock: LedgerClock;
  readonly #chain = new AuditChain();
  readonly #loads = new NumberLoads();
  readonly #numbers = new KnownNumbers();
  readonly #createdAt: number;
  #lastPersisted: number;
  #matcher: OptOutMatcher | undefined;
  #forgotten = { names: new Set<string>(), ids: new Set<string>() };

  /** @throws LedgerError */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#db = new Database(options.path, options.time.wall(), options.maxPages);
    try {
      this.#createdAt = this.#meta('created_at');
      this.#lastPersisted = this.#meta('last_at');
      this.#clock = new LedgerClock(options.time, this.#lastPersisted);
      // Nobody else can own this file now, so reservations that are not settled belong to a process that is gone.
      for (let more = true; more; ) {
        const [outcome] = this.#batch([(tx) => sweepLeases(tx)]);
        if (outcome?.ok === false) throw outcome.error;
        more = outcome?.value === true;
      }
    } catch (error) {
      this.#db.close();
      throw asLedgerError(error, options.path);
    }
  }

  /** Runs operations in one durable commit. Each has its own outcome; none is told before the commit. Never throws. */
  run(operations: readonly Operation[]): Outcome[] {
    const outcomes = this.#batch(operations.map((operation) => (tx: Transaction) => this.#perform(tx, operation)));
    // Who was erased is not to be found in the log either.
    if (operations.some(({ name }) => name === 'erase')) this.#emptyLog();
    return outcomes;
  }

  /** Belongs after every erasure, before it is told: no trace of the person is left in the file. */
  async scrub(): Promise<void> {
    const known = this.#db.statement(
      'SELECT 1 FROM number n JOIN alias a ON a.number_id = n.number_id AND a.value = ? LIMIT 1',
    );
    // Whom another business number knows as well is rightly in the file.
    const names = [...this.#forgotten.names].filter((name) => known.get(name) === undefined);
    const texts = [...names.map((name) => name.slice(1)), ...this.#forgotten.ids];
    this.#forgotten = { names: new Set(), ids: new Set() };
    await this.#db.scrub(texts);
  }

  /** Copies the store to a file while it goes on (`backup.ts`). */
  backUp(path: string): Promise<void> {
    return this.#db.backUp(path, this.#clock.read().now);
  }

  checkpoint(): void {
    this.#db.checkpoint('PASSIVE');
  }

  clockIsSure(): boolean {
    return this.#clock.read().sure;
  }

  close(): void {
    this.#db.checkpoint('TRUNCATE');
    this.#db.close();
  }

  #emptyLog(): void {
    try {
      this.#db.checkpoint('TRUNCATE');
    } catch {
      // What was erased is durable. The log is emptied by the next checkpoint, or when the store is closed.
    }
  }

  #perform(tx: Transaction, { name, args }: Operation): unknown {
    // The caller still has the events themselves; sending them back would double what crosses the threads.
    if (name === 'append') {
      const appended = OPERATIONS.append(tx, args[0] as Parameters<typeof OPERATIONS.append>[1]);
      return appended.map(({ event, ...news }) => news);
    }
    if (name === 'health') return this.#health(tx);
    if (name === 'backup') throw new Error('a backup is no part of a transaction');
    const operation = OPERATIONS[name] as (tx: Transaction, ...args: unknown[]) => unknown;
    return operation(tx, ...args);
  }

  /** The list of words is put together when the first message comes: it takes a tenth of a second. */
  #saysOptOut(text: string): ReturnType<OptOutMatcher> {
    this.#matcher ??= optOutMatcher(this.#options.optOut);
    return this.#matcher(text);
  }

  #health(tx: Transaction): { ok: boolean; engine: string; location: string; detail?: string } {
    this.#db.statement('SELECT count(*) FROM number').get();
    const health = { ok: tx.sure, engine: 'sqlite', location: this.#options.path };
    return tx.sure ? health : { ...health, detail: "the machine's clock has jumped or runs behind" };
  }

  /** First without savepoints, which cost a tenth of an operation; only if something fails again with one for each. */
  #batch(steps: readonly ((tx: Transaction) => unknown)[]): Outcome[] {
    const outcomes = this.#attempt(steps, false);
    return outcomes.every((outcome) => outcome.ok) ? outcomes : this.#attempt(steps, true);
  }

  #attempt(steps: readonly ((tx: Transaction) => unknown)[], apart: boolean): Outcome[] {
    const location = this.#options.path;
    const outcomes: Outcome[] = [];
    try {
      this.#db.run('BEGIN IMMEDIATE');
      const tx = this.#transaction();
      for (const step of steps) {
        if (apart) this.#runApart(tx, step, outcomes);
        else outcomes.push({ ok: true, value: step(tx) });
      }
      this.#chain.save(this.#db);
      // Time only moves on with what is written, so a batch that only reads touches no disk.
      if (this.#changed() && tx.now !== this.#lastPersisted) {
        this.#db.statement("INSERT OR REPLACE INTO meta(k, v) VALUES('last_at', ?)").run(tx.now);
        this.#lastPersisted = tx.now;
      }
      this.#db.run('COMMIT');
      return outcomes;
    } catch (error) {
      this.#undo();
      const failed = outcomes.find((outcome) => !outcome.ok);
      const cause = failed?.ok === false ? failed.error : asLedgerError(error, location);
      return steps.map(() => ({ ok: false, error: cause }));
    }
  }

  #runApart(tx: Transaction, step: (tx: Transaction) => unknown, outcomes: Outcome[]): void {
    // After a rollback to here the head is read again.
    this.#chain.save(this.#db);
    this.#db.run('SAVEPOINT operation');
    try {
      outcomes.push({ ok: true, value: step(tx) });
    } catch (error) {
      this.#forget();
      outcomes.push({ ok: false, error: asLedgerError(error, this.#options.path) });
      // A full disk may have ended the whole transaction; then this throws and the batch fails as one.
      this.#db.run('ROLLBACK TO operation');
    }
    this.#db.run('RELEASE operation');
  }

  #transaction(): Transaction {
    const { now, sure } = this.#clock.read();
    const { profile, owner, retentionDays } = this.#options;
    const session = {
      db: this.#db,
      profile,
      owner,
      chain: this.#chain,
      loads: this.#loads,
      numbers: this.#numbers,
      now,
    };
    return {
      records: new SqliteRecords(session),
      profile,
      saysOptOut: (text) => this.#saysOptOut(text),
      owner,
      now,
      sure,
      createdAt: this.#createdAt,
      ...(retentionDays === undefined ? {} : { keepFor: retentionDays * 86_400_000 }),
      forgot: (names, ids) => {
        for (const name of names) this.#forgotten.names.add(name);
        for (const id of ids) this.#forgotten.ids.add(id);
      },
      heardProvider: (at) => this.#clock.heardProvider(at),
    };
  }

  /** What is known beside the file may have been rolled back. */
  #forget(): void {
    this.#chain.forget();
    this.#loads.forget();
    this.#numbers.forget();
  }

  #undo(): void {
    this.#forget();
    this.#lastPersisted = Number.NaN;
    try {
      this.#db.run('ROLLBACK');
    } catch {
      // SQLite had rolled back already.
    }
  }

  #changesSeen = 0;
  #changed(): boolean {
    const total = Number(this.#db.statement('SELECT total_changes() AS n').get()?.n);
    const changed = total !== this.#changesSeen;
    this.#changesSeen = total;
    return changed;
  }

  #meta(key: string): number {
    return Number(this.#db.statement('SELECT v FROM meta WHERE k = ?').get(key)?.v ?? 0);
  }
}
