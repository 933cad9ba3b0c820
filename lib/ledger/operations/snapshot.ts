import type { BusinessNumber, Contact, Instant, PairSnapshot } from '../../permission/model.ts';
import { newPair } from '../../permission/pair-state.ts';
import { rulesFor } from '../../permission/told-limits.ts';
import { isLive } from '../timings.ts';
import type { NumberRow, PairRow } from './records.ts';
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
  if (selfRevoked?.previous !== undefined) snapshot.concluded = true;
  if (number.restrictedUntil !== undefined) snapshot.number.restrictedUntil = number.restrictedUntil;
  if (number.restriction !== undefined) snapshot.number.restriction = number.restriction;
  if (need !== 'calls' && pair !== undefined) {
    const { requests } = rulesFor(tx.profile, state.toldLimits, tx.now);
    const longest = Math.max(0, ...requests.map((rule) => rule.periodMs));
    // A cap in all counts from the last grant, however long ago; such a list is as short as the cap.
    const since = tx.profile.requestsWithoutGrant === undefined ? Infinity : (state.lastGrantedAt ?? 0);
    snapshot.requests = tx.records.requestUses(pair.pairId, Math.min(tx.now - longest - tx.profile.skewMs, since));
  }
  if (need !== 'requests') {
    if (pair !== undefined) {
      readCalls(tx, pair.pairId, snapshot);
      if (tx.profile.callGap !== undefined) {
        const lastCallAt = tx.records.lastCall(pair.pairId);
        if (lastCallAt !== undefined) snapshot.lastCallAt = lastCallAt;
      }
      if (tx.profile.callsPerPermission?.unansweredConsumes === true) {
        snapshot.unansweredCalls = tx.records.unansweredCalls(pair.pairId, underGrant(snapshot));
      }
    }
    countNumber(tx, number.numberId, snapshot);
  }
  return snapshot;
}

function readCalls(tx: Transaction, pairId: number, snapshot: PairSnapshot): void {
  const window = tx.now - tx.profile.connectedCalls.periodMs - tx.profile.skewMs;
  const after = tx.profile.callsPerPermission === undefined ? window : Math.min(window, underGrant(snapshot));
  for (const { counts, live, bounded, lastNews, reservedAt, callId, ...use } of tx.records.callsOf(pairId, after)) {
    if (counts) snapshot.calls.push(use);
    if (live && isLive({ bounded, lastNews }, tx.now)) {
      snapshot.liveCall = { reservationId: use.reservationId, since: reservedAt };
      if (callId !== undefined) snapshot.liveCall.callId = callId;
    }
  }
}

/** From when on calls may have been placed under the present grant: its time is the provider's, which may run ahead of ours. */
function underGrant(snapshot: PairSnapshot): Instant {
  return (snapshot.permission.grantedAt ?? 0) - 86_400_000;
}

function countNumber(tx: Transaction, numberId: number, snapshot: PairSnapshot): void {
  const { starts, skewMs } = tx.profile;
  const load = tx.records.load(numberId, tx.now - starts.periodMs - skewMs);
  snapshot.number.startedLastDay = load.started;
  snapshot.number.live = load.live;
  // As many as are over the limit have to leave the window first.
  const leaving = load.started < starts.allowed ? undefined : load.startedAt(load.started - starts.allowed);
  if (leaving !== undefined) snapshot.number.oldestStart = leaving;
}
