import type { Instant } from './model.ts';
import { type Applied, later, type PairState, plausible } from './pair-state.ts';
import type { Profile } from './profile.ts';

/** How many unanswered ends of a pair `applyUnanswered` wants to see: enough for every profile. */
export const UNANSWERED_ENDS_NEEDED = 50;

export interface Connected {
  /** When the person picked up, by the provider's clock. */
  at: Instant;
  /** When we reserved the call, by our clock; absent if the call is not ours. */
  reservedAt?: Instant;
}

/**
 * A call of either direction was picked up: forgives requests, breaks the streak of unanswered calls and opens the service
 * window. News may be late; nothing goes back in time.
 */
export function applyConnected(state: PairState, connected: Connected, profile: Profile, now: Instant): Applied {
  const at = plausible(connected.at, now);
  const next: PairState = {
    ...state,
    lastConnectedAt: later(state.lastConnectedAt, at),
    streakFrom: later(state.streakFrom, at),
    serviceWindowFrom: later(state.serviceWindowFrom, Math.min(at, now)),
    // What we sent before we even placed this call is surely older than its connecting. For calls that are not ours only
    // the provider's clock tells, so the skew is kept. Nothing of this very moment is older: a clock that was set back stands
    // still for a while.
    requestsResetBefore: later(
      state.requestsResetBefore,
      connected.reservedAt === undefined
        ? Math.min(at, now - 1) - profile.skewMs
        : Math.max(connected.reservedAt - 1, Math.min(at, now - 1) - profile.skewMs),
    ),
  };
  delete next.requestsBlockedUntil;
  return { state: next, changes: [], audit: { event: 'call_connected', detail: { at } } };
}

/** The person called us, wrote to us or took our call: opens the service window. */
export function applyContactByPerson(state: PairState, at: Instant, now: Instant): PairState {
  return { ...state, serviceWindowFrom: later(state.serviceWindowFrom, Math.min(at, now)) };
}

/**
 * Counts consecutive unanswered calls anew, from facts, so that the order in which news came does not matter. Warns and
 * revokes at the profile's counts. The provider sends a revoke of its own as well; ours comes first and the two agree
 * (or its live answer corrects us). A revoke that later news refutes is undone.
 *
 * @param ends when unanswered calls of this pair ended, any order, at least the newest UNANSWERED_ENDS_NEEDED
 */
export function applyUnanswered(state: PairState, ends: readonly Instant[], profile: Profile): Applied {
  const { rule, warnAt, revokeAt } = profile.unanswered;
  const sorted = [...ends].sort((a, b) => a - b);
  let next: PairState = { ...state };
  const changes: Applied['changes'] = [];
  let event = 'call_unanswered';
  let from = state.streakFrom ?? Number.NEGATIVE_INFINITY;
  if (state.selfRevoked !== undefined && from < state.selfRevoked.at) {
    const { at, previous } = state.selfRevoked;
    if (sorted.filter((end) => end > from && end <= at).length >= revokeAt) {
      from = at;
    } else {
      next = undoRevoke(next, previous);
      event = 'automatic_revoke_undone';
      if (next.permission !== state.permission && state.doNotCall === undefined) changes.push({ kind: 'granted' });
    }
  }
  const counted = sorted.filter((end) => end > from);
  next.unanswered = counted.length;
  const decisive = counted[revokeAt - 1];
  const newest = counted.at(-1);
  const { permission } = next;
  const underThisGrant = newest !== undefined && newest > (permission.grantedAt ?? Number.NEGATIVE_INFINITY);
  if (decisive !== undefined && permission.status === 'granted' && underThisGrant) {
    // The revoke belongs to the moment of the call that completed the streak under this grant.
    const at = Math.max(decisive, permission.grantedAt ?? decisive);
    next.selfRevoked = { at, previous: permission };
    next.permission = {
      ...permission,
      status: 'denied',
      ended: 'automatic',
      endedAt: at,
      repliedAt: later(permission.repliedAt, at),
    };
    next.unanswered = counted.filter((end) => end > at).length;
    event = 'permission_revoked';
    if (state.doNotCall === undefined) changes.push({ kind: 'ended', why: 'automatic' });
  } else if (next.selfRevoked === state.selfRevoked && state.unanswered < warnAt && next.unanswered >= warnAt) {
    changes.push({ kind: 'unanswered_warning', count: next.unanswered });
  }
  return {
    state: next,
    changes,
    audit: { event, detail: { unanswered: counted.length, rule: rule.id } },
  };
}

function undoRevoke(state: PairState, previous: PairState['permission'] | undefined): PairState {
  const next: PairState = { ...state };
  // A question that we have asked since is worth less than the grant that had held all the time.
  if (previous !== undefined) next.permission = previous;
  delete next.selfRevoked;
  return next;
}
