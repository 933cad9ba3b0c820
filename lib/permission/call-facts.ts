import { missedOutcome } from './missed-call.ts';
import type { Instant } from './model.ts';
import type { Profile } from './profile.ts';

/** Everything heard about one call. Facts only accumulate; what they mean is judged anew each time, in any order of arrival. */
export interface CallFacts {
  /** The person called us: whoever did not answer then, it was not them. */
  inbound?: true;
  /** When their call began to ring. */
  connectAt?: Instant;
  ringingAt?: Instant;
  rejectedAt?: Instant;
  acceptedAt?: Instant;
  /** We asked the provider to end it. `failed`: a call to us that we could not take. */
  endRequested?: 'cancelled' | 'no_answer' | 'failed';
  terminated?: {
    at: Instant;
    status: 'completed' | 'failed';
    startedAt?: Instant;
    endedAt?: Instant;
    durationSeconds?: number;
    errorCode?: string;
  };
  /** Our own conclusion where no webhook told the end. Any webhook outranks it. */
  finished?: { outcome: CallVerdict['outcome'] & string; at: Instant; errorCode?: string };
}

export interface CallVerdict {
  connectedAt?: Instant;
  endedAt?: Instant;
  outcome?: 'completed' | 'no_answer' | 'declined' | 'cancelled' | 'failed';
  /** Counts towards the consecutive unanswered calls. */
  unanswered: boolean;
  durationSeconds?: number;
  errorCode?: string;
}

/**
 * What the facts of a call mean. *Connected* is ACCEPTED or a terminate with a start or a duration; `connect` and
 * `COMPLETED` alone are not (meta-cloud-api.md §0.3, facts 1 and 7).
 */
export function judgeCall(facts: CallFacts, profile: Profile): CallVerdict {
  const { terminated, finished } = facts;
  const connectedAt = pickedUpAt(facts);
  const verdict: CallVerdict = { unanswered: false };
  if (connectedAt !== undefined) verdict.connectedAt = connectedAt;
  if (terminated !== undefined) {
    verdict.endedAt = terminated.endedAt ?? terminated.at;
    verdict.outcome = outcomeOf(facts, connectedAt !== undefined);
    if (terminated.durationSeconds !== undefined) verdict.durationSeconds = terminated.durationSeconds;
    if (terminated.errorCode !== undefined) verdict.errorCode = terminated.errorCode;
  } else if (finished !== undefined) {
    verdict.endedAt = finished.at;
    verdict.outcome = finished.outcome;
    if (finished.errorCode !== undefined) verdict.errorCode = finished.errorCode;
  }
  verdict.unanswered = connectedAt === undefined && countsAsUnanswered(facts, verdict.outcome, profile);
  return verdict;
}

function pickedUpAt({ acceptedAt, terminated }: CallFacts): Instant | undefined {
  if (acceptedAt !== undefined) return acceptedAt;
  if (terminated?.startedAt !== undefined) return terminated.startedAt;
  if (terminated?.durationSeconds === undefined) return undefined;
  return (terminated.endedAt ?? terminated.at) - terminated.durationSeconds * 1000;
}

function outcomeOf(facts: CallFacts, connected: boolean): CallVerdict['outcome'] & string {
  if (facts.terminated?.status === 'failed') return 'failed';
  if (connected) return 'completed';
  if (facts.rejectedAt !== undefined) return 'declined';
  // Of a call to us our own wish is a refusal.
  if (facts.inbound === true && facts.endRequested === 'cancelled') return 'declined';
  if (facts.inbound === true && facts.endRequested === undefined)
    return missedOutcome(facts.connectAt, facts.terminated?.at);
  if (facts.endRequested !== undefined) return facts.endRequested;
  // That we gave up on a call (failed, unknown) says nothing against the webhook that tells it rang unanswered.
  return facts.finished?.outcome === 'cancelled' ? 'cancelled' : 'no_answer';
}

/**
 * Unanswered is "rejected by the user or missed by the user" (sandbox page, 2026-04-07). FAILED is not said to count, so it
 * does not. A ring that we cut short is not documented: the profile decides (meta-cloud-api.md §4.1).
 */
function countsAsUnanswered(facts: CallFacts, outcome: CallVerdict['outcome'], profile: Profile): boolean {
  if (facts.inbound === true) return false;
  if (outcome === 'declined') return true;
  if (outcome !== 'no_answer' && outcome !== 'cancelled') return false;
  const ourOwn = facts.endRequested !== undefined || facts.finished !== undefined;
  if (!ourOwn) return true;
  const { cancelledRing } = profile.unanswered;
  return cancelledRing === 'always' || (cancelledRing === 'after_ringing' && facts.ringingAt !== undefined);
}
