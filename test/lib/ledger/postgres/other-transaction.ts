import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { postgresServer } from '../../../postgres.ts';

/** A transaction of somebody else that stays open until the test ends it: another instance in the middle of its work. */
export class OtherTransaction {
  readonly #client: pg.Client;
  readonly #watcher: pg.Client;

  private constructor(client: pg.Client, watcher: pg.Client) {
    this.#client = client;
    this.#watcher = watcher;
  }

  /** @param schema as the store was told */
  static async begin(schema: string): Promise<OtherTransaction> {
    const url = (await postgresServer()).url();
    const clients = [1, 2].map(() => new pg.Client({ connectionString: url }));
    const [client, watcher] = clients;
    if (client === undefined || watcher === undefined) throw new Error('no clients');
    for (const each of clients) await each.connect();
    await client.query('BEGIN');
    await client.query(`SET LOCAL search_path = "${schema}"`);
    return new OtherTransaction(client, watcher);
  }

  async query(text: string): Promise<Record<string, unknown>[]> {
    return (await this.#client.query(text)).rows;
  }

  /** Whether somebody has to wait for this transaction, or what they asked for is answered without. */
  async holdsUp(asked: Promise<unknown>): Promise<boolean> {
    let answered = false;
    const settle = (): void => {
      answered = true;
    };
    asked.then(settle, settle);
    const { rows } = await this.#client.query('SELECT pg_backend_pid() AS pid');
    while (!answered) {
      const text = 'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))';
      if ((await this.#watcher.query(text, [rows[0].pid])).rows.length > 0) return true;
      await sleep(5);
    }
    return false;
  }

  async commit(): Promise<void> {
    await this.#client.query('COMMIT');
    await this.close();
  }

  /** What was not committed is taken back. */
  async close(): Promise<void> {
    await this.#client.end();
    await this.#watcher.end();
  }
}
