import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NodeRedProcess } from './node-red-process.ts';

type Row = Record<string, unknown>;

/**
 * Looks into the ledger file that a process left behind, however it ended. Works on a copy, so that the next process
 * finds the files as the last one left them.
 */
export async function readLedger<T>(
  red: NodeRedProcess,
  look: (rows: (sql: string, ...values: (string | number | Uint8Array)[]) => Row[]) => T,
): Promise<T> {
  const folder = path.join(red.userDir, 'whatsapp-calling');
  const copy = await mkdtemp(path.join(os.tmpdir(), 'wa-ledger-'));
  try {
    // The write-ahead log belongs to it: after a kill the newest facts are there alone.
    for (const name of await readdir(folder))
      if (/^permissions\.sqlite(-wal)?$/.test(name)) await cp(path.join(folder, name), path.join(copy, name));
    const database = new DatabaseSync(path.join(copy, 'permissions.sqlite'));
    try {
      return look((sql, ...values) => database.prepare(sql).all(...values));
    } finally {
      database.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
