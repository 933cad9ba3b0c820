import type { Decision, Instant, LimitState, PairSnapshot, Reason } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { reasonFor } from './reason-text.ts';
import { sharedRefusal } from './shared-checks.ts';
import { asLimitState, countWindow } from './window.ts';

/** Whether a contact may be called now. Pure; every limit is returned, whatever the answer. */
export function mayCall(snapshot: PairSnapshot, profile: Profile, now: Instant): Decision {
  const limits = [
    asLimitState(countWindow(profile.connectedCalls, snapshot.calls, now, profile.skewMs)),
    livePerPair(snapshot, profile),
    startsOfNumber(snapshot, profile),
    { rule: profile.livePerNumber.rule, allowed: profile.livePerNumber.allowed, used: snapshot.number.live },
    { rule: profile.unanswered.rule, allowed: profile.unanswered.revokeAt, used: snapshot.unanswered },
  ];
  const reason =
    sharedRefusal(snapshot, profile, now) ??
    permissionRefusal(snapshot, profile, now) ??
    limitRefusal(limits, profile) ??
    providerRefusal(snapshot, profile, now);
  return reason === undefined ? { allowed: true, limits } : { allowed: false, reason, limits };
}

function livePerPair(snapshot: PairSnapshot, profile: Profile): LimitState {
  return {
    rule: profile.livePerPair.rule,
    allowed: profile.livePerPair.allowed,
    used: snapshot.liveCall === undefined ? 0 : 1,
  };
}

function startsOfNumber(snapshot: PairSnapshot, profile: Profile): LimitState {
  const { rule, allowed, periodMs } = profile.starts;
  const { startedLastDay: used, oldestStart } = snapshot.number;
  const state: LimitState = { rule, allowed, used };
  if (used >= allowed && oldestStart !== undefined) state.freesAt = oldestStart + periodMs + profile.skewMs;
  return state;
}

function permissionRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Reason | undefined {
  const permission = viewPermission(snapshot.permission, profile, now, undefined, profile.skewMs);
  if (permission.status === 'granted') return undefined;
  if (permission.status === 'pending') return reasonFor('permission_pending');
  switch (permission.ended) {
    case 'denied':
      return reasonFor('permission_denied');
    case 'automatic':
      return reasonFor('permission_revoked', {
        rule: profile.unanswered.rule,
        text: 'The permission was withdrawn automatically after too many unanswered calls: {limit}.',
      });
    case 'revoked':
      return reasonFor('permission_revoked');
    case 'opt_out':
      return reasonFor('permission_revoked', {
        text: 'This person had asked not to be called and has given no new permission since.',
      });
    case 'provider_says_none':
      return reasonFor('permission_missing_at_provider');
    case 'expired':
      // A request that lapsed unanswered was never a permission.
      return snapshot.permission.status === 'pending' || permission.grantedAt === undefined
        ? reasonFor('permission_not_requested', { text: 'This person did not answer the permission request in time.' })
        : reasonFor('permission_expired', { rule: profile.validity.rule });
    case undefined:
      return reasonFor('permission_not_requested');
  }
}

function limitRefusal(limits: LimitState[], profile: Profile): Reason | undefined {
  const [connected, pair, starts, live] = limits;
  const order = [
    { state: pair, code: profile.livePerPair.code },
    { state: connected, code: profile.connectedCalls.code },
    { state: starts, code: profile.starts.code },
    { state: live, code: profile.livePerNumber.code },
  ];
  for (const { state, code } of order) {
    if (state === undefined || state.used < state.allowed) continue;
    return reasonFor(code, {
      rule: state.rule,
      ...(state.freesAt === undefined ? {} : { nextAllowedAt: state.freesAt }),
    });
  }
  return undefined;
}

function providerRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Reason | undefined {
  const until = snapshot.callsBlockedUntil;
  if (until === undefined || now >= until + profile.skewMs) return undefined;
  return reasonFor('connected_call_limit', {
    text: 'WhatsApp says that this person has been called too often already.',
    rule: profile.connectedCalls.rule,
    nextAllowedAt: until + profile.skewMs,
  });
}
