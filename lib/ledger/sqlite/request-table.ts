import type { SQLOutputValue } from 'node:sqlite';
import type { Instant, ReservationState, Use } from '../../permission/model.ts';
import { LEASE_MS } from '../timings.ts';
import { RESERVED, stateName, stateNumber } from './reservation-state.ts';
import { orNull, type Transaction } from './transaction.ts';

export interface RequestRow {
  reservationId: string;
  pairId: number;
  state: ReservationState;
  reservedAt: Instant;
  at: Instant;
  leaseUntil: Instant;
  purpose: string;
  promisedBy?: Instant;
  providerId?: string;
}

const COLUMNS = 'reservation_id, pair_id, state, reserved_at, at, lease_until, purpose, promised_by, provider_id';

export function insertRequest(
  tx: Transaction,
  request: { reservationId: string; pairId: number; via: string; purpose: string; promisedBy?: Instant },
): void {
  tx.db
    .statement(
      `INSERT INTO request(reservation_id, pair_id, state, reserved_at, at, lease_until, owner, via, purpose, promised_by)
       VALUES(?,?,?,?,?,?,?,?,?,?)`,
    )
    .run(
      request.reservationId,
      request.pairId,
      RESERVED,
      tx.now,
      tx.now,
      tx.now + LEASE_MS,
      tx.owner,
      request.via,
      request.purpose,
      request.promisedBy === undefined ? null : Math.round(request.promisedBy),
    );
}

export function writeRequest(tx: Transaction, request: RequestRow): void {
  tx.db
    .statement('UPDATE request SET pair_id = ?, state = ?, at = ?, provider_id = ? WHERE reservation_id = ?')
    .run(request.pairId, stateNumber(request.state), request.at, orNull(request.providerId), request.reservationId);
}

export function findRequest(tx: Transaction, reservationId: string): RequestRow | undefined {
  const row = tx.db.statement(`SELECT ${COLUMNS} FROM request WHERE reservation_id = ?`).get(reservationId);
  return row === undefined ? undefined : fromRow(row);
}

/** The request whose message the provider knows under this id, among those to people of one business number. */
export function findRequestByProviderId(tx: Transaction, providerId: string, numberId: number): RequestRow | undefined {
  const row = tx.db
    .statement(
      `SELECT ${COLUMNS} FROM request
       WHERE provider_id = ? AND (SELECT number_id FROM pair p WHERE p.pair_id = request.pair_id) = ?`,
    )
    .get(providerId, numberId);
  return row === undefined ? undefined : fromRow(row);
}

/** The newest request to a pair of which nobody knows whether it went out. */
export function findUnknownRequest(tx: Transaction, pairId: number): RequestRow | undefined {
  const row = tx.db
    .statement(
      `SELECT ${COLUMNS} FROM request WHERE pair_id = ? AND state <> 2 AND state IN (0, 3) ORDER BY at DESC LIMIT 1`,
    )
    .get(pairId);
  return row === undefined ? undefined : fromRow(row);
}

/** Requests of unfinished owners: lease over, or made by another engine than this one. */
export function abandonedRequests(tx: Transaction): RequestRow[] {
  return tx.db
    .statement(`SELECT ${COLUMNS} FROM request WHERE state = 0 AND (lease_until < ? OR owner <> ?)`)
    .all(tx.now, tx.owner)
    .map(fromRow);
}

/** Requests that count in a window beginning at `after`. Unsettled ones are always among them. */
export function requestUses(tx: Transaction, pairId: number, after: Instant): Use[] {
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

function fromRow(row: Record<string, SQLOutputValue>): RequestRow {
  const request: RequestRow = {
    reservationId: String(row.reservation_id),
    pairId: Number(row.pair_id),
    state: stateName(row.state),
    reservedAt: Number(row.reserved_at),
    at: Number(row.at),
    leaseUntil: Number(row.lease_until),
    purpose: String(row.purpose),
  };
  if (row.promised_by !== null) request.promisedBy = Number(row.promised_by);
  if (row.provider_id !== null) request.providerId = String(row.provider_id);
  return request;
}
