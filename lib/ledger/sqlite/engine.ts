import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { backupPath, checked, retentionDays } from '../input.ts';
import { LedgerError } from '../ledger.ts';
import { Connection } from '../worker/connection.ts';
import { WorkerLedger } from '../worker/worker-ledger.ts';
import type { WorkerSettings } from './worker.ts';

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

/** A ledger on one SQLite file, owned by a worker thread: nothing here waits for the disk. */
export class SqliteEngine extends WorkerLedger {
  readonly #settings: Omit<WorkerSettings, 'owner'>;

  private constructor({ path, maxPages = 0, ...settings }: SqliteEngineSettings) {
    super({ engine: 'sqlite', location: path });
    this.#settings = { path, maxPages, ...settings };
  }

  /** @throws LedgerError if the file cannot be had, or the settings make no sense */
  static async open(settings: SqliteEngineSettings): Promise<SqliteEngine> {
    checked(retentionDays.optional(), settings.retentionDays, 'number of days to keep records');
    const engine = new SqliteEngine(settings);
    await engine.connect();
    return engine;
  }

  async backup(path: string): Promise<void> {
    await this.call('backup', [checked(backupPath, path, 'path of a backup')]);
  }

  protected start(onDeath: () => void): Promise<Connection> {
    return Connection.open({
      entry: 'ledger/sqlite/worker',
      data: { ...this.#settings, owner: this.owner } satisfies WorkerSettings,
      flags: workerFlags(process.versions.node),
      location: this.#settings.path,
      startFault,
      onDeath,
    });
  }
}

/** Node 22.5 to 22.12 hide node:sqlite behind a flag; later versions need none, and some have it print a warning. */
function workerFlags(version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  if (major === 22 && minor < 13) flags.push('--experimental-sqlite');
  return flags;
}

/** A Node.js without the database. */
function startFault(error: Error): LedgerError | undefined {
  if (!('code' in error) || error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined;
  return new LedgerError(
    'store_unavailable',
    `Node.js ${process.versions.node} has no built-in SQLite.`,
    'Update Node.js to 24, or to 22.13 or newer.',
  );
}
