import type { Instant, Permission } from './model.ts';
import { type Applied, later, type PairState, plausible, settleSelfRevoke } from './pair-state.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';

/** A person's answer, or the provider's automatic decision, about being called. */
export interface Reply {
  at: Instant;
  response: 'accept' | 'reject';
  permanent: boolean;
  expiresAt?: Instant;
  source: 'user_action' | 'automatic';
  contextId?: string;
}

/** Longest expiry that is believed. Meta gives 7 days and prints 16 in a sample; seconds taken for milliseconds give millennia. */
const LONGEST_EXPIRY_MS = 31 * 86_400_000;

/**
 * Applies a reply to a pair, whatever order replies come in: one that is older than the newest applied is ignored
 * (meta-cloud-api.md §4.4). On a do-not-call pair a grant is kept, but nobody hears of it and it allows nothing.
 *
 * @param purpose why we had asked, if the reply answers a request of ours
 * @param promisedBy by when that request promised the call
 */
export function applyReply(
  state: PairState,
  reply: Reply,
  profile: Profile,
  now: Instant,
  purpose: string | undefined,
  promisedBy?: Instant,
): Applied {
  const at = plausible(reply.at, now);
  const detail: Record<string, unknown> = {
    response: reply.response,
    source: reply.source,
    at,
    ...(reply.contextId === undefined ? {} : { requestId: reply.contextId }),
  };
  const { permission } = state;
  if (permission.repliedAt !== undefined && at < permission.repliedAt) {
    return { state, changes: [], audit: { event: 'reply_out_of_order', detail } };
  }
  // The provider itself said since (138006) that this grant holds no more. Its clock is not ours, so the skew is kept.
  const refuted = permission.ended === 'provider_says_none' ? (permission.endedAt ?? 0) - profile.skewMs : undefined;
  if (reply.response === 'accept' && refuted !== undefined && at < refuted) {
    return { state, changes: [], audit: { event: 'reply_out_of_order', detail } };
  }
  return reply.response === 'accept'
    ? accept(state, { ...reply, at }, profile, { purpose, promisedBy }, detail)
    : reject(state, { ...reply, at }, profile, now, detail);
}

function accept(
  state: PairState,
  reply: Reply,
  profile: Profile,
  asked: { purpose: string | undefined; promisedBy: Instant | undefined },
  detail: Record<string, unknown>,
): Applied {
  const permission: Permission = {
    status: 'granted',
    kind: reply.permanent ? 'permanent' : 'temporary',
    grantedAt: reply.at,
    repliedAt: reply.at,
    source: reply.source === 'automatic' ? 'callback' : reply.contextId === undefined ? 'profile' : 'request',
  };
  if (!reply.permanent) {
    // The acceptance itself is certain; only its end is not told. Meta's temporary permission lasts exactly 7 days from the
    // approval, and the seeds name that as the fallback, so an absent or unbelievable end is taken from the reply's own time.
    const told = reply.expiresAt;
    const believed = told !== undefined && Number.isFinite(told) && told <= reply.at + LONGEST_EXPIRY_MS;
    permission.expiresAt = believed ? told : reply.at + profile.validity.ms;
    if (!believed) detail.expiryAssumed = true;
    detail.expiresAt = permission.expiresAt;
  }
  if (reply.contextId !== undefined && reply.source === 'user_action') {
    permission.requestId = reply.contextId;
    if (state.permission.requestedAt !== undefined) permission.requestedAt = state.permission.requestedAt;
  }
  // A grant that a call to us has brought answers no question of ours.
  const unasked = reply.contextId === undefined || reply.source === 'automatic';
  const why = asked.purpose ?? (unasked ? undefined : state.permission.purpose);
  if (why !== undefined) permission.purpose = why;
  const answers = reply.contextId !== undefined && reply.contextId === state.permission.requestId;
  const promisedBy = asked.promisedBy ?? (answers ? state.permission.promisedBy : undefined);
  if (promisedBy !== undefined) permission.promisedBy = promisedBy;
  const lastGrantedAt = later(state.lastGrantedAt, Math.max(reply.at, permission.requestedAt ?? reply.at));
  const next: PairState = { ...state, permission, lastGrantedAt };
  settleSelfRevoke(next);
  const kind = permission.kind;
  if (state.doNotCall !== undefined) {
    return { state: next, changes: [], audit: { event: 'grant_kept_from_do_not_call', detail: { ...detail, kind } } };
  }
  return {
    state: next,
    changes: [{ kind: 'granted' }],
    audit: { event: 'permission_granted', detail: { ...detail, kind, source: permission.source } },
  };
}

function reject(
  state: PairState,
  reply: Reply,
  profile: Profile,
  now: Instant,
  detail: Record<string, unknown>,
): Applied {
  const { permission } = state;
  const held = viewPermission(permission, profile, Math.min(now, reply.at)).status === 'granted';
  const automatic = reply.source === 'automatic';
  const why = automatic ? 'automatic' : held ? 'revoked' : 'denied';
  const next: PairState = {
    ...state,
    permission: { ...permission, status: 'denied', ended: why, endedAt: reply.at, repliedAt: reply.at },
  };
  // So that the provider's reply to the request itself, which may come later, does not reopen the question.
  if (reply.contextId !== undefined && !automatic) next.permission.requestId = reply.contextId;
  settleSelfRevoke(next);
  if (automatic) {
    next.streakFrom = later(state.streakFrom, reply.at);
    next.unanswered = 0;
    delete next.selfRevoked;
  }
  const audit = { event: held || automatic ? 'permission_revoked' : 'permission_denied', detail: { ...detail, why } };
  if (state.doNotCall !== undefined) return { state: next, changes: [], audit };
  if (held) return { state: next, changes: [{ kind: 'ended', why }], audit };
  // Our own count had concluded the same already, or nothing was held: no second message.
  if (automatic) return { state: next, changes: [], audit };
  const known = permission.status === 'denied' && permission.ended === 'denied';
  return { state: next, changes: known ? [] : [{ kind: 'denied' }], audit };
}
