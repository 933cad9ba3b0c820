import type { Instant } from '../permission/model.ts';

/** How long a reservation may stay unsettled. Longer than any HTTP timeout of ours; after it, its owner is taken for dead. */
export const LEASE_MS = 120_000;

/**
 * A call that may exist, but of which nothing is heard, stops blocking the contact after this time: the provider lets a phone
 * ring for about a minute and every answered call announces itself, so ten minutes of silence mean that there is no call. It
 * goes on counting in its 24 h window. Calls that other systems or the person started are bounded in the same way.
 */
export const SILENT_CALL_MS = 600_000;

/** The provider repeats a webhook for up to 7 days; ids of events are kept one day longer. */
export const INBOX_KEEP_MS = 8 * 86_400_000;

/** Events that never reached the flows are given up after this; their effects on the state are applied all the same. */
export const UNDISPATCHED_KEEP_MS = 30 * 86_400_000;

/** An instance that has not said for so long that it is alive is taken for dead: others end its calls and hand out its events. */
export const OWNER_SILENT_MS = 30_000;

/** How often an instance says that it is alive. Several of them may be lost before anybody takes it for dead. */
export const HEARTBEAT_MS = 5_000;

/** How often an instance asks whether there is something for it, whether or not it was told. */
export const NEWS_POLL_MS = 1_000;

/** A store that could not be opened is tried again after this: what is asked for meanwhile waits for that try. */
export const RETRY_PAUSE_MS = 1_000;

/** A closed ledger lingers, because a redeploy closes it and opens it again at once. */
export const LINGER_MS = 3_000;

/** Whether a call that has no known end still occupies the contact. `bounded`: only as long as something was heard lately. */
export function isLive(call: { bounded: boolean; lastNews: Instant }, now: Instant): boolean {
  return !call.bounded || call.lastNews + SILENT_CALL_MS > now;
}

/** No call of a person rings longer than this (a business has 30 to 60 s to accept it), so one that ended unanswered began at most so long before. */
export const LONGEST_RING_MS = 120_000;
