import { randomBytes } from 'node:crypto';
import { CheckedLedger } from '../../../../lib/ledger/checked-ledger.ts';
import type { OperationName } from '../../../../lib/ledger/operations/operations.ts';
import { connectionSettings } from '../../../../lib/ledger/postgres/connection-settings.ts';
import { PostgresSession } from '../../../../lib/ledger/postgres/session.ts';
import type { Profile } from '../../../../lib/permission/profile.ts';

/** The PostgreSQL engine without its thread: the model has threads of its own, and many stores in each. */
export class PostgresInProcess extends CheckedLedger {
  readonly #session: PostgresSession;

  private constructor(session: PostgresSession) {
    super();
    this.#session = session;
  }

  static async open(how: {
    connection: string;
    schema: string;
    profile: Profile;
    clock: SharedArrayBuffer;
  }): Promise<PostgresInProcess> {
    const owner = randomBytes(9).toString('base64url');
    const connection = connectionSettings(how.connection);
    return new PostgresInProcess(await PostgresSession.open({ ...how, connection, owner }));
  }

  async health(): Promise<{ ok: boolean; engine: string; location: string }> {
    return { ok: true, engine: 'postgres', location: 'in process' };
  }

  heartbeat(): Promise<unknown> {
    return this.#session.ask('heartbeat', []);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  crash(): Promise<void> {
    return this.#session.crash();
  }

  protected async ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    // As it would have crossed to another thread.
    return (await this.#session.ask(name, structuredClone(args()))) as T;
  }
}
