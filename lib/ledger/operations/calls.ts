import { judgeCall } from '../../permission/call-facts.ts';
import type { CallOutcome, StoredCall } from '../ledger.ts';
import { LedgerError } from '../ledger.ts';
import { toStoredCall } from './call-derived.ts';
import { hearCall } from './hear-call.ts';
import { type CallRow, INBOUND } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Our own conclusion about a call that no webhook will tell. Webhooks that come all the same know better. */
export function finishCall(
  tx: Transaction,
  reservationId: string,
  end: { outcome: CallOutcome; at: number; errorCode?: string },
): void {
  const call = known(tx, reservationId);
  if (call.facts.terminated !== undefined || call.facts.finished !== undefined) return;
  const before = judgeCall(call.facts, tx.profile);
  const finished = { outcome: end.outcome, at: end.at };
  call.facts = {
    ...call.facts,
    finished: end.errorCode === undefined ? finished : { ...finished, errorCode: end.errorCode },
  };
  const pair = tx.records.readPair(call.pairId);
  tx.records.insertNotices(hearCall(tx, call, pair, tx.records.numberIdOf(call.numberId), 'call_finished', before));
}

/** Remembers that it was us who ended the ringing. Returns whether this was the first wish. */
export function endRequested(
  tx: Transaction,
  reservationId: string,
  as: 'cancelled' | 'no_answer' | 'failed',
): boolean {
  const call = known(tx, reservationId);
  if (call.facts.endRequested !== undefined) return false;
  const before = judgeCall(call.facts, tx.profile);
  call.facts = { ...call.facts, endRequested: as };
  const pair = tx.records.readPair(call.pairId);
  tx.records.insertNotices(
    hearCall(tx, call, pair, tx.records.numberIdOf(call.numberId), 'call_end_requested', before),
  );
  return true;
}

export function liveCalls(tx: Transaction, businessNumberId: string): StoredCall[] {
  const number = tx.records.findNumber(businessNumberId);
  return number === undefined ? [] : tx.records.callsWithoutEnd(number.numberId).map((call) => stored(tx, call));
}

export function findCall(
  tx: Transaction,
  id: { reservationId?: string | undefined; callId?: string | undefined },
): StoredCall | undefined {
  const call =
    id.reservationId !== undefined
      ? tx.records.findCall(id.reservationId)
      : id.callId !== undefined
        ? tx.records.findCallByProviderId(id.callId)
        : undefined;
  return call === undefined || call.owner === '' ? undefined : stored(tx, call);
}

/** An incoming call that nobody holds becomes this owner's, whose end it is to see to from now on. */
export function claimCall(tx: Transaction, callId: string, purpose?: string): StoredCall | undefined {
  const call = tx.records.findCallByProviderId(callId) ?? tx.records.findCall(callId);
  if (call === undefined || call.direction !== INBOUND) return undefined;
  if (call.facts.terminated !== undefined || call.facts.finished !== undefined) return undefined;
  // What another owner had, even a dead one, may have been answered there: it can only be adopted and ended.
  if (call.owner !== '' && call.owner !== tx.owner) return undefined;
  if (call.owner === tx.owner && (purpose === undefined || purpose === call.purpose)) return stored(tx, call);
  call.owner = tx.owner;
  if (purpose !== undefined) call.purpose = purpose;
  call.lastNews = tx.now;
  tx.records.writeCall(call);
  tx.records.writeAudit({
    event: 'call_claimed',
    detail: {
      reservationId: call.reservationId,
      ...(call.callId === undefined ? {} : { callId: call.callId }),
      purpose: call.purpose,
    },
    numberId: call.numberId,
    pair: tx.records.readPair(call.pairId),
  });
  return stored(tx, call);
}

export function adopt(tx: Transaction, reservationIds: string[]): void {
  for (const reservationId of reservationIds) {
    const call = tx.records.findCall(reservationId);
    if (call === undefined || call.owner === '' || tx.records.ownerLives(call.owner)) continue;
    const from = call.owner;
    // Nobody knows whether a dead process had sent it.
    if (call.state === 'reserved') call.state = 'unknown';
    call.owner = tx.owner;
    tx.records.writeCall(call);
    tx.records.writeAudit({
      event: 'call_adopted',
      detail: { reservationId, from },
      numberId: call.numberId,
      pair: tx.records.readPair(call.pairId),
    });
  }
}

function stored(tx: Transaction, call: CallRow): StoredCall {
  return toStoredCall(call, tx.records.numberIdOf(call.numberId), tx.records.readPair(call.pairId).contact, tx.profile);
}

function known(tx: Transaction, reservationId: string): CallRow {
  const call = tx.records.findCall(reservationId);
  if (call !== undefined) return call;
  throw new LedgerError(
    'bad_input',
    'There is no such call in this permission store.',
    'Name the call by the reservation id that reserveCall returned, in the same store.',
  );
}
