import type { Instant } from '../../permission/model.ts';
import { derive, isBounded } from '../operations/call-derived.ts';
import { type CallPageQuery, type CallRow, INBOUND } from '../operations/records.ts';
import { callFromRow } from '../rows/call-row.ts';
import { stateNumber } from '../rows/reservation-state.ts';
import { orNull, type Session, whole } from './session.ts';

const COLUMNS = `reservation_id, pair_id, number_id, direction, call_id, state, reserved_at, started_at, at, last_news,
  lease_until, owner, purpose, granted_at, request_id, origin, facts, notes`;

/** Writes a call, new or known, with everything derived from it. */
export function writeCall(tx: Session, call: CallRow, isNew = false): void {
  const verdict = derive(call, tx.profile);
  countStart(tx, call, verdict.live, call.state !== 'released');
  const changing = [
    call.pairId,
    orNull(call.callId),
    stateNumber(call.state),
    verdict.counts ? 1 : 0,
    verdict.live ? 1 : 0,
    call.startedAt,
    call.at,
    call.lastNews,
    call.owner,
    Object.keys(call.facts).length === 0 ? null : JSON.stringify(call.facts),
    whole(verdict.connectedAt),
    whole(verdict.endedAt),
    orNull(verdict.outcome),
    verdict.unanswered ? 1 : 0,
    orNull(verdict.durationSeconds),
    orNull(verdict.errorCode),
    call.direction,
    call.purpose,
    call.notes === undefined ? null : JSON.stringify(call.notes),
  ];
  if (!isNew) {
    tx.db
      .statement(
        `UPDATE call SET pair_id=?, call_id=?, state=?, counts=?, live=?, started_at=?, at=?, last_news=?, owner=?,
         facts=?, connected_at=?, ended_at=?, outcome=?, unanswered=?, duration_s=?, error_code=?, direction=?, purpose=?,
         notes=? WHERE reservation_id=?`,
      )
      .run(...changing, call.reservationId);
    return;
  }
  tx.db
    .statement(
      `INSERT INTO call(pair_id, call_id, state, counts, live, started_at, at, last_news, owner, facts, connected_at,
       ended_at, outcome, unanswered, duration_s, error_code, direction, purpose, notes,
       reservation_id, number_id, reserved_at, lease_until, granted_at, request_id, origin)
       VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
    )
    .run(
      ...changing,
      call.reservationId,
      call.numberId,
      call.reservedAt,
      call.leaseUntil,
      whole(call.grantedAt),
      orNull(call.requestId),
      call.origin === undefined ? null : JSON.stringify(call.origin),
    );
}

export function deleteCall(tx: Session, call: CallRow): void {
  countStart(tx, call, false, false);
  tx.db.statement('DELETE FROM call WHERE reservation_id = ?').run(call.reservationId);
}

/** Every call of a pair. */
export function everyCall(tx: Session, pairId: number): CallRow[] {
  return tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE pair_id = ?`).all(pairId).map(callFromRow);
}

export function forgetCall(tx: Session, call: CallRow): void {
  tx.db
    .statement(
      'UPDATE call SET purpose = ?, origin = ?, call_id = ?, request_id = ?, notes = ? WHERE reservation_id = ?',
    )
    .run(
      call.purpose,
      call.origin === undefined ? null : JSON.stringify(call.origin),
      orNull(call.callId),
      orNull(call.requestId),
      call.notes === undefined ? null : JSON.stringify(call.notes),
      call.reservationId,
    );
}

/** Tells the load of the business number what this call now means for it. */
function countStart(tx: Session, call: CallRow, live: boolean, counts: boolean): void {
  const { numberId, reservationId, lastNews } = call;
  const started = counts && call.direction !== INBOUND ? call.startedAt : undefined;
  tx.loads.written({ numberId, reservationId, started, live, bounded: isBounded(call), lastNews }, call.counted);
  call.counted = started;
}

export function findCallByReservation(tx: Session, reservationId: string): CallRow | undefined {
  const row = tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE reservation_id = ?`).get(reservationId);
  return row === undefined ? undefined : callFromRow(row);
}

export function findCallByProviderId(tx: Session, callId: string, numberId?: number): CallRow | undefined {
  const row =
    numberId === undefined
      ? tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE call_id = ?`).get(callId)
      : tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE call_id = ? AND number_id = ?`).get(callId, numberId);
  return row === undefined ? undefined : callFromRow(row);
}

/** Calls of a number that somebody holds and that have no end. */
export function callsWithoutEnd(tx: Session, numberId: number): CallRow[] {
  return tx.db
    .statement(
      `SELECT ${COLUMNS} FROM call WHERE number_id = ? AND live = 1 AND owner <> '' AND ended_at IS NULL
       ORDER BY reserved_at`,
    )
    .all(numberId)
    .map(callFromRow);
}

/** Calls of a number between two ids. Looks at so many rows only, whosever they are; of one pair at all of its. */
export function callPage(
  tx: Session,
  { numberId, pairId, afterId, beforeId = '~', limit }: CallPageQuery,
): { calls: CallRow[]; next?: string } {
  const rows =
    pairId === undefined
      ? tx.db
          .statement(
            `SELECT ${COLUMNS} FROM call WHERE reservation_id > ? AND reservation_id < ? ORDER BY reservation_id LIMIT ?`,
          )
          .all(afterId, beforeId, limit)
      : tx.db
          .statement(
            `SELECT ${COLUMNS} FROM call INDEXED BY call_pair WHERE pair_id = ? AND reservation_id > ? AND reservation_id < ?
             ORDER BY reservation_id LIMIT ?`,
          )
          .all(pairId, afterId, beforeId, limit);
  const calls = rows.map(callFromRow);
  const last = calls[limit - 1];
  return {
    calls: calls.filter((call) => call.numberId === numberId),
    ...(last === undefined ? {} : { next: last.reservationId }),
  };
}

/** Reservations of unfinished owners: lease over, or made by another engine than this one. */
export function abandonedCalls(tx: Session, limit: number): CallRow[] {
  return tx.db
    .statement(`SELECT ${COLUMNS} FROM call WHERE live = 1 AND state = 0 AND (lease_until < ? OR owner <> ?) LIMIT ?`)
    .all(tx.now, tx.owner, limit)
    .map(callFromRow);
}

/** When the unanswered calls of a pair ended, newest first. */
export function unansweredEnds(tx: Session, pairId: number, limit: number): Instant[] {
  return tx.db
    .statement('SELECT ended_at FROM call WHERE pair_id = ? AND unanswered = 1 ORDER BY ended_at DESC LIMIT ?')
    .all(pairId, limit)
    .map((row) => Number(row.ended_at));
}
