import { randomBytes } from 'node:crypto';
import type { Contact, PermissionStatus } from '../../permission/model.ts';
import { newPair } from '../../permission/pair-state.ts';
import type { PairRow } from '../operations/records.ts';
import { pairFromRow } from '../rows/pair-row.ts';
import { moveAliases, namesChanged, namesIn } from './alias-table.ts';
import { orNull, type Session, whole } from './session.ts';

export function readPair(tx: Session, pairId: number): PairRow {
  const row = tx.db.statement('SELECT * FROM pair WHERE pair_id = ?').get(pairId);
  if (row === undefined) throw new Error(`pair ${pairId} is missing`);
  return pairFromRow(row);
}

export function insertPair(tx: Session, numberId: number, contact: Contact): PairRow {
  const auditKey = randomBytes(16);
  const state = newPair();
  const { lastInsertRowid } = tx.db
    .statement(
      `INSERT INTO pair(number_id, phone, user_id, parent_user_id, name, language, time_zone, status, audit_key)
       VALUES(?,?,?,?,?,?,?,?,?)`,
    )
    .run(numberId, ...contactColumns(contact), state.permission.status, auditKey);
  return { pairId: Number(lastInsertRowid), numberId, contact: { ...contact }, state, auditKey };
}

export function writeContact(tx: Session, pair: PairRow): void {
  const names = namesIn(tx, pair.pairId);
  tx.db
    .statement('UPDATE pair SET phone=?, user_id=?, parent_user_id=?, name=?, language=?, time_zone=? WHERE pair_id=?')
    .run(...contactColumns(pair.contact), pair.pairId);
  namesChanged(tx, pair.pairId, names);
}

export function writeState(tx: Session, pair: PairRow): void {
  const { state } = pair;
  const p = state.permission;
  tx.db
    .statement(
      `UPDATE pair SET status=?, kind=?, granted_at=?, expires_at=?, source=?, ended=?, ended_at=?, purpose=?,
       request_id=?, requested_at=?, replied_at=?, last_connected_at=?, requests_reset_before=?, streak_from=?,
       unanswered=?, self_revoked=?, service_window_from=?, requests_blocked_until=?, calls_blocked_until=?,
       dnc_since=?, dnc_source=?, promised_by=?, last_granted_at=?, opt_out_confirmed_at=?, told_limits=? WHERE pair_id=?`,
    )
    .run(
      p.status,
      orNull(p.kind),
      whole(p.grantedAt),
      whole(p.expiresAt),
      orNull(p.source),
      orNull(p.ended),
      whole(p.endedAt),
      orNull(p.purpose),
      orNull(p.requestId),
      whole(p.requestedAt),
      whole(p.repliedAt),
      whole(state.lastConnectedAt),
      whole(state.requestsResetBefore),
      whole(state.streakFrom),
      state.unanswered,
      state.selfRevoked === undefined ? null : JSON.stringify(state.selfRevoked),
      whole(state.serviceWindowFrom),
      whole(state.requestsBlockedUntil),
      whole(state.callsBlockedUntil),
      whole(state.doNotCall?.since),
      orNull(state.doNotCall?.source),
      whole(p.promisedBy),
      whole(state.lastGrantedAt),
      whole(state.optOutConfirmedAt),
      state.toldLimits === undefined ? null : JSON.stringify(state.toldLimits),
      pair.pairId,
    );
}

function contactColumns(contact: Contact): (string | null)[] {
  return [
    orNull(contact.phone),
    orNull(contact.userId),
    orNull(contact.parentUserId),
    orNull(contact.name),
    orNull(contact.language),
    orNull(contact.timeZone),
  ];
}

/** Gives everything that belongs to one pair to another one. */
export function absorbPair(tx: Session, kept: number, gone: number): void {
  tx.db.statement('UPDATE request SET pair_id = ? WHERE pair_id = ?').run(kept, gone);
  tx.db.statement('UPDATE call SET pair_id = ? WHERE pair_id = ?').run(kept, gone);
  tx.db.statement('UPDATE callback SET pair_id = ? WHERE pair_id = ?').run(kept, gone);
  moveAliases(tx, kept, gone);
  tx.db.statement('UPDATE pair SET merged_into = ? WHERE pair_id = ? OR merged_into = ?').run(kept, gone, gone);
}

export function mergedInto(tx: Session, pairId: number): number[] {
  return tx.db
    .statement('SELECT pair_id FROM pair WHERE merged_into = ?')
    .all(pairId)
    .map((row) => Number(row.pair_id));
}

export function forgetPair(tx: Session, pairId: number): void {
  const names = namesIn(tx, pairId);
  tx.db
    .statement(
      `UPDATE pair SET phone = NULL, user_id = NULL, parent_user_id = NULL, name = NULL, language = NULL,
       time_zone = NULL, audit_key = ? WHERE pair_id = ?`,
    )
    .run(randomBytes(16), pairId);
  namesChanged(tx, pairId, names);
}

/** One statement for each, so that each finds the index that has those of this status alone. */
const ofStatus = (status: PermissionStatus): string =>
  `SELECT * FROM pair WHERE number_id = ? AND status = '${status}' AND merged_into IS NULL AND pair_id > ?
   ORDER BY pair_id LIMIT ?`;
const OF_STATUS: Record<PermissionStatus, string> = {
  not_requested: ofStatus('not_requested'),
  pending: ofStatus('pending'),
  granted: ofStatus('granted'),
  denied: ofStatus('denied'),
};

export function pairsByStatus(
  tx: Session,
  numberId: number,
  status: PermissionStatus,
  after: number,
  limit: number,
): PairRow[] {
  return tx.db.statement(OF_STATUS[status]).all(numberId, after, limit).map(pairFromRow);
}

/** People on the do-not-call list, in the order in which they became known. */
export function doNotCallPairs(tx: Session, numberId: number, after: number, limit: number): PairRow[] {
  return tx.db
    .statement(
      `SELECT * FROM pair WHERE number_id = ? AND dnc_since IS NOT NULL AND merged_into IS NULL AND pair_id > ?
       ORDER BY pair_id LIMIT ?`,
    )
    .all(numberId, after, limit)
    .map(pairFromRow);
}
