import type { Instant, PairSnapshot, Use } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile, WindowRule } from './profile.ts';
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
 * - `unknown_use`: it is not known whether an earlier request or call reached the provider
 * - `own_conclusion`: we took the permission for revoked from our own count of unanswered calls, no webhook said so
 */
export type Doubt = 'second_hand' | 'long_pause' | 'unanswered' | 'limit_edge' | 'unknown_use' | 'own_conclusion';

/** What speaks for asking the provider before a call. Pure; empty: the store saw all of it itself, and lately. */
export function callDoubts(snapshot: PairSnapshot, profile: Profile, now: Instant): Doubt[] {
  if (snapshot.doNotCall !== undefined) return [];
  const permission = viewPermission(snapshot.permission, profile, now, undefined, profile.skewMs);
  if (permission.status !== 'granted') return snapshot.concluded === true ? ['own_conclusion'] : [];
  const { source, grantedAt = 0, repliedAt = 0 } = permission;
  const { warnAt, revokeAt } = profile.unanswered;
  const proved = Math.max(grantedAt, repliedAt, snapshot.lastConnectedAt ?? 0);
  const doubts: [Doubt, boolean][] = [
    ['second_hand', (source === 'provider_query' || source === 'callback') && now - proved > SECOND_HAND_MS],
    ['long_pause', now - proved > LONG_PAUSE_MS],
    ['unanswered', snapshot.unanswered > 0 && snapshot.unanswered >= Math.min(warnAt, revokeAt - 1)],
    ['limit_edge', atEdge(profile.connectedCalls, snapshot.calls, profile, now)],
    ['unknown_use', hasUnknown(snapshot.calls, profile.connectedCalls.periodMs + profile.skewMs, now)],
  ];
  return doubts.filter(([, holds]) => holds).map(([doubt]) => doubt);
}

/** What speaks for asking the provider before a permission request. Pure. */
export function requestDoubts(snapshot: PairSnapshot, profile: Profile, now: Instant): Doubt[] {
  if (snapshot.doNotCall !== undefined) return [];
  const forgiven = snapshot.requestsResetBefore ?? snapshot.lastConnectedAt;
  const longest = Math.max(0, ...profile.requests.map(({ periodMs }) => periodMs)) + profile.skewMs;
  const doubts: [Doubt, boolean][] = [
    ['own_conclusion', snapshot.concluded === true],
    ['limit_edge', profile.requests.some((rule) => atEdge(rule, snapshot.requests, profile, now, forgiven))],
    ['unknown_use', hasUnknown(snapshot.requests, longest, now)],
  ];
  return doubts.filter(([, holds]) => holds).map(([doubt]) => doubt);
}

/** One use is left, and at least one was made: a limit of 1 that nobody has used is nothing to wonder about. */
function atEdge(
  rule: WindowRule,
  uses: readonly Use[],
  { skewMs }: Profile,
  now: Instant,
  forgivenBefore?: Instant,
): boolean {
  const { used } = countWindow(rule, uses, now, skewMs, forgivenBefore);
  return used > 0 && used === rule.allowed - 1;
}

function hasUnknown(uses: readonly Use[], windowMs: number, now: Instant): boolean {
  return uses.some(({ state, at }) => state === 'unknown' && at + windowMs > now);
}
