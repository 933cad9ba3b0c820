import type { Duplex } from 'node:stream';
import type { Client as Connection, QueryResult } from 'pg';
import { storeIsClosed } from '../closed-store.ts';
import { LedgerError } from '../ledger.ts';
import { Tries, type TriesClock } from '../tries.ts';
import { isReadOnly } from './faults.ts';

/** One statement. Never a prepared one with a name: behind a transaction pooler the next transaction is on another server process. */
export interface Statement {
  text: string;
  values?: unknown[];
}
export type Row = Record<string, unknown>;
export interface Answer {
  /** What was done, such as `COMMIT`; a commit of a failed transaction answers `ROLLBACK`. */
  command: string;
  rows: Row[];
  changed: number;
}

/** The types of `pg` leave out what a connection writes to. */
type Connected = Connection & { readonly connection: { readonly stream: Duplex } };

const CONNECT_MS = 5_000;

/** The connection went between two round trips of a transaction, which the server has taken back. */
export class TransactionLost extends Error {
  constructor() {
    super('the connection was lost in the middle of a transaction');
  }
}

/**
 * One connection to the server, made when it is first needed and again after it was lost. Statements that are sent together
 * cross the network together: one round trip, whatever their number.
 */
export class Link {
  readonly #url: string;
  readonly #patienceMs: number;
  #client: Connected | undefined;
  #opening: Promise<Connected> | undefined;
  readonly #tries: Tries;
  #closed = false;
  /** Round trips so far, without those of connecting. */
  trips = 0;
  /** Whether the last exchange went over a connection that had been there before: it may have died unnoticed. */
  wasUsed = false;

  /** @param patienceMs after so long without an answer the connection is given up */
  constructor(url: string, patienceMs: number, clock?: TriesClock) {
    this.#url = url;
    this.#patienceMs = patienceMs;
    this.#tries = new Tries(clock);
  }

  /** Connects if it is not connected. @throws what the system or the server says */
  async open(): Promise<Connected> {
    if (this.#closed) throw storeIsClosed();
    if (this.#client !== undefined) return this.#client;
    this.#opening ??= this.#tries
      .next(() => this.#connect())
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  /**
   * Sends statements together and waits for all answers. @throws the first error; later statements have been refused by the
   * server if they were in the same transaction
   *
   * @param within the connection on which their transaction was begun: on a new one each of them would be a transaction of its own
   * @throws TransactionLost if that connection is gone; nothing was sent
   */
  async exchange(statements: readonly Statement[], within?: Connected | undefined): Promise<Answer[]> {
    const known = this.#client;
    if (within !== undefined && known !== within) throw new TransactionLost();
    this.wasUsed = known !== undefined;
    const client = await this.open();
    this.trips += 1;
    const settled = await Promise.allSettled(together(client, statements));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      if (isReadOnly(failed.reason) && this.#client === client) this.drop();
      throw failed.reason;
    }
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return { command: one.value.command, rows: one.value.rows as Row[], changed: one.value.rowCount ?? 0 };
    });
  }

  /** The connection of this moment, for what belongs to one connection (LISTEN). */
  get client(): Connected | undefined {
    return this.#client;
  }

  /** Gives the connection up as it is: whatever it was in the middle of, the server takes back. */
  drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
    client?.connection.stream.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tries.end();
    const client = this.#client ?? (await this.#opening?.catch(() => undefined));
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<Connected> {
    // Closed while it waited for this try.
    if (this.#closed) throw storeIsClosed();
    const { Client } = await driver();
    const client = new Client({
      connectionString: this.#url,
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: this.#patienceMs,
      application_name: 'whatsapp-calling',
    } as ConstructorParameters<typeof Client>[0]) as unknown as Connected;
    const gone = (): void => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', gone);
    client.on('end', gone);
    try {
      await client.connect();
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }
}

/** The driver hands each statement to the system by itself: gathered, a round trip is one packet and wakes the server once. */
function together(client: Connected, statements: readonly Statement[]): Promise<QueryResult>[] {
  const { stream } = client.connection;
  stream.cork();
  try {
    return statements.map(({ text, values }) => client.query(text, values));
  } finally {
    stream.uncork();
  }
}

/** The user's own `pg`: it is not among our dependencies, because most stores are files. */
async function driver(): Promise<typeof import('pg')> {
  try {
    const module = await import('pg');
    return (module as { default?: typeof import('pg') }).default ?? module;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /MODULE_NOT_FOUND/.test(String(error.code)))) throw error;
    throw new LedgerError(
      'store_unavailable',
      'The client of PostgreSQL is not installed.',
      'Run "npm install pg" in the Node-RED user folder (usually ~/.node-red) and restart Node-RED.',
    );
  }
}
