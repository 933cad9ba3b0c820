import type { Instant } from '../../permission/model.ts';
import { withNotes } from './call-notes.ts';
import type { CallbackRow, CallRow, PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Nobody who has opted out is called back. */
export function cancelCallbacks(tx: Transaction, pair: PairRow): void {
  for (const row of tx.records.openCallbacks(pair.pairId)) cancelCallback(tx, row, pair);
}

/**
 * A conversation with the person, whoever called, is what their callback requests from before it wanted; a planned call has its own
 * purpose and is done if somebody had claimed it. The call is written by the caller.
 */
export function completeCallbacks(tx: Transaction, call: CallRow, pair: PairRow, since: Instant): boolean {
  let linked = false;
  for (const row of tx.records.openCallbacks(pair.pairId)) {
    // They asked to be called back during or after it.
    if (row.requestedAt > since) continue;
    if (row.purpose !== undefined && row.state !== 'claimed') continue;
    const done: CallbackRow = { ...row, state: 'done', changedAt: tx.now };
    done.callId = call.reservationId;
    if (!linked) withNotes(call, { callbackId: row.callbackId });
    linked = true;
    tx.records.writeCallback(done);
    writeCallbackAudit(tx, 'callback_done', done, pair, { reservationId: call.reservationId });
  }
  return linked;
}

export function cancelCallback(tx: Transaction, row: CallbackRow, pair: PairRow): void {
  const cancelled: CallbackRow = { ...row, state: 'cancelled', changedAt: tx.now };
  release(cancelled);
  tx.records.writeCallback(cancelled);
  writeCallbackAudit(tx, 'callback_cancelled', cancelled, pair, { why: 'opt_out' });
}

/** Nobody holds it any more. */
export function release(row: CallbackRow): void {
  delete row.claimedBy;
  delete row.claimedUntil;
}

export function writeCallbackAudit(
  tx: Transaction,
  event: string,
  row: CallbackRow,
  pair: PairRow,
  detail: Record<string, unknown>,
): void {
  tx.records.writeAudit({ event, detail: { callbackId: row.callbackId, ...detail }, numberId: row.numberId, pair });
}
