import type { CallbackRow } from '../operations/records.ts';
import type { Cells } from './cells.ts';

const STATES = ['open', 'claimed', 'done', 'cancelled'] as const;

export function callbackStateNumber(state: CallbackRow['state']): number {
  return STATES.indexOf(state);
}

/** A callback request as both engines' tables keep it. */
export function callbackFromRow(row: Cells): CallbackRow {
  const callback: CallbackRow = {
    callbackId: String(row.callback_id),
    numberId: Number(row.number_id),
    pairId: Number(row.pair_id),
    source: String(row.source) as CallbackRow['source'],
    requestedAt: Number(row.requested_at),
    state: STATES[Number(row.state)] ?? 'open',
    attempts: Number(row.attempts),
    changedAt: Number(row.changed_at),
  };
  if (row.purpose !== null) callback.purpose = String(row.purpose);
  if (row.note !== null) callback.note = String(row.note);
  if (row.due_at !== null) callback.dueAt = Number(row.due_at);
  if (row.claimed_by !== null) callback.claimedBy = String(row.claimed_by);
  if (row.claimed_until !== null) callback.claimedUntil = Number(row.claimed_until);
  if (row.call_id !== null) callback.callId = String(row.call_id);
  return callback;
}
