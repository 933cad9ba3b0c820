import { callDoubts, type Doubt, requestDoubts } from '../../permission/doubt.ts';
import { mayCall } from '../../permission/may-call.ts';
import { mayRequest } from '../../permission/may-request.ts';
import type {
  BusinessNumber,
  Contact,
  Decision,
  Instant,
  PairSnapshot,
  Reason,
  ToldLimits,
} from '../../permission/model.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import { reasonFor } from '../../permission/reason-text.ts';
import type { CallIntent, CallReservation, Explanation, RequestIntent, RequestReservation } from '../ledger.ts';
import { newReservationId } from '../reservation-id.ts';
import { LEASE_MS } from '../timings.ts';
import { findOrMakePair, findPair, nameAgain } from './identity.ts';
import { type CallRow, type NumberRow, OURS, type PairRow } from './records.ts';
import { readSnapshot } from './snapshot.ts';
import type { Transaction } from './transaction.ts';

/** Reserves a permission request, or says why not. The rules decide; this reads, asks them and writes. */
export function reserveRequest(tx: Transaction, intent: RequestIntent): RequestReservation {
  const { businessNumber, contact, purpose, via, hasTemplate, template, promisedBy } = intent;
  const promise = promisedBy === undefined ? {} : { promisedBy };
  const number = tx.records.readNumber(businessNumber.id, businessNumber.phone);
  const known = findPair(tx, number.numberId, contact);
  if (known === 'conflict') return { ok: false, ...conflict() };
  const snapshot = readSnapshot(tx, businessNumber, number, contact, known, 'requests');
  const decision = mayRequest(snapshot, tx.profile, tx.now, { via, hasTemplate, purpose, ...promise });
  const permission = viewPermission(snapshot.permission, tx.profile, tx.now, snapshot.doNotCall);
  const refusal = decision.allowed ? unsure(tx) : decision.reason;
  if (refusal !== undefined || !decision.allowed) {
    const reason = refusal ?? reasonFor('clock_unsure');
    writeRefusal(tx, 'request_refused', number, known, reason);
    return { ok: false, reason, permission, ...seen(decision) };
  }
  const pair = made(tx, number, contact, known);
  const reservationId = newReservationId(tx.now);
  tx.records.insertRequest({
    reservationId,
    pairId: pair.pairId,
    state: 'reserved',
    reservedAt: tx.now,
    at: tx.now,
    leaseUntil: tx.now + LEASE_MS,
    owner: tx.owner,
    via: decision.via,
    purpose,
    ...promise,
    ...(decision.via === 'template' && template !== undefined ? { template } : {}),
  });
  tx.records.writeAudit({
    event: 'request_reserved',
    detail: { reservationId, purpose, via: decision.via, ...promise, ...warned(decision) },
    numberId: number.numberId,
    pair,
  });
  return { ok: true, reservationId, via: decision.via, permission, ...seen(decision) };
}

/** Reserves a call, or says why not. */
export function reserveCall(tx: Transaction, intent: CallIntent): CallReservation {
  const { businessNumber, contact, purpose, origin } = intent;
  const number = tx.records.readNumber(businessNumber.id, businessNumber.phone);
  const known = findPair(tx, number.numberId, contact);
  if (known === 'conflict') return { ok: false, ...conflict() };
  const snapshot = readSnapshot(tx, businessNumber, number, contact, known, 'calls');
  const decision = mayCall(snapshot, tx.profile, tx.now, { purpose });
  const told = toldLimits(snapshot);
  const doubts = callDoubts(snapshot, tx.profile, tx.now);
  const permission = viewPermission(snapshot.permission, tx.profile, tx.now, snapshot.doNotCall);
  const refusal = decision.allowed ? unsure(tx) : decision.reason;
  if (refusal !== undefined) {
    writeRefusal(tx, 'call_refused', number, known, refusal);
    return { ok: false, reason: refusal, permission, ...doubted(doubts), ...told, ...seen(decision) };
  }
  const pair = made(tx, number, contact, known);
  const call: CallRow = {
    reservationId: newReservationId(tx.now),
    pairId: pair.pairId,
    numberId: number.numberId,
    direction: OURS,
    state: 'reserved',
    reservedAt: tx.now,
    startedAt: tx.now,
    at: tx.now,
    lastNews: tx.now,
    leaseUntil: tx.now + LEASE_MS,
    owner: tx.owner,
    // A call without a purpose of its own is placed for what the person allowed.
    purpose: purpose.trim() === '' ? (permission.purpose ?? '') : purpose,
    facts: {},
  };
  if (permission.grantedAt !== undefined) call.grantedAt = permission.grantedAt;
  if (permission.requestId !== undefined) call.requestId = permission.requestId;
  if (origin !== undefined) call.origin = origin;
  tx.records.writeCall(call, true);
  tx.records.writeAudit({
    event: 'call_reserved',
    detail: { reservationId: call.reservationId, purpose: call.purpose, ...warned(decision) },
    numberId: number.numberId,
    pair,
  });
  return { ok: true, reservationId: call.reservationId, permission, ...doubted(doubts), ...told, ...seen(decision) };
}

/** What would be answered now, with every limit. Reserves nothing. */
export function explain(
  tx: Transaction,
  businessNumber: BusinessNumber,
  contact: Contact,
  purpose?: string,
): Explanation {
  const number = tx.records.readNumber(businessNumber.id, businessNumber.phone);
  const known = findPair(tx, number.numberId, contact);
  if (known === 'conflict') {
    const { reason, permission } = conflict();
    return {
      contact,
      permission,
      canRequest: false,
      requestReason: reason,
      requestLimits: [],
      canCall: false,
      callReason: reason,
      callLimits: [],
    };
  }
  const snapshot = readSnapshot(tx, businessNumber, number, contact, known, 'both');
  const request = mayRequest(snapshot, tx.profile, tx.now, { via: 'auto', hasTemplate: true });
  const call = mayCall(snapshot, tx.profile, tx.now, purpose === undefined ? {} : { purpose });
  const clock = unsure(tx);
  const requestReason = request.allowed ? clock : request.reason;
  const callReason = call.allowed ? clock : call.reason;
  return {
    contact: snapshot.contact,
    permission: viewPermission(snapshot.permission, tx.profile, tx.now, snapshot.doNotCall),
    canRequest: requestReason === undefined,
    ...(requestReason === undefined ? {} : { requestReason }),
    requestLimits: request.limits,
    ...(request.warnings === undefined ? {} : { requestWarnings: request.warnings }),
    canCall: callReason === undefined,
    ...(callReason === undefined ? {} : { callReason }),
    callLimits: call.limits,
    ...(call.warnings === undefined ? {} : { callWarnings: call.warnings }),
    ...doubted([
      ...new Set([...requestDoubts(snapshot, tx.profile, tx.now), ...callDoubts(snapshot, tx.profile, tx.now)]),
    ]),
    ...providerBlocks(snapshot, tx.now),
    ...toldLimits(snapshot),
  };
}

function doubted(doubts: Doubt[]): { doubts?: Doubt[] } {
  return doubts.length === 0 ? {} : { doubts };
}

function toldLimits({ toldLimits: told }: PairSnapshot): { toldLimits?: ToldLimits } {
  return told === undefined ? {} : { toldLimits: told };
}

/** What the provider has said, and what it may say otherwise by now. */
function providerBlocks(
  { requestsBlockedUntil: requests, callsBlockedUntil: calls }: PairSnapshot,
  now: Instant,
): Pick<Explanation, 'providerBlocks'> {
  const blocks = {
    ...(requests !== undefined && requests > now ? { requestsUntil: requests } : {}),
    ...(calls !== undefined && calls > now ? { callsUntil: calls } : {}),
  };
  return Object.keys(blocks).length === 0 ? {} : { providerBlocks: blocks };
}

/** What a decision shows, whatever its answer. */
function seen({ limits, warnings }: Decision): Pick<Decision, 'limits' | 'warnings'> {
  return warnings === undefined ? { limits } : { limits, warnings };
}

/** Going on in spite of a warning is part of the proof. */
function warned({ warnings }: Decision): { warnings?: string[] } {
  return warnings === undefined ? {} : { warnings: warnings.map(({ code }) => code) };
}

function unsure(tx: Transaction): Reason | undefined {
  return tx.sure ? undefined : reasonFor('clock_unsure');
}

function conflict(): Pick<Extract<CallReservation, { ok: false }>, 'reason' | 'permission' | 'limits'> {
  const reason = reasonFor('contact_invalid', {
    why: 'its phone number and its user id belong to two different people known here.',
  });
  reason.nextStep = 'Give only one of the two.';
  return { reason, permission: { status: 'not_requested' }, limits: [] };
}

function made(tx: Transaction, number: NumberRow, contact: Contact, known: PairRow | undefined): PairRow {
  const pair = known ?? findOrMakePair(tx, number.numberId, contact);
  if (pair === 'conflict') throw new Error('identities changed inside a transaction');
  return nameAgain(tx, pair);
}

/** Refusals are part of the proof. Strangers are not stored for having been refused. */
function writeRefusal(
  tx: Transaction,
  event: string,
  number: NumberRow,
  pair: PairRow | undefined,
  reason: Reason,
): void {
  tx.records.writeAudit({
    event,
    detail: {
      code: reason.code,
      ...(reason.rule === undefined ? {} : { rule: reason.rule.id }),
      ...(reason.nextAllowedAt === undefined ? {} : { nextAllowedAt: reason.nextAllowedAt }),
    },
    numberId: number.numberId,
    ...(pair === undefined ? {} : { pair }),
  });
}
