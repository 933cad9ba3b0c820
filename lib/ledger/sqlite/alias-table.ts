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
