import type { ReasonCode, RuleSource } from './model.ts';

/** At most `allowed` uses in any `periodMs` (rolling, not by calendar day). */
export interface WindowRule {
  rule: RuleSource;
  code: ReasonCode;
  periodMs: number;
  allowed: number;
}
/** A duration with its source. */
export interface DurationRule {
  rule: RuleSource;
  ms: number;
}
/** At most `allowed` at the same time. */
export interface ConcurrencyRule {
  rule: RuleSource;
  code: ReasonCode;
  allowed: number;
}

/**
 * A set of rules as data. Profiles differ in numbers, never in code. A user's overrides replace numbers, and say so in the
 * source of the rule.
 */
export interface Profile {
  id: string;
  /** Permission requests per pair, forgiven by any connected call. Shortest window first. */
  requests: WindowRule[];
  /** Connected calls per pair. */
  connectedCalls: WindowRule;
  livePerPair: ConcurrencyRule;
  /** Calls started per business number. */
  starts: WindowRule;
  livePerNumber: ConcurrencyRule;
  unanswered: {
    rule: RuleSource;
    warnAt: number;
    revokeAt: number;
    /** Whether a ring that we cancelled ourselves counts. */
    cancelledRing: 'never' | 'after_ringing' | 'always';
  };
  /** How long a temporary permission holds if the provider does not say. */
  validity: DurationRule & {
    /** True: never longer than this after the grant, even if the provider says so (stricter house rules). */
    caps: boolean;
  };
  /** A request without an answer lapses after this. */
  requestLife: DurationRule;
  serviceWindow: DurationRule;
  countries: { rule: RuleSource; excluded: string[] };
  /** Kept from every edge of a window, because the provider's clock is not ours. */
  skewMs: number;
}

/** What a store's settings may change. Times in seconds. */
export interface ProfileOverrides {
  requestsPerDay?: number;
  requestsPerWeek?: number;
  connectedCallsPerDay?: number;
  startsPerDay?: number;
  concurrentCalls?: number;
  unansweredWarn?: number;
  unansweredRevoke?: number;
  cancelledRing?: 'never' | 'after_ringing' | 'always';
  /** A temporary permission never holds longer than this after the grant. */
  validitySeconds?: number;
  skewSeconds?: number;
  excludedCountries?: string[];
}

/** The profile with a user's overrides in place, each marked as the user's own in its source. The profile is not changed. */
export function withOverrides(profile: Profile, overrides: ProfileOverrides): Profile {
  const result = structuredClone(profile);
  const [day, week] = result.requests;
  if (day !== undefined) overrideCount(day, overrides.requestsPerDay);
  if (week !== undefined) overrideCount(week, overrides.requestsPerWeek);
  overrideCount(result.connectedCalls, overrides.connectedCallsPerDay);
  overrideCount(result.starts, overrides.startsPerDay);
  overrideCount(result.livePerNumber, overrides.concurrentCalls);
  const { unanswered, validity, countries } = result;
  if (overrides.unansweredWarn !== undefined || overrides.unansweredRevoke !== undefined) {
    unanswered.warnAt = overrides.unansweredWarn ?? unanswered.warnAt;
    unanswered.revokeAt = overrides.unansweredRevoke ?? unanswered.revokeAt;
    unanswered.rule = own(unanswered.rule, `${unanswered.warnAt} warn, ${unanswered.revokeAt} revoke`);
  }
  if (overrides.cancelledRing !== undefined) unanswered.cancelledRing = overrides.cancelledRing;
  if (overrides.validitySeconds !== undefined) {
    validity.ms = overrides.validitySeconds * 1000;
    validity.caps = true;
    validity.rule = own(validity.rule, `${overrides.validitySeconds} s after the grant`);
  }
  if (overrides.excludedCountries !== undefined) {
    countries.excluded = [...overrides.excludedCountries];
    countries.rule = own(countries.rule, `not from ${countries.excluded.join(', ') || 'nowhere'}`);
  }
  if (overrides.skewSeconds !== undefined) result.skewMs = overrides.skewSeconds * 1000;
  return result;
}

function overrideCount(rule: WindowRule | ConcurrencyRule, allowed: number | undefined): void {
  if (allowed === undefined) return;
  rule.rule = own(rule.rule, rule.rule.limit.replace(/^[\d,]+/, String(allowed)));
  rule.allowed = allowed;
}

function own(rule: RuleSource, limit: string): RuleSource {
  return { ...rule, limit, source: `set in the permission store (instead of: ${rule.limit}; ${rule.source})` };
}
