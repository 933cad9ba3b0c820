import type { Instant } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import { INBOX_KEEP_MS } from '../timings.ts';
import type { Transaction } from './transaction.ts';

/** Most rows of each kind that one sweep looks at, so that it never holds up others for long. The next one goes on. */
const ROWS_PER_SWEEP = 5_000;

/** Takes away what is older than the store keeps, but nothing that a rule may still look at. */
export function retain(tx: Transaction): void {
  if (tx.keepFor === undefined) return;
  tx.records.purge({
    before: tx.now - Math.max(tx.keepFor, longestWindow(tx.profile)),
    requestsSinceGrant: tx.profile.requestsWithoutGrant !== undefined,
    callsSinceGrant: tx.profile.callsPerPermission !== undefined,
    limit: ROWS_PER_SWEEP,
  });
}

/** However short a time somebody sets, windows that are running are counted in full. */
function longestWindow({ requests, connectedCalls, starts, validity, requestLife, callGap, skewMs }: Profile): Instant {
  const windows = [...requests, connectedCalls, starts].map(({ periodMs }) => periodMs);
  return Math.max(INBOX_KEEP_MS, validity.ms, requestLife.ms, callGap?.ms ?? 0, ...windows) + skewMs + 86_400_000;
}
