import type { BusinessNumber, Contact, Instant, PairSnapshot, Use } from '../../permission/model.ts';
import { newPair } from '../../permission/pair-state.ts';
import { isLive } from '../timings.ts';
import { isBounded } from './call-table.ts';
import type { NumberRow } from './number-table.ts';
import type { PairRow } from './pair-table.ts';
import { requestUses } from './request-table.ts';
import { stateName } from './reservation-state.ts';
import type { Transaction } from './transaction.ts';

/**
 * Reads what a decision about a pair needs, in the open transaction. It counts; what the counts mean is decided elsewhere.
 *
 * @param pair undefined: nobody knows this contact yet, the snapshot is an empty one
 * @param need which lists to read; the other ones stay empty
 */
export function readSnapshot(
  tx: Transaction,
  businessNumber: BusinessNumber,
  number: NumberRow,
  contact: Contact,
  pair: PairRow | undefined,
  need: 'requests' | 'calls' | 'both',
): PairSnapshot {
  const state = pair?.state ?? newPair();
  const { selfRevoked, streakFrom, optOutConfirmedAt, ...rest } = state;
  const snapshot: PairSnapshot = {
    ...rest,
    businessNumber,
    contact: { ...pair?.contact, ...contact },
    requests: [],
    calls: [],
    number: { startedLastDay: 0, live: 0 },
  };
  if (number.restrictedUntil !== undefined) snapshot.number.restrictedUntil = number.restrictedUntil;
  if (number.restriction !== undefined) snapshot.number.restriction = number.restriction;
  if (need !== 'calls' && pair !== undefined) {
    const longest = Math.max(0, ...tx.profile.requests.map((rule) => rule.periodMs));
    // A cap in all counts from the last grant, however long ago; such a list is as short as the cap.
    const since = tx.profile.requestsWithoutGrant === undefined ? Infinity : (state.lastGrantedAt ?? 0);
    snapshot.requests = requestUses(tx, pair.pairId, Math.min(tx.now - longest - tx.profile.skewMs, since));
  }
  if (need !== 'requests') {
    if (pair !== undefined) {
      readCalls(tx, pair.pairId, snapshot);
      if (tx.profile.callGap !== undefined) readLastCall(tx, pair.pairId, snapshot);
      if (tx.profile.callsPerPermission?.unansweredConsumes === true) readUnanswered(tx, pair.pairId, snapshot);
    }
    countNumber(tx, number.numberId, snapshot);
  }
  return snapshot;
}

function readCalls(tx: Transaction, pairId: number, snapshot: PairSnapshot): void {
  const window = tx.now - tx.profile.connectedCalls.periodMs - tx.profile.skewMs;
  const after = tx.profile.callsPerPermission === undefined ? window : Math.min(window, underGrant(snapshot));
  const rows = tx.db
    .statement(
      `SELECT reservation_id, call_id, direction, state, at, last_news, reserved_at, granted_at, counts, live FROM call
       WHERE pair_id = ? AND (counts = 1 OR live = 1) AND (at > ? OR live = 1) ORDER BY at`,
    )
    .all(pairId, after);
  for (const row of rows) {
    const reservationId = String(row.reservation_id);
    const state = stateName(row.state);
    if (row.counts === 1) {
      const use: Use = { reservationId, state, at: Number(row.at) };
      if (row.granted_at !== null) use.grantedAt = Number(row.granted_at);
      snapshot.calls.push(use);
    }
    const bounded = isBounded({ direction: Number(row.direction), state });
    if (row.live === 1 && isLive({ bounded, lastNews: Number(row.last_news) }, tx.now)) {
      snapshot.liveCall = { reservationId, since: Number(row.reserved_at) };
      if (row.call_id !== null) snapshot.liveCall.callId = String(row.call_id);
    }
  }
}

/** From when on calls may have been placed under the present grant: its time is the provider's, which may run ahead of ours. */
function underGrant(snapshot: PairSnapshot): Instant {
  return (snapshot.permission.grantedAt ?? 0) - 86_400_000;
}

/** The newest call that the person noticed: connected, perhaps going on, or missed. Its end as told, but not after we heard of it. */
function readLastCall(tx: Transaction, pairId: number, snapshot: PairSnapshot): void {
  const row = tx.db
    .statement(
      `SELECT max(ended) AS at FROM (
         SELECT * FROM (SELECT max(started_at, min(coalesce(ended_at, started_at), last_news)) AS ended FROM call
           WHERE pair_id = ? AND (counts = 1 OR live = 1) AND direction < 2 ORDER BY at DESC LIMIT 1)
         UNION ALL
         SELECT * FROM (SELECT max(started_at, min(ended_at, last_news)) AS ended FROM call
           WHERE pair_id = ? AND unanswered = 1 ORDER BY ended_at DESC LIMIT 1))`,
    )
    .get(pairId, pairId);
  if (row !== undefined && row.at !== null) snapshot.lastCallAt = Number(row.at);
}

function readUnanswered(tx: Transaction, pairId: number, snapshot: PairSnapshot): void {
  snapshot.unansweredCalls = tx.db
    .statement(
      `SELECT reservation_id, state, ended_at, granted_at FROM call
       WHERE pair_id = ? AND unanswered = 1 AND ended_at > ? ORDER BY ended_at`,
    )
    .all(pairId, underGrant(snapshot))
    .map((row) => ({
      reservationId: String(row.reservation_id),
      state: stateName(row.state),
      at: Number(row.ended_at),
      ...(row.granted_at === null ? {} : { grantedAt: Number(row.granted_at) }),
    }));
}

function countNumber(tx: Transaction, numberId: number, snapshot: PairSnapshot): void {
  const { starts, skewMs } = tx.profile;
  const load = tx.loads.count(tx.db, numberId, tx.now, tx.now - starts.periodMs - skewMs);
  snapshot.number.startedLastDay = load.started;
  snapshot.number.live = load.live;
  // As many as are over the limit have to leave the window first.
  const leaving = load.started < starts.allowed ? undefined : load.startedAt(load.started - starts.allowed);
  if (leaving !== undefined) snapshot.number.oldestStart = leaving;
}
