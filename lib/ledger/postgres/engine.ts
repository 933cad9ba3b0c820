import { randomBytes } from 'node:crypto';
import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { CheckedLedger } from '../checked-ledger.ts';
import type { TimeSource } from '../clock.ts';
import { storeIsClosed } from '../closed-store.ts';
import { dedupeKey } from '../dedupe-key.ts';
import { checked, businessNumberId as numberInput } from '../input.ts';
import type { Appended, LedgerError } from '../ledger.ts';
import type { OperationName } from '../operations/operations.ts';
import { HEARTBEAT_MS } from '../timings.ts';
import { text } from './columns.ts';
import { connectionSettings } from './connection-settings.ts';
import { asLedgerError, isConnectionLost } from './faults.ts';
import { Instances } from './instances.ts';
import { Lane, type Waiting } from './lane.ts';
import { Link } from './link.ts';
import { migrate } from './migrate.ts';
import { plainCopy } from './plain-copy.ts';
import { type Outcome, PostgresStore, WritesAfterAll } from './store.ts';

export interface PostgresEngineSettings {
  /** URL (`postgresql://user:password@host:5432/database`) or words (`host=… dbname=…`). */
  connection: string;
  schema: string;
  profile: Profile;
  optOut?: OptOutWords;
  /** How many days records are kept; for ever if left out. */
  retentionDays?: number;
  /** For tests: wall and steady milliseconds as two float64, which the test moves. */
  clock?: SharedArrayBuffer;
}

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
 * A ledger on a schema of a PostgreSQL database, shared by any number of instances. Operations asked for at the same time
 * share one transaction. If the database goes away, what was under way is rejected with `store_unavailable`, and the next
 * operation connects again.
 */
export class PostgresEngine extends CheckedLedger {
  readonly owner = randomBytes(9).toString('base64url');
  readonly #location: string;
  readonly #schema: string;
  readonly #store: PostgresStore;
  readonly #instances: Instances;
  readonly #links: { writer: Link; reader: Link; reports: Link };
  readonly #lanes: { writer: Lane; reader: Lane; reports: Lane };
  /** Keys of events that are being handed out here. */
  readonly #held = new Set<string>();
  #pulse: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  private constructor(settings: PostgresEngineSettings) {
    super();
    const { url, location } = connectionSettings(settings.connection);
    const { schema, profile, optOut, retentionDays } = settings;
    const time = settings.clock === undefined ? undefined : timeSource(settings.clock);
    this.#location = location;
    this.#schema = schema;
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
      owner: this.owner,
      ...(optOut === undefined ? {} : { optOut }),
      ...(time === undefined ? {} : { time }),
      ...(retentionDays === undefined ? {} : { keepFor: retentionDays * 86_400_000 }),
      onEvents: (keys, state) => {
        for (const key of keys) state === 'storing' ? this.#held.add(key) : this.#held.delete(key);
      },
    });
    this.#instances = new Instances({
      url,
      schema: quoted,
      owner: this.owner,
      link: this.#links.reader,
      ...(time === undefined ? {} : { time }),
    });
    const lane = (name: 'writer' | 'reader' | 'reports'): Lane =>
      new Lane(
        (batch) => this.#run(name, batch),
        ALONE,
        (error) => this.#fault(error),
      );
    this.#lanes = { writer: lane('writer'), reader: lane('reader'), reports: lane('reports') };
  }

  /** @throws LedgerError if the database cannot be had */
  static async open(settings: PostgresEngineSettings): Promise<PostgresEngine> {
    const engine = new PostgresEngine(settings);
    const now = settings.clock === undefined ? undefined : Math.floor(timeSource(settings.clock).wall());
    try {
      await migrate(engine.#links.writer, settings.schema, engine.#location, now);
      await engine.#instances.heartbeat();
      // Reservations of owners that died become unknown before anything is asked.
      for (let more = true; more; ) {
        const [outcome] = await engine.#store.run(engine.#links.writer, [{ name: 'sweepLeases', args: [] }], true);
        if (outcome?.ok === false) throw outcome.error;
        more = outcome?.value === true;
      }
    } catch (error) {
      const fault = engine.#fault(error);
      await engine.#disconnect();
      throw fault;
    }
    if (settings.clock === undefined) engine.#beat();
    return engine;
  }

  /** Round trips of the connection that writes, for tests. */
  get roundTrips(): number {
    return this.#links.writer.trips;
  }

  /** Never rejects: a store that cannot be had is an answer here. */
  async health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }> {
    const health = { engine: 'postgres', location: `${this.#location}, schema ${this.#schema}` };
    try {
      await this.ask('nextLapse', () => []);
      if (this.#store.clockIsSure) return { ok: true, ...health };
      return { ok: false, ...health, detail: "the database server's clock has jumped or runs behind" };
    } catch (error) {
      return { ok: false, ...health, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async take(businessNumberId: string): Promise<Appended[]> {
    const number = checked(numberInput, businessNumberId, 'number id');
    return this.#guarded(() => this.#instances.take(number, this.#held));
  }

  override async dispatched(eventIds: string[]): Promise<void> {
    await super.dispatched(eventIds);
    for (const id of eventIds) this.#held.delete(Buffer.from(dedupeKey(text(id))).toString('hex'));
  }

  async heartbeat(): Promise<{ dead: string[] }> {
    return this.#guarded(() => this.#instances.heartbeat());
  }

  onNews(listener: (news: { businessNumberId: string }) => void): () => void {
    return this.#instances.onNews(listener, this.#held);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** For tests: the process dies as if it had crashed. */
  async crashForTest(): Promise<void> {
    clearInterval(this.#pulse);
    this.#closed = Promise.resolve();
    this.#instances.stop();
    for (const link of Object.values(this.#links)) link.drop();
    await this.#disconnect();
  }

  protected ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed !== undefined) throw storeIsClosed();
      const waiting: Waiting = { name, args: plainCopy(args()), resolve: resolve as (value: unknown) => void, reject };
      this.#lanes[READS.has(name) ? 'reader' : REPORTS.has(name) ? 'reports' : 'writer'].add(waiting);
    });
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
    if (this.#closed !== undefined) throw storeIsClosed();
    try {
      return await step();
    } catch (error) {
      throw this.#fault(error);
    }
  }

  #fault(error: unknown): LedgerError {
    return asLedgerError(error, this.#location, this.#schema);
  }

  #beat(): void {
    this.#pulse = setInterval(() => void this.#instances.heartbeat().catch(() => undefined), HEARTBEAT_MS).unref();
  }

  async #close(): Promise<void> {
    clearInterval(this.#pulse);
    for (const lane of Object.values(this.#lanes)) await lane.idle();
    // Others need not wait until this one is taken for dead.
    await this.#instances.leave().catch(() => undefined);
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    await this.#instances.close();
    await Promise.all(Object.values(this.#links).map((link) => link.close()));
  }
}

/** The two numbers of a test: wall and steady milliseconds. */
function timeSource(shared: SharedArrayBuffer): TimeSource {
  const numbers = new Float64Array(shared);
  return { wall: () => numbers[0] ?? 0, steady: () => numbers[1] ?? 0 };
}
