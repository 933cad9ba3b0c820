import type { Contact, Instant } from '../permission/model.ts';
import type { CallOutcome } from './ledger.ts';

/**
 * What is kept of one call, of either direction, for whoever has to account for it. Made of the facts that the ledger has
 * heard, so it is complete whichever instance took part and whatever crashed; what nobody told is absent.
 */
export interface CallRecord {
  /** Reservation id, which is `msg.call.id`. */
  id: string;
  providerCallId?: string;
  direction: 'outbound' | 'inbound';
  /** `another_system`: with our number, but not by this ledger's flows. `contact`: the person called us. */
  placedBy: 'us' | 'another_system' | 'contact';
  businessNumberId: string;
  /** Empty after the person was erased. */
  contact: Contact;
  purpose: string;
  startedAt: Instant;
  ringingAt?: Instant;
  answeredAt?: Instant;
  endedAt?: Instant;
  /** Absent: it is going on, or nobody has told its end. */
  outcome?: CallOutcome;
  /** The person called us and we did not take it. */
  missed?: true;
  durationSeconds?: number;
  /** Started six-second pulses of the provider's duration; of calls of ours and of other systems with our number only. */
  billedPulses?: number;
  endedBy?: 'us' | 'them' | 'network' | 'unknown';
  errors: { code: string; message?: string }[];
  recordings: { file: string; seconds?: number }[];
  /** The callback request that this call answered. */
  callbackId?: string;
  /** How content the person was, 1 to 5, if somebody asked them. */
  score?: number;
}

export interface CallRecordQuery {
  businessNumberId: string;
  contact?: Contact;
  /** Started from this moment on, and up to but not including the other. */
  from?: Instant;
  to?: Instant;
  direction?: 'outbound' | 'inbound';
  outcome?: CallOutcome | 'missed';
  /** The `next` of the page before. */
  after?: string;
  /** At most 1,000; 100 if left out. */
  limit?: number;
}

export interface CallRecordPage {
  /** In the order in which the calls were reserved or first heard of. */
  entries: CallRecord[];
  /** Where the next page begins; absent on the last one. A page may be short, or empty, although there is a next one. */
  next?: string;
}
