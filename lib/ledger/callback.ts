import type { Contact, Instant } from '../permission/model.ts';

/**
 * A person who is to be called: durable. A wish to be called back is one open entry per person and business number; with a
 * `purpose` it is a planned call, of which a person may have several, told apart by purpose and time.
 */
export interface CallbackRequest {
  id: string;
  businessNumberId: string;
  contact: Contact;
  source: 'missed_call' | 'outside_hours' | 'button' | 'message' | 'flow';
  /** What the call is for, as it is given to the call. Only planned calls have one. */
  purpose?: string;
  note?: string;
  requestedAt: Instant;
  /** Not before this moment. Absent: at once. */
  dueAt?: Instant;
  state: 'open' | 'claimed' | 'done' | 'cancelled';
  claimedBy?: string;
  /** After this moment somebody else may claim it. */
  claimedUntil?: Instant;
  /** Reservation id of the call that answered it. */
  callId?: string;
  /** How often it was claimed. */
  attempts: number;
}

export interface NewCallback {
  businessNumberId: string;
  contact: Contact;
  source: CallbackRequest['source'];
  /** Makes it a planned call: the same one only if purpose and `dueAt` are the same. Not empty. */
  purpose?: string;
  note?: string;
  dueAt?: Instant;
  /** The same key: the same entry, however late it is repeated. For instance the provider's id of the missed call. */
  key?: string;
}

export interface CallbackQuery {
  businessNumberId: string;
  state?: CallbackRequest['state'];
  contact?: Contact;
  /** The `next` of the page before. */
  after?: string;
  /** At most 1,000; 100 if left out. */
  limit?: number;
}

export interface CallbackPage {
  /** In the order in which they were asked for. */
  entries: CallbackRequest[];
  /** Where the next page begins; absent on the last one. */
  next?: string;
}

export interface CallbackClaim {
  businessNumberId: string;
  /** This entry only; the oldest that is due if left out. */
  id?: string;
  /** Who takes it: a node, a person, a queue. */
  by: string;
  /** For how long nobody else gets it; 900 if left out, at most a day. */
  leaseSeconds?: number;
}

export interface CallbackEnd {
  /** `open`: the try failed, it is to be claimed again. */
  state: 'done' | 'open' | 'cancelled';
  /** Our reservation id of the call that answered it. */
  callId?: string;
  /** Takes the place of the note. */
  note?: string;
}
