import { applyCorrection, applyLapse } from '../../permission/apply.ts';
import type { Contact, Instant, Permission } from '../../permission/model.ts';
import { permissionMark } from '../../permission/permission-mark.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import { keepTold, rulesFor, sameWindows } from '../../permission/told-limits.ts';
import type { AuditQuery, AuditRow, Correction, Effect } from '../ledger.ts';
import { INBOX_KEEP_MS, UNDISPATCHED_KEEP_MS } from '../timings.ts';
import { conflicting, findOrMakePair, findPair } from './identity.ts';
import type { PairRow } from './records.ts';
import { retain } from './retention.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition } from './transition.ts';

export function status(tx: Transaction, businessNumberId: string, contact: Contact): Permission {
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === undefined || pair === 'conflict') return { status: 'not_requested' };
  return viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall);
}

export function correct(tx: Transaction, correction: Correction): Permission {
  const { businessNumber, contact } = correction;
  const number = tx.records.readNumber(businessNumber.id, businessNumber.phone);
  if (isNothingNew(tx, number.numberId, correction)) return { status: 'not_requested' };
  const pair = certain(findOrMakePair(tx, number.numberId, contact));
  const view = (): Permission => viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall);
  if (correction.seen !== undefined && correction.seen !== permissionMark(view())) return view();
  const applied = applyCorrection(pair.state, correction, tx.profile, tx.now);
  tx.records.insertNotices(commitTransition(tx, pair, businessNumber.id, applied));
  return view();
}

/** Strangers are not stored for having been looked up: only for a limit of their own that the rules do not have. */
function isNothingNew(tx: Transaction, numberId: number, { says, limits, contact }: Correction): boolean {
  if (says !== 'limits' || findPair(tx, numberId, contact) !== undefined) return false;
  if (limits === undefined) return true;
  return sameWindows(tx.profile, rulesFor(tx.profile, keepTold(undefined, limits, tx.now), tx.now));
}

/** When the next permission or pending request lapses by itself. */
export function nextLapse(tx: Transaction): Instant | undefined {
  const { validity, requestLife } = tx.profile;
  const { expires, granted, requested } = tx.records.nearestLapse();
  const times = [
    expires,
    granted === undefined || !validity.caps ? undefined : granted + validity.ms,
    requested === undefined ? undefined : requested + requestLife.ms,
  ].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Writes down what has lapsed by itself. Without a sure clock only what waits to be told. */
export function sweep(tx: Transaction): Effect[] {
  const effects = tx.records.takeNotices();
  if (!tx.sure) return effects;
  sweepLeases(tx);
  tx.records.purgeInbox(tx.now - INBOX_KEEP_MS, tx.now - UNDISPATCHED_KEEP_MS);
  for (const pair of lapseCandidates(tx)) {
    const applied = applyLapse(pair.state, tx.profile, tx.now);
    if (applied === undefined) continue;
    effects.push(...commitTransition(tx, pair, tx.records.numberIdOf(pair.numberId), applied));
  }
  retain(tx);
  return effects;
}

/** Most pairs written down as lapsed by one sweep, so that it never holds up others for long. The next one goes on. */
const LAPSES_PER_SWEEP = 5_000;

/** Pairs that may have lapsed by their times. Whether they have is decided by the rules. */
function lapseCandidates(tx: Transaction): PairRow[] {
  const { validity, requestLife } = tx.profile;
  const before = { expired: tx.now, requested: tx.now - requestLife.ms };
  return tx.records.lapseCandidates(
    validity.caps ? { ...before, granted: tx.now - validity.ms } : before,
    LAPSES_PER_SWEEP,
  );
}

/** Most reservations given up by one operation. Until then they count as they are. */
const LEASES_PER_SWEEP = 500;

/**
 * Reservations whose owner is gone may have been sent: they become unknown, never released.
 * @returns whether there may be more of them
 */
export function sweepLeases(tx: Transaction): boolean {
  const requests = tx.records.abandonedRequests(LEASES_PER_SWEEP);
  const calls = tx.records.abandonedCalls(LEASES_PER_SWEEP);
  for (const request of requests) {
    request.state = 'unknown';
    // Its owner sent it, if at all, before the lease was over.
    request.at = Math.max(request.at, Math.min(tx.now, request.leaseUntil));
    tx.records.writeRequest(request);
    writeAbandoned(tx, 'request_unknown', request.reservationId, tx.records.readPair(request.pairId));
  }
  for (const call of calls) {
    const latest = Math.min(tx.now, call.leaseUntil);
    call.state = 'unknown';
    call.at = Math.max(call.at, latest);
    call.startedAt = Math.max(call.startedAt, latest);
    call.lastNews = Math.max(call.lastNews, latest);
    tx.records.writeCall(call);
    writeAbandoned(tx, 'call_unknown', call.reservationId, tx.records.readPair(call.pairId));
  }
  return Math.max(requests.length, calls.length) === LEASES_PER_SWEEP;
}

export function audit(tx: Transaction, query: AuditQuery): AuditRow[] {
  const { businessNumberId, contact, afterSeq = 0, limit = 1_000, ...rest } = query;
  const page = { ...rest, afterSeq, limit };
  if (contact !== undefined) {
    const numbers = businessNumberId === undefined ? tx.records.numbers() : [businessNumberId];
    return tx.records.readAudit({ ...page, pairIds: numbers.flatMap((id) => pairsOf(tx, id, contact)) });
  }
  if (businessNumberId === undefined) return tx.records.readAudit(page);
  const number = tx.records.findNumber(businessNumberId);
  return number === undefined ? [] : tx.records.readAudit({ ...page, numberId: number.numberId });
}

/** A person's rows, with those that were merged into them: the audit keeps the ids of the time. */
function pairsOf(tx: Transaction, businessNumberId: string, contact: Contact): number[] {
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === undefined || pair === 'conflict') return [];
  return [pair.pairId, ...tx.records.mergedInto(pair.pairId)];
}

function writeAbandoned(tx: Transaction, event: string, reservationId: string, pair: PairRow): void {
  tx.records.writeAudit({
    event,
    detail: { reservationId, why: 'its process ended before it was settled' },
    numberId: pair.numberId,
    pair,
  });
}

function certain(pair: PairRow | 'conflict'): PairRow {
  if (pair !== 'conflict') return pair;
  throw conflicting();
}
