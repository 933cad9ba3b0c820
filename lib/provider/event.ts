import type { Contact, Instant } from '../permission/model.ts';

/** What a provider can keep of a call: its sound, or what was said as text. */
export type CaptureKind = 'recording' | 'transcript';

/** Media that a provider holds ready for a while. */
export interface MediaReference {
  id: string;
  /** Of the bytes, in lower-case hex. */
  sha256?: string;
  mimeType?: string;
}

/**
 * What a provider's webhook tells us, in our words. Types only; every provider adapter produces these and nothing else.
 * An adapter never throws on content: what it does not understand becomes `unknown` and is kept raw.
 */
interface EventBase {
  /** Deduplication key, the same for every delivery of the same fact. */
  id: string;
  /** The provider's own time of the fact. */
  at: Instant;
  /** Provider's id of the business number; empty if the event names none. */
  businessNumberId: string;
  /** The business number as digits, where the provider names it only so (account events). */
  businessPhone?: string;
}

export interface EventError {
  code: string;
  message: string;
  details?: string;
}

interface CallEventBase extends EventBase {
  /** Provider's call id (`wacid.…`). */
  callId: string;
  contact?: Contact;
  /** Our own id, echoed by the provider (`biz_opaque_callback_data`). */
  correlationId?: string;
}

export type CallEvent =
  | (CallEventBase & {
      type: 'call.connect';
      direction: 'outbound' | 'inbound';
      session?: { type: 'offer' | 'answer'; sdp: string };
    })
  | (CallEventBase & { type: 'call.ringing' })
  | (CallEventBase & { type: 'call.accepted' })
  | (CallEventBase & { type: 'call.rejected' })
  | (CallEventBase & {
      type: 'call.terminated';
      direction?: 'outbound' | 'inbound';
      status: 'completed' | 'failed';
      /** Present only if the call was picked up. */
      startedAt?: Instant;
      endedAt?: Instant;
      durationSeconds?: number;
      errors: EventError[];
    });

export type ProviderEvent =
  | CallEvent
  | (EventBase & {
      type: 'permission.replied';
      contact: Contact;
      response: 'accept' | 'reject';
      permanent: boolean;
      expiresAt?: Instant;
      /** `automatic`: granted by a call to us, or revoked after unanswered calls. */
      source: 'user_action' | 'automatic';
      /** Provider's id of the request message, or of the call for callback grants. Absent: profile change or automatic revoke. */
      contextId?: string;
    })
  | (EventBase & { type: 'message.received'; contact: Contact; messageId: string; text?: string; payload?: string })
  | (EventBase & {
      type: 'message.status';
      messageId: string;
      status: string;
      contact?: Contact;
      errors: EventError[];
    })
  | (EventBase & { type: 'account.restricted'; restriction: string; until?: Instant; warning: boolean })
  | (EventBase & {
      /** The provider has kept something of a call that has ended, because it was told to when the call began. */
      type: 'capture.available';
      kind: CaptureKind;
      /** Provider's id of the call. Not `callId`: nothing that follows from a call's own events follows from this. */
      ofCall: string;
      media: MediaReference;
    })
  | (EventBase & { type: 'unknown'; field: string; raw: unknown });
