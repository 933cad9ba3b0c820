import { namesOf } from '../operations/identity.ts';
import type { Session } from './session.ts';

/** Names under which people are found; which there are is decided in `operations/identity.ts`. */
export function findAlias(
  tx: Session,
  numberId: number,
  name: string,
): { pairId: number; proven: boolean } | undefined {
  const row = tx.db
    .statement('SELECT pair_id, proven FROM alias WHERE number_id = ? AND value = ?')
    .get(numberId, name);
  return row === undefined ? undefined : { pairId: Number(row.pair_id), proven: row.proven === 1 };
}

/**
 * Sets a name. `extra` is 0 for names that stand in the pair itself: those are found from there, and the index by pair, which
 * would hold every name a second time, has the others alone.
 */
export function link(tx: Session, numberId: number, name: string, pairId: number, proven: boolean): void {
  const extra = namesIn(tx, pairId).includes(name) ? 0 : 1;
  tx.db
    .statement(
      `INSERT INTO alias(number_id, value, pair_id, proven, extra) VALUES(?,?,?,?,?)
       ON CONFLICT DO UPDATE SET pair_id = excluded.pair_id, proven = max(proven, excluded.proven), extra = excluded.extra`,
    )
    .run(numberId, name, pairId, proven ? 1 : 0, extra);
}

export function aliasesOf(tx: Session, pairId: number): { name: string; proven: boolean }[] {
  const found = new Map<string, { name: string; proven: boolean }>();
  const numberId = numberOf(tx, pairId);
  for (const name of namesIn(tx, pairId)) {
    const alias = findAlias(tx, numberId, name);
    if (alias?.pairId === pairId) found.set(name, { name, proven: alias.proven });
  }
  const extra = tx.db.statement('SELECT value, proven FROM alias WHERE pair_id = ? AND extra = 1').all(pairId);
  for (const row of extra) found.set(String(row.value), { name: String(row.value), proven: row.proven === 1 });
  return [...found.values()];
}

/** Gives every name of one pair to another one. */
export function moveAliases(tx: Session, kept: number, gone: number): void {
  const numberId = numberOf(tx, gone);
  for (const { name } of aliasesOf(tx, gone)) {
    tx.db
      .statement('UPDATE alias SET pair_id = ?, extra = 1 WHERE number_id = ? AND value = ?')
      .run(kept, numberId, name);
  }
}

export function deleteAliases(tx: Session, pairId: number): void {
  const numberId = numberOf(tx, pairId);
  for (const { name } of aliasesOf(tx, pairId)) unlink(tx, numberId, name);
}

/** The names that stand in a pair. */
export function namesIn(tx: Session, pairId: number): string[] {
  const row = tx.db.statement('SELECT phone, user_id, parent_user_id FROM pair WHERE pair_id = ?').get(pairId);
  if (row === undefined) return [];
  return namesOf({
    ...(row.phone === null ? {} : { phone: String(row.phone) }),
    ...(row.user_id === null ? {} : { userId: String(row.user_id) }),
    ...(row.parent_user_id === null ? {} : { parentUserId: String(row.parent_user_id) }),
  });
}

/** Belongs after every change of the names that stand in a pair. @param before what `namesIn` said before it */
export function namesChanged(tx: Session, pairId: number, before: readonly string[]): void {
  const after = namesIn(tx, pairId);
  const set = tx.db.statement('UPDATE alias SET extra = ? WHERE number_id = ? AND value = ? AND pair_id = ?');
  const numberId = numberOf(tx, pairId);
  for (const name of before) if (!after.includes(name)) set.run(1, numberId, name, pairId);
  for (const name of after) if (!before.includes(name)) set.run(0, numberId, name, pairId);
}

function numberOf(tx: Session, pairId: number): number {
  return Number(tx.db.statement('SELECT number_id FROM pair WHERE pair_id = ?').get(pairId)?.number_id);
}

export function unlink(tx: Session, numberId: number, name: string): void {
  tx.db.statement('DELETE FROM alias WHERE number_id = ? AND value = ?').run(numberId, name);
}

/** The key of the fingerprints that stand for erased names. */
export function fingerprintKey(tx: Session): Uint8Array | undefined {
  const key = tx.db.statement("SELECT v FROM meta WHERE k = 'fingerprint_key'").get()?.v;
  return key instanceof Uint8Array ? key : undefined;
}

export function writeFingerprintKey(tx: Session, key: Uint8Array): void {
  tx.db.statement("INSERT INTO meta(k, v) VALUES('fingerprint_key', ?)").run(key);
}
