import type { CallOutcome } from '../ledger/ledger.ts';
import type { BusinessNumber, Contact, Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';
import type { EndCause } from '../switchboard/switchboard.ts';

/**
 * What a call is at a moment: a union over the state names of `call.ts`, where each state carries only what it owns.
 * Facts from webhooks are kept as a set (`Heard`, `Terminated`), never as a history, so that the order in which they
 * came cannot matter (meta-cloud-api.md §0.3, fact 10: duplicated, reordered and late).
 */
interface Basis {
  /** Reservation id, which is also the correlation id. */
  id: string;
  direction: 'outbound' | 'inbound';
  contact: Contact;
  businessNumber: BusinessNumber;
  purpose: string;
  startedAt: Instant;
  media: Media;
}

/** Our side of the audio. `none`: the provider terminates media itself, so there is nothing to wait for. */
export interface Media {
  kind: 'webrtc' | 'none';
  connectedAt?: Instant;
}

/** What the provider has told us so far, by HTTP reply or webhook. Times are the provider's own; the earliest stays. */
export interface Heard {
  callId?: string;
  connectAt?: Instant;
  ringingAt?: Instant;
  acceptedAt?: Instant;
  rejectedAt?: Instant;
}

/** The provider's last word on a call. */
export interface Terminated {
  at: Instant;
  status: 'completed' | 'failed';
  startedAt?: Instant;
  endedAt?: Instant;
  durationSeconds?: number;
  errors: EventError[];
}

/** Our own wish to end the call. */
export interface OurEnd {
  cause: EndCause;
  since: Instant;
}

/** Limits hold, nothing has been sent. */
export interface Reserved extends Basis {
  name: 'reserved';
}
/** The request is on its way, or its result is unknown. */
export interface Placing extends Basis {
  name: 'placing';
  heard: Heard;
  /** The request timed out: the call may exist. */
  unknown: boolean;
}
/** The provider knows the call. */
export interface Placed extends Basis {
  name: 'placed';
  heard: Heard & { callId: string };
}
/** The phone rings. */
export interface Ringing extends Basis {
  name: 'ringing';
  heard: Heard & { callId: string; ringingAt: Instant };
}
/** The person picked up. */
export interface Answered extends Basis {
  name: 'answered';
  heard: Heard & { callId: string; acceptedAt: Instant };
}
/** Somebody calls us and hears it ring; we have not answered. */
export interface Incoming extends Basis {
  name: 'incoming';
  direction: 'inbound';
  heard: Heard & { callId: string };
  /** Our description is ready and, if that is wanted, the provider has it (`pre_accept`). */
  prepared: boolean;
  /** A flow wants to take it, as soon as it is prepared. */
  wanted: boolean;
}
/** Our answer to a call to us is on its way. Until its reply, not one packet of sound may be sent. */
export interface Accepting extends Basis {
  name: 'accepting';
  direction: 'inbound';
  heard: Heard & { callId: string };
}
/** We are hanging up. Without a call id we wait to learn it. */
export interface Ending extends Basis {
  name: 'ending';
  heard: Heard;
  ours: OurEnd;
  /** What went wrong on our side, if something did. */
  fault?: EventError;
  /** The provider confirmed our terminate; its webhook is still to come. */
  confirmed: boolean;
}
/** Final. Late facts complete it, nothing reopens it. */
export interface Ended extends Basis {
  name: 'ended';
  heard: Heard;
  /** When it ended for us, if the provider has not told. */
  concludedAt: Instant;
  ours?: OurEnd;
  fault?: EventError;
  terminated?: Terminated;
  /** Nothing runs at the provider any more, as far as anybody can know. */
  confirmed: boolean;
  outcome: CallOutcome;
  errors: EventError[];
}

export type CallState = Reserved | Placing | Placed | Ringing | Incoming | Accepting | Answered | Ending | Ended;

/**
 * The first state of an outbound call, after `ledger.reserveCall` said yes.
 * @param basis who, why and when; `startedAt` in ms since 1970 UTC
 */
export function reservedCall(basis: {
  id: string;
  contact: Contact;
  businessNumber: BusinessNumber;
  purpose: string;
  startedAt: Instant;
  media: 'webrtc' | 'none';
}): Reserved {
  return { ...basis, name: 'reserved', direction: 'outbound', media: { kind: basis.media } };
}

/**
 * The first state of a call to us, once it is ours to answer.
 * @param basis `connectAt`: when the provider says it began, ms since 1970 UTC; `prepares`: an answer is being prepared at once
 */
export function incomingCall(basis: {
  id: string;
  callId: string;
  contact: Contact;
  businessNumber: BusinessNumber;
  purpose: string;
  startedAt: Instant;
  connectAt: Instant;
  media: 'webrtc' | 'none';
  prepares: boolean;
}): Incoming {
  const { callId, connectAt, media, prepares, ...who } = basis;
  return {
    ...who,
    name: 'incoming',
    direction: 'inbound',
    media: { kind: media },
    // From then on the person hears it ring.
    heard: { callId, connectAt, ringingAt: connectAt },
    prepared: !prepares,
    wanted: false,
  };
}

/** What was heard in whatever state; nothing before the request left. */
export function heardOf(state: CallState): Heard {
  return state.name === 'reserved' ? {} : state.heard;
}
