import type { Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';
import type { CallEffect, Step } from './effect.ts';
import { withFact } from './hearing.ts';
import type { CallInput } from './input.ts';
import { answeredAt, errorsOf, outcomeOf } from './outcome.ts';
import type { OurEnd } from './state.ts';
import { type CallState, type Ended, type Heard, heardOf, type Terminated } from './state.ts';

interface Facts {
  heard?: Heard;
  terminated?: Terminated;
  ours?: OurEnd;
  fault?: EventError;
}

/** Ends a call that has not ended, with the facts that were known and those that come with the end. */
export function conclude(
  state: Exclude<CallState, Ended>,
  now: Instant,
  facts: Facts,
  tell: { announce: boolean; tellLedger: boolean },
): Step {
  const { id, direction, contact, businessNumber, purpose, startedAt, media } = state;
  const known: Facts = state.name === 'ending' ? wishes(state) : {};
  const ended = judged({
    ...{ id, direction, contact, businessNumber, purpose, startedAt, media },
    name: 'ended',
    concludedAt: now,
    // A call that nobody ever sent needs no terminate either; one whose placing was unknown may still turn up.
    confirmed:
      facts.terminated !== undefined || state.name === 'reserved' || (state.name === 'ending' && state.confirmed),
    ...{ heard: heardOf(state) },
    ...facts,
    // The first thing that went wrong explains the rest.
    ...known,
    outcome: 'failed',
    errors: [],
  });
  // Of a call to us nothing can come late but the reply to our own accept.
  const awaits = state.direction === 'outbound' || state.name === 'accepting';
  const settle = facts.terminated !== undefined && awaits && isDoubtful(ended);
  return { state: ended, effects: [{ do: 'conclude', ...tell, settle }] };
}

/**
 * What may still come for an ended call. Facts complete the record (so that every order of webhooks gives the same
 * one), nothing reopens it. A sign of life of a call that nobody has ended at the provider is answered by ending it.
 */
export function inEnded(state: Ended, input: CallInput): Step {
  switch (input.kind) {
    case 'placed':
    case 'connect':
    case 'ringing':
    case 'accepted':
    case 'rejected': {
      const heard = withFact(state.heard, input);
      const stray: CallEffect[] = state.confirmed ? [] : [{ do: 'terminate', callId: heard.callId ?? input.callId }];
      return { state: judged({ ...state, heard, confirmed: true }), effects: stray };
    }
    case 'terminated': {
      const { kind: _kind, callId, ...told } = input;
      const heard = { ...state.heard, callId: state.heard.callId ?? callId };
      return {
        state: judged({ ...state, heard, terminated: better(state.terminated, told), confirmed: true }),
        effects: [],
      };
    }
    default:
      return { state, effects: [] };
  }
}

/** Of two different terminates for one call the one that knows a duration; else the first. */
function better(known: Terminated | undefined, told: Terminated): Terminated {
  if (known === undefined) return told;
  return known.durationSeconds === undefined && told.durationSeconds !== undefined ? told : known;
}

function judged(ended: Ended): Ended {
  return { ...ended, outcome: outcomeOf(ended), errors: errorsOf(ended) };
}

/** ACCEPTED and REJECTED have a webhook of their own, which may be on its way still (§5.4: ACCEPTED "for auditing"). */
function isDoubtful(ended: Ended): boolean {
  return ended.outcome !== 'failed' && answeredAt(ended) === undefined && ended.heard.rejectedAt === undefined;
}

function wishes(state: { ours: OurEnd; fault?: EventError }): Facts {
  return { ours: state.ours, ...(state.fault === undefined ? {} : { fault: state.fault }) };
}
