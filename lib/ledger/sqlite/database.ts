import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Instant } from '../../permission/model.ts';
import { LedgerError } from '../ledger.ts';
import { makeFolder } from '../make-folder.ts';
import { backUp } from './backup.ts';
import { asLedgerError, corrupt, unwritable } from './faults.ts';
import { refuseNetworkDrive } from './network-drive.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { Traces } from './traces.ts';

export const MEMORY = ':memory:';
/** Files up to this size are checked whole when they are opened (some 10 ms); larger ones where they are read. */
const CHECKED_WHOLE_BYTES = 32 * 1024 * 1024;
/** Older SQLite can damage a WAL file that two connections share; ours never is shared, but that must be certain. */
const WAL_RESET_FIXED = [3, 51, 3];

/**
 * One open SQLite file, owned by this connection alone, with its statements prepared once. The only place that knows
 * `node:sqlite`, and only what Node 22.5 has of it.
 */
export class Database {
  readonly location: string;
  readonly #db: DatabaseSync;
  readonly #traces: Traces;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param maxPages upper bound of the file size in pages of 4 KiB, 0 for none
   * @throws LedgerError
   */
  constructor(location: string, now: Instant, maxPages = 0) {
    this.location = location;
    this.#traces = new Traces(location);
    let db: DatabaseSync | undefined;
    try {
      if (location !== MEMORY) prepareFolder(location);
      db = new DatabaseSync(location);
      this.#db = db;
      this.#configure();
      this.#migrate(now);
      if (maxPages > 0) this.#db.exec(`PRAGMA max_page_count=${Math.floor(maxPages)}`);
    } catch (error) {
      db?.close();
      throw asLedgerError(error, location);
    }
  }

  /** The prepared statement of this text. Texts are literals, so there is a fixed number of them. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  run(sql: string): void {
    this.statement(sql).run();
  }

  /** Moves what was committed from the log into the file. In this one-owner mode nothing can stand in its way. */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    if (this.location !== MEMORY) this.#db.exec(`PRAGMA wal_checkpoint(${mode})`);
  }

  /** See `backup.ts`. */
  backUp(path: string, now: Instant): Promise<void> {
    return backUp(this.#db, this.location, path, now);
  }

  /**
   * Makes sure that none of these texts stands anywhere in the file, its free space included. If one does, the whole file is
   * written anew, during which nothing else happens; how often that is, and how long it takes: `docs/adr/0009-erasure-and-retention.md`.
   */
  async scrub(texts: readonly string[]): Promise<void> {
    if (this.location === MEMORY || texts.length === 0 || !(await this.#traces.any(texts))) return;
    this.#db.exec('VACUUM');
    this.checkpoint('TRUNCATE');
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
    this.#traces.close();
  }

  #configure(): void {
    const db = this.#db;
    // Waiting is for a predecessor that is just going away; another Node-RED is refused.
    db.exec('PRAGMA busy_timeout=1000');
    db.exec('PRAGMA locking_mode=EXCLUSIVE');
    db.exec('PRAGMA trusted_schema=OFF');
    if (this.location !== MEMORY) {
      this.#refuseForeignFile();
      db.exec('PRAGMA journal_mode=WAL');
      this.#insistOnExclusive();
    }
    db.exec('PRAGMA synchronous=FULL');
    // What is deleted is overwritten: an erased person leaves nothing in the free space of the file.
    db.exec('PRAGMA secure_delete=ON');
    db.exec('PRAGMA foreign_keys=OFF');
    // Checkpoints run when we choose, not inside somebody's commit.
    db.exec('PRAGMA wal_autocheckpoint=0');
    db.exec('PRAGMA cache_size=-32000');
    db.exec('PRAGMA temp_store=MEMORY');
  }

  #refuseForeignFile(): void {
    const id = this.#number('PRAGMA application_id');
    const version = this.#number('PRAGMA user_version');
    const tables = this.#number('SELECT count(*) FROM sqlite_schema');
    if (id === APPLICATION_ID && version > MIGRATIONS.length) {
      throw new LedgerError(
        'store_newer_version',
        `The permission store ${this.location} was written by a newer version of this package (format ${version}, known: ${MIGRATIONS.length}).`,
        'Update this package, or choose another path. The file was not touched.',
      );
    }
    if (id !== APPLICATION_ID && tables > 0) throw corrupt(this.location, "it is another program's database");
    if (tables > 0 && statSync(this.location).size <= CHECKED_WHOLE_BYTES) {
      const verdict = this.#db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (verdict !== 'ok') throw corrupt(this.location, String(verdict));
    }
  }

  #insistOnExclusive(): void {
    // The lock is taken with the first write.
    this.#db.exec('BEGIN IMMEDIATE; COMMIT');
    if (this.#db.prepare('PRAGMA locking_mode').get()?.locking_mode === 'exclusive') return;
    const version = String(this.#db.prepare('SELECT sqlite_version() AS v').get()?.v);
    if (!olderThan(version, WAL_RESET_FIXED)) return;
    throw new LedgerError(
      'store_unavailable',
      `SQLite ${version} of this Node.js needs the file ${this.location} for itself and cannot get it.`,
      'Update Node.js to 24, or to the newest 22.',
    );
  }

  #migrate(now: Instant): void {
    const from = this.#number('PRAGMA user_version');
    for (let version = from; version < MIGRATIONS.length; version++) {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        this.#db.exec(MIGRATIONS[version] ?? '');
        this.#db.prepare('INSERT INTO migration(version, applied_at) VALUES(?, ?)').run(version + 1, now);
        this.#db.prepare("INSERT OR IGNORE INTO meta(k, v) VALUES('created_at', ?)").run(now);
        this.#db.exec(`PRAGMA application_id=${APPLICATION_ID}`);
        this.#db.exec(`PRAGMA user_version=${version + 1}`);
        this.#db.exec('COMMIT');
      } catch (error) {
        this.#db.exec('ROLLBACK');
        throw error;
      }
    }
    // A backup that is opened is a store again.
    this.#db.exec("DELETE FROM meta WHERE k = 'backup_at'");
  }

  #number(sql: string): number {
    const row = this.#db.prepare(sql).get() ?? {};
    return Number(Object.values(row)[0]);
  }
}

function prepareFolder(location: string): void {
  const folder = dirname(location);
  try {
    makeFolder(resolve(folder));
  } catch {
    throw new LedgerError(
      'store_unavailable',
      `The folder ${folder} of the permission store does not exist and cannot be made.`,
      'Make the folder, let the user who runs Node-RED write to it, or choose another path.',
    );
  }
  refuseNetworkDrive(folder);
  insistOnRights(location, folder);
}

/** SQLite opens what it may only read, and then reports its own lock as a broken disk. It writes beside the file as well. */
function insistOnRights(location: string, folder: string): void {
  const { R_OK, W_OK, X_OK } = constants;
  try {
    accessSync(folder, W_OK | X_OK);
    if (existsSync(location)) accessSync(location, R_OK | W_OK);
  } catch (error) {
    throw unwritable(location, (error as NodeJS.ErrnoException).code ?? 'no rights');
  }
}

function olderThan(version: string, minimum: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of minimum.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
