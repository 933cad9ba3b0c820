import type { Contact, Instant } from '../../../../lib/permission/model.ts';
import type { RequestCard } from '../../../../simulator/state.ts';

/**
 * What really happened between one business number and one person, as WhatsApp knows it, and how much of it the ledger was
 * told. All times are WhatsApp's, in milliseconds. Nothing is ever taken back: views of it are made anew by `views.ts`.
 */
export interface Pair {
  readonly name: string;
  readonly businessNumberId: string;
  readonly contact: Required<Pick<Contact, 'phone' | 'userId'>>;
  /** How flows name the person: by one name until WhatsApp has told that both are the same person. */
  primary: 'phone' | 'userId';
  linked: boolean;
  requests: Request[];
  words: Word[];
  contacts: { at: Instant; told: boolean }[];
  calls: Call[];
  /** Listed as do-not-call: when, in the ledger's order of things. */
  listed: boolean;
  /** An opt-out took the permission away, and no newer word of the person has come in since. */
  endedByOptOut: boolean;
  /** Our clock is so wrong that a refusal of WhatsApp and a new grant have no order for us: nothing is judged any more. */
  unclear?: true;
  /** WhatsApp itself said: not before this. */
  askNotBefore?: Instant;
  callNotBefore?: Instant;
}

/** What the ledger was told of how a reservation went. */
export type Settled = 'reserved' | 'consumed' | 'released' | 'unknown';

/** A reservation of ours for a question, or a question that another system sent with the same number. */
export interface Request {
  ours: boolean;
  reservationId: string;
  reservedAt: Instant;
  /** By the ledger's clock. */
  leaseUntil: Instant;
  settled: Settled;
  /** Latest moment from which the ledger may count it, once settled. */
  countedAt: Instant;
  /** WhatsApp took it. */
  sentAt?: Instant;
  card: RequestCard;
  /** A reply to this question proved that it went out, as the ledger must think. */
  takenFor?: string;
}

/** What the person, or WhatsApp by itself, said about being called. */
export interface Word {
  at: Instant;
  answer: 'temporary' | 'permanent' | 'reject';
  expiresAt?: Instant;
  /** WhatsApp's own end of the permission: the count of unanswered calls has ended it already. */
  automatic?: true;
  /** Not a webhook: WhatsApp's refusal told. */
  byRefusal?: true;
  told: boolean;
}

export type CallNews = 'connect' | 'ringing' | 'accepted' | 'rejected' | 'terminated';

export interface Call {
  by: 'ours' | 'another system' | 'person';
  id: string;
  reservationId: string;
  reservedAt: Instant;
  /** By the ledger's clock. */
  leaseUntil: Instant;
  settled: Settled;
  countedAt: Instant;
  /** The word under which it was reserved, as far as the ledger knew. */
  under?: Word;
  placedAt?: Instant;
  rangAt?: Instant;
  pickedUpAt?: Instant;
  endedAt?: Instant;
  outcome?: 'completed' | 'declined' | 'no_answer' | 'cancelled' | 'failed';
  /** What the ledger was told, and when it heard of the call last. */
  told: Set<CallNews>;
  heardAt: Instant;
  /** What we concluded ourselves, where no webhook told. */
  finished?: 'completed' | 'cancelled';
  /** We told the ledger that we ended the ringing. */
  endRequested?: true;
}

export function newPair(
  name: string,
  businessNumberId: string,
  contact: Pair['contact'],
  primary: Pair['primary'],
): Pair {
  return {
    name,
    businessNumberId,
    contact,
    primary,
    linked: false,
    requests: [],
    words: [],
    contacts: [],
    calls: [],
    listed: false,
    endedByOptOut: false,
  };
}

/** The ledger knows that the call was picked up. */
export function knownConnected({ told, pickedUpAt }: Call): boolean {
  return pickedUpAt !== undefined && (told.has('accepted') || told.has('terminated'));
}

/** The ledger knows that the call is over. */
export function knownEnded({ told, finished, settled }: Call): boolean {
  return told.has('terminated') || (finished !== undefined && settled !== 'unknown');
}
