import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as sqlite from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../permission/model.ts';
import { LedgerError } from '../ledger.ts';
import { APPLICATION_ID } from './schema.ts';

/** Pages copied at once, 4 KiB each: so long one step may hold up the store, which goes on between two of them. */
const PAGES_PER_STEP = 250;
/** Times to begin a copy of a store that is busy writing; one in twenty fails to. */
const MOST_TRIES = 100;

/**
 * Copies an open store to a file of its own, step by step while it is in use, and looks whether the copy is whole. It carries
 * a mark, so that the next backup may take its place, and a store that is in use never is taken for one.
 *
 * @throws LedgerError `backup_refused` if something else is at that path, `backup_failed` if it could not be written
 */
export async function backUp(db: sqlite.DatabaseSync, location: string, target: string, now: Instant): Promise<void> {
  const path = resolve(target);
  refuseOthers(path, location);
  const part = `${path}.part`;
  try {
    removeAll(part);
    await copy(db, part);
    seal(part, now);
    renameSync(part, path);
    syncFolder(dirname(path));
  } catch (error) {
    removeAll(part);
    throw failed(path, error);
  }
}

async function copy(db: sqlite.DatabaseSync, path: string): Promise<void> {
  // Node.js has it from 22.16 on. Before that the copy is made in one piece, during which the store waits.
  if (typeof sqlite.backup !== 'function') {
    db.prepare('VACUUM INTO ?').run(path);
    return;
  }
  for (let tries = 1; ; tries++) {
    try {
      await sqlite.backup(db, path, { rate: PAGES_PER_STEP });
      return;
    } catch (error) {
      if (!hasNotBegun(error) || tries === MOST_TRIES) throw error;
      removeAll(path);
      await sleep(tries);
    }
  }
}

/**
 * The first step of a copy runs beside our transactions. If it meets an open one, it is told to wait; Node.js takes a copy of which
 * nothing is known yet for one at its end, and fails with SQLite's code for success.
 */
function hasNotBegun(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 0;
}

/** Marks the copy as one, checks every page of it, and has it on disk. */
function seal(path: string, now: Instant): void {
  const db = new sqlite.DatabaseSync(path);
  try {
    db.exec('PRAGMA journal_mode=DELETE');
    db.prepare("INSERT OR REPLACE INTO meta(k, v) VALUES('backup_at', ?)").run(now);
    const verdict = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (verdict !== 'ok') throw new Error(`the copy is not whole (${String(verdict)})`);
  } finally {
    db.close();
  }
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}

function refuseOthers(path: string, location: string): void {
  if (!existsSync(path)) return;
  const own = existsSync(location) && realpathSync(path) === realpathSync(location);
  if (!own && isBackup(path)) return;
  throw new LedgerError(
    'backup_refused',
    own
      ? `${path} is the permission store itself.`
      : `There is something at ${path} that is no backup of a permission store.`,
    'Choose another path for the backup. Nothing was written.',
  );
}

function isBackup(path: string): boolean {
  let db: sqlite.DatabaseSync | undefined;
  try {
    db = new sqlite.DatabaseSync(path, { readOnly: true });
    if (db.prepare('PRAGMA application_id').get()?.application_id !== APPLICATION_ID) return false;
    return db.prepare("SELECT v FROM meta WHERE k = 'backup_at'").get() !== undefined;
  } catch {
    return false;
  } finally {
    db?.close();
  }
}

function removeAll(path: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(path + ending, { force: true });
}

/** The new name is as durable as the content. Windows does not open folders, and does not need it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function failed(path: string, error: unknown): LedgerError {
  return new LedgerError(
    'backup_failed',
    `The backup ${path} could not be written: ${error instanceof Error ? error.message : String(error)}.`,
    'Check that the folder exists, that the user who runs Node-RED may write to it, and that there is space. The store itself is not affected.',
  );
}
