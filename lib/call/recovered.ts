import type { StoredCall } from '../ledger/ledger.ts';
import type { BusinessNumber, Instant } from '../permission/model.ts';
import type { CallEffect, Step } from './effect.ts';
import type { Ended, Ending, OurEnd } from './state.ts';

/**
 * A call of a process that died, without media and without a way back: it is being ended. If its provider id was never
 * learned, a webhook that carries our correlation id may still bring it.
 */
export function recoveredCall(stored: StoredCall, businessNumber: BusinessNumber, now: Instant): Step {
  const { callId, acceptedAt } = stored;
  const state: Ending = {
    ...basis(stored, businessNumber),
    name: 'ending',
    heard: {
      ...(callId === undefined ? {} : { callId }),
      ...(acceptedAt === undefined ? {} : { acceptedAt }),
    },
    ours: { cause: 'recovery', since: now },
    confirmed: false,
  };
  return {
    state,
    effects: [end(stored)],
  };
}

/** What nobody has taken is refused, everything else terminated. */
function end({ callId, direction, acceptedAt }: StoredCall): CallEffect {
  if (callId === undefined) return { do: 'start_timer', timer: 'unknown' };
  return { do: direction === 'inbound' && acceptedAt === undefined ? 'refuse' : 'terminate', callId };
}

/** A call whose end is in the ledger but perhaps never reached the flows, with the outcome the ledger recorded. */
export function storedEnd(stored: StoredCall, businessNumber: BusinessNumber): Ended | undefined {
  const { callId, acceptedAt, endedAt, outcome, durationSeconds, errorCode, endRequested } = stored;
  if (endedAt === undefined || outcome === undefined) return undefined;
  const errors = errorCode === undefined ? [] : [{ code: errorCode, message: 'The call failed.' }];
  return {
    ...basis(stored, businessNumber),
    name: 'ended',
    heard: {
      ...(callId === undefined ? {} : { callId }),
      ...(acceptedAt === undefined ? {} : { acceptedAt }),
      ...(outcome === 'declined' ? { rejectedAt: endedAt } : {}),
    },
    concludedAt: endedAt,
    ...(endRequested === undefined ? {} : { ours: storedWish(endRequested, endedAt) }),
    terminated: {
      at: endedAt,
      endedAt,
      status: outcome === 'failed' ? 'failed' : 'completed',
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      errors,
    },
    confirmed: true,
    outcome,
    errors,
  };
}

/** Our wish to end a call, as the ledger keeps it. */
export function storedWish(endRequested: 'cancelled' | 'no_answer' | 'failed', since: Instant): OurEnd {
  const causes = { no_answer: 'ring_timeout', failed: 'accept_failed', cancelled: 'flow' } as const;
  return { cause: causes[endRequested], since };
}

function basis(stored: StoredCall, businessNumber: BusinessNumber) {
  return {
    id: stored.reservationId,
    direction: stored.direction ?? ('outbound' as const),
    contact: stored.contact,
    businessNumber,
    purpose: stored.purpose,
    startedAt: stored.reservedAt,
    media: { kind: 'none' as const },
  };
}
