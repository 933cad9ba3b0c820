import type { Instant } from '../../permission/model.ts';
import type { NumberRow } from '../operations/records.ts';
import type { Session } from './session.ts';

/**
 * Business numbers as the file has them, kept beside it: there are few, and every operation asks for one. Forgets itself after
 * a rollback; this process owns the file, so nobody else changes it.
 */
export class KnownNumbers {
  readonly byName = new Map<string, NumberRow & { phone: string }>();
  readonly names = new Map<number, string>();

  forget(): void {
    this.byName.clear();
    this.names.clear();
  }
}

/** The row of a business number, made when it is first heard of. */
export function readNumber(tx: Session, id: string, phone?: string): NumberRow {
  const known = find(tx, id);
  if (known === undefined) {
    const { lastInsertRowid } = tx.db.statement('INSERT INTO number(id, phone) VALUES(?, ?)').run(id, phone ?? '');
    return { numberId: Number(lastInsertRowid), id };
  }
  if (phone !== undefined && known.phone !== phone) {
    tx.db.statement('UPDATE number SET phone = ? WHERE number_id = ?').run(phone, known.numberId);
    known.phone = phone;
  }
  return known;
}

export function findNumber(tx: Session, id: string): NumberRow | undefined {
  return find(tx, id);
}

export function restrictNumber(tx: Session, numberId: number, until: Instant, restriction: string): void {
  tx.db
    .statement('UPDATE number SET restricted_until = ?, restriction = ? WHERE number_id = ?')
    .run(Math.round(until), restriction, numberId);
  tx.numbers.forget();
}

/** The provider's id of a number we store. */
export function numberIdOf(tx: Session, numberId: number): string {
  const known = tx.numbers.names.get(numberId);
  if (known !== undefined) return known;
  const id = String(tx.db.statement('SELECT id FROM number WHERE number_id = ?').get(numberId)?.id ?? '');
  if (id !== '') tx.numbers.names.set(numberId, id);
  return id;
}

export function numbers(tx: Session): string[] {
  return tx.db
    .statement('SELECT id FROM number ORDER BY number_id')
    .all()
    .map((row) => String(row.id));
}

function find(tx: Session, id: string): (NumberRow & { phone: string }) | undefined {
  const known = tx.numbers.byName.get(id);
  if (known !== undefined) return known;
  const row = tx.db
    .statement('SELECT number_id, phone, restricted_until, restriction FROM number WHERE id = ?')
    .get(id);
  if (row === undefined) return undefined;
  const number: NumberRow & { phone: string } = { numberId: Number(row.number_id), id, phone: String(row.phone) };
  if (row.restricted_until !== null) number.restrictedUntil = Number(row.restricted_until);
  if (row.restriction !== null) number.restriction = String(row.restriction);
  tx.numbers.byName.set(id, number);
  return number;
}
