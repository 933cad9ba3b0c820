import { type CallRow, INBOUND } from '../operations/records.ts';
import type { Cells } from './cells.ts';
import { stateName } from './reservation-state.ts';

/** A call as both engines' tables keep it. */
export function callFromRow(row: Cells): CallRow {
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
  if (row.request_id !== null) call.requestId = String(row.request_id);
  if (row.granted_at !== null) call.grantedAt = Number(row.granted_at);
  if (call.direction !== INBOUND && call.state !== 'released') call.counted = call.startedAt;
  if (row.call_id !== null) call.callId = String(row.call_id);
  if (row.notes !== null) call.notes = JSON.parse(String(row.notes));
  if (row.origin !== null) call.origin = JSON.parse(String(row.origin));
  return call;
}
