import { applyRequestSent } from '../../permission/apply.ts';
import type { Contact, ReservationState } from '../../permission/model.ts';
import { LedgerError, type Settlement } from '../ledger.ts';
import { keptErrors, withNotes } from './call-notes.ts';
import { isNameless } from './fingerprint.ts';
import { hearCall } from './hear-call.ts';
import { learnPair } from './identity.ts';
import type { CallRow, PairRow, RequestRow } from './records.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition } from './transition.ts';

/** Writes down how a reservation went. Repeating a settlement, or coming after a webhook that knew better, changes nothing. */
export function settle(tx: Transaction, reservationId: string, settlement: Settlement): void {
  const request = tx.records.findRequest(reservationId);
  if (request !== undefined) {
    settleRequest(tx, request, settlement);
    return;
  }
  const call = tx.records.findCall(reservationId);
  if (call !== undefined) {
    settleCall(tx, call, settlement);
    return;
  }
  throw new LedgerError(
    'bad_input',
    'There is no such reservation in this permission store.',
    'Settle with the id that reserveRequest or reserveCall returned, in the same store.',
  );
}

/** `consumed` and `released` are final; `unknown` waits for news. */
function mayBecome(state: ReservationState, next: ReservationState): boolean {
  return state === 'reserved' || (state === 'unknown' && next !== 'unknown');
}

function settleRequest(tx: Transaction, request: RequestRow, settlement: Settlement): void {
  const pair = tx.records.readPair(request.pairId);
  if (settlement.state === 'consumed') {
    consumeRequest(tx, request, pair, settlement.providerId, settlement.contact);
    return;
  }
  if (!mayBecome(request.state, settlement.state)) {
    writeIgnored(tx, pair, request.reservationId, settlement);
    return;
  }
  request.state = settlement.state;
  // It may have gone out up to this moment.
  if (settlement.state === 'unknown') request.at = Math.max(request.at, tx.now);
  tx.records.writeRequest(request);
  tx.records.writeAudit({
    event: `request_${settlement.state}`,
    detail: { reservationId: request.reservationId, why: settlement.why },
    numberId: pair.numberId,
    pair,
  });
}

/** A request surely went out. Also called when a reply proves it. */
export function consumeRequest(
  tx: Transaction,
  request: RequestRow,
  pair: PairRow,
  providerId: string,
  contact?: Contact,
): void {
  const first = request.state !== 'consumed';
  if (first) {
    // It counts from when it may have been sent: now, at the latest.
    if (request.state === 'reserved') request.at = Math.max(request.at, tx.now);
    request.state = 'consumed';
  } else if (request.providerId === providerId) {
    // A webhook was faster; who it is that was asked it may not have told.
    if (contact !== undefined) learnPair(tx, pair.numberId, contact, pair);
    return;
  }
  request.providerId = providerId;
  const known = nothingToLearn(contact, pair) ? pair : learnPair(tx, pair.numberId, contact, pair);
  request.pairId = known.pairId;
  tx.records.writeRequest(request);
  commitTransition(
    tx,
    known,
    '',
    applyRequestSent(
      known.state,
      {
        requestId: providerId,
        requestedAt: request.at,
        purpose: request.purpose,
        ...(request.promisedBy === undefined ? {} : { promisedBy: request.promisedBy }),
      },
      tx.profile,
      tx.now,
    ),
    { reservationId: request.reservationId },
  );
}

function settleCall(tx: Transaction, call: CallRow, settlement: Settlement): void {
  const pair = tx.records.readPair(call.pairId);
  if (settlement.state !== 'consumed') {
    if (!mayBecome(call.state, settlement.state)) {
      writeIgnored(tx, pair, call.reservationId, settlement);
      return;
    }
    call.state = settlement.state;
    if (settlement.state === 'unknown') {
      call.at = Math.max(call.at, tx.now);
      call.startedAt = Math.max(call.startedAt, tx.now);
      call.lastNews = tx.now;
    } else if (call.facts.finished === undefined) {
      call.facts = { ...call.facts, finished: { outcome: 'failed', at: tx.now } };
      withNotes(call, { errors: keptErrors([{ code: 'not_placed', message: settlement.why }]) });
    }
    tx.records.writeCall(call);
    tx.records.writeAudit({
      event: `call_${settlement.state}`,
      detail: { reservationId: call.reservationId, why: settlement.why },
      numberId: pair.numberId,
      pair,
    });
    return;
  }
  if (call.state === 'consumed' && call.callId === settlement.providerId) {
    // A webhook was faster; who it is that was called it may not have told.
    if (settlement.contact !== undefined) learnPair(tx, call.numberId, settlement.contact, pair);
    return;
  }
  const stray = tx.records.findCallByProviderId(settlement.providerId, call.numberId);
  if (stray !== undefined && stray.reservationId !== call.reservationId) {
    // Webhooks that did not name our correlation id came first: they were about this call.
    tx.records.deleteCall(stray);
    call.facts = { ...stray.facts, ...call.facts };
    if (stray.notes !== undefined) call.notes = { ...stray.notes, ...call.notes };
  }
  if (call.state === 'reserved') {
    call.at = Math.max(call.at, tx.now);
    call.startedAt = Math.max(call.startedAt, tx.now);
  }
  call.state = 'consumed';
  call.callId = settlement.providerId;
  call.lastNews = tx.now;
  const { contact } = settlement;
  const known = nothingToLearn(contact, pair) ? pair : learnPair(tx, call.numberId, contact, pair);
  call.pairId = known.pairId;
  tx.records.writeAudit({
    event: 'call_placed',
    detail: { reservationId: call.reservationId, callId: settlement.providerId },
    numberId: known.numberId,
    pair: known,
  });
  if (stray === undefined) {
    tx.records.writeCall(call);
    return;
  }
  tx.records.insertNotices(hearCall(tx, call, known, tx.records.numberIdOf(call.numberId), 'call_found'));
}

/** Late news of what began before its person was erased does not bring their names back. */
function nothingToLearn(contact: Contact | undefined, pair: PairRow): contact is undefined {
  return contact === undefined || isNameless(pair.contact);
}

function writeIgnored(tx: Transaction, pair: PairRow, reservationId: string, settlement: Settlement): void {
  tx.records.writeAudit({
    event: 'settlement_ignored',
    detail: { reservationId, state: settlement.state },
    numberId: pair.numberId,
    pair,
  });
}
