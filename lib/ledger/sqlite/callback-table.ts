import type { CallbackPageQuery, CallbackRow } from '../operations/records.ts';
import { callbackFromRow, callbackStateNumber } from '../rows/callback-row.ts';
import { orNull, type Session, whole } from './session.ts';

export function writeCallback(tx: Session, row: CallbackRow): void {
  tx.db
    .statement(
      `INSERT INTO callback(callback_id, number_id, pair_id, source, purpose, note, requested_at, due_at, state, claimed_by,
       claimed_until, call_id, attempts, changed_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT DO UPDATE SET note = excluded.note, state = excluded.state, claimed_by = excluded.claimed_by,
       claimed_until = excluded.claimed_until, call_id = excluded.call_id, attempts = excluded.attempts,
       changed_at = excluded.changed_at`,
    )
    .run(
      row.callbackId,
      row.numberId,
      row.pairId,
      row.source,
      orNull(row.purpose),
      orNull(row.note),
      row.requestedAt,
      whole(row.dueAt),
      callbackStateNumber(row.state),
      orNull(row.claimedBy),
      whole(row.claimedUntil),
      orNull(row.callId),
      row.attempts,
      row.changedAt,
    );
}

export function findCallback(tx: Session, callbackId: string): CallbackRow | undefined {
  const row = tx.db.statement('SELECT * FROM callback WHERE callback_id = ?').get(callbackId);
  return row === undefined ? undefined : callbackFromRow(row);
}

export function findCallbackByKey(tx: Session, numberId: number, key: Uint8Array): CallbackRow | undefined {
  const row = tx.db
    .statement(
      'SELECT c.* FROM callback_key k JOIN callback c ON c.callback_id = k.callback_id WHERE k.number_id = ? AND k.key = ?',
    )
    .get(numberId, key);
  return row === undefined ? undefined : callbackFromRow(row);
}

export function writeCallbackKey(tx: Session, numberId: number, key: Uint8Array, { callbackId }: CallbackRow): void {
  tx.db
    .statement('INSERT OR REPLACE INTO callback_key(number_id, key, callback_id) VALUES(?,?,?)')
    .run(numberId, key, callbackId);
}

export function openCallbacks(tx: Session, pairId: number): CallbackRow[] {
  return tx.db
    .statement('SELECT * FROM callback WHERE pair_id = ? AND state < 2 ORDER BY callback_id')
    .all(pairId)
    .map(callbackFromRow);
}

export function callbacksToClaim(tx: Session, numberId: number, limit: number): CallbackRow[] {
  return tx.db
    .statement(
      `SELECT * FROM callback INDEXED BY callback_open WHERE number_id = ? AND state < 2
       AND (state = 0 OR claimed_until <= ?) AND (due_at IS NULL OR due_at <= ?) ORDER BY callback_id LIMIT ?`,
    )
    .all(numberId, tx.now, tx.now, limit)
    .map(callbackFromRow);
}

export function callbackPage(tx: Session, query: CallbackPageQuery): { callbacks: CallbackRow[]; next?: string } {
  const { numberId, pairId, states, afterId, limit } = query;
  const where = ['number_id = ?', 'callback_id > ?'];
  const values: (number | string)[] = [numberId, afterId];
  if (pairId !== undefined) {
    where.push('pair_id = ?');
    values.push(pairId);
  }
  if (states !== undefined) {
    where.push('state IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(states.map(callbackStateNumber)));
  }
  const callbacks = tx.db
    .statement(`SELECT * FROM callback WHERE ${where.join(' AND ')} ORDER BY callback_id LIMIT ?`)
    .all(...values, limit)
    .map(callbackFromRow);
  const last = callbacks[limit - 1];
  return last === undefined ? { callbacks } : { callbacks, next: last.callbackId };
}

export function deleteCallbacks(tx: Session, pairId: number): CallbackRow[] {
  const rows = tx.db.statement('SELECT * FROM callback WHERE pair_id = ?').all(pairId).map(callbackFromRow);
  for (const { callbackId } of rows) deleteCallback(tx, callbackId);
  return rows;
}

export function deleteCallback(tx: Session, callbackId: string): void {
  tx.db.statement('DELETE FROM callback_key WHERE callback_id = ?').run(callbackId);
  tx.db.statement('DELETE FROM callback WHERE callback_id = ?').run(callbackId);
}
