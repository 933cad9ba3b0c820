import type { Instant, Permission } from './model.ts';
import { later, type PairState } from './pair-state.ts';

/** What is left of the source of an opt-out whose person was erased: the flow or the import may have named them in it. */
export const ERASED_SOURCE = 'erased';

/**
 * The state of a pair whose person asked to be forgotten. What protects the person and the business number stays (opt-out,
 * unanswered calls, pauses, what was forgiven, each only as a time); what permitted something or tells about them (the
 * provider's own limits for them, too) goes. Nothing that was said before the erasure, and arrives late, counts any more.
 */
export function applyErasure(state: PairState, now: Instant): PairState {
  const permission: Permission = { status: 'not_requested', repliedAt: later(state.permission.repliedAt, now) };
  const left: PairState = { permission, unanswered: state.unanswered };
  for (const key of [
    'lastConnectedAt',
    'requestsResetBefore',
    'lastGrantedAt',
    'streakFrom',
    'requestsBlockedUntil',
    'callsBlockedUntil',
    'optOutConfirmedAt',
  ] as const) {
    const at = state[key];
    if (at !== undefined) left[key] = at;
  }
  if (state.doNotCall !== undefined) {
    const { since } = state.doNotCall;
    left.doNotCall = { since, source: ERASED_SOURCE };
    left.permission = { ...permission, status: 'denied', ended: 'opt_out', endedAt: since };
  }
  return left;
}
