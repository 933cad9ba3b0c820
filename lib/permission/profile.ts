import type { Instant, ReasonCode, RuleSource } from './model.ts';

export type { ProfileOverrides } from './overrides.ts';

/** At most `allowed` uses in any `periodMs` (rolling, not by calendar day). */
export interface WindowRule {
  rule: RuleSource;
  code: ReasonCode;
  periodMs: number;
  allowed: number;
  /** The user set the number: what the provider says may lower it, never raise it. */
  own?: true;
  /** The provider lowered the number, or brought the rule; until then, unless it says so again. */
  until?: Instant;
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
/** At most `allowed` in all, whenever they were. */
export interface CapRule {
  rule: RuleSource;
  allowed: number;
}
/** What happens when a rule of one's own is broken. `warn`: it is told beside the result. */
export type Firmness = 'warn' | 'block';
/** Hours of the day, in the contact's own time zone. */
export interface QuietHours {
  rule: RuleSource;
  mode: Firmness;
  /** Minutes after midnight; the hour from which it is quiet, and the one from which it is not any more. May span midnight. */
  from: number;
  to: number;
}

/**
 * A set of rules as data. Profiles differ in numbers, never in code. A user's overrides replace numbers, and say so in the
 * source of the rule. An optional rule is switched off while it is absent.
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
  /** Number ranges that may lie where there is no service. A range proves nothing, so it warns, unless the user says more. */
  territories: { rule: RuleSource; mode: Firmness | 'off'; ranges: { prefix: string; name: string }[] };
  /** Kept from every edge of a window, because the provider's clock is not ours. */
  skewMs: number;

  /** Requests without a grant or a connected call in between. */
  requestsWithoutGrant?: CapRule;
  /** Connected calls on one and the same grant. */
  callsPerPermission?: CapRule & { unansweredConsumes: boolean };
  /** A grant older than this is not called on. */
  maxGrantAge?: DurationRule & { mode: Firmness };
  /** Between the end of a call and the next one to the same person. */
  callGap?: DurationRule & { mode: Firmness };
  /** A call's purpose is the one that the permission was given for. */
  purposeBinding?: { rule: RuleSource; mode: Firmness };
  /** A call comes by the time that its request promised. */
  promise?: { rule: RuleSource; mode: Firmness };
  quietHours?: { requests?: QuietHours; calls?: QuietHours };
  /** Countries of people who are not asked and not called. */
  contactCountries?: { rule: RuleSource; excluded: string[] };
  /** What follows from the grant or its request (validity caps, age, calls per permission, promise, purpose) does not bind permanent permissions. */
  permanentExempt?: true;
}
