import { applyCorrection, applyLapse } from '../../permission/apply.ts';
import type { Contact, Permission } from '../../permission/model.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import { reasonFor } from '../../permission/reason-text.ts';
import { type AuditRow, type Correction, type Effect, LedgerError } from '../ledger.ts';
import { INBOX_KEEP_MS, UNDISPATCHED_KEEP_MS } from '../timings.ts';
import { purgeInbox } from './append.ts';
import { readAudit, writeAudit } from './audit-table.ts';
import { abandonedCalls, writeCall } from './call-table.ts';
import { findOrMakePair, findPair } from './identity.ts';
import { takeNotices } from './notice-table.ts';
import { findNumber, numberIdOf, readNumber } from './number-table.ts';
import { fromRow, type PairRow, readPair } from './pair-table.ts';
import { abandonedRequests, writeRequest } from './request-table.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition } from './transition.ts';

export function status(tx: Transaction, businessNumberId: string, contact: Contact): Permission {
  const number = findNumber(tx, businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === undefined || pair === 'conflict') return { status: 'not_requested' };
  return viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall);
}

export function correct(tx: Transaction, correction: Correction): Permission {
  const { businessNumber, contact } = correction;
  const number = readNumber(tx, businessNumber.id, businessNumber.phone);
  const pair = certain(findOrMakePair(tx, number.numberId, contact));
  commitTransition(tx, pair, businessNumber.id, applyCorrection(pair.state, correction, tx.profile, tx.now));
  return viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall);
}

/** Writes down what has lapsed by itself. Without a sure clock only what waits to be told. */
export function sweep(tx: Transaction): Effect[] {
  const effects = takeNotices(tx);
  if (!tx.sure) return effects;
  sweepLeases(tx);
  purgeInbox(tx, tx.now - INBOX_KEEP_MS, tx.now - UNDISPATCHED_KEEP_MS);
  for (const row of lapseCandidates(tx)) {
    const pair = fromRow(row);
    const applied = applyLapse(pair.state, tx.profile, tx.now);
    if (applied === undefined) continue;
    effects.push(...commitTransition(tx, pair, numberIdOf(tx, pair.numberId), applied));
  }
  return effects;
}

/** Most pairs written down as lapsed by one sweep, so that it never holds up others for long. The next one goes on. */
const LAPSES_PER_SWEEP = 5_000;

/** Pairs that may have lapsed by their times. Whether they have is decided by the rules. */
function lapseCandidates(tx: Transaction): ReturnType<ReturnType<Transaction['db']['statement']>['all']> {
  const { validity, requestLife } = tx.profile;
  const expired = tx.db
    .statement(
      "SELECT * FROM pair WHERE status = 'granted' AND expires_at <= ? AND merged_into IS NULL ORDER BY expires_at LIMIT ?",
    )
    .all(tx.now, LAPSES_PER_SWEEP);
  const unanswered = tx.db
    .statement(
      "SELECT * FROM pair WHERE status = 'pending' AND requested_at <= ? AND merged_into IS NULL ORDER BY requested_at LIMIT ?",
    )
    .all(tx.now - requestLife.ms, LAPSES_PER_SWEEP);
  if (!validity.caps) return [...expired, ...unanswered];
  const capped = tx.db
    .statement(
      `SELECT * FROM pair WHERE status = 'granted' AND granted_at <= ? AND (expires_at IS NULL OR expires_at > ?)
       AND merged_into IS NULL LIMIT ?`,
    )
    .all(tx.now - validity.ms, tx.now, LAPSES_PER_SWEEP);
  return [...expired, ...capped, ...unanswered];
}

/** Reservations whose owner is gone may have been sent: they become unknown, never released. */
export function sweepLeases(tx: Transaction): void {
  for (const request of abandonedRequests(tx)) {
    request.state = 'unknown';
    // Its owner sent it, if at all, before the lease was over.
    request.at = Math.max(request.at, Math.min(tx.now, request.leaseUntil));
    writeRequest(tx, request);
    writeAbandoned(tx, 'request_unknown', request.reservationId, readPair(tx, request.pairId));
  }
  for (const call of abandonedCalls(tx)) {
    const latest = Math.min(tx.now, call.leaseUntil);
    call.state = 'unknown';
    call.at = Math.max(call.at, latest);
    call.startedAt = Math.max(call.startedAt, latest);
    call.lastNews = Math.max(call.lastNews, latest);
    writeCall(tx, call);
    writeAbandoned(tx, 'call_unknown', call.reservationId, readPair(tx, call.pairId));
  }
}

export function audit(
  tx: Transaction,
  query: { businessNumberId?: string; contact?: Contact; afterSeq?: number; limit?: number },
): AuditRow[] {
  const page = { afterSeq: query.afterSeq ?? 0, limit: query.limit ?? 1_000 };
  const numbers =
    query.businessNumberId === undefined
      ? tx.db
          .statement('SELECT id FROM number')
          .all()
          .map((row) => String(row.id))
      : [query.businessNumberId];
  const { contact } = query;
  if (contact !== undefined) {
    const pairIds = numbers.flatMap((id) => pairsOf(tx, id, contact));
    return readAudit(tx.db, { ...page, pairIds });
  }
  if (query.businessNumberId === undefined) return readAudit(tx.db, page);
  const number = findNumber(tx, query.businessNumberId);
  return number === undefined ? [] : readAudit(tx.db, { ...page, numberId: number.numberId });
}

/** A person's rows, with those that were merged into them: the audit keeps the ids of the time. */
function pairsOf(tx: Transaction, businessNumberId: string, contact: Contact): number[] {
  const number = findNumber(tx, businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === undefined || pair === 'conflict') return [];
  const merged = tx.db.statement('SELECT pair_id FROM pair WHERE merged_into = ?').all(pair.pairId);
  return [pair.pairId, ...merged.map((row) => Number(row.pair_id))];
}

function writeAbandoned(tx: Transaction, event: string, reservationId: string, pair: PairRow): void {
  writeAudit(tx, {
    event,
    detail: { reservationId, why: 'its process ended before it was settled' },
    numberId: pair.numberId,
    pair,
  });
}

function certain(pair: PairRow | 'conflict'): PairRow {
  if (pair !== 'conflict') return pair;
  const reason = reasonFor('contact_invalid', {
    why: 'its phone number and its user id belong to two different people known here.',
  });
  throw new LedgerError('bad_input', reason.text, 'Give only one of the two.');
}
