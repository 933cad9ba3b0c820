import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { timeSource } from '../clock.ts';
import { storeIsClosed } from '../closed-store.ts';
import { dedupeKey } from '../dedupe-key.ts';
import type { LedgerError } from '../ledger.ts';
import type { OperationName } from '../operations/operations.ts';
import { cleanTexts, text } from './clean-texts.ts';
import { type ConnectionSettings, placeOf } from './connection-settings.ts';
import { asLedgerError, isConnectionLost } from './faults.ts';
import { Instances } from './instances.ts';
import { Lane, type Waiting } from './lane.ts';
import { Link } from './link.ts';
import { migrate } from './migrate.ts';
import { type Outcome, PostgresStore, WritesAfterAll } from './store.ts';

export interface SessionSettings {
  connection: ConnectionSettings;
  schema: string;
  profile: Profile;
  owner: string;
  optOut?: OptOutWords;
  /** How many days records are kept; for ever if left out. */
  retentionDays?: number;
  /** For tests: wall and steady milliseconds as two float64, which the test moves. */
  clock?: SharedArrayBuffer;
  /** Ids of events that this owner is handing out already. */
  held?: readonly string[];
  /** Told when `take` may have something for a business number, once `listen` was asked for. */
  onNews?: (news: { businessNumberId: string }) => void;
}
/** What can be asked of a session: the operations of the ledger, and what several instances need. */
export type SessionOperation =
  | OperationName
  | 'health'
  | 'take'
  | 'heartbeat'
  | 'listen'
  | 'silence'
  /** Round trips of the connection that writes, for tests. */
  | 'roundTrips';

/** Operations that only read: without a lock, on a connection of their own. */
const READS: ReadonlySet<OperationName> = new Set([
  'status',
  'explain',
  'findCall',
  'stillAllowed',
  'liveCalls',
  'undispatched',
  'nextLapse',
]);
/** Reads that may take long, on another one. */
const REPORTS: ReadonlySet<OperationName> = new Set([
  'audit',
  'verifyAudit',
  'list',
  'statistics',
  'doNotCallList',
  'callRecords',
  'callbacks',
]);
/** They ask questions about more than single rows. */
const ALONE: ReadonlySet<OperationName> = new Set([
  'sweep',
  'erase',
  'addCallback',
  'claimCallback',
  'finishCallback',
  ...REPORTS,
]);

/** A connection that has been silent for so long in the middle of a statement is given up; a report may take longer. */
const PATIENCE_MS = 12_000;
const REPORT_PATIENCE_MS = 120_000;

/**
 * One owner at work on a schema of a PostgreSQL database, which any number of them share: its connections, the operations
 * that wait for them, and the events that it is handing out. Operations asked for at the same time share one transaction. If
 * the database goes away, what was under way is rejected with `store_unavailable`, and the next operation connects again.
 * It belongs into a worker (`PostgresEngine`).
 */
export class PostgresSession {
  readonly #settings: SessionSettings;
  readonly #store: PostgresStore;
  readonly #instances: Instances;
  readonly #links: { writer: Link; reader: Link; reports: Link };
  readonly #lanes: { writer: Lane; reader: Lane; reports: Lane };
  /** Keys of events that are being handed out by this owner. */
  readonly #held: Set<string>;
  #deafen: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(settings: SessionSettings) {
    const { schema, profile, owner, optOut, retentionDays, held = [] } = settings;
    const { url } = settings.connection;
    const time = settings.clock === undefined ? {} : { time: timeSource(settings.clock) };
    this.#settings = settings;
    this.#held = new Set(held.map(keyOf));
    this.#links = {
      writer: new Link(url, PATIENCE_MS),
      reader: new Link(url, PATIENCE_MS),
      reports: new Link(url, REPORT_PATIENCE_MS),
    };
    // It may be a word that SQL has a use for.
    const quoted = `"${schema}"`;
    this.#store = new PostgresStore({
      schema: quoted,
      profile,
      owner,
      ...time,
      ...(optOut === undefined ? {} : { optOut }),
      ...(retentionDays === undefined ? {} : { keepFor: retentionDays * 86_400_000 }),
      onEvents: (keys, state) => {
        for (const key of keys) state === 'storing' ? this.#held.add(key) : this.#held.delete(key);
      },
    });
    this.#instances = new Instances({ url, schema: quoted, owner, link: this.#links.reader, ...time });
    const lane = (name: 'writer' | 'reader' | 'reports'): Lane =>
      new Lane(
        (batch) => this.#run(name, batch),
        ALONE,
        (error) => this.#fault(error),
      );
    this.#lanes = { writer: lane('writer'), reader: lane('reader'), reports: lane('reports') };
  }

  /** @throws LedgerError if the database cannot be had */
  static async open(settings: SessionSettings): Promise<PostgresSession> {
    const session = new PostgresSession(settings);
    const { schema, clock, connection } = settings;
    const now = clock === undefined ? undefined : Math.floor(timeSource(clock).wall());
    try {
      await migrate(session.#links.writer, schema, connection.location, now);
      await session.#instances.heartbeat();
      // Reservations of owners that died become unknown before anything is asked.
      for (let more = true; more; ) {
        const [outcome] = await session.#store.run(session.#links.writer, [{ name: 'sweepLeases', args: [] }], true);
        if (outcome?.ok === false) throw outcome.error;
        more = outcome?.value === true;
      }
    } catch (error) {
      const fault = session.#fault(error);
      await session.#disconnect();
      throw fault;
    }
    return session;
  }

  /**
   * Runs one operation; resolves after what it has written is durable.
   *
   * @param args checked (`CheckedLedger`), plain data, and the session's from now on
   * @throws LedgerError
   */
  async ask(name: SessionOperation, args: unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) throw storeIsClosed();
    cleanTexts(args);
    switch (name) {
      case 'health':
        return this.#health();
      case 'take':
        return this.#guarded(() => this.#instances.take(args[0] as string, this.#held));
      case 'heartbeat':
        return this.#guarded(() => this.#instances.heartbeat());
      case 'listen':
        this.#deafen ??= this.#instances.onNews((news) => this.#settings.onNews?.(news), this.#held);
        return;
      case 'silence':
        this.#deafen?.();
        this.#deafen = undefined;
        return;
      case 'roundTrips':
        return this.#links.writer.trips;
      case 'dispatched':
        await this.#queue(name, args);
        for (const id of args[0] as string[]) this.#held.delete(keyOf(id));
        return;
      default:
        return this.#queue(name, args);
    }
  }

  /** Finishes what is under way, and says that this owner is gone, so that nobody waits until it is taken for dead. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** For tests: as if its process had crashed. */
  async crash(): Promise<void> {
    this.#closed = Promise.resolve();
    this.#instances.stop();
    for (const link of Object.values(this.#links)) link.drop();
    await this.#disconnect();
  }

  #queue(name: OperationName, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#lanes[READS.has(name) ? 'reader' : REPORTS.has(name) ? 'reports' : 'writer'].add({
        name,
        args,
        resolve,
        reject,
      });
    });
  }

  async #health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }> {
    await this.#queue('nextLapse', []);
    const { connection, schema } = this.#settings;
    const health = { engine: 'postgres', location: placeOf(connection, schema) };
    if (this.#store.clockIsSure) return { ok: true, ...health };
    return { ok: false, ...health, detail: "the database server's clock has jumped or runs behind" };
  }

  async #run(name: 'writer' | 'reader' | 'reports', batch: readonly Waiting[]): Promise<Outcome[]> {
    try {
      return await this.#store.run(this.#links[name], batch, name === 'writer');
    } catch (error) {
      if (error instanceof WritesAfterAll) {
        return Promise.all(batch.map((waiting) => this.#onWriter(waiting)));
      }
      // Who waits behind it would wait as long as this one did, for the same answer.
      if (isConnectionLost(error)) this.#lanes[name].fail(this.#fault(error));
      throw error;
    }
  }

  /** An explanation that learned a new telephone number of the business, for instance. */
  #onWriter({ name, args }: Waiting): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#lanes.writer.add({
        name,
        args,
        resolve: (value) => resolve({ ok: true, value }),
        reject: (error) => resolve({ ok: false, error }),
      });
    });
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.#fault(error);
    }
  }

  #fault(error: unknown): LedgerError {
    return asLedgerError(error, this.#settings.connection.location, this.#settings.schema);
  }

  async #close(): Promise<void> {
    for (const lane of Object.values(this.#lanes)) await lane.idle();
    await this.#instances.leave().catch(() => undefined);
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    await this.#instances.close();
    await Promise.all(Object.values(this.#links).map((link) => link.close()));
  }
}

/** An event's key in the inbox, as this owner remembers it. */
function keyOf(eventId: string): string {
  return Buffer.from(dedupeKey(text(eventId))).toString('hex');
}
