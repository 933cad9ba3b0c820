import type { CallFacts } from '../../permission/call-facts.ts';
import type { Contact, Instant, PermissionStatus, ReservationState, Use } from '../../permission/model.ts';
import type { PairState } from '../../permission/pair-state.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { CallRecord } from '../call-record.ts';
import type { CallbackRequest } from '../callback.ts';
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
  /** Found by the fingerprint that an erasure left; `contact` is what was asked for, not what is stored. Set by `identity.ts` alone. */
  nameless?: true;
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
  /** What it brought so far, and when the person said so. A grant is not taken back by a later denial. */
  answer?: 'granted' | 'denied';
  answeredAt?: Instant;
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
  /** What only its record shows; absent if there is nothing. */
  notes?: CallNotes;
  /** The start under which the store has it counted for its business number. Kept by the records alone. */
  counted?: Instant | undefined;
}

/** What the record of a call shows and no rule looks at. */
export interface CallNotes {
  errors?: CallRecord['errors'];
  recordings?: CallRecord['recordings'];
  endedBy?: CallRecord['endedBy'] & string;
  callbackId?: string;
  score?: number;
}

/** A page of calls of a number in the order of their reservation ids, those between two ids (both excluded) alone. */
export interface CallPageQuery {
  numberId: number;
  pairId?: number;
  afterId: string;
  beforeId?: string;
  /** Most rows that are looked at. */
  limit: number;
}

/** A callback request as stored: a claim that has lapsed is still `claimed` here. */
export interface CallbackRow {
  callbackId: string;
  numberId: number;
  pairId: number;
  source: CallbackRequest['source'];
  purpose?: string;
  note?: string;
  requestedAt: Instant;
  dueAt?: Instant;
  state: CallbackRequest['state'];
  claimedBy?: string;
  claimedUntil?: Instant;
  callId?: string;
  attempts: number;
  /** When it was last written. */
  changedAt: Instant;
}

/** A page of callback requests of a number in the order of their ids. */
export interface CallbackPageQuery {
  numberId: number;
  pairId?: number;
  /** Stored states; all if left out. */
  states?: readonly CallbackRow['state'][];
  afterId: string;
  limit: number;
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

/** A row of the audit as it stands in the store, with everything that its place in the chain depends on. */
export interface ChainedRow {
  seq: number;
  at: Instant;
  numberId: number | null;
  pairId: number | null;
  event: string;
  /** JSON exactly as it was hashed; null after the person was erased. */
  detail: string | null;
  digest: Uint8Array;
  /** The link that this row says is before it, where the store keeps that. */
  prev?: Uint8Array;
  hash: Uint8Array;
  /** The audit key of the pair as it is now; absent if the row names no pair, or one that is gone. */
  key?: Uint8Array;
}

/** A place in the audit's chain. */
export interface ChainPlace {
  seq: number;
  hash: Uint8Array;
}

/** What the statistics count. Which rows are meant is said at `Statistics`; the rates are made of them elsewhere. */
export interface UsageQuery {
  numberId: number;
  from?: Instant;
  to?: Instant;
  purpose?: string;
  /** `''`: requests without a template. */
  template?: string;
  /** Only of pairs after this one. */
  afterPair: number;
}
export interface UsageCounts {
  /** Requests in state `consumed` whose `at` is in the period, and those with an `answer`. */
  requests: number;
  granted: number;
  denied: number;
  /** Our calls (`OURS`) in state `consumed`, not live, `startedAt` in the period; those with `connectedAt`; of these with outcome `completed`. */
  calls: number;
  answered: number;
  completed: number;
  /** Of these calls those with a score, whatever became of them, and the sum of the scores. */
  scored: number;
  scoreSum: number;
  /** Pairs of these requests, and of our calls in state `consumed` that started in the period, over or not; those with `doNotCall.since` in it. */
  people: number;
  optedOut: number;
}

/** What retention takes away, and what it leaves because a rule still looks at it. */
export interface Purge {
  /** Older than this goes: audit rows by their time, requests and calls by the latest of their times, pairs by their newest time. */
  before: Instant;
  /** True: a rule counts requests since the last grant, however old: those later than `lastGrantedAt` stay. */
  requestsSinceGrant: boolean;
  /** True: a rule counts calls per permission: calls of pairs whose stored status is `granted` stay. */
  callsSinceGrant: boolean;
  /** Most rows of each kind that one call looks at; the next one goes on where this one ended. */
  limit: number;
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
  /** Every name under which a pair is found, fingerprints among them. */
  aliasesOf(pairId: number): { name: string; proven: boolean }[];
  unlink(numberId: number, name: string): void;
  /** The random key of the store's fingerprints. It is there once somebody was erased, and then never changes. */
  fingerprintKey(): Uint8Array | undefined;
  writeFingerprintKey(key: Uint8Array): void;
  /** Takes every name, the language and the time zone out of a pair, and gives it a new audit key. The old key is gone. */
  forgetPair(pairId: number): void;
  /** Pairs by what is stored as their status, by pair id, without merged ones. */
  pairsByStatus(numberId: number, status: PermissionStatus, afterPairId: number, limit: number): PairRow[];
  /** Gives everything that belongs to one pair to another one, and marks it as merged into that. */
  absorb(kept: number, gone: number): void;
  /** Pairs that were merged into this one. */
  mergedInto(pairId: number): number[];

  insertRequest(request: RequestRow): void;
  /** Writes pair, state, time, provider's id and answer. */
  writeRequest(request: RequestRow): void;
  /** Every request to a pair. */
  requestsOf(pairId: number): RequestRow[];
  /** Writes purpose and provider's id, after an erasure changed them. */
  forgetRequest(request: RequestRow): void;
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
  /** Every call of a pair, in every direction. */
  everyCall(pairId: number): CallRow[];
  /** Writes purpose, origin, notes, and the provider's ids of call and request, after an erasure changed them. */
  forgetCall(call: CallRow): void;
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
  /** Calls of a number that somebody holds (ours, and incoming ones that were claimed) without an end, oldest first. */
  callsWithoutEnd(numberId: number): CallRow[];
  /** `next`: the id of the last row looked at, if there may be more. */
  callPage(query: CallPageQuery): { calls: CallRow[]; next?: string };

  /** Writes a callback request, new or known. Its key, if it has one, is known from then on. */
  writeCallback(callback: CallbackRow): void;
  findCallback(callbackId: string): CallbackRow | undefined;
  /** The request that was made, or meant, under a key. */
  findCallbackByKey(numberId: number, key: Uint8Array): CallbackRow | undefined;
  writeCallbackKey(numberId: number, key: Uint8Array, callback: CallbackRow): void;
  /** Requests of a pair that are open or claimed, oldest first. */
  openCallbacks(pairId: number): CallbackRow[];
  /** The oldest requests of a number that may be claimed at this time: due, and open or with a lapsed claim. */
  callbacksToClaim(numberId: number, limit: number): CallbackRow[];
  /** `next`: the id of the last row looked at, if there may be more. */
  callbackPage(query: CallbackPageQuery): { callbacks: CallbackRow[]; next?: string };
  /** Every request of a pair, and its keys, go. Returns those that were there. */
  deleteCallbacks(pairId: number): CallbackRow[];

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
  abandonedRequests(limit: number): RequestRow[];
  abandonedCalls(limit: number): CallRow[];
  /** Whether the owner of a reservation may still be working on it. This one always is; in a store with one owner nobody else. */
  ownerLives(owner: string): boolean;
  /** Pairs whose permission has lapsed by its times at `expiredBefore`, or was granted (asked for) before the given times. */
  lapseCandidates(before: { expired: Instant; granted?: Instant; requested: Instant }, limit: number): PairRow[];
  /** The nearest of the times by which a permission lapses: expiry, grant and request, each of those still in force. */
  nearestLapse(): { expires?: Instant; granted?: Instant; requested?: Instant };
  doNotCallPairs(numberId: number, afterPairId: number, limit: number): PairRow[];

  /** An engine that would hold up others counts some pairs only, and says after which one to go on. */
  countUsage(query: UsageQuery): UsageCounts & { next?: number };

  /** Appends one row to the audit and links it to the row before. The head moves with it, in the same commit. */
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
  /** Rows of the chain after `afterSeq`, in order of `seq`. */
  auditChain(afterSeq: number, limit: number): ChainedRow[];
  /** The head: the last row ever written. The anchor: the last row that went by retention. Absent: none yet. */
  auditEnds(): { anchor?: ChainPlace; head?: ChainPlace };
  /** Takes the details out of a person's rows; the rows stay. Returns how many had one. */
  eraseAudit(pairIds: readonly number[]): number;
  /**
   * Retention. Audit rows go from the beginning of the chain only, without a gap, and the anchor moves with them. Of requests
   * and calls those without an end, and unanswered calls after the pair's `streakFrom`, always stay. Callback requests go by
   * the latest of their times, whatever their state. A pair goes, with its
   * names, if nothing holds on to it: no request, call, callback request or row of the audit, no do-not-call entry, stored status neither
   * `granted` nor `pending` (of one that was merged into another: whatever it is), none of its times later than `before`; one that others were merged into goes after them.
   */
  purge(what: Purge): void;
}
