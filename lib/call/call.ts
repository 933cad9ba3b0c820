import type { CallOutcome } from '../ledger/ledger.ts';
import type { LegStatistics } from '../media/media.ts';
import type { BusinessNumber, Contact, Instant } from '../permission/model.ts';
import type { EventError } from '../provider/event.ts';

/** The states of a call. `accepting`: of a call to us, our answer is on its way. `ended` is final. */
export type CallStateName =
  | 'reserved'
  | 'placing'
  | 'placed'
  | 'ringing'
  | 'accepting'
  | 'answered'
  | 'ending'
  | 'ended';

/** What flows may know of a call, without live objects. */
export interface CallView {
  /** Stable handle for flows: our correlation id, valid before the provider has answered. */
  id: string;
  correlationId: string;
  /** The provider's id, once known. */
  providerCallId?: string;
  direction: 'outbound' | 'inbound';
  state: CallStateName;
  outcome?: CallOutcome;
  contact: Contact;
  businessNumber: BusinessNumber;
  purpose: string;
  startedAt: Instant;
  ringingAt?: Instant;
  answeredAt?: Instant;
  endedAt?: Instant;
  durationSeconds?: number;
  endedBy?: 'us' | 'them' | 'network' | 'unknown';
  errors?: EventError[];
  /** What the audio was like; with *ended*, if it went through this process. */
  media?: LegStatistics;
}
