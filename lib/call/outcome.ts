import type { CallOutcome } from '../ledger/ledger.ts';
import { missedOutcome } from '../permission/missed-call.ts';
import type { Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';
import type { Heard, Media, OurEnd, Terminated } from './state.ts';

/** What is known about a call when it is over. */
export interface EndFacts {
  direction: 'outbound' | 'inbound';
  heard: Heard;
  media: Media;
  ours?: OurEnd;
  /** What went wrong on our side. `outcome_unknown`: nobody ever told whether there was a call. */
  fault?: EventError;
  terminated?: Terminated;
}

/**
 * When the person picked up: ACCEPTED, or else the start time of a terminate with a duration. Never `connect` or
 * `COMPLETED` alone (meta-cloud-api.md §0.3, facts 1 and 7, 2026-06-26). Undefined: not connected.
 *
 * A call to us is picked up by the reply to our accept, but the person may hang up in that very moment: without sound it
 * counts only if the provider tells a duration.
 */
export function answeredAt({
  direction,
  heard,
  media,
  terminated,
}: Pick<EndFacts, 'direction' | 'heard' | 'media' | 'terminated'>): Instant | undefined {
  const sounded = direction === 'outbound' || media.kind === 'none' || media.connectedAt !== undefined;
  if (heard.acceptedAt !== undefined && (sounded || hasTalked(terminated))) return heard.acceptedAt;
  if (terminated?.durationSeconds === undefined) return terminated?.startedAt;
  if (terminated.startedAt !== undefined) return terminated.startedAt;
  return (terminated.endedAt ?? terminated.at) - terminated.durationSeconds * 1000;
}

function hasTalked(terminated: Terminated | undefined): boolean {
  return terminated?.durationSeconds !== undefined || terminated?.startedAt !== undefined;
}

/**
 * The outcome, as a function of facts alone, whatever order they came in.
 *
 * FAILED stays failed also after pick-up (the time of answering is kept). A call that was picked up but never had
 * audio, and that we therefore ended, is failed too: nobody heard anybody.
 */
export function outcomeOf(facts: EndFacts): CallOutcome {
  const { direction, heard, media, ours, fault, terminated } = facts;
  if (terminated?.status === 'failed') return 'failed';
  const noAudio = ours?.cause === 'media_lost' && media.connectedAt === undefined;
  if (answeredAt(facts) !== undefined) return noAudio ? 'failed' : 'completed';
  if (direction === 'inbound') return unansweredOutcome(facts);
  if (heard.rejectedAt !== undefined) return 'declined';
  if (ours?.cause === 'media_lost') return 'failed';
  if (fault?.code === 'outcome_unknown') return 'failed';
  if (ours?.cause === 'ring_timeout' || ours?.cause === 'media_bye') return 'no_answer';
  if (ours !== undefined) return 'cancelled';
  return 'no_answer';
}

/** Of a call to us that nobody took: we refused it, or could not take it; the person hung up; or it rang until its end. */
function unansweredOutcome({ heard, ours, terminated }: EndFacts): CallOutcome {
  if (couldNotTake('inbound', ours?.cause)) return 'failed';
  if (ours?.cause === 'ring_timeout') return 'no_answer';
  if (ours !== undefined && ours.cause !== 'hung_up') return heard.acceptedAt === undefined ? 'declined' : 'failed';
  return missedOutcome(heard.connectAt, terminated?.at ?? ours?.since);
}

/** Whether we ended a call to us because we were not able to take it. */
export function couldNotTake(direction: EndFacts['direction'], cause: OurEnd['cause'] | undefined): boolean {
  return direction === 'inbound' && (cause === 'media_lost' || cause === 'accept_failed');
}

/** Errors of the provider first, then ours. */
export function errorsOf({ fault, terminated }: EndFacts): EventError[] {
  return [...(terminated?.errors ?? []), ...(fault === undefined ? [] : [fault])];
}

/** Who ended it. Providers do not say (§5.5): our own wish means us, a rejection them, FAILED the network. */
export function endedBy(facts: EndFacts): 'us' | 'them' | 'network' | 'unknown' {
  const { direction, heard, ours, fault, terminated } = facts;
  if (ours?.cause === 'media_lost') return 'network';
  if (ours?.cause === 'media_bye') return 'them';
  if (fault?.code === 'outcome_unknown') return 'unknown';
  if (ours !== undefined && ours.cause !== 'hung_up') return 'us';
  if (terminated?.status === 'failed') return 'network';
  if (heard.rejectedAt !== undefined || answeredAt(facts) !== undefined) return 'them';
  if (direction === 'inbound' && unansweredOutcome(facts) === 'cancelled') return 'them';
  return 'unknown';
}
