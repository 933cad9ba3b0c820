import type { Instant, Permission, ToldLimit } from './model.ts';
import { type Applied, later, type PairState, settleSelfRevoke } from './pair-state.ts';
import { isPermanentAtProvider, viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { keepTold, newerTold } from './told-limits.ts';

export { applyConnected, applyContactByPerson, applyUnanswered, UNANSWERED_ENDS_NEEDED } from './apply-call.ts';
export { applyReply, type Reply } from './apply-reply.ts';

/** A request of ours was accepted by the provider. Its answer may have been faster than the provider's reply to us. */
export function applyRequestSent(
  state: PairState,
  request: { requestId: string; requestedAt: Instant; purpose: string; promisedBy?: Instant },
  profile: Profile,
  now: Instant,
): Applied {
  const audit = { event: 'request_sent', detail: { requestId: request.requestId, purpose: request.purpose } };
  const { permission } = state;
  if (permission.requestId === request.requestId) {
    const known: Permission = { ...permission, requestedAt: request.requestedAt, purpose: request.purpose };
    if (request.promisedBy !== undefined) known.promisedBy = request.promisedBy;
    const next: PairState = { ...state, permission: known };
    // The answer came first, by the provider's clock perhaps from before our request.
    if (permission.status === 'granted') next.lastGrantedAt = later(state.lastGrantedAt, request.requestedAt);
    return { state: next, changes: [], audit };
  }
  // A grant that still holds, here or at the provider, is worth more than an open question.
  if (viewPermission(permission, profile, now).status === 'granted' || isPermanentAtProvider(permission)) {
    return { state, changes: [], audit };
  }
  const pending: Permission = {
    status: 'pending',
    requestId: request.requestId,
    requestedAt: request.requestedAt,
    purpose: request.purpose,
  };
  if (request.promisedBy !== undefined) pending.promisedBy = request.promisedBy;
  if (permission.repliedAt !== undefined) pending.repliedAt = permission.repliedAt;
  const next: PairState = { ...state, permission: pending };
  return { state: next, changes: [], audit };
}

/** The request message could not be delivered: nobody will answer it. It still counts against the limits (not documented, so the safe way). */
export function applyRequestFailed(state: PairState, requestId: string): Applied {
  const audit = { event: 'request_undeliverable', detail: { requestId } };
  const { permission } = state;
  if (permission.status !== 'pending' || permission.requestId !== requestId) return { state, changes: [], audit };
  const { repliedAt } = permission;
  const none: Permission = { status: 'not_requested', ...(repliedAt === undefined ? {} : { repliedAt }) };
  return { state: { ...state, permission: none }, changes: [], audit };
}

/** The provider contradicted us; it wins. Times as told, or the safe side of what is known. */
export function applyCorrection(
  state: PairState,
  correction: {
    says: 'no_permission' | 'request_limit' | 'connected_limit' | 'permanent' | 'temporary' | 'limits';
    expiresAt?: Instant;
    retryAt?: Instant;
    limits?: { requests: readonly Omit<ToldLimit, 'at'>[]; calls: readonly Omit<ToldLimit, 'at'>[] };
  },
  profile: Profile,
  now: Instant,
): Applied {
  const { says, expiresAt, retryAt, limits } = correction;
  const before = viewPermission(state.permission, profile, now);
  if (says === 'limits') {
    if (limits === undefined) return { state, changes: [], audit: { event: 'limits_told', detail: {} } };
    const toldLimits = keepTold(state.toldLimits, limits, now);
    return { state: { ...state, toldLimits }, changes: [], audit: { event: 'limits_told', detail: { ...limits } } };
  }
  const audit = {
    event: 'corrected_by_provider',
    detail: {
      says,
      stored: before.status,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(retryAt === undefined ? {} : { retryAt }),
    },
  };
  const unchanged: Applied = { state, changes: [], audit };
  if (says === 'request_limit') {
    const until = retryAt ?? now + (profile.requests[0]?.periodMs ?? 86_400_000);
    return { ...unchanged, state: { ...state, requestsBlockedUntil: until } };
  }
  if (says === 'connected_limit') {
    return { ...unchanged, state: { ...state, callsBlockedUntil: retryAt ?? now + profile.connectedCalls.periodMs } };
  }
  if (says === 'no_permission') {
    if (before.status !== 'granted') return unchanged;
    const permission: Permission = {
      ...state.permission,
      status: 'not_requested',
      ended: 'provider_says_none',
      endedAt: now,
    };
    const next: PairState = { ...state, permission };
    settleSelfRevoke(next);
    return {
      state: next,
      changes: state.doNotCall === undefined ? [{ kind: 'ended', why: 'provider_says_none' }] : [],
      audit,
    };
  }
  return { ...unchanged, ...correctGrant(state, says, expiresAt, before, now) };
}

function correctGrant(
  state: PairState,
  kind: 'permanent' | 'temporary',
  expiresAt: Instant | undefined,
  before: Permission,
  now: Instant,
): Pick<Applied, 'state' | 'changes'> {
  // A temporary permission whose end nobody knows cannot be placed in time: what is stored stays.
  if (kind === 'temporary' && expiresAt === undefined) return { state, changes: [] };
  const { ended, endedAt, ...rest } = state.permission;
  // A permanent permission that only a rule of our own had ended is not a new one: its age goes on.
  const held = before.status === 'granted' || (state.permission.status === 'granted' && state.permission.kind === kind);
  const permission: Permission = {
    ...rest,
    status: 'granted',
    kind,
    grantedAt: held ? (state.permission.grantedAt ?? now) : now,
    source: held ? (state.permission.source ?? 'provider_query') : 'provider_query',
  };
  delete permission.expiresAt;
  if (kind === 'temporary' && expiresAt !== undefined) permission.expiresAt = expiresAt;
  const next: PairState = { ...state, permission };
  settleSelfRevoke(next);
  const heard = !held && state.doNotCall === undefined;
  return { state: next, changes: heard ? [{ kind: 'granted' }] : [] };
}

/** Puts a pair on the do-not-call list, at once and above every grant, or takes it off. Taking it off brings no permission back. */
export function applyDoNotCall(
  state: PairState,
  entry: { listed: boolean; source: string },
  profile: Profile,
  now: Instant,
): Applied {
  if (!entry.listed) {
    const { doNotCall, ...rest } = state;
    return {
      state: rest,
      changes: [],
      audit: { event: 'do_not_call_released', detail: { source: entry.source, was: doNotCall?.since ?? null } },
    };
  }
  const held = viewPermission(state.permission, profile, now).status === 'granted';
  const permission: Permission = { ...state.permission, status: 'denied', ended: 'opt_out', endedAt: now };
  // Else its kind would say that it goes on at the provider, who knows nothing of our list.
  if (permission.kind === 'permanent' && !isPermanentAtProvider(state.permission)) delete permission.kind;
  const next: PairState = {
    ...state,
    permission,
    doNotCall: state.doNotCall ?? { since: now, source: entry.source },
  };
  settleSelfRevoke(next);
  return {
    state: next,
    changes: held && state.doNotCall === undefined ? [{ kind: 'ended', why: 'opt_out' }] : [],
    audit: { event: 'do_not_call_listed', detail: { source: entry.source } },
  };
}

/** Writes down that a permission or an open request has lapsed. Decisions never wait for it. Undefined: nothing lapsed. */
export function applyLapse(state: PairState, profile: Profile, now: Instant): Applied | undefined {
  const seen = viewPermission(state.permission, profile, now);
  if (seen.status === state.permission.status || seen.ended !== 'expired') return undefined;
  return {
    state: { ...state, permission: seen },
    changes: state.doNotCall === undefined ? [{ kind: 'ended', why: 'expired' }] : [],
    audit: {
      event: state.permission.status === 'pending' ? 'request_lapsed' : 'permission_expired',
      detail: { at: seen.endedAt },
    },
  };
}

/**
 * Two pairs turned out to be the same person (a webhook named both identities). The newest word about permission holds,
 * every restriction of either stays, and what was counted is counted together by moving requests and calls.
 */
export function mergePairs(a: PairState, b: PairState): PairState {
  const newest = newestWord(a.permission) >= newestWord(b.permission) ? a : b;
  const merged: PairState = { permission: newest.permission, unanswered: 0 };
  if (newest.selfRevoked !== undefined) merged.selfRevoked = newest.selfRevoked;
  const toldLimits = newerTold(a.toldLimits, b.toldLimits);
  if (toldLimits !== undefined) merged.toldLimits = toldLimits;
  for (const state of [a, b]) {
    for (const key of [
      'lastConnectedAt',
      'lastGrantedAt',
      'requestsResetBefore',
      'streakFrom',
      'serviceWindowFrom',
      'requestsBlockedUntil',
      'callsBlockedUntil',
      'optOutConfirmedAt',
    ] as const) {
      const value = state[key];
      if (value !== undefined) merged[key] = later(merged[key], value);
    }
    if (state.doNotCall !== undefined && !((merged.doNotCall?.since ?? Infinity) <= state.doNotCall.since)) {
      merged.doNotCall = state.doNotCall;
    }
  }
  return merged;
}

function newestWord(permission: Permission): Instant {
  return Math.max(
    permission.repliedAt ?? 0,
    permission.endedAt ?? 0,
    permission.grantedAt ?? 0,
    permission.requestedAt ?? 0,
  );
}
