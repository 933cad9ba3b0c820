import { judgeGrant } from './grant-checks.ts';
import { decide, type Judged, type Judgement, type Refusal, sumUp } from './judged.ts';
import type { Decision, Instant, LimitState, PairSnapshot, ReasonCode } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { judgeQuietHours } from './quiet-hours.ts';
import { contactsCountry, sharedChecks } from './shared-checks.ts';
import { rulesFor } from './told-limits.ts';
import { asLimitState, countWindow } from './window.ts';

export interface CallOptions {
  /** What the call is for. Left out, or empty: what the person allowed. */
  purpose?: string;
}

/**
 * Whether a contact may be called now. Pure; every limit that is switched on is returned, whatever the answer. A permission
 * and a business country are no limits and are not listed: the permission itself is told beside the decision.
 */
export function mayCall(snapshot: PairSnapshot, profile: Profile, now: Instant, options: CallOptions = {}): Decision {
  return decide((at) => judge(snapshot, rulesFor(profile, snapshot.toldLimits, at), at, options), now);
}

function judge(snapshot: PairSnapshot, profile: Profile, now: Instant, { purpose }: CallOptions): Judgement {
  const shared = sharedChecks(snapshot, profile, now);
  const connected = full(
    asLimitState(countWindow(profile.connectedCalls, snapshot.calls, now, profile.skewMs)),
    profile.connectedCalls.code,
  );
  const pair = full(livePerPair(snapshot, profile), profile.livePerPair.code);
  const starts = full(startsOfNumber(snapshot, profile, now), profile.starts.code);
  const { rule, allowed, code } = profile.livePerNumber;
  const live = full({ rule, allowed, used: snapshot.number.live }, code);
  const unanswered = {
    limit: { rule: profile.unanswered.rule, allowed: profile.unanswered.revokeAt, used: snapshot.unanswered },
  };
  const grant = judgeGrant(snapshot, profile, now, purpose);
  const gap = callGap(snapshot, profile, now);
  const quiet = judgeQuietHours(profile.quietHours?.calls, snapshot.contact, now);
  const permission = { ...optional(permissionRefusal(snapshot, profile, now)) };
  const provider = { ...optional(providerRefusal(snapshot, profile, now)) };
  return sumUp(
    // A call that is going on is heard of before what it does to its permission.
    [
      ...shared,
      permission,
      pair,
      grant.usedUp,
      grant.age,
      grant.promise,
      grant.purpose,
      connected,
      starts,
      live,
      provider,
      gap,
      quiet,
    ],
    [
      connected,
      pair,
      starts,
      live,
      unanswered,
      grant.usedUp,
      grant.age,
      grant.promise,
      grant.purpose,
      gap,
      quiet,
      contactsCountry(snapshot, profile),
      ...shared.filter(({ refusal }) => refusal?.code === 'territory_not_served'),
    ],
  );
}

function optional(refusal: Refusal | undefined): Judged {
  return refusal === undefined ? {} : { refusal };
}

function full(limit: LimitState, code: ReasonCode): Judged {
  if (limit.used < limit.allowed) return { limit };
  const facts = { rule: limit.rule, ...(limit.freesAt === undefined ? {} : { nextAllowedAt: limit.freesAt }) };
  return { limit, refusal: { code, facts } };
}

function livePerPair(snapshot: PairSnapshot, profile: Profile): LimitState {
  return {
    rule: profile.livePerPair.rule,
    allowed: profile.livePerPair.allowed,
    used: snapshot.liveCall === undefined ? 0 : 1,
  };
}

/** The count is of the moment of the snapshot; once the oldest start has left its window there is room for one. */
function startsOfNumber(snapshot: PairSnapshot, profile: Profile, now: Instant): LimitState {
  const { rule, allowed, periodMs } = profile.starts;
  const { startedLastDay, oldestStart } = snapshot.number;
  if (startedLastDay < allowed || oldestStart === undefined) return { rule, allowed, used: startedLastDay };
  const freesAt = oldestStart + periodMs + profile.skewMs;
  return now < freesAt ? { rule, allowed, used: startedLastDay, freesAt } : { rule, allowed, used: allowed - 1 };
}

function permissionRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Refusal | undefined {
  const permission = viewPermission(snapshot.permission, profile, now, undefined, profile.skewMs);
  const refused = (code: ReasonCode, facts: Refusal['facts'] = {}): Refusal => ({ code, facts });
  if (permission.status === 'granted') return undefined;
  if (permission.status === 'pending') return refused('permission_pending');
  switch (permission.ended) {
    case 'denied':
      return refused('permission_denied');
    case 'automatic':
      return refused('permission_revoked', {
        rule: profile.unanswered.rule,
        text: 'The permission was withdrawn automatically after too many unanswered calls: {limit}.',
      });
    case 'revoked':
      return refused('permission_revoked');
    case 'opt_out':
      return refused('permission_revoked', {
        text: 'This person had asked not to be called and has given no new permission since.',
      });
    case 'provider_says_none':
      return refused('permission_missing_at_provider');
    case 'expired':
      // A request that lapsed unanswered was never a permission.
      return snapshot.permission.status === 'pending' || permission.grantedAt === undefined
        ? refused('permission_not_requested', { text: 'This person did not answer the permission request in time.' })
        : refused('permission_expired', { rule: profile.validity.rule });
    case undefined:
      return refused('permission_not_requested');
  }
}

function providerRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Refusal | undefined {
  const until = snapshot.callsBlockedUntil;
  if (until === undefined || now >= until + profile.skewMs) return undefined;
  return {
    code: 'connected_call_limit',
    facts: {
      text: 'WhatsApp says that this person has been called too often already.',
      rule: profile.connectedCalls.rule,
      nextAllowedAt: until + profile.skewMs,
    },
  };
}

function callGap({ lastCallAt }: PairSnapshot, { callGap: gap }: Profile, now: Instant): Judged | undefined {
  if (gap === undefined) return undefined;
  const { rule, ms, mode } = gap;
  const warns = mode === 'warn';
  if (lastCallAt === undefined || now >= lastCallAt + ms) return { limit: { rule, allowed: 1, used: 0 }, warns };
  const freesAt = lastCallAt + ms;
  return {
    limit: { rule, allowed: 1, used: 1, freesAt },
    warns,
    refusal: { code: 'call_gap', facts: { rule, nextAllowedAt: freesAt } },
  };
}
