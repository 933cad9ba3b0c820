import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, MIGRATIONS } from '../../../lib/ledger/sqlite/schema.ts';
import { linkOf } from './proof.ts';
import { NUMBER } from './stand.ts';

/** Phone of the nth person in a store of an older format. */
export const oldPhone = (nr: number): string => `4915${String(10_000_000 + nr)}`;

/** Makes a store as its first released format left it, with so many people who allowed calls for good. */
export function makeOldStore(path: string, people: number, at: number): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN');
  db.exec(MIGRATIONS[0] ?? '');
  db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=1`);
  db.prepare('INSERT INTO migration VALUES(1, ?)').run(at);
  db.prepare("INSERT INTO meta VALUES('created_at', ?), ('last_at', ?)").run(at, at);
  db.prepare('INSERT INTO number(number_id, id, phone) VALUES(1, ?, ?)').run(NUMBER.id, NUMBER.phone);
  const pair = db.prepare(
    "INSERT INTO pair(pair_id, number_id, phone, status, kind, granted_at, source, audit_key) VALUES(?, 1, ?, 'granted', 'permanent', ?, 'user_action', ?)",
  );
  const alias = db.prepare('INSERT INTO alias VALUES(1, ?, ?, 1)');
  const audit = db.prepare("INSERT INTO audit VALUES(?, ?, 1, ?, 'permission_granted', '{}', ?, ?, ?)");
  const key = Buffer.alloc(16, 7);
  const digest = createHash('sha256').update(key).update('{}').digest();
  let prev: Uint8Array = new Uint8Array(32);
  for (let nr = 1; nr <= people; nr++) {
    pair.run(nr, oldPhone(nr), at, key);
    alias.run(`p${oldPhone(nr)}`, nr);
    const hash = linkOf(prev, { seq: nr, at, number_id: 1, pair_id: nr, event: 'permission_granted', digest });
    audit.run(nr, at, nr, digest, prev, hash);
    prev = hash;
  }
  db.exec('COMMIT');
  db.close();
}
