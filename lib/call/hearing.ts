import type { CallEffect, Step } from './effect.ts';
import type { CallInput } from './input.ts';
import { type CallState, type Heard, heardOf } from './state.ts';

type Live = Exclude<CallState, { name: 'ended' }>;
type Told = Extract<CallInput, { kind: 'placed' | 'connect' | 'ringing' | 'accepted' | 'rejected' }>;

const FACT = { connect: 'connectAt', ringing: 'ringingAt', accepted: 'acceptedAt', rejected: 'rejectedAt' } as const;

/** Takes in what the provider tells of a live call. Known facts change nothing; the call id may be new each time. */
export function hear(state: Live, input: Told): Step {
  const before = heardOf(state);
  const heard = withFact(before, input);
  const news = input.kind === 'placed' || before[FACT[input.kind]] !== undefined ? undefined : input.kind;
  const idIsNew = before.callId === undefined;
  if (news === undefined && !idIsNew) return { state: withHeard(state, heard), effects: [] };

  const next = withHeard(state, heard);
  const effects: CallEffect[] = [];
  const ending = state.name === 'ending';
  if (idIsNew) {
    effects.push({ do: 'stop_timer', timer: 'unknown' }, { do: 'emit', event: 'placed' });
    // We wanted to hang up before we knew the id.
    if (ending) effects.push({ do: 'terminate', callId: input.callId });
    else if (heard.acceptedAt === undefined) effects.push({ do: 'start_timer', timer: 'ring' });
  }
  if (news === undefined) return { state: next, effects };
  // The answer goes to the leg before anything else: applied late, the provider gives up with 138007 (§5.2).
  if (input.kind === 'connect' && input.answer !== undefined && !ending)
    effects.unshift({ do: 'apply_answer', sdp: input.answer });
  if (news === 'accepted' && !ending)
    effects.push({ do: 'open_gate' }, { do: 'stop_timer', timer: 'ring' }, { do: 'stop_timer', timer: 'webhook' });
  effects.push({ do: 'emit', event: news });
  if (ending) return { state: next, effects };
  if (news === 'accepted') effects.push(...picked(next));
  // REJECTED is followed by a terminate webhook (§5.4); should that be lost, the call must not stay open.
  if (news === 'rejected' && heard.acceptedAt === undefined) effects.push({ do: 'start_timer', timer: 'webhook' });
  return { state: next, effects };
}

/** The facts with one more; of the same fact told twice the earlier time stays. */
export function withFact(heard: Heard, input: Told): Heard {
  const callId = heard.callId ?? input.callId;
  if (input.kind === 'placed') return { ...heard, callId };
  const fact = FACT[input.kind];
  return { ...heard, callId, [fact]: Math.min(heard[fact] ?? input.at, input.at) };
}

function picked(state: Live): CallEffect[] {
  const effects: CallEffect[] = [{ do: 'start_timer', timer: 'maximum' }];
  if (state.media.kind === 'none' || state.media.connectedAt !== undefined)
    return [...effects, { do: 'emit', event: 'answered' }];
  return [...effects, { do: 'start_timer', timer: 'media_warning' }, { do: 'start_timer', timer: 'media_limit' }];
}

/** The state that the facts amount to; an ending call keeps ending. */
function withHeard(state: Live, heard: Heard): Live {
  if (state.name === 'ending') return { ...state, heard };
  const { id, direction, contact, businessNumber, purpose, startedAt, media } = state;
  const basis = { id, direction, contact, businessNumber, purpose, startedAt, media };
  const { callId, ringingAt, acceptedAt } = heard;
  if (callId === undefined) return { ...basis, name: 'placing', heard, unknown: false };
  if (acceptedAt !== undefined) return { ...basis, name: 'answered', heard: { ...heard, callId, acceptedAt } };
  if (ringingAt !== undefined) return { ...basis, name: 'ringing', heard: { ...heard, callId, ringingAt } };
  return { ...basis, name: 'placed', heard: { ...heard, callId } };
}
