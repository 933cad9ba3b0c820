import type { Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';
import type { EndCause } from '../switchboard/switchboard.ts';
import type { CallEffect, Step } from './effect.ts';
import { inEnded } from './ending.ts';
import type { CallInput } from './input.ts';
import {
  type Accepting,
  type Answered,
  type CallState,
  type Ended,
  type Ending,
  heardOf,
  type Incoming,
} from './state.ts';

type Open = Incoming | Accepting | Answered | Ending;

/** Whether this is a call that a person placed to us. */
export function isInbound(state: CallState): state is Open | Ended {
  return state.direction === 'inbound';
}

/**
 * Moves a call to us: ringing, being accepted, answered, ending, ended. What is the same for calls of either direction
 * (`transition.ts`) is not repeated here: undefined leaves the input to that.
 *
 * The reply to our accept is to such a call what ACCEPTED is to one of ours: the provider sends no statuses for it
 * (meta-cloud-api.md §5.4, 2026-06-26).
 */
export function moveIncoming(state: Open | Ended, input: CallInput, now: Instant): Step | undefined {
  switch (input.kind) {
    case 'connect':
      return state.name === 'ended' ? undefined : { state: withConnect(state, input.at), effects: [] };
    // Nobody sends these about a call to us; nothing may follow from them.
    case 'placing':
    case 'placed':
    case 'place_refused':
    case 'place_unknown':
    case 'unknown_expired':
    case 'ringing':
    case 'rejected':
      return { state, effects: [] };
    case 'accepted':
      return state.name === 'accepting' ? taken(state, input.at) : { state, effects: [] };
    case 'prepared':
      if (state.name !== 'incoming' || state.prepared) return { state, effects: [] };
      return state.wanted ? accept(state) : { state: { ...state, prepared: true }, effects: [] };
    case 'accept':
      if (state.name !== 'incoming' || state.wanted) return { state, effects: [] };
      return state.prepared ? accept(state) : { state: { ...state, wanted: true }, effects: [] };
    case 'accept_confirmed':
      return confirmed(state, now);
    case 'accept_failed':
      return failed(state, input, now);
    case 'end':
      return state.name === 'incoming' ? refuse(state, input.cause, now) : undefined;
    case 'media_lost':
      return state.name === 'incoming' ? refuse(state, 'media_lost', now, input.error) : undefined;
    case 'media_bye':
      // Before we took it nobody said anything; the provider tells when the person hangs up.
      return state.name === 'incoming' || state.name === 'accepting' ? { state, effects: [] } : undefined;
    default:
      return undefined;
  }
}

function withConnect(state: Open, at: Instant): Open {
  const heard = { ...state.heard, connectAt: Math.min(state.heard.connectAt ?? at, at) };
  return { ...state, heard } as Open;
}

function accept(state: Incoming): Step {
  const { prepared: _prepared, wanted: _wanted, ...basis } = state;
  return {
    state: { ...basis, name: 'accepting' },
    effects: [
      { do: 'stop_timer', timer: 'answer' },
      { do: 'stop_timer', timer: 'ring' },
      { do: 'accept', callId: state.heard.callId },
    ],
  };
}

/** The reply may be late: then it only completes what is known. */
function confirmed(state: Open | Ended, now: Instant): Step {
  if (state.name === 'accepting') return taken(state, now);
  if (state.name === 'ending' && state.heard.acceptedAt === undefined)
    return { state: { ...state, heard: { ...state.heard, acceptedAt: now } }, effects: [] };
  if (state.name !== 'ended' || state.heard.acceptedAt !== undefined) return { state, effects: [] };
  return inEnded(state, { kind: 'accepted', callId: state.heard.callId ?? '', at: now });
}

function taken(state: Accepting, at: Instant): Step {
  const next: Answered = { ...state, name: 'answered', heard: { ...state.heard, acceptedAt: at } };
  const effects: CallEffect[] = [
    { do: 'open_gate' },
    { do: 'emit', event: 'accepted' },
    { do: 'start_timer', timer: 'maximum' },
  ];
  if (state.media.kind === 'none' || state.media.connectedAt !== undefined)
    effects.push({ do: 'emit', event: 'answered' });
  else effects.push({ do: 'start_timer', timer: 'media_warning' }, { do: 'start_timer', timer: 'media_limit' });
  return { state: next, effects };
}

/**
 * The provider did not take our answer. If it says that the call is over, the person was faster: its webhook tells the rest.
 * Else nobody may go on hearing it ring.
 */
function failed(state: Open | Ended, input: Extract<CallInput, { kind: 'accept_failed' }>, now: Instant): Step {
  if (state.name !== 'accepting') return { state, effects: [] };
  if (!input.over) return refuse(state, 'accept_failed', now, input.error);
  const { state: next } = refuse(state, 'hung_up', now);
  return {
    state: { ...(next as Ending), confirmed: true },
    effects: [{ do: 'start_timer', timer: 'webhook' }],
  };
}

function refuse(state: Incoming | Accepting, cause: EndCause, now: Instant, fault?: EventError): Step {
  const { id, direction, contact, businessNumber, purpose, startedAt, media } = state;
  const basis = { id, direction, contact, businessNumber, purpose, startedAt, media };
  const next: Ending = {
    ...basis,
    name: 'ending',
    heard: heardOf(state),
    ours: { cause, since: now },
    ...(fault === undefined ? {} : { fault }),
    confirmed: false,
  };
  return {
    state: next,
    effects: [
      { do: 'stop_timer', timer: 'answer' },
      { do: 'stop_timer', timer: 'ring' },
      ...(fault === undefined ? [] : ([{ do: 'emit', event: 'warning', text: warning(fault) }] as const)),
      { do: 'refuse', callId: state.heard.callId },
    ],
  };
}

function warning({ message }: EventError): string {
  return `${message} The call cannot be taken and is being ended.`;
}
