import type { Instant, PairSnapshot, Use } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile, WindowRule } from './profile.ts';
import { mayBeLarger, rulesFor, toldAbout } from './told-limits.ts';
import { countWindow } from './window.ts';

const DAY = 86_400_000;

/** A grant that no webhook of the person's own told us (read from the provider, or brought by a call to us) is trusted so long. */
export const SECOND_HAND_MS = DAY;
/** So long after the last proof of a grant (reply or connected call) the person may have changed their mind unheard. */
export const LONG_PAUSE_MS = 7 * DAY;

/**
 * Why what is stored about a person may differ from what the provider knows:
 * - `second_hand`: the grant was read from the provider or came with a call to us, more than a day ago
 * - `long_pause`: nothing has proved the grant for a week (permanent ones live that long)
 * - `unanswered`: so many calls in a row were not answered that WhatsApp has asked the person, or the next one revokes
 * - `limit_edge`: the next use is the last one that the counted limit allows; other systems may use the same number
 * - `limit_full`: a counted limit is used up that is not the user's own, and the provider was not asked about it for a day
 * - `unknown_use`: it is not known whether an earlier request or call reached the provider
 * - `own_conclusion`: we took the permission for revoked from our own count of unanswered calls, no webhook said so
 */
export type Doubt =
  | 'second_hand'
  | 'long_pause'
  | 'unanswered'
  | 'limit_edge'
  | 'limit_full'
  | 'unknown_use'
  | 'own_conclusion';

/** What speaks for asking the provider before a call. Pure; empty: the store saw all of it itself, and lately. */
export function callDoubts(snapshot: PairSnapshot, rules: Profile, now: Instant): Doubt[] {
  if (snapshot.doNotCall !== undefined) return [];
  const profile = rulesFor(rules, snapshot.toldLimits, now);
  const permission = viewPermission(snapshot.permission, profile, now, undefined, profile.skewMs);
  if (permission.status !== 'granted') return snapshot.concluded === true ? ['own_conclusion'] : [];
  const { source, grantedAt = 0, repliedAt = 0 } = permission;
  const { warnAt, revokeAt } = profile.unanswered;
  const proved = Math.max(grantedAt, repliedAt, snapshot.lastConnectedAt ?? 0);
  const doubts: [Doubt, boolean][] = [
    ['second_hand', (source === 'provider_query' || source === 'callback') && now - proved > SECOND_HAND_MS],
    ['long_pause', now - proved > LONG_PAUSE_MS],
    ['unanswered', snapshot.unanswered > 0 && snapshot.unanswered >= Math.min(warnAt, revokeAt - 1)],
    ['limit_edge', usesLeft(profile.connectedCalls, snapshot.calls, profile, now) === 1],
    [
      'limit_full',
      usesLeft(profile.connectedCalls, snapshot.calls, profile, now) <= 0 &&
        mayBeLarger(profile.connectedCalls, toldAbout(snapshot).calls, now),
    ],
    ['unknown_use', hasUnknown(snapshot.calls, profile.connectedCalls.periodMs + profile.skewMs, now)],
  ];
  return doubts.filter(([, holds]) => holds).map(([doubt]) => doubt);
}

/** What speaks for asking the provider before a permission request. Pure. */
export function requestDoubts(snapshot: PairSnapshot, rules: Profile, now: Instant): Doubt[] {
  if (snapshot.doNotCall !== undefined) return [];
  const profile = rulesFor(rules, snapshot.toldLimits, now);
  const forgiven = snapshot.requestsResetBefore ?? snapshot.lastConnectedAt;
  const left = (rule: WindowRule): number => usesLeft(rule, snapshot.requests, profile, now, forgiven);
  const full = profile.requests.filter((rule) => left(rule) <= 0);
  const longest = Math.max(0, ...profile.requests.map(({ periodMs }) => periodMs)) + profile.skewMs;
  const doubts: [Doubt, boolean][] = [
    ['own_conclusion', snapshot.concluded === true],
    ['limit_edge', profile.requests.some((rule) => left(rule) === 1)],
    ['limit_full', full.length > 0 && full.every((rule) => mayBeLarger(rule, toldAbout(snapshot).requests, now))],
    ['unknown_use', hasUnknown(snapshot.requests, longest, now)],
  ];
  return doubts.filter(([, holds]) => holds).map(([doubt]) => doubt);
}

/** How many uses a limit has left; `Infinity` if none was made: a limit of 1 that nobody has used is nothing to wonder about. */
function usesLeft(
  rule: WindowRule,
  uses: readonly Use[],
  { skewMs }: Profile,
  now: Instant,
  forgivenBefore?: Instant,
): number {
  const { used } = countWindow(rule, uses, now, skewMs, forgivenBefore);
  return used === 0 && rule.allowed > 0 ? Infinity : rule.allowed - used;
}

function hasUnknown(uses: readonly Use[], windowMs: number, now: Instant): boolean {
  return uses.some(({ state, at }) => state === 'unknown' && at + windowMs > now);
}
