import { type CallFacts, judgeCall } from '../../permission/call-facts.ts';
import type { Instant } from '../../permission/model.ts';
import type { CallEvent } from '../../provider/event.ts';
import type { Effect } from '../ledger.ts';
import { newReservationId } from '../reservation-id.ts';
import { LONGEST_RING_MS } from '../timings.ts';
import { keptErrors, withNotes } from './call-notes.ts';
import { isNameless } from './fingerprint.ts';
import { hearCall } from './hear-call.ts';
import { learnPair } from './identity.ts';
import { type CallRow, FOREIGN, INBOUND, type NumberRow, type PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Moves a call, and the pair it belongs to, by one of the provider's events about it. */
export function applyCallEvent(tx: Transaction, number: NumberRow, event: CallEvent): Effect[] {
  const found = findCall(tx, number, event);
  let pair: PairRow;
  let call: CallRow;
  if (found !== undefined) {
    call = found;
    pair = tx.records.readPair(call.pairId);
    // Late news of a call from before its person was erased does not bring their names back.
    if (isNameless(pair.contact)) delete call.callId;
    else {
      call.callId ??= event.callId;
      if (event.contact !== undefined) pair = learnPair(tx, number.numberId, event.contact, pair);
    }
    call.pairId = pair.pairId;
  } else if (event.contact !== undefined) {
    pair = learnPair(tx, number.numberId, event.contact);
    call = unknownCall(tx, number, event, pair);
  } else {
    tx.records.writeAudit({
      event: 'call_event_without_contact',
      detail: { type: event.type, callId: event.callId },
      numberId: number.numberId,
    });
    return [];
  }
  const before = judgeCall(call.facts, tx.profile);
  prove(call);
  learnDirection(call, event);
  call.facts = withFact(call.facts, event);
  if (event.type === 'call.terminated' && event.errors.length > 0)
    withNotes(call, { errors: keptErrors(event.errors) });
  call.lastNews = tx.now;
  return hearCall(tx, call, pair, number.id, event.type.replace('.', '_'), before, found === undefined);
}

function findCall(tx: Transaction, number: NumberRow, event: CallEvent): CallRow | undefined {
  const ours = event.correlationId === undefined ? undefined : tx.records.findCall(event.correlationId);
  if (ours !== undefined && ours.numberId === number.numberId) return ours;
  return tx.records.findCallByProviderId(event.callId, number.numberId);
}

/** A webhook about a reservation proves that the call was placed, whatever we thought of it. */
function prove(call: CallRow): void {
  if (call.state === 'consumed') return;
  // We had given it up (released or unknown); evidently it lives.
  const { finished, ...facts } = call.facts;
  if (finished !== undefined) call.facts = facts;
  call.state = 'consumed';
}

/** A call that we did not reserve: the person called, or another system shares the number. */
function unknownCall(tx: Transaction, number: NumberRow, event: CallEvent, pair: PairRow): CallRow {
  const inbound = 'direction' in event && event.direction === 'inbound';
  const at = Math.min(beganBefore(event), tx.now);
  return {
    reservationId: newReservationId(tx.now),
    pairId: pair.pairId,
    numberId: number.numberId,
    direction: inbound ? INBOUND : FOREIGN,
    callId: event.callId,
    state: 'consumed',
    reservedAt: at,
    startedAt: at,
    at,
    lastNews: tx.now,
    leaseUntil: at,
    owner: '',
    purpose: '',
    facts: inbound ? { inbound: true } : {},
  };
}

/** The end of a person's call may be told first and without saying whose it was; what comes later says so. */
function learnDirection(call: CallRow, event: CallEvent): void {
  if (call.direction !== FOREIGN || !('direction' in event) || event.direction !== 'inbound') return;
  call.direction = INBOUND;
  call.facts = { ...call.facts, inbound: true };
}

/** Of a call of which the end is heard first, the end tells when it was picked up: it began before. */
function beganBefore(event: CallEvent): Instant {
  if (event.type !== 'call.terminated') return event.at;
  const { at, startedAt, endedAt = at, durationSeconds } = event;
  if (startedAt === undefined && durationSeconds === undefined) {
    // The service window opened when the person called; a call of the business counts from when it surely had begun.
    return event.direction === 'inbound' ? at - LONGEST_RING_MS : at;
  }
  return Math.min(at, startedAt ?? endedAt - (durationSeconds ?? 0) * 1_000);
}

function withFact(facts: CallFacts, event: CallEvent): CallFacts {
  switch (event.type) {
    case 'call.connect':
      // Of calls of ours it tells nothing.
      return facts.inbound ? { ...facts, connectAt: Math.min(facts.connectAt ?? event.at, event.at) } : facts;
    case 'call.ringing':
      return { ...facts, ringingAt: event.at };
    case 'call.accepted':
      return { ...facts, acceptedAt: event.at };
    case 'call.rejected':
      return { ...facts, rejectedAt: event.at };
    case 'call.terminated': {
      const terminated: CallFacts['terminated'] & object = { at: event.at, status: event.status };
      if (event.startedAt !== undefined) terminated.startedAt = event.startedAt;
      if (event.endedAt !== undefined) terminated.endedAt = event.endedAt;
      if (event.durationSeconds !== undefined) terminated.durationSeconds = event.durationSeconds;
      const code = event.errors[0]?.code;
      if (code !== undefined) terminated.errorCode = code;
      return { ...facts, terminated };
    }
  }
}
