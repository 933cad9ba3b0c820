import type { Instant, PairSnapshot, ReasonCode, RuleSource, ToldLimit, ToldLimits } from './model.ts';
import type { Profile, WindowRule } from './profile.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What the provider told is relied on so long. Then the profile's numbers hold again, until it is asked anew. */
export const TOLD_KEEP_MS = 30 * DAY;
/** An answer younger than this needs no confirmation. */
export const TOLD_FRESH_MS = DAY;
/** The longest period that is counted: as long as the longest of any profile, because uses are kept for it (retention). */
export const LONGEST_TOLD_MS = 7 * DAY;

/**
 * The rules for one person: what the provider told about them takes the place of the profile's numbers, in both directions
 * (providers.md §2: the query's `limits[]` win; Meta and Infobip count requests and connected calls per pair). A number that
 * the user set may be lowered, never raised. The profile is not changed; without anything told it is returned as it is.
 *
 * @param now what was told too long ago has lapsed by then
 */
export function rulesFor(profile: Profile, told: ToldLimits | undefined, now: Instant): Profile {
  if (told === undefined) return profile;
  const holds = ({ at }: ToldLimit): boolean => now < at + TOLD_KEEP_MS;
  const requests = told.requests.filter(holds);
  const calls = told.calls.filter(holds);
  if (requests.length + calls.length === 0) return profile;
  const windows = profile.requests.map((rule) => withTold(rule, requests));
  for (const limit of requests) {
    if (!profile.requests.some(({ periodMs }) => periodMs === limit.periodMs)) windows.push(newWindow(limit));
  }
  windows.sort((a, b) => a.periodMs - b.periodMs);
  return { ...profile, requests: windows, connectedCalls: withTold(profile.connectedCalls, calls) };
}

/** Whether a limit that is used up may be larger at the provider by now: it is not the user's own, and nobody asked lately. */
export function mayBeLarger(rule: WindowRule, told: readonly ToldLimit[], now: Instant): boolean {
  const limit = told.find(({ periodMs }) => periodMs === rule.periodMs);
  if (limit !== undefined && now < limit.at + TOLD_FRESH_MS) return false;
  return rule.own !== true || rule.until !== undefined;
}

/** What is kept after a new answer. A kind of limit that it says nothing about stays as it was told before. */
export function keepTold(
  before: ToldLimits | undefined,
  said: { requests: readonly Omit<ToldLimit, 'at'>[]; calls: readonly Omit<ToldLimit, 'at'>[] },
  now: Instant,
): ToldLimits {
  const dated = (limits: readonly Omit<ToldLimit, 'at'>[], old: ToldLimit[] | undefined): ToldLimit[] =>
    limits.length === 0
      ? (old ?? []).filter(({ at }) => now < at + TOLD_KEEP_MS)
      : limits.map(({ periodMs, allowed }) => ({ periodMs, allowed, at: now }));
  return { requests: dated(said.requests, before?.requests), calls: dated(said.calls, before?.calls) };
}

/** Of two states of a pair the newer word for each kind of limit, when they turn out to be one person's. */
export function newerTold(a: ToldLimits | undefined, b: ToldLimits | undefined): ToldLimits | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const age = (limits: readonly ToldLimit[]): number => Math.max(0, ...limits.map(({ at }) => at));
  return {
    requests: age(b.requests) > age(a.requests) ? b.requests : a.requests,
    calls: age(b.calls) > age(a.calls) ? b.calls : a.calls,
  };
}

/** Whether an answer is to be written down: it says something else than is known, or confirms what was said long ago. */
export function isWorthKeeping(
  before: ToldLimits | undefined,
  said: Parameters<typeof keepTold>[1],
  now: Instant,
): boolean {
  const news = (limits: readonly Omit<ToldLimit, 'at'>[], old: readonly ToldLimit[]): boolean =>
    limits.length > 0 &&
    (limits.length !== old.length ||
      limits.some(({ periodMs, allowed }) => {
        const known = old.find((limit) => limit.periodMs === periodMs);
        return known === undefined || known.allowed !== allowed || now >= known.at + TOLD_FRESH_MS;
      }));
  return news(said.requests, before?.requests ?? []) || news(said.calls, before?.calls ?? []);
}

/** Whether two sets of rules allow the same. */
export function sameWindows(a: Profile, b: Profile): boolean {
  const numbers = ({ requests, connectedCalls }: Profile): string =>
    JSON.stringify([...requests, connectedCalls].map(({ periodMs, allowed }) => [periodMs, allowed]));
  return numbers(a) === numbers(b);
}

function withTold(rule: WindowRule, told: readonly ToldLimit[]): WindowRule {
  const limit = told.find(({ periodMs }) => periodMs === rule.periodMs);
  if (limit === undefined || limit.allowed === rule.allowed) return rule;
  const lowered = limit.allowed < rule.allowed;
  if (rule.own === true && !lowered) return rule;
  const before = rule.rule.limit;
  const replaced: WindowRule = {
    ...rule,
    allowed: limit.allowed,
    rule: {
      ...rule.rule,
      limit: before.replace(/^[\d,]+/, limit.allowed.toLocaleString('en-US')),
      ...answered(limit.at),
    },
  };
  replaced.rule.source += ` (instead of: ${before}; ${rule.rule.source})`;
  if (lowered) replaced.until = limit.at + TOLD_KEEP_MS;
  return replaced;
}

function newWindow({ periodMs, allowed, at }: ToldLimit): WindowRule {
  const code: ReasonCode =
    periodMs <= DAY ? 'request_limit_day' : periodMs <= 3 * DAY ? 'request_limit_three_days' : 'request_limit_week';
  const rule = {
    id: `request-${periodMs / HOUR}h`,
    limit: `${allowed.toLocaleString('en-US')} permission requests per ${periodMs / HOUR} h and contact`,
    ...answered(at),
  };
  return { rule, code, periodMs, allowed, until: at + TOLD_KEEP_MS };
}

function answered(at: Instant): Pick<RuleSource, 'source' | 'date'> {
  return { source: "WhatsApp's own answer about this person", date: new Date(at).toISOString().slice(0, 10) };
}

/** What was told about the person of a snapshot, to look at. */
export function toldAbout({ toldLimits }: Pick<PairSnapshot, 'toldLimits'>): ToldLimits {
  return toldLimits ?? { requests: [], calls: [] };
}
