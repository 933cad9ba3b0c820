import type { CallFacts } from '../../permission/call-facts.ts';
import type { Contact, Instant, ReservationState, Use } from '../../permission/model.ts';
import type { PairState } from '../../permission/pair-state.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, AuditQuery, AuditRow, Effect } from '../ledger.ts';

/** A business number as stored. */
export interface NumberRow {
  numberId: number;
  /** The provider's id. */
  id: string;
  restrictedUntil?: Instant;
  restriction?: string;
}

/** A pair of business number and contact as stored. */
export interface PairRow {
  pairId: number;
  numberId: number;
  contact: Contact;
  state: PairState;
  auditKey: Uint8Array;
}

export interface RequestRow {
  reservationId: string;
  pairId: number;
  state: ReservationState;
  reservedAt: Instant;
  /** When it counts from. */
  at: Instant;
  leaseUntil: Instant;
  owner: string;
  via: string;
  purpose: string;
  promisedBy?: Instant;
  /** Of the message that carried it. */
  providerId?: string;
  /** Template it was sent with; absent for a free-form request. */
  template?: string;
}

/** Ours; outbound but placed by somebody else with the same number; inbound. */
export const OURS = 0;
export const FOREIGN = 1;
export const INBOUND = 2;

export interface CallRow {
  reservationId: string;
  pairId: number;
  numberId: number;
  direction: number;
  callId?: string;
  state: ReservationState;
  reservedAt: Instant;
  /** When it was placed: the later of reservation and settlement. */
  startedAt: Instant;
  /** When it counts from as a connected call. */
  at: Instant;
  lastNews: Instant;
  leaseUntil: Instant;
  owner: string;
  purpose: string;
  /** Of the permission it was placed under. */
  grantedAt?: Instant;
  /** The provider's id of the request that brought that permission. */
  requestId?: string;
  origin?: { nodeId: string; data?: unknown };
  facts: CallFacts;
  /** The start under which the store has it counted for its business number. Kept by the records alone. */
  counted?: Instant | undefined;
}

/** A call of a pair as the rules look at it. */
export interface CountedCall extends Use {
  callId?: string;
  reservedAt: Instant;
  lastNews: Instant;
  /** It is, was or may yet become a connected call of ours. */
  counts: boolean;
  /** No end is known. */
  live: boolean;
  /** It stops being live when nothing is heard for a while. */
  bounded: boolean;
}

/** How many calls a business number has started in a window and has going on. */
export interface NumberLoad {
  started: number;
  live: number;
  /** When the started calls began, ascending from 0. */
  startedAt(index: number): Instant | undefined;
}

export interface AuditEntry {
  event: string;
  /** Without secrets and full phone numbers. */
  detail: Record<string, unknown>;
  numberId?: number;
  /** The pair and its key, so that erasing the key later makes the digests of this person worthless. */
  pair?: Pick<PairRow, 'pairId' | 'auditKey'>;
}

/**
 * What operations read and write, inside one transaction. An engine brings the rows under lock and keeps them; it decides
 * nothing. What was written is read back by the reads that follow. Rows handed out belong to the caller: writing is what
 * changes the store.
 *
 * Everything is synchronous: an engine whose database is elsewhere brings along what an operation will need, and runs it again
 * if it turns out to need more.
 */
export interface Records {
  /** The row of a business number, made when it is first heard of. */
  readNumber(id: string, phone?: string): NumberRow;
  findNumber(id: string): NumberRow | undefined;
  /** The provider's ids of all business numbers stored. */
  numbers(): string[];
  /** The provider's id of a number we store. */
  numberIdOf(numberId: number): string;
  restrictNumber(numberId: number, until: Instant, restriction: string): void;
  /** Calls of the number started after `after`, and those live now. */
  load(numberId: number, after: Instant): NumberLoad;

  readPair(pairId: number): PairRow;
  insertPair(numberId: number, contact: Contact): PairRow;
  writeContact(pair: PairRow): void;
  writeState(pair: PairRow): void;
  /** Who is found under a name (see `identity.ts`); `proven`: the provider said so. */
  findAlias(numberId: number, name: string): { pairId: number; proven: boolean } | undefined;
  /** Sets a name. A proven one stays proven. */
  link(numberId: number, name: string, pairId: number, proven: boolean): void;
  /** Gives everything that belongs to one pair to another one, and marks it as merged into that. */
  absorb(kept: number, gone: number): void;
  /** Pairs that were merged into this one. */
  mergedInto(pairId: number): number[];

  insertRequest(request: RequestRow): void;
  /** Writes pair, state, time and provider's id. */
  writeRequest(request: RequestRow): void;
  findRequest(reservationId: string): RequestRow | undefined;
  /** The request whose message the provider knows under this id, among those to people of one business number. */
  findRequestByProviderId(providerId: string, numberId: number): RequestRow | undefined;
  /** The newest request to a pair of which nobody knows whether it went out. */
  findUnknownRequest(pairId: number): RequestRow | undefined;
  /** Requests that count in a window beginning at `after`, oldest first. Unsettled ones are always among them. */
  requestUses(pairId: number, after: Instant): Use[];
  /** Reservation ids of requests that may not have been sent yet. */
  reservedRequests(pairId: number): string[];

  /** Writes a call with everything derived from it (`call-derived.ts`). */
  writeCall(call: CallRow, isNew?: boolean): void;
  deleteCall(call: CallRow): void;
  findCall(reservationId: string): CallRow | undefined;
  findCallByProviderId(callId: string, numberId?: number): CallRow | undefined;
  /** Calls that count or are live: live ones, and those that count from later than `after`, oldest first. */
  callsOf(pairId: number, after: Instant): CountedCall[];
  /** When the newest call that the person noticed ended, or else began: connected, perhaps going on, or missed. */
  lastCall(pairId: number): Instant | undefined;
  /** Calls that were not answered and ended after `after`, oldest first; `at` is their end. */
  unansweredCalls(pairId: number, after: Instant): Use[];
  /** When the unanswered calls of a pair ended, newest first. */
  unansweredEnds(pairId: number, limit: number): Instant[];
  /** Reservation ids of our calls to this person without an end. */
  liveCalls(pairId: number): string[];
  /** Our calls of a number without an end, oldest first. */
  callsWithoutEnd(numberId: number): CallRow[];

  knowsEvent(key: Uint8Array): boolean;
  insertEvent(key: Uint8Array, event: ProviderEvent, effects: readonly Effect[]): void;
  /** The ids stay for deduplication; the content, which may hold personal data and SDP, goes. */
  dispatched(keys: readonly Uint8Array[]): void;
  /** Fresh events that nobody reported as handed to the flows, oldest first. */
  undispatched(businessNumberId: string): Appended[];
  purgeInbox(doneBefore: Instant, allBefore: Instant): void;
  /** Keeps effects that arose where nobody could be told at once; the next sweep hands them out. */
  insertNotices(effects: readonly Effect[]): void;
  takeNotices(): Effect[];

  /** Reservations whose lease is over, or whose owner is gone. */
  abandonedRequests(): RequestRow[];
  abandonedCalls(): CallRow[];
  /** Pairs whose permission has lapsed by its times at `expiredBefore`, or was granted (asked for) before the given times. */
  lapseCandidates(before: { expired: Instant; granted?: Instant; requested: Instant }, limit: number): PairRow[];
  /** The nearest of the times by which a permission lapses: expiry, grant and request, each of those still in force. */
  nearestLapse(): { expires?: Instant; granted?: Instant; requested?: Instant };
  doNotCallPairs(numberId: number, afterPairId: number, limit: number): PairRow[];

  /** Appends one row to the audit and links it to the row before. */
  writeAudit(entry: AuditEntry): void;
  /** A page of the audit, oldest first. `pairIds`: of these pairs only. Contacts are masked unless asked otherwise. */
  readAudit(
    query: Pick<AuditQuery, 'from' | 'to' | 'unmasked'> & {
      numberId?: number;
      pairIds?: readonly number[];
      afterSeq: number;
      limit: number;
    },
  ): AuditRow[];
}
