import type { Instant, Use } from '../../permission/model.ts';
import type { RequestRow } from '../operations/records.ts';
import { requestFromRow } from '../rows/request-row.ts';
import { stateName, stateNumber } from '../rows/reservation-state.ts';
import { orNull, type Session, whole } from './session.ts';

const COLUMNS = `reservation_id, pair_id, state, reserved_at, at, lease_until, owner, via, purpose, promised_by, provider_id,
  template, answer, answered_at`;

export function insertRequest(tx: Session, request: RequestRow): void {
  tx.db
    .statement(
      `INSERT INTO request(reservation_id, pair_id, state, reserved_at, at, lease_until, owner, via, purpose, promised_by,
       provider_id, template) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)`,
    )
    .run(
      request.reservationId,
      request.pairId,
      stateNumber(request.state),
      request.reservedAt,
      request.at,
      request.leaseUntil,
      request.owner,
      request.via,
      request.purpose,
      whole(request.promisedBy),
      orNull(request.providerId),
      orNull(request.template),
    );
}

export function writeRequest(tx: Session, request: RequestRow): void {
  tx.db
    .statement(
      'UPDATE request SET pair_id = ?, state = ?, at = ?, provider_id = ?, answer = ?, answered_at = ? WHERE reservation_id = ?',
    )
    .run(
      request.pairId,
      stateNumber(request.state),
      request.at,
      orNull(request.providerId),
      orNull(request.answer),
      whole(request.answeredAt),
      request.reservationId,
    );
}

export function requestsOf(tx: Session, pairId: number): RequestRow[] {
  return tx.db.statement(`SELECT ${COLUMNS} FROM request WHERE pair_id = ?`).all(pairId).map(requestFromRow);
}

export function forgetRequest(tx: Session, request: RequestRow): void {
  tx.db
    .statement('UPDATE request SET purpose = ?, provider_id = ? WHERE reservation_id = ?')
    .run(request.purpose, orNull(request.providerId), request.reservationId);
}

export function findRequest(tx: Session, reservationId: string): RequestRow | undefined {
  const row = tx.db.statement(`SELECT ${COLUMNS} FROM request WHERE reservation_id = ?`).get(reservationId);
  return row === undefined ? undefined : requestFromRow(row);
}

/** The request whose message the provider knows under this id, among those to people of one business number. */
export function findRequestByProviderId(tx: Session, providerId: string, numberId: number): RequestRow | undefined {
  const row = tx.db
    .statement(
      `SELECT ${COLUMNS} FROM request
       WHERE provider_id = ? AND (SELECT number_id FROM pair p WHERE p.pair_id = request.pair_id) = ?`,
    )
    .get(providerId, numberId);
  return row === undefined ? undefined : requestFromRow(row);
}

/** The newest request to a pair of which nobody knows whether it went out. */
export function findUnknownRequest(tx: Session, pairId: number): RequestRow | undefined {
  const row = tx.db
    .statement(
      `SELECT ${COLUMNS} FROM request WHERE pair_id = ? AND state <> 2 AND state IN (0, 3) ORDER BY at DESC LIMIT 1`,
    )
    .get(pairId);
  return row === undefined ? undefined : requestFromRow(row);
}

/** Requests of unfinished owners: lease over, or made by another engine than this one. */
export function abandonedRequests(tx: Session, limit: number): RequestRow[] {
  return tx.db
    .statement(`SELECT ${COLUMNS} FROM request WHERE state = 0 AND (lease_until < ? OR owner <> ?) LIMIT ?`)
    .all(tx.now, tx.owner, limit)
    .map(requestFromRow);
}

/** Requests that count in a window beginning at `after`. Unsettled ones are always among them. */
export function requestUses(tx: Session, pairId: number, after: Instant): Use[] {
  return tx.db
    .statement(
      `SELECT reservation_id, state, at FROM request
       WHERE pair_id = ? AND state <> 2 AND (at > ? OR state = 0) ORDER BY at`,
    )
    .all(pairId, after)
    .map((row) => ({
      reservationId: String(row.reservation_id),
      state: stateName(row.state),
      at: Number(row.at),
    }));
}

/** Requests of a pair that may not have been sent yet. */
export function reservedRequests(tx: Session, pairId: number): string[] {
  return tx.db
    .statement('SELECT reservation_id FROM request WHERE pair_id = ? AND state = 0')
    .all(pairId)
    .map((row) => String(row.reservation_id));
}
