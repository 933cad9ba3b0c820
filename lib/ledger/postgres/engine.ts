import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import { checked, businessNumberId as numberInput } from '../input.ts';
import type { Appended } from '../ledger.ts';
import { HEARTBEAT_MS } from '../timings.ts';
import { Connection } from '../worker/connection.ts';
import { WorkerLedger } from '../worker/worker-ledger.ts';
import { text } from './clean-texts.ts';
import { type ConnectionSettings, connectionSettings, placeOf } from './connection-settings.ts';
import type { SessionOperation } from './session.ts';
import type { WorkerSettings } from './worker.ts';

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

type News = { businessNumberId: string };
type Listener = (news: News) => void;

/**
 * A ledger on a schema of a PostgreSQL database, shared by any number of instances. A worker has the connections
 * (`PostgresSession`). What must outlive it is here: who listens, which events are being handed out, and the pulse, because
 * it is the life of the thread that has the calls that others need to know of.
 */
export class PostgresEngine extends WorkerLedger {
  readonly #settings: Omit<PostgresEngineSettings, 'connection'>;
  readonly #database: ConnectionSettings;
  readonly #listeners = new Set<Listener>();
  /** Ids of events that are being handed out here. */
  readonly #held = new Set<string>();
  #pulse: NodeJS.Timeout | undefined;

  private constructor({ connection, ...settings }: PostgresEngineSettings) {
    const database = connectionSettings(connection);
    super({ engine: 'postgres', location: placeOf(database, settings.schema) });
    this.#settings = settings;
    this.#database = database;
  }

  /** @throws LedgerError if the database cannot be had */
  static async open(settings: PostgresEngineSettings): Promise<PostgresEngine> {
    const engine = new PostgresEngine(settings);
    await engine.connect();
    if (settings.clock === undefined) engine.#beat();
    return engine;
  }

  /** Round trips of the connection that writes, for tests. */
  roundTrips(): Promise<number> {
    return this.#session('roundTrips');
  }

  override async append(events: ProviderEvent[]): Promise<Appended[]> {
    const appended = await super.append(events);
    for (const { event, fresh, owner } of appended) if (fresh && owner === undefined) this.#held.add(text(event.id));
    return appended;
  }

  async take(businessNumberId: string): Promise<Appended[]> {
    const taken = await this.#session<Appended[]>('take', checked(numberInput, businessNumberId, 'number id'));
    for (const { event } of taken) this.#held.add(event.id);
    return taken;
  }

  override async dispatched(eventIds: string[]): Promise<void> {
    await super.dispatched(eventIds);
    for (const id of eventIds) this.#held.delete(text(id));
  }

  heartbeat(): Promise<{ dead: string[] }> {
    return this.#session('heartbeat');
  }

  onNews(listener: Listener): () => void {
    this.#listeners.add(listener);
    // A worker that cannot be had now is told when it starts.
    if (this.#listeners.size === 1) void this.#session('listen').catch(() => undefined);
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      void this.#session('silence').catch(() => undefined);
    };
  }

  override close(): Promise<void> {
    clearInterval(this.#pulse);
    this.#listeners.clear();
    return super.close();
  }

  override crashForTest(): Promise<void> {
    clearInterval(this.#pulse);
    return super.crashForTest();
  }

  protected start(onDeath: () => void): Promise<Connection> {
    return Connection.open({
      entry: 'ledger/postgres/worker',
      data: {
        ...this.#settings,
        connection: this.#database,
        owner: this.owner,
        held: [...this.#held],
        listening: this.#listeners.size > 0,
      } satisfies WorkerSettings,
      location: this.#database.location,
      onNews: (news) => this.#tell(news as News),
      onDeath,
    });
  }

  #session<T>(name: SessionOperation, ...args: unknown[]): Promise<T> {
    return this.call<T>(name, args);
  }

  /** Not in the worker: one that goes on while this thread hangs would keep others from ending its calls. */
  #beat(): void {
    let beating = false;
    this.#pulse = setInterval(() => {
      if (beating) return;
      beating = true;
      this.heartbeat()
        .catch(() => undefined)
        .finally(() => {
          beating = false;
        });
    }, HEARTBEAT_MS).unref();
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) {
      try {
        listener(news);
      } catch {
        // A listener's trouble is its own.
      }
    }
  }
}
