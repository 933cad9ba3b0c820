import type { Instant } from '../permission/model.ts';
import type { CallEvent, EventError } from '../provider/event.ts';
import type { EndCause } from '../switchboard/switchboard.ts';
import type { Terminated } from './state.ts';

/** Everything that can happen to a call. */
export type CallInput =
  /** The connect request is about to leave. */
  | { kind: 'placing' }
  /** The provider's HTTP reply. */
  | { kind: 'placed'; callId: string }
  /** The request had surely no effect: no call exists. */
  | { kind: 'place_refused' }
  /** Timeout or broken reply: a call may exist. Only a webhook or `unknown_expired` settles it. */
  | { kind: 'place_unknown' }
  | { kind: 'unknown_expired' }
  /** Webhooks. */
  | { kind: 'connect'; callId: string; at: Instant; answer?: string }
  | { kind: 'ringing' | 'accepted' | 'rejected'; callId: string; at: Instant }
  | ({ kind: 'terminated'; callId: string } & Terminated)
  /** Of a call to us: our description is ready, and known to the provider if it is to be. */
  | { kind: 'prepared' }
  /** We want to take it. */
  | { kind: 'accept' }
  | { kind: 'accept_confirmed' }
  /** `over`: the provider says that the call has ended. Else it may ring on and has to be ended. */
  | { kind: 'accept_failed'; error: EventError; over: boolean }
  /** Our leg. */
  | { kind: 'media_connected' }
  | { kind: 'media_lost'; error: EventError }
  /** The other side said goodbye in the media, and no event of the provider came with it. */
  | { kind: 'media_bye' }
  /** Accepted, and after a while still no audio: first a warning, then the end. */
  | { kind: 'media_slow' }
  | { kind: 'media_missing' }
  /** We want to end it. */
  | { kind: 'end'; cause: EndCause }
  | { kind: 'terminate_confirmed' }
  /** No terminate webhook came in time, or nobody confirmed our terminate. */
  | { kind: 'end_overdue'; error?: EventError };

/** The input that a provider's event is for the call it belongs to. */
export function inputOf(event: CallEvent): CallInput {
  const { callId, at } = event;
  switch (event.type) {
    case 'call.connect': {
      const answer = event.session?.type === 'answer' ? { answer: event.session.sdp } : {};
      return { kind: 'connect', callId, at, ...answer };
    }
    case 'call.ringing':
      return { kind: 'ringing', callId, at };
    case 'call.accepted':
      return { kind: 'accepted', callId, at };
    case 'call.rejected':
      return { kind: 'rejected', callId, at };
    case 'call.terminated':
      return {
        kind: 'terminated',
        callId,
        at,
        status: event.status,
        errors: event.errors,
        ...(event.startedAt === undefined ? {} : { startedAt: event.startedAt }),
        ...(event.endedAt === undefined ? {} : { endedAt: event.endedAt }),
        ...(event.durationSeconds === undefined ? {} : { durationSeconds: event.durationSeconds }),
      };
  }
}
