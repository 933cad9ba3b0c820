import type { Instant } from './model.ts';
import type { PairState } from './pair-state.ts';
import type { Profile } from './profile.ts';

/** Somebody who says stop several times gets one confirmation in this time. */
const CONFIRM_ONCE_IN_MS = 86_400_000;

/**
 * Whether a confirmation of an opt-out may be sent now, and the state that remembers it as sent. It is a free-form
 * message, so only inside the service window, and only to somebody who is still listed.
 *
 * @returns undefined if none may be sent
 */
export function applyConfirmation(state: PairState, profile: Profile, now: Instant): PairState | undefined {
  const { doNotCall, serviceWindowFrom, optOutConfirmedAt } = state;
  if (doNotCall === undefined || serviceWindowFrom === undefined) return undefined;
  if (now >= serviceWindowFrom + profile.serviceWindow.ms - profile.skewMs) return undefined;
  if (optOutConfirmedAt !== undefined && now < optOutConfirmedAt + CONFIRM_ONCE_IN_MS) return undefined;
  return { ...state, optOutConfirmedAt: now };
}
