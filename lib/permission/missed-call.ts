import type { Instant } from './model.ts';

/**
 * WhatsApp gives up "about 30-60 s" after a person's call began (meta-cloud-api.md §1.3, 2026-06-24), and tells it as it tells that the
 * person hung up. Before this time it must have been the person.
 */
const SHORTEST_WINDOW_MS = 30_000;

/**
 * What became of a call to us that nobody took and nobody refused: the person hung up (`cancelled`), or it rang to its end.
 *
 * @param began when it began to ring, and `over` when it ended, by the provider's clock; unknown: taken for rung out
 */
export function missedOutcome(began: Instant | undefined, over: Instant | undefined): 'cancelled' | 'no_answer' {
  if (began === undefined || over === undefined) return 'no_answer';
  return over - began < SHORTEST_WINDOW_MS ? 'cancelled' : 'no_answer';
}
