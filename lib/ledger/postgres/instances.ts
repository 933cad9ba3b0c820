import type { TimeSource } from '../clock.ts';
import type { Appended } from '../ledger.ts';
import { NEWS_POLL_MS } from '../timings.ts';
import { isAlive, mayHandOut } from './inbox-sql.ts';
import { Link } from './link.ts';
import { NOW } from './migrate.ts';
import { appended } from './questions.ts';
import { channelOf } from './store.ts';

export interface InstanceSettings {
  url: string;
  /** Quoted. */
  schema: string;
  owner: string;
  /** For short statements of their own. */
  link: Link;
  time?: TimeSource;
}

type Listener = (news: { businessNumberId: string }) => void;

/** Most events that are claimed at once. */
const MOST_TAKEN = 500;

/** What several instances on one schema tell each other: who is alive, and whose an event is to hand out. */
export class Instances {
  readonly #settings: InstanceSettings;
  readonly #listeners = new Set<Listener>();
  #bell: Link | undefined;
  #poll: NodeJS.Timeout | undefined;
  #asking = false;
  #taking: Promise<unknown> = Promise.resolve();

  constructor(settings: InstanceSettings) {
    this.#settings = settings;
  }

  /** Says that this owner is alive, and names dead ones that left something behind. */
  async heartbeat(): Promise<{ dead: string[] }> {
    const { schema: s, owner, link } = this.#settings;
    const now = this.#now();
    const answers = await link.exchange([
      {
        text: `INSERT INTO ${s}.instance(owner, alive_at) VALUES($1, ${now})
          ON CONFLICT (owner) DO UPDATE SET alive_at = excluded.alive_at`,
        values: [owner],
      },
      {
        text: `SELECT l.owner FROM (
            SELECT owner FROM ${s}.call WHERE live = 1 AND ended_at IS NULL
            UNION SELECT owner FROM ${s}.inbox WHERE done = 0 UNION SELECT taker FROM ${s}.inbox WHERE done = 0) l
          WHERE l.owner <> '' AND l.owner <> $1 AND NOT ${isAlive(s, 'l.owner', now)} ORDER BY 1`,
        values: [owner],
      },
    ]);
    return { dead: (answers[1]?.rows ?? []).map((row) => String(row.owner)) };
  }

  /**
   * One after the other: what one of them gets, the next one must know of.
   *
   * @param held keys of events that are being handed out here already; those claimed now are added
   */
  take(number: string, held: Set<string>): Promise<Appended[]> {
    const taken = this.#taking.then(() => this.#take(number, held));
    this.#taking = taken.catch(() => undefined);
    return taken;
  }

  async #take(number: string, held: Set<string>): Promise<Appended[]> {
    const { schema: s, owner, link } = this.#settings;
    const [answer] = await link.exchange([
      {
        // Two that ask at the same moment: the second one does not wait, and takes what the first one leaves.
        text: `WITH due AS (SELECT seq FROM ${s}.inbox i WHERE number = $1 AND done = 0 AND ${this.#mine('$2', '$3')}
            ORDER BY seq LIMIT ${MOST_TAKEN} FOR UPDATE SKIP LOCKED),
          taken AS (UPDATE ${s}.inbox i SET taker = $2 FROM due WHERE i.seq = due.seq
            RETURNING i.seq, encode(i.key, 'hex') AS key, i.event, i.effects)
          SELECT * FROM taken ORDER BY seq`,
        values: [number, owner, [...held]],
      },
    ]);
    const rows = answer?.rows ?? [];
    for (const row of rows) held.add(String(row.key));
    return rows.map(appended);
  }

  onNews(listener: Listener, held: ReadonlySet<string>): () => void {
    this.#listeners.add(listener);
    if (this.#poll === undefined) {
      this.#poll = setInterval(() => void this.#ask(held), NEWS_POLL_MS).unref();
      void this.#listen();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  /** Whatever this owner was doing, others need not wait until it is taken for dead. */
  async leave(): Promise<void> {
    const { schema: s, owner, link } = this.#settings;
    await link.exchange([{ text: `DELETE FROM ${s}.instance WHERE owner = $1`, values: [owner] }]);
  }

  stop(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    const bell = this.#bell;
    this.#bell = undefined;
    bell?.drop();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.stop();
  }

  async #ask(held: ReadonlySet<string>): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { schema: s, owner, link } = this.#settings;
    try {
      const [answer] = await link.exchange([
        {
          text: `SELECT DISTINCT number FROM ${s}.inbox i WHERE done = 0 AND ${this.#mine('$1', '$2')}`,
          values: [owner, [...held]],
        },
      ]);
      for (const row of answer?.rows ?? []) this.#tell(String(row.number));
      void this.#listen();
    } catch {
      // The database is away; what waits there goes on waiting.
    } finally {
      this.#asking = false;
    }
  }

  /** Waiting events that this owner may hand out and does not know of. */
  #mine(me: string, held: string): string {
    const { schema: s } = this.#settings;
    const unknown = `NOT (encode(i.key, 'hex') = ANY(${held}::text[]))`;
    return `((i.taker = ${me} AND ${unknown}) OR (i.taker <> ${me} AND ${mayHandOut(s, me, this.#now())}))`;
  }

  /**
   * Hears of news at once, on a connection of its own. Behind a pooler the server's process is not ours for long, and listening
   * would stay behind on it: then, and whenever it does not work, asking once a second does.
   */
  async #listen(): Promise<void> {
    if (this.#poll === undefined || this.#bell?.client !== undefined) return;
    if (this.#bell !== undefined && this.#bell.trips === -1) return;
    const bell = this.#bell ?? new Link(this.#settings.url, 10_000);
    this.#bell = bell;
    try {
      const client = await bell.open();
      const [answer] = await bell.exchange([{ text: 'SELECT pg_backend_pid() AS pid' }]);
      if (answer?.rows[0]?.pid !== (client as unknown as { processID: number }).processID) {
        bell.drop();
        // Marks that there is no use in trying again.
        bell.trips = -1;
        return;
      }
      client.on('notification', ({ payload }) => this.#hear(payload));
      await bell.exchange([{ text: `LISTEN "${channelOf(this.#settings.schema)}"` }]);
    } catch {
      bell.drop();
    }
  }

  #hear(payload: string | undefined): void {
    try {
      const { owner, number } = JSON.parse(payload ?? '') as { owner?: unknown; number?: unknown };
      if (owner === this.#settings.owner && typeof number === 'string') this.#tell(number);
    } catch {
      // Not from us.
    }
  }

  #tell(businessNumberId: string): void {
    for (const listener of this.#listeners) {
      try {
        listener({ businessNumberId });
      } catch {
        // A listener's trouble is its own.
      }
    }
  }

  /** As SQL: the server's clock, or the test's. */
  #now(): string {
    const { time } = this.#settings;
    return time === undefined ? NOW : String(Math.floor(time.wall()));
  }
}
