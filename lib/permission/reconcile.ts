import type { Instant, LimitState, Permission, ReasonCode } from './model.ts';
import type { Profile, WindowRule } from './profile.ts';

const HOUR = 3_600_000;

/** A limit as the provider's permission query tells it. */
export interface LiveLimit {
  /** ISO 8601 duration such as `PT24H` or `P7D`. */
  period: string;
  allowed: number;
  used: number;
  freesAt?: Instant;
}
/** What the provider's permission query says about one person. */
export interface LivePermission {
  status: 'none' | 'temporary' | 'permanent';
  expiresAt?: Instant;
  request: { limits: readonly LiveLimit[] };
  call: { limits: readonly LiveLimit[] };
}
/** What we believe, to compare. */
export interface OurView {
  permission?: Permission;
  requestLimits?: readonly LimitState[];
  callLimits?: readonly LimitState[];
  /** Uses of ours that are under way and that the provider may or may not count yet: a difference up to that many is none. */
  underWay?: number;
}
export interface Reconciled {
  /** The rules with the provider's numbers in place. */
  profile: Profile;
  requestLimits: LimitState[];
  callLimits: LimitState[];
  /** One sentence for each thing in which the provider contradicts the rules or the store. */
  differences: string[];
}

/**
 * The rules as the provider applies them to one person: its own numbers win over a profile's, in both directions
 * (providers.md §2). A number that the user set is a promise of the user: the provider may lower it, never raise it.
 *
 * @param now when the provider said so; becomes the date of its limits
 */
export function reconcile(profile: Profile, live: LivePermission, now: Instant, ours: OurView = {}): Reconciled {
  const result = structuredClone(profile);
  const differences: string[] = [];
  const told = { now, differences, underWay: ours.underWay ?? 0 };
  const requestLimits = live.request.limits.flatMap((limit) => {
    const period = usable(limit, differences);
    if (period === undefined) return [];
    let rule = result.requests.find(({ periodMs }) => periodMs === period);
    if (rule === undefined) {
      rule = windowLike(limit, period, now);
      result.requests.push(rule);
      differences.push(`WhatsApp limits permission requests to ${rule.rule.limit}; the rules have no such limit.`);
    }
    return [apply(rule, limit, ours.requestLimits, told)];
  });
  result.requests.sort((a, b) => a.periodMs - b.periodMs);
  const callLimits = live.call.limits.flatMap((limit) => {
    const period = usable(limit, differences);
    if (period === undefined) return [];
    if (period === result.connectedCalls.periodMs) return [apply(result.connectedCalls, limit, ours.callLimits, told)];
    differences.push(`WhatsApp limits calls to ${limit.allowed} in ${limit.period}; the rules have no such limit.`);
    return [];
  });
  comparePermission(live, ours.permission, differences);
  return { profile: result, requestLimits, callLimits, differences };
}

function apply(
  rule: WindowRule,
  limit: LiveLimit,
  counted: readonly LimitState[] | undefined,
  { now, differences, underWay }: { now: Instant; differences: string[]; underWay: number },
): LimitState {
  const before = rule.rule.limit;
  if (limit.allowed !== rule.allowed) {
    const lowered = limit.allowed < rule.allowed;
    if (rule.own !== true || lowered) {
      differences.push(`WhatsApp allows ${limit.allowed} where the rules say: ${before}.`);
      rule.allowed = limit.allowed;
      rule.rule = {
        ...rule.rule,
        limit: before.replace(/^[\d,]+/, String(limit.allowed)),
        source: `told by the provider for this person (instead of: ${before}; ${rule.rule.source})`,
        date: new Date(now).toISOString().slice(0, 10),
      };
    } else {
      differences.push(`WhatsApp allows ${limit.allowed}; your own limit stays: ${before}.`);
    }
  }
  const known = counted?.find((state) => state.rule.id === rule.rule.id);
  if (known !== undefined && (limit.used > known.used || limit.used < known.used - underWay)) {
    differences.push(`WhatsApp counts ${limit.used} and the store ${known.used} of: ${rule.rule.limit}.`);
  }
  const state: LimitState = { rule: rule.rule, allowed: rule.allowed, used: limit.used };
  if (limit.used >= rule.allowed) {
    const freesAt = limit.freesAt ?? known?.freesAt;
    if (freesAt !== undefined) state.freesAt = freesAt;
  }
  return state;
}

function windowLike({ allowed, period }: LiveLimit, periodMs: number, now: Instant): WindowRule {
  const code: ReasonCode =
    periodMs <= 24 * HOUR
      ? 'request_limit_day'
      : periodMs <= 72 * HOUR
        ? 'request_limit_three_days'
        : 'request_limit_week';
  const limit = `${allowed} permission requests per ${periodMs / HOUR} h and contact`;
  const rule = {
    id: `request-${period}`,
    limit,
    source: 'told by the provider for this person',
    date: new Date(now).toISOString().slice(0, 10),
  };
  return { rule, code, periodMs, allowed };
}

/** The length of a limit's period in milliseconds; undefined, and a sentence, if the limit makes no sense. */
function usable(limit: LiveLimit, differences: string[]): number | undefined {
  const period = periodMs(limit.period);
  const counts = [limit.allowed, limit.used].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (period !== undefined && counts) return period;
  differences.push('WhatsApp tells a limit that cannot be understood; it is left out.');
  return undefined;
}

/** Days and smaller parts of ISO 8601 durations, and weeks. Months have no fixed length and no provider uses them. */
function periodMs(text: string): number | undefined {
  const parts = /^P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/.exec(text);
  if (parts === null) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const length = (weeks * 168 + days * 24 + hours) * HOUR + minutes * 60_000 + seconds * 1_000;
  return length > 0 ? length : undefined;
}

function comparePermission(live: LivePermission, stored: Permission | undefined, differences: string[]): void {
  if (stored === undefined) return;
  const held = stored.status === 'granted' ? (stored.kind ?? 'temporary') : 'none';
  if (held !== live.status) {
    const words = { none: 'no permission', temporary: 'a temporary permission', permanent: 'a permanent permission' };
    differences.push(`WhatsApp says that there is ${words[live.status]}, the store has ${words[held]}.`);
  } else if (live.expiresAt !== undefined && stored.expiresAt !== undefined && live.expiresAt !== stored.expiresAt) {
    const [theirs, kept] = [live.expiresAt, stored.expiresAt].map((at) => new Date(at).toISOString());
    differences.push(`WhatsApp says that the permission ends at ${theirs}, the store has ${kept}.`);
  }
}
