import type { Instant, Permission, PermissionEnd, ToldLimits } from './model.ts';

/** What is remembered of a pair of business number and contact, apart from its requests and calls. */
export interface PairState {
  permission: Permission;
  lastConnectedAt?: Instant;
  requestsResetBefore?: Instant;
  /** Newest grant, and not before the request that it answered. */
  lastGrantedAt?: Instant;
  /** Unanswered calls count from here: the last connected call or the provider's automatic revoke (provider's clock). */
  streakFrom?: Instant;
  /** Consecutive unanswered calls, as last counted. */
  unanswered: number;
  /**
   * A revoke that we concluded ourselves from unanswered calls; undone if late news shows that the streak was broken. Without
   * `previous` there is nothing to bring back, because the person or the provider has spoken since; unanswered calls up to it
   * have had their consequence all the same.
   */
  selfRevoked?: { at: Instant; previous?: Permission };
  serviceWindowFrom?: Instant;
  requestsBlockedUntil?: Instant;
  callsBlockedUntil?: Instant;
  /** The provider's own limits for this pair, as last told. */
  toldLimits?: ToldLimits;
  doNotCall?: { since: Instant; source: string };
  /** When the newest confirmation of an opt-out was given free to be sent. */
  optOutConfirmedAt?: Instant;
}

/** What people should hear of a transition. */
export type PairChange =
  | { kind: 'granted' }
  | { kind: 'denied' }
  | { kind: 'ended'; why: PermissionEnd }
  | { kind: 'unanswered_warning'; count: number };

/** The outcome of a transition: the new state, what changed for people, and what the audit says. */
export interface Applied {
  state: PairState;
  changes: PairChange[];
  audit: { event: string; detail: Record<string, unknown> };
}

export function newPair(): PairState {
  return { permission: { status: 'not_requested' }, unanswered: 0 };
}

export function later(a: Instant | undefined, b: Instant): Instant {
  return a === undefined ? b : Math.max(a, b);
}

/** A provider's time, kept from reaching absurdly far beyond ours, where it would outrank everything to come. */
export function plausible(at: Instant, now: Instant): Instant {
  return Math.min(at, now + 86_400_000);
}

/** The person, or the provider, has spoken: what we had concluded ourselves brings nothing back any more. */
export function settleSelfRevoke(state: PairState): void {
  if (state.selfRevoked !== undefined) state.selfRevoked = { at: state.selfRevoked.at };
}
