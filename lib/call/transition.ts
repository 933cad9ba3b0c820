import type { Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';
import type { EndCause } from '../switchboard/switchboard.ts';
import type { CallEffect, Step } from './effect.ts';
import { conclude, inEnded } from './ending.ts';
import { hear } from './hearing.ts';
import { isInbound, moveIncoming } from './incoming.ts';
import type { CallInput } from './input.ts';
import { type CallState, type Ending, heardOf } from './state.ts';

/**
 * The one function that moves a call. Pure: time is an argument.
 *
 * Webhooks come late, twice and in any order; every order of the same facts ends in the same state with the same
 * outcome and exactly one `conclude`. `ended` is final.
 *
 * @param now ms since 1970 UTC; used for what is ours (the end we want), never for what the provider dates itself
 */
export function transition(state: CallState, input: CallInput, now: Instant): Step {
  const own = isInbound(state) ? moveIncoming(state, input, now) : undefined;
  if (own !== undefined) return own;
  if (state.name === 'ended') return inEnded(state, input);
  switch (input.kind) {
    case 'placing':
      if (state.name !== 'reserved') return { state, effects: [] };
      return { state: { ...state, name: 'placing', heard: {}, unknown: false }, effects: [] };
    case 'placed':
    case 'connect':
    case 'ringing':
    case 'accepted':
    case 'rejected':
      return hear(state, input);
    case 'terminated': {
      const { kind: _kind, callId, ...terminated } = input;
      const heard = { ...heardOf(state), callId: heardOf(state).callId ?? callId };
      return conclude(state, now, { heard, terminated }, { announce: true, tellLedger: false });
    }
    case 'place_refused':
      // A webhook for the call proves more than an error page in front of the provider.
      if (heardOf(state).callId !== undefined) return { state, effects: [] };
      return conclude(state, now, {}, { announce: false, tellLedger: false });
    case 'place_unknown':
      return placeUnknown(state);
    case 'unknown_expired':
      if (heardOf(state).callId !== undefined) return { state, effects: [] };
      return conclude(state, now, { fault: OUTCOME_UNKNOWN }, { announce: true, tellLedger: true });
    case 'media_connected':
      return mediaConnected(state, now);
    case 'media_slow':
      if (state.name !== 'answered' || state.media.connectedAt !== undefined) return { state, effects: [] };
      return { state, effects: [{ do: 'emit', event: 'warning', text: NO_AUDIO_YET }] };
    case 'media_missing':
      if (state.name !== 'answered' || state.media.connectedAt !== undefined) return { state, effects: [] };
      return end(state, 'media_lost', now, NO_AUDIO);
    case 'media_lost': {
      const step = end(state, 'media_lost', now, input.error);
      if (step.state === state) return step;
      const text = `${input.error.message} The call is being ended.`;
      return { state: step.state, effects: [{ do: 'emit', event: 'warning', text }, ...step.effects] };
    }
    case 'media_bye': {
      const step = end(state, 'media_bye', now);
      if (step.state === state) return step;
      return { state: step.state, effects: [{ do: 'emit', event: 'warning', text: SAID_GOODBYE }, ...step.effects] };
    }
    // Only a call to us is taken.
    case 'prepared':
    case 'accept':
    case 'accept_confirmed':
    case 'accept_failed':
      return { state, effects: [] };
    case 'end':
      return end(state, input.cause, now);
    case 'terminate_confirmed':
      if (state.name !== 'ending' || state.confirmed) return { state, effects: [] };
      return { state: { ...state, confirmed: true }, effects: [{ do: 'start_timer', timer: 'webhook' }] };
    case 'end_overdue': {
      const fault = input.error === undefined ? {} : { fault: input.error };
      return conclude(state, now, fault, { announce: true, tellLedger: true });
    }
  }
}

const OUTCOME_UNKNOWN: EventError = {
  code: 'outcome_unknown',
  message: 'The provider did not say whether the call was placed, and no event about it came.',
  details: 'It counts against the limits. Check the connection to the provider and the webhook before calling again.',
};
const SAID_GOODBYE =
  'The other side said goodbye in the audio (RTCP BYE), and WhatsApp has not told of a hang-up. The call is being ended.';
const NO_AUDIO_YET =
  'The person picked up, but there is no audio connection yet. Check that UDP can leave this machine.';
const NO_AUDIO: EventError = {
  code: 'media_not_connected',
  message: 'The person picked up, but no audio connection came about.',
  details: 'Check that a firewall lets UDP out and back in, and the public address in the media options.',
};

function placeUnknown(state: Exclude<CallState, { name: 'ended' }>): Step {
  if (heardOf(state).callId !== undefined) return { state, effects: [] };
  const next = state.name === 'placing' ? { ...state, unknown: true } : state;
  return { state: next, effects: [{ do: 'start_timer', timer: 'unknown' }] };
}

function mediaConnected(state: Exclude<CallState, { name: 'ended' }>, now: Instant): Step {
  if (state.media.connectedAt !== undefined) return { state, effects: [] };
  const media = { ...state.media, connectedAt: now };
  if (state.name !== 'answered') return { state: { ...state, media }, effects: [] };
  return {
    state: { ...state, media },
    effects: [
      { do: 'stop_timer', timer: 'media_warning' },
      { do: 'stop_timer', timer: 'media_limit' },
      { do: 'emit', event: 'answered' },
    ],
  };
}

/** Our wish to end. The first cause stays; before anything was sent there is nothing to terminate. */
function end(
  state: Exclude<CallState, { name: 'ended' }>,
  cause: EndCause,
  now: Instant,
  fault: EventError | undefined = undefined,
): Step {
  if (state.name === 'ending') return { state, effects: [] };
  const why = { ours: { cause, since: now }, ...(fault === undefined ? {} : { fault }) };
  if (state.name === 'reserved') return conclude(state, now, why, { announce: false, tellLedger: false });
  const { id, direction, contact, businessNumber, purpose, startedAt, media, heard } = state;
  const basis = { id, direction, contact, businessNumber, purpose, startedAt, media };
  const next: Ending = { ...basis, name: 'ending', heard, ...why, confirmed: false };
  const effects: CallEffect[] = [
    { do: 'stop_timer', timer: 'ring' },
    { do: 'stop_timer', timer: 'maximum' },
    { do: 'stop_timer', timer: 'media_warning' },
    { do: 'stop_timer', timer: 'media_limit' },
  ];
  if (heard.callId !== undefined) effects.push({ do: 'terminate', callId: heard.callId });
  return { state: next, effects };
}
