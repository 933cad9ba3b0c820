import type { Instant, LimitState, Use } from './model.ts';
import type { WindowRule } from './profile.ts';

/** A rolling limit as it stands, and whether a use that is still under way is what fills it. */
export interface CountedWindow extends LimitState {
  /** True if there would be room but for reservations that are not settled yet. */
  heldByUnsettled: boolean;
}

/**
 * Counts uses against a rolling window.
 *
 * @param uses in any order; released ones are left out
 * @param skewMs the window is taken this much longer, because the provider's clock is not ours
 * @param forgivenBefore uses up to here do not count any more (requests after a connected call)
 */
export function countWindow(
  rule: WindowRule,
  uses: readonly Use[],
  now: Instant,
  skewMs: number,
  forgivenBefore?: Instant,
): CountedWindow {
  const times: Instant[] = [];
  let unsettled = 0;
  for (const use of uses) {
    if (use.state === 'released') continue;
    if (use.state === 'reserved') {
      // Not sent yet, as far as we know: it may leave at any moment, so it counts from now, whatever was forgiven before.
      times.push(Math.max(use.at, now));
      unsettled++;
    } else if (use.at + rule.periodMs + skewMs > now && !(forgivenBefore !== undefined && use.at <= forgivenBefore)) {
      times.push(use.at);
    }
  }
  times.sort((a, b) => a - b);
  const used = times.length;
  const state: CountedWindow = {
    rule: rule.rule,
    allowed: rule.allowed,
    used,
    heldByUnsettled: used >= rule.allowed && used - unsettled < rule.allowed,
  };
  // The next use fits when so many have left the window that fewer than `allowed` are in it.
  const lastToLeave = times[used - rule.allowed];
  if (used >= rule.allowed) {
    const left = lastToLeave === undefined ? Infinity : lastToLeave + rule.periodMs + skewMs;
    // What the provider lowered may be free earlier, once its word has lapsed.
    const freesAt = Math.min(left, rule.until ?? Infinity);
    if (Number.isFinite(freesAt)) state.freesAt = freesAt;
  }
  return state;
}

/** Without our own bookkeeping, for people. */
export function asLimitState(window: CountedWindow): LimitState {
  const { rule, allowed, used, freesAt } = window;
  return freesAt === undefined ? { rule, allowed, used } : { rule, allowed, used, freesAt };
}
