import type { Instant } from '../../permission/model.ts';
import type { NumberRow } from '../operations/records.ts';
import type { Session } from './session.ts';

/** The row of a business number, made when it is first heard of. */
export function readNumber(tx: Session, id: string, phone?: string): NumberRow {
  const row = tx.db
    .statement('SELECT number_id, phone, restricted_until, restriction FROM number WHERE id = ?')
    .get(id);
  if (row === undefined) {
    const { lastInsertRowid } = tx.db.statement('INSERT INTO number(id, phone) VALUES(?, ?)').run(id, phone ?? '');
    return { numberId: Number(lastInsertRowid), id };
  }
  const result: NumberRow = { numberId: Number(row.number_id), id };
  if (phone !== undefined && row.phone !== phone) {
    tx.db.statement('UPDATE number SET phone = ? WHERE number_id = ?').run(phone, result.numberId);
  }
  if (row.restricted_until !== null) result.restrictedUntil = Number(row.restricted_until);
  if (row.restriction !== null) result.restriction = String(row.restriction);
  return result;
}

export function findNumber(tx: Session, id: string): NumberRow | undefined {
  const row = tx.db.statement('SELECT number_id FROM number WHERE id = ?').get(id);
  return row === undefined ? undefined : readNumber(tx, id);
}

export function restrictNumber(tx: Session, numberId: number, until: Instant, restriction: string): void {
  tx.db
    .statement('UPDATE number SET restricted_until = ?, restriction = ? WHERE number_id = ?')
    .run(Math.round(until), restriction, numberId);
}

/** The provider's id of a number we store. */
export function numberIdOf(tx: Session, numberId: number): string {
  return String(tx.db.statement('SELECT id FROM number WHERE number_id = ?').get(numberId)?.id ?? '');
}

export function numbers(tx: Session): string[] {
  return tx.db
    .statement('SELECT id FROM number ORDER BY number_id')
    .all()
    .map((row) => String(row.id));
}
