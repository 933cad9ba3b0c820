import { judgeCall } from '../../permission/call-facts.ts';
import type { CallOutcome, StoredCall } from '../ledger.ts';
import { LedgerError } from '../ledger.ts';
import { writeAudit } from './audit-table.ts';
import {
  type CallRow,
  callsWithoutEnd,
  findCallByProviderId,
  findCallByReservation,
  OURS,
  toStoredCall,
  writeCall,
} from './call-table.ts';
import { hearCall } from './hear-call.ts';
import { notice } from './notice-table.ts';
import { findNumber, numberIdOf } from './number-table.ts';
import { readPair } from './pair-table.ts';
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
  const pair = readPair(tx, call.pairId);
  notice(tx, hearCall(tx, call, pair, numberIdOf(tx, call.numberId), 'call_finished', before));
}

/** Remembers that it was us who ended the ringing. */
export function endRequested(tx: Transaction, reservationId: string, as: 'cancelled' | 'no_answer'): void {
  const call = known(tx, reservationId);
  if (call.facts.endRequested !== undefined) return;
  const before = judgeCall(call.facts, tx.profile);
  call.facts = { ...call.facts, endRequested: as };
  const pair = readPair(tx, call.pairId);
  notice(tx, hearCall(tx, call, pair, numberIdOf(tx, call.numberId), 'call_end_requested', before));
}

export function liveCalls(tx: Transaction, businessNumberId: string): StoredCall[] {
  const number = findNumber(tx, businessNumberId);
  return number === undefined ? [] : callsWithoutEnd(tx, number.numberId).map((call) => stored(tx, call));
}

export function findCall(
  tx: Transaction,
  id: { reservationId?: string | undefined; callId?: string | undefined },
): StoredCall | undefined {
  const call =
    id.reservationId !== undefined
      ? findCallByReservation(tx, id.reservationId)
      : id.callId !== undefined
        ? findCallByProviderId(tx, id.callId)
        : undefined;
  return call === undefined || call.direction !== OURS ? undefined : stored(tx, call);
}

export function adopt(tx: Transaction, reservationIds: string[]): void {
  for (const reservationId of reservationIds) {
    const call = findCallByReservation(tx, reservationId);
    if (call === undefined || call.owner === tx.owner) continue;
    const from = call.owner;
    // Nobody knows whether a dead process had sent it.
    if (call.state === 'reserved') call.state = 'unknown';
    call.owner = tx.owner;
    writeCall(tx, call);
    writeAudit(tx, {
      event: 'call_adopted',
      detail: { reservationId, from },
      numberId: call.numberId,
      pair: readPair(tx, call.pairId),
    });
  }
}

function stored(tx: Transaction, call: CallRow): StoredCall {
  return toStoredCall(call, numberIdOf(tx, call.numberId), readPair(tx, call.pairId).contact, tx.profile);
}

function known(tx: Transaction, reservationId: string): CallRow {
  const call = findCallByReservation(tx, reservationId);
  if (call !== undefined) return call;
  throw new LedgerError(
    'bad_input',
    'There is no such call in this permission store.',
    'Name the call by the reservation id that reserveCall returned, in the same store.',
  );
}
