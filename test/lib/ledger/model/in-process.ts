import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckedLedger } from '../../../../lib/ledger/checked-ledger.ts';
import type { OperationName } from '../../../../lib/ledger/operations/operations.ts';
import { SqliteStore } from '../../../../lib/ledger/sqlite/store.ts';
import type { Profile } from '../../../../lib/permission/profile.ts';
import { TestClock } from '../stand.ts';
import type { Engine } from './world.ts';

/** The store of the SQLite engine without its thread: everything but the waiting is the same. */
export class InProcessLedger extends CheckedLedger {
  readonly #open: () => SqliteStore;
  #store: SqliteStore;

  constructor(open: () => SqliteStore) {
    super();
    this.#open = open;
    this.#store = open();
  }

  restart(): void {
    this.#store.close();
    this.#store = this.#open();
  }

  async health(): Promise<{ ok: boolean; engine: string; location: string }> {
    return { ok: true, engine: 'sqlite', location: 'in process' };
  }

  async close(): Promise<void> {
    this.#store.close();
  }

  protected async ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    const [outcome] = this.#store.run([{ name, args: args() }]);
    if (outcome?.ok !== true) throw outcome?.error ?? new Error('no outcome');
    return outcome.value as T;
  }
}

/** @param onFile a store that can be closed and opened again; a memory disk is used if there is one */
export function sqliteInProcess(profile: Profile, onFile: boolean): Engine {
  const clock = new TestClock();
  const folder = onFile ? mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wa-model-')) : undefined;
  const path = folder === undefined ? ':memory:' : join(folder, 'permissions.sqlite');
  const numbers = new Float64Array(clock.shared);
  let owners = 0;
  const ledger = new InProcessLedger(
    () =>
      new SqliteStore({
        path,
        profile,
        owner: `owner-${++owners}`,
        time: { wall: () => numbers[0] ?? 0, steady: () => numbers[1] ?? 0 },
      }),
  );
  return {
    ledger,
    clock,
    ...(folder === undefined ? {} : { restart: async () => ledger.restart() }),
    close: async () => {
      await ledger.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
