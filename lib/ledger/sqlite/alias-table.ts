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

export function link(tx: Session, numberId: number, name: string, pairId: number, proven: boolean): void {
  tx.db
    .statement(
      `INSERT INTO alias(number_id, value, pair_id, proven) VALUES(?,?,?,?)
       ON CONFLICT DO UPDATE SET pair_id = excluded.pair_id, proven = max(proven, excluded.proven)`,
    )
    .run(numberId, name, pairId, proven ? 1 : 0);
}

export function aliasesOf(tx: Session, pairId: number): { name: string; proven: boolean }[] {
  return tx.db
    .statement('SELECT value, proven FROM alias WHERE pair_id = ?')
    .all(pairId)
    .map((row) => ({ name: String(row.value), proven: row.proven === 1 }));
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
