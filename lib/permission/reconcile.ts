import type { Instant, LimitState, Permission, ToldLimit, ToldLimits } from './model.ts';
import type { Profile, WindowRule } from './profile.ts';
import { keepTold, LONGEST_TOLD_MS, rulesFor } from './told-limits.ts';

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
  /** What the provider had told about the person before. */
  toldLimits?: ToldLimits;
  /** Uses of ours that are under way and that the provider may or may not count yet: a difference up to that many is none. */
  underWay?: number;
}
export interface Reconciled {
  /** The rules with the provider's numbers in place. */
  profile: Profile;
  requestLimits: LimitState[];
  callLimits: LimitState[];
  /** What is to be kept of the answer. */
  told: { requests: SaidLimit[]; calls: SaidLimit[] };
  /** One sentence for each thing in which the provider contradicts the rules or the store. */
  differences: string[];
}
type SaidLimit = Omit<ToldLimit, 'at'>;

/**
 * The rules as the provider applies them to one person: its own numbers win over a profile's, in both directions
 * (providers.md §2). A number that the user set is a promise of the user: the provider may lower it, never raise it. What it
 * had told before, and says again, is no difference.
 *
 * @param now when the provider said so; becomes the date of its limits
 */
export function reconcile(profile: Profile, live: LivePermission, now: Instant, ours: OurView = {}): Reconciled {
  const differences: string[] = [];
  const known = rulesFor(profile, ours.toldLimits, now);
  const requests = usable(live.request.limits, differences);
  const calls = usable(live.call.limits, differences).filter(({ limit, periodMs }) => {
    if (periodMs === known.connectedCalls.periodMs) return true;
    differences.push(`WhatsApp limits calls to ${limit.allowed} in ${limit.period}; the rules have no such limit.`);
    return false;
  });
  const told = { requests: said(requests), calls: said(calls) };
  const result = rulesFor(profile, keepTold(ours.toldLimits, told, now), now);
  const view = (counted: readonly LimitState[] | undefined): Comparison => ({
    differences,
    counted,
    underWay: ours.underWay ?? 0,
  });
  const requestLimits = requests.flatMap(({ limit, periodMs }) => {
    const rule = result.requests.find((window) => window.periodMs === periodMs);
    if (rule === undefined) return [];
    const before = known.requests.find((window) => window.periodMs === periodMs);
    return [compare(before, rule, limit, view(ours.requestLimits))];
  });
  const callLimits = calls.map(({ limit }) =>
    compare(known.connectedCalls, result.connectedCalls, limit, view(ours.callLimits)),
  );
  comparePermission(live, ours.permission, differences);
  return { profile: result, requestLimits, callLimits, told, differences };
}

interface Comparison {
  differences: string[];
  counted: readonly LimitState[] | undefined;
  underWay: number;
}

/** @param before the rule as it held until now; absent: there was none for this period */
function compare(
  before: WindowRule | undefined,
  rule: WindowRule,
  limit: LiveLimit,
  { differences, counted, underWay }: Comparison,
): LimitState {
  if (before === undefined) {
    differences.push(`WhatsApp limits permission requests to ${rule.rule.limit}; the rules have no such limit.`);
  } else if (limit.allowed !== rule.allowed) {
    differences.push(`WhatsApp allows ${limit.allowed}; your own limit stays: ${rule.rule.limit}.`);
  } else if (rule.allowed !== before.allowed) {
    differences.push(`WhatsApp allows ${limit.allowed} where the rules say: ${before.rule.limit}.`);
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

interface UsableLimit {
  limit: LiveLimit;
  periodMs: number;
}

/** Limits that make sense, the smallest of each period; a sentence for each of the others. */
function usable(limits: readonly LiveLimit[], differences: string[]): UsableLimit[] {
  const found = new Map<number, UsableLimit>();
  for (const limit of limits) {
    const period = periodMs(limit.period);
    const counts = [limit.allowed, limit.used].every((count) => Number.isSafeInteger(count) && count >= 0);
    if (period === undefined || !counts) {
      differences.push('WhatsApp tells a limit that cannot be understood; it is left out.');
    } else if (period > LONGEST_TOLD_MS) {
      differences.push(`WhatsApp tells a limit for a period longer than is counted (${limit.period}); it is left out.`);
    } else if (limit.allowed < (found.get(period)?.limit.allowed ?? Infinity)) {
      found.set(period, { limit, periodMs: period });
    }
  }
  return [...found.values()];
}

function said(limits: readonly UsableLimit[]): SaidLimit[] {
  return limits.map(({ limit: { allowed }, periodMs }) => ({ periodMs, allowed }));
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
