import type { SQLOutputValue } from 'node:sqlite';
import { type CallFacts, type CallVerdict, judgeCall } from '../../permission/call-facts.ts';
import type { Contact, Instant, ReservationState } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import type { StoredCall } from '../ledger.ts';
import { stateName, stateNumber } from './reservation-state.ts';
import { orNull, type Transaction } from './transaction.ts';

/** Ours; outbound but placed by somebody else with the same number; inbound. */
export const OURS = 0;
export const FOREIGN = 1;
export const INBOUND = 2;

export interface CallRow {
  reservationId: string;
  pairId: number;
  numberId: number;
  direction: number;
  callId?: string;
  state: ReservationState;
  reservedAt: Instant;
  /** When it was placed: the later of reservation and settlement. */
  startedAt: Instant;
  /** When it counts from as a connected call. */
  at: Instant;
  lastNews: Instant;
  leaseUntil: Instant;
  owner: string;
  purpose: string;
  /** Of the permission it was placed under. */
  grantedAt?: Instant;
  origin?: { nodeId: string; data?: unknown };
  facts: CallFacts;
  /** The start under which the file has it counted for its business number. Kept by this table alone. */
  counted?: Instant | undefined;
}

const COLUMNS = `reservation_id, pair_id, number_id, direction, call_id, state, reserved_at, started_at, at, last_news,
  lease_until, owner, purpose, granted_at, origin, facts`;

/**
 * What the rules look at, derived from state and facts. `counts`: it is, was or may yet become a connected call of ours.
 * `live`: no end is known (an unknown call may be ringing whatever we concluded ourselves).
 */
export function derive(call: CallRow, profile: Profile): CallVerdict & { counts: boolean; live: boolean } {
  const verdict = judgeCall(call.facts, profile);
  const over = call.facts.terminated !== undefined || (call.facts.finished !== undefined && call.state !== 'unknown');
  const live = call.state !== 'released' && !over;
  const counts =
    call.state !== 'released' &&
    call.direction !== INBOUND &&
    (verdict.connectedAt !== undefined || !over || call.state === 'unknown');
  return { ...verdict, counts, live };
}

/** A call whose silence ends its blocking: not known to exist, or not ours to end. */
export function isBounded(call: Pick<CallRow, 'direction' | 'state'>): boolean {
  return call.direction !== OURS || call.state === 'unknown';
}

/** Writes a call, new or known, with everything derived from it. */
export function writeCall(tx: Transaction, call: CallRow, isNew = false): void {
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
  ];
  if (!isNew) {
    tx.db
      .statement(
        `UPDATE call SET pair_id=?, call_id=?, state=?, counts=?, live=?, started_at=?, at=?, last_news=?, owner=?,
         facts=?, connected_at=?, ended_at=?, outcome=?, unanswered=?, duration_s=?, error_code=?
         WHERE reservation_id=?`,
      )
      .run(...changing, call.reservationId);
    return;
  }
  tx.db
    .statement(
      `INSERT INTO call(pair_id, call_id, state, counts, live, started_at, at, last_news, owner, facts, connected_at,
       ended_at, outcome, unanswered, duration_s, error_code,
       reservation_id, number_id, direction, reserved_at, lease_until, purpose, granted_at, origin)
       VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
    )
    .run(
      ...changing,
      call.reservationId,
      call.numberId,
      call.direction,
      call.reservedAt,
      call.leaseUntil,
      call.purpose,
      whole(call.grantedAt),
      call.origin === undefined ? null : JSON.stringify(call.origin),
    );
}

export function deleteCall(tx: Transaction, call: CallRow): void {
  countStart(tx, call, false, false);
  tx.db.statement('DELETE FROM call WHERE reservation_id = ?').run(call.reservationId);
}

/** Tells the load of the business number what this call now means for it. */
function countStart(tx: Transaction, call: CallRow, live: boolean, counts: boolean): void {
  const { numberId, reservationId, lastNews } = call;
  const started = counts && call.direction !== INBOUND ? call.startedAt : undefined;
  tx.loads.written({ numberId, reservationId, started, live, bounded: isBounded(call), lastNews }, call.counted);
  call.counted = started;
}

export function findCallByReservation(tx: Transaction, reservationId: string): CallRow | undefined {
  const row = tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE reservation_id = ?`).get(reservationId);
  return row === undefined ? undefined : fromRow(row);
}

export function findCallByProviderId(tx: Transaction, callId: string, numberId?: number): CallRow | undefined {
  const row =
    numberId === undefined
      ? tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE call_id = ?`).get(callId)
      : tx.db.statement(`SELECT ${COLUMNS} FROM call WHERE call_id = ? AND number_id = ?`).get(callId, numberId);
  return row === undefined ? undefined : fromRow(row);
}

/** Our calls of a number without an end. */
export function callsWithoutEnd(tx: Transaction, numberId: number): CallRow[] {
  return tx.db
    .statement(
      `SELECT ${COLUMNS} FROM call WHERE number_id = ? AND live = 1 AND direction = 0 AND ended_at IS NULL
       ORDER BY reserved_at`,
    )
    .all(numberId)
    .map(fromRow);
}

/** Reservations of unfinished owners: lease over, or made by another engine than this one. */
export function abandonedCalls(tx: Transaction): CallRow[] {
  return tx.db
    .statement(`SELECT ${COLUMNS} FROM call WHERE live = 1 AND state = 0 AND (lease_until < ? OR owner <> ?)`)
    .all(tx.now, tx.owner)
    .map(fromRow);
}

/** When the unanswered calls of a pair ended, newest first. */
export function unansweredEnds(tx: Transaction, pairId: number, limit: number): Instant[] {
  return tx.db
    .statement('SELECT ended_at FROM call WHERE pair_id = ? AND unanswered = 1 ORDER BY ended_at DESC LIMIT ?')
    .all(pairId, limit)
    .map((row) => Number(row.ended_at));
}

export function toStoredCall(call: CallRow, businessNumberId: string, contact: Contact, profile: Profile): StoredCall {
  const verdict = derive(call, profile);
  const stored: StoredCall = {
    reservationId: call.reservationId,
    businessNumberId,
    contact,
    purpose: call.purpose,
    owner: call.owner,
    reservation: call.state,
    reservedAt: call.reservedAt,
  };
  if (call.callId !== undefined) stored.callId = call.callId;
  if (verdict.connectedAt !== undefined) stored.acceptedAt = verdict.connectedAt;
  if (verdict.endedAt !== undefined) stored.endedAt = verdict.endedAt;
  if (verdict.outcome !== undefined) stored.outcome = verdict.outcome;
  if (verdict.durationSeconds !== undefined) stored.durationSeconds = verdict.durationSeconds;
  if (verdict.errorCode !== undefined) stored.errorCode = verdict.errorCode;
  if (call.origin !== undefined) stored.origin = call.origin;
  return stored;
}

function fromRow(row: Record<string, SQLOutputValue>): CallRow {
  const call: CallRow = {
    reservationId: String(row.reservation_id),
    pairId: Number(row.pair_id),
    numberId: Number(row.number_id),
    direction: Number(row.direction),
    state: stateName(row.state),
    reservedAt: Number(row.reserved_at),
    startedAt: Number(row.started_at),
    at: Number(row.at),
    lastNews: Number(row.last_news),
    leaseUntil: Number(row.lease_until),
    owner: String(row.owner),
    purpose: String(row.purpose),
    facts: row.facts === null ? {} : JSON.parse(String(row.facts)),
  };
  if (row.granted_at !== null) call.grantedAt = Number(row.granted_at);
  if (call.direction !== INBOUND && call.state !== 'released') call.counted = call.startedAt;
  if (row.call_id !== null) call.callId = String(row.call_id);
  if (row.origin !== null) call.origin = JSON.parse(String(row.origin));
  return call;
}

function whole(at: Instant | undefined): number | null {
  return at === undefined ? null : Math.round(at);
}
