import type { ReasonCode, RuleSource } from './model.ts';
import { overrideHouseRules } from './override-house-rules.ts';
import type { Firmness, Profile, WindowRule } from './profile.ts';

/** Quiet from `from` to `to`, both `HH:MM` on the contact's own clock; may span midnight. */
export interface QuietSpan {
  from: string;
  to: string;
  mode?: Firmness;
}

/**
 * What a store's settings may change: every number of a profile, and the rules that only the user wants. Times in seconds.
 * `null` switches a rule off that the profile has on. One call at a time with a contact cannot be changed: the store itself
 * relies on it.
 */
export interface ProfileOverrides {
  requestsPerDay?: number;
  requestsPerThreeDays?: number;
  requestsPerWeek?: number;
  connectedCallsPerDay?: number;
  startsPerDay?: number;
  concurrentCalls?: number;
  unansweredWarn?: number;
  unansweredRevoke?: number;
  cancelledRing?: 'never' | 'after_ringing' | 'always';
  /** A permission never holds longer than this after the grant. `null`: only as long as the provider says. */
  validitySeconds?: number | null;
  requestLifeSeconds?: number;
  serviceWindowSeconds?: number;
  skewSeconds?: number;
  /** Replaces the list of countries whose business numbers may not call. */
  excludedCountries?: string[];
  excludedContactCountries?: string[] | null;
  /** Number ranges of Crimea, Donetsk and Luhansk. `block`: no calls from them; `off`: you know better. */
  territories?: Firmness | 'off';
  /** Beginnings of numbers, or whole numbers, that you know to be there. */
  territoryNumbers?: string[];
  requestsWithoutGrant?: number | null;
  callsPerPermission?: number | null;
  /** An unanswered call uses a permission up, too. */
  unansweredConsumes?: boolean;
  maxGrantAgeSeconds?: number | null;
  maxGrantAge?: Firmness;
  callGapSeconds?: number | null;
  callGap?: Firmness;
  purposeBinding?: Firmness | 'off';
  promise?: Firmness | 'off';
  quietRequests?: QuietSpan | null;
  quietCalls?: QuietSpan | null;
  /** What follows from a grant or its request does not bind permanent permissions. */
  permanentExempt?: boolean;
}

const HOUR = 3_600_000;

/** The profile with a user's overrides in place, each marked as the user's own in its source. The profile is not changed. */
export function withOverrides(profile: Profile, overrides: ProfileOverrides): Profile {
  const result = structuredClone(profile);
  overrideRequests(result, overrides);
  overrideCount(result.connectedCalls, overrides.connectedCallsPerDay);
  overrideCount(result.starts, overrides.startsPerDay);
  overrideCount(result.livePerNumber, overrides.concurrentCalls);
  const { unanswered, validity, countries, requestLife, serviceWindow } = result;
  if (overrides.unansweredWarn !== undefined || overrides.unansweredRevoke !== undefined) {
    unanswered.warnAt = overrides.unansweredWarn ?? unanswered.warnAt;
    unanswered.revokeAt = overrides.unansweredRevoke ?? unanswered.revokeAt;
    unanswered.rule = own(
      unanswered.rule,
      `${unanswered.warnAt} consecutive unanswered calls warn, ${unanswered.revokeAt} revoke the permission`,
    );
  }
  if (overrides.cancelledRing !== undefined) unanswered.cancelledRing = overrides.cancelledRing;
  if (overrides.validitySeconds === null) {
    validity.caps = false;
  } else if (overrides.validitySeconds !== undefined) {
    validity.ms = overrides.validitySeconds * 1000;
    validity.caps = true;
    validity.rule = own(validity.rule, `${overrides.validitySeconds} s after the grant`);
  }
  if (overrides.requestLifeSeconds !== undefined) {
    requestLife.ms = overrides.requestLifeSeconds * 1000;
    requestLife.rule = own(requestLife.rule, `${overrides.requestLifeSeconds} s to answer a permission request`);
  }
  if (overrides.serviceWindowSeconds !== undefined) {
    serviceWindow.ms = overrides.serviceWindowSeconds * 1000;
    serviceWindow.rule = own(
      serviceWindow.rule,
      `${overrides.serviceWindowSeconds} s after the person wrote, called or accepted a call`,
    );
  }
  if (overrides.excludedCountries !== undefined) {
    countries.excluded = [...overrides.excludedCountries];
    countries.rule = own(countries.rule, `not from ${countries.excluded.join(', ') || 'nowhere'}`);
  }
  if (overrides.skewSeconds !== undefined) result.skewMs = overrides.skewSeconds * 1000;
  overrideTerritories(result, overrides);
  overrideHouseRules(result, overrides);
  return result;
}

function overrideRequests(result: Profile, overrides: ProfileOverrides): void {
  const windows: [number | undefined, number, string, ReasonCode, string][] = [
    [overrides.requestsPerDay, 24 * HOUR, 'request-day', 'request_limit_day', '24 h'],
    [overrides.requestsPerThreeDays, 72 * HOUR, 'request-three-days', 'request_limit_three_days', '72 h'],
    [overrides.requestsPerWeek, 168 * HOUR, 'request-week', 'request_limit_week', '7 days'],
  ];
  for (const [allowed, periodMs, id, code, period] of windows) {
    if (allowed === undefined) continue;
    const known = result.requests.find((rule) => rule.periodMs === periodMs);
    if (known !== undefined) {
      overrideCount(known, allowed);
      continue;
    }
    const like = result.requests[0]?.rule ?? result.requestLife.rule;
    const limit = `${allowed} permission requests per ${period} and contact`;
    const rule = { ...own({ ...like, limit: 'no such window' }, limit), id };
    result.requests.push({ rule, code, periodMs, allowed, own: true });
  }
  result.requests.sort((a, b) => a.periodMs - b.periodMs);
}

function overrideTerritories(result: Profile, overrides: ProfileOverrides): void {
  const { territories } = result;
  if (overrides.territories !== undefined) {
    territories.mode = overrides.territories;
    territories.rule = own(territories.rule, territories.rule.limit);
  }
  for (const prefix of overrides.territoryNumbers ?? []) {
    territories.ranges.unshift({ prefix, name: 'your own list' });
  }
}

function overrideCount(rule: Pick<WindowRule, 'rule' | 'allowed' | 'own'>, allowed: number | undefined): void {
  if (allowed === undefined) return;
  rule.rule = own(rule.rule, rule.rule.limit.replace(/^[\d,]+/, String(allowed)));
  rule.allowed = allowed;
  rule.own = true;
}

/** A rule in the user's own words. What it stands instead of stays readable. */
export function own(rule: RuleSource, limit: string): RuleSource {
  return { ...rule, limit, source: `set in the permission store (instead of: ${rule.limit}; ${rule.source})` };
}
