import type { RequestRow } from '../operations/records.ts';
import type { Cells } from './cells.ts';
import { stateName } from './reservation-state.ts';

/** A request as both engines' tables keep it. */
export function requestFromRow(row: Cells): RequestRow {
  const request: RequestRow = {
    reservationId: String(row.reservation_id),
    pairId: Number(row.pair_id),
    state: stateName(row.state),
    reservedAt: Number(row.reserved_at),
    at: Number(row.at),
    leaseUntil: Number(row.lease_until),
    owner: String(row.owner),
    via: String(row.via),
    purpose: String(row.purpose),
  };
  if (row.promised_by !== null) request.promisedBy = Number(row.promised_by);
  if (row.template !== null) request.template = String(row.template);
  if (row.answer !== null) request.answer = row.answer === 'granted' ? 'granted' : 'denied';
  if (row.answered_at !== null) request.answeredAt = Number(row.answered_at);
  if (row.provider_id !== null) request.providerId = String(row.provider_id);
  return request;
}
