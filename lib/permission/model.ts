/**
 * The words of permission: what the ledger stores, what a decision looks at, and what it answers.
 * Types only. Every time is an `Instant`: milliseconds since 1970-01-01 UTC. Messages to flows use ISO 8601 instead.
 */
export type Instant = number;

/** A person on WhatsApp. At least one of `phone` and `userId` is present. */
export interface Contact {
  /** E.164 digits without `+`. May be missing: people with a username need not show their number. */
  phone?: string;
  /** Business-scoped user id, `CC.xxxx`; the same person has another one for another business. */
  userId?: string;
  /** Parent business-scoped user id, `CC.ENT.xxxx`, only for managed businesses. */
  parentUserId?: string;
  name?: string;
  /** BCP 47 tag such as `pt-BR`. */
  language?: string;
  /** IANA zone such as `America/Sao_Paulo`. */
  timeZone?: string;
}

/** The business's own number. Permission always belongs to a pair of business number and contact. */
export interface BusinessNumber {
  /** Provider's id of the number (Meta: phone number id). Key of everything stored. */
  id: string;
  /** E.164 digits without `+`; decides in which country the business calls from. */
  phone: string;
}

export type PermissionStatus = 'not_requested' | 'pending' | 'granted' | 'denied';
export type PermissionKind = 'temporary' | 'permanent';
/** How a grant came about: an answer to our request, the person's own choice in the profile, a call to us, or read from the provider. */
export type PermissionSource = 'request' | 'profile' | 'callback' | 'provider_query';
/** Why a permission that existed, or was asked for, is not there now. */
export type PermissionEnd = 'denied' | 'revoked' | 'automatic' | 'expired' | 'opt_out' | 'provider_says_none';

export interface Permission {
  status: PermissionStatus;
  kind?: PermissionKind;
  grantedAt?: Instant;
  /** Absent for permanent permissions. */
  expiresAt?: Instant;
  source?: PermissionSource;
  ended?: PermissionEnd;
  endedAt?: Instant;
  /** Why we asked; kept with the grant. */
  purpose?: string;
  /** Provider's id of the request message that was answered or is pending. */
  requestId?: string;
  requestedAt?: Instant;
  /** Until when the request promised the call; kept with the grant it brought. */
  promisedBy?: Instant;
  /** Time of the newest reply that was applied; older replies are ignored. */
  repliedAt?: Instant;
}

export type ReservationState = 'reserved' | 'consumed' | 'released' | 'unknown';

/** A use that counts against a limit. `unknown` counts until a webhook settles it. */
export interface Use {
  reservationId: string;
  /** When it counts from: the later of reservation, sending and connecting. */
  at: Instant;
  state: ReservationState;
  /** Of a call: `grantedAt` of the permission it was placed under. Absent if it was not ours, or there was none. */
  grantedAt?: Instant;
}

/** A limit that the provider's permission query told for one person, and when it said so. */
export interface ToldLimit {
  periodMs: number;
  allowed: number;
  at: Instant;
}
/** Everything that it told: per period at most one limit for permission requests, and one for connected calls. */
export interface ToldLimits {
  requests: ToldLimit[];
  calls: ToldLimit[];
}

/** Everything a decision about one pair needs, read by the engine in one transaction under lock. */
export interface PairSnapshot {
  businessNumber: BusinessNumber;
  contact: Contact;
  permission: Permission;
  /**
   * Requests that are not released, of at least the longest request window, newest last. Under a profile that caps the
   * requests without a grant: all since `lastGrantedAt`.
   */
  requests: Use[];
  /**
   * Connected calls and reservations that may still connect (not released), of at least the call window, newest last.
   * Under a profile that counts calls per permission: also all since the grant.
   */
  calls: Use[];
  /** Calls since the grant that were not answered. Only read under a profile that counts them against the permission. */
  unansweredCalls?: Use[];
  /** When the newest call of ours that the person noticed ended, or else began. Only read under a profile with a gap between calls. */
  lastCallAt?: Instant;
  /** Consecutive calls that were not answered. */
  unanswered: number;
  /** Last call of either direction that was picked up; resets the request counters. */
  lastConnectedAt?: Instant;
  /**
   * Requests up to here are forgiven by a connected call. Not simply `lastConnectedAt`, which is the provider's clock: it is
   * when we reserved that call (our clock), so that a clock difference can never forgive a later request.
   */
  requestsResetBefore?: Instant;
  /** Last time the person gave permission; requests before it do not count against the cap on requests without a grant. */
  lastGrantedAt?: Instant;
  /** The provider said so (138009, 138012), although our own count has room. It wins. */
  requestsBlockedUntil?: Instant;
  callsBlockedUntil?: Instant;
  /** What the provider allows this person's pair, as it told; takes the place of the profile's numbers (`told-limits.ts`). */
  toldLimits?: ToldLimits;
  /** The one call that is, or may be, going on with this person. */
  liveCall?: { reservationId: string; callId?: string; since: Instant };
  /** Last time the person wrote to us, called us or accepted our call: opens the 24 h service window. */
  serviceWindowFrom?: Instant;
  doNotCall?: { since: Instant; source: string };
  /** The permission ended by our own count of unanswered calls; no webhook has said so. */
  concluded?: true;
  number: {
    /** Calls this business number started in the last 24 h (not released). */
    startedLastDay: number;
    /** Oldest of them, so that a refusal can say when the next is free. */
    oldestStart?: Instant;
    live: number;
    /** The provider's restriction, if one is in force. */
    restrictedUntil?: Instant;
    restriction?: string;
  };
}

/** Where a limit comes from, so that a refusal can be checked by the reader. */
export interface RuleSource {
  id: string;
  limit: string;
  source: string;
  /** ISO date of the document. */
  date: string;
}

/**
 * Stable codes of refusals: the API of no-code people. Never rename one.
 * The first group means "ask first" (output *needs permission* of the call node), the second "not now" (output *blocked*).
 */
export const NEEDS_PERMISSION_CODES = [
  'permission_not_requested',
  'permission_pending',
  'permission_denied',
  'permission_expired',
  'permission_revoked',
  'permission_missing_at_provider',
  'permission_too_old',
  'permission_used_up',
  'promise_missed',
  'purpose_mismatch',
] as const;
export const BLOCKED_CODES = [
  'do_not_call',
  'contact_invalid',
  'purpose_missing',
  'country_not_supported',
  'request_limit_day',
  'request_limit_week',
  'request_in_progress',
  'permanent_permission_exists',
  'service_window_closed',
  'template_missing',
  'template_not_approved',
  'template_grants_nothing',
  'call_in_progress',
  'connected_call_limit',
  'number_daily_call_limit',
  'number_concurrent_call_limit',
  'number_restricted',
  'clock_unsure',
  'provider_refused',
  'store_unavailable',
  'request_limit_three_days',
  'request_limit_total',
  'call_gap',
  'quiet_hours',
  'contact_country_excluded',
  'territory_not_served',
] as const;
export type ReasonCode = (typeof NEEDS_PERMISSION_CODES)[number] | (typeof BLOCKED_CODES)[number];

export interface Reason {
  code: ReasonCode;
  /** A plain sentence. */
  text: string;
  /** What the reader can do now. */
  nextStep: string;
  nextAllowedAt?: Instant;
  rule?: RuleSource;
  provider?: { code: string; subcode?: string; details?: string; traceId?: string };
}

/**
 * One limit as it stands, for people who want to see all of them. It stands in the way while `used` has reached `allowed`.
 * What is not counted in uses has `allowed` 1: `used` is then 1 while it stands in the way and 0 while it does not.
 */
export interface LimitState {
  rule: RuleSource;
  allowed: number;
  used: number;
  /** When the next use becomes free; absent while there is room. */
  freesAt?: Instant;
  /** What is counted; uses if left out. */
  unit?: 'seconds';
  /** The rule only warns: it is told, and the call or request is allowed all the same. */
  warns?: true;
}

/** `warnings`: reasons of rules that were set to warn; they never forbid. */
export type Decision =
  | { allowed: true; limits: LimitState[]; warnings?: Reason[] }
  | { allowed: false; reason: Reason; limits: LimitState[]; warnings?: Reason[] };
export type RequestDecision =
  | { allowed: true; via: 'freeform' | 'template'; limits: LimitState[]; warnings?: Reason[] }
  | { allowed: false; reason: Reason; limits: LimitState[]; warnings?: Reason[] };
