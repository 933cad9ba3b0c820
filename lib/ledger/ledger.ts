import type { Doubt } from '../permission/doubt.ts';
import type {
  BusinessNumber,
  Contact,
  Instant,
  LimitState,
  Permission,
  PermissionEnd,
  Reason,
  ReservationState,
  ToldLimit,
  ToldLimits,
} from '../permission/model.ts';
import type { ProviderEvent } from '../provider/event.ts';
import type { CallRecordPage, CallRecordQuery } from './call-record.ts';
import type {
  CallbackClaim,
  CallbackEnd,
  CallbackPage,
  CallbackQuery,
  CallbackRequest,
  NewCallback,
} from './callback.ts';
import type {
  AuditQuery,
  AuditRow,
  AuditVerdict,
  Erasure,
  PermissionListQuery,
  PermissionPage,
  Statistics,
  StatisticsQuery,
} from './report.ts';

export type { CallRecord, CallRecordPage, CallRecordQuery } from './call-record.ts';
export type {
  CallbackClaim,
  CallbackEnd,
  CallbackPage,
  CallbackQuery,
  CallbackRequest,
  NewCallback,
} from './callback.ts';
export type {
  AuditQuery,
  AuditRow,
  AuditVerdict,
  Erasure,
  PermissionListQuery,
  PermissionPage,
  Statistics,
  StatisticsQuery,
} from './report.ts';

export interface RequestIntent {
  businessNumber: BusinessNumber;
  contact: Contact;
  purpose: string;
  /** `auto` picks free-form inside the service window and the template outside it. */
  via: 'auto' | 'freeform' | 'template';
  hasTemplate: boolean;
  /** Name of the template that a request outside the service window would use; kept for the statistics. */
  template?: string;
  /** By when the request promises the call. */
  promisedBy?: Instant;
}
export interface CallIntent {
  businessNumber: BusinessNumber;
  contact: Contact;
  purpose: string;
  /** Who asked, so that the outcome finds its way back after a redeploy or a crash: node id and small JSON data. */
  origin?: { nodeId: string; data?: unknown };
}

export type RequestReservation =
  | ({ ok: true; reservationId: string; via: 'freeform' | 'template' } & Reserved)
  | ({ ok: false; reason: Reason } & Reserved);
export type CallReservation =
  | ({ ok: true; reservationId: string } & Reserved)
  | ({ ok: false; reason: Reason } & Reserved);
interface Reserved {
  permission: Permission;
  limits: LimitState[];
  /** Reasons of rules that only warn. */
  warnings?: Reason[];
  /** Of a call: why what is stored may differ from what the provider knows. Absent: nothing speaks for it. */
  doubts?: Doubt[];
  /** The provider's own limits for this person, as last told; the rules go by them. */
  toldLimits?: ToldLimits;
}

/** How a reservation went. `released` only if it is sure that nothing was sent. */
export type Settlement =
  | { state: 'consumed'; providerId: string; contact?: Contact }
  | { state: 'released'; why: string }
  | { state: 'unknown'; why: string };

/** A call as the ledger keeps it: what is needed to finish it after a crash, and to prove it afterwards. */
export interface StoredCall {
  /** Reservation id; also the correlation id that the provider echoes. */
  reservationId: string;
  callId?: string;
  businessNumberId: string;
  contact: Contact;
  purpose: string;
  owner: string;
  reservation: ReservationState;
  reservedAt: Instant;
  acceptedAt?: Instant;
  endedAt?: Instant;
  outcome?: CallOutcome;
  durationSeconds?: number;
  errorCode?: string;
  origin?: { nodeId: string; data?: unknown };
  /** We asked the provider to end it, here or at another instance, and why; see `endRequested`. */
  endRequested?: 'cancelled' | 'no_answer' | 'failed';
  /** The person called us, and this owner claimed the call (`claimCall`). Absent: a call of ours to the person. */
  direction?: 'inbound';
}
export type CallOutcome = 'completed' | 'no_answer' | 'declined' | 'cancelled' | 'failed';

/** What an event changed. A duplicate has `fresh: false` and no effects. */
export interface Appended {
  event: ProviderEvent;
  fresh: boolean;
  effects: Effect[];
  /**
   * Set only if the event is about a call that another instance, which is alive, holds: that owner hands it out (it is told,
   * see `onNews`, and gets it from `take`). Whoever appended it answers 200 and does nothing else with it.
   */
  owner?: string;
}
export type Effect =
  | { kind: 'granted'; businessNumberId: string; contact: Contact; permission: Permission }
  | { kind: 'denied'; businessNumberId: string; contact: Contact; permission: Permission }
  | { kind: 'ended'; businessNumberId: string; contact: Contact; permission: Permission; why: PermissionEnd }
  | { kind: 'unanswered_warning'; businessNumberId: string; contact: Contact; count: number }
  | OptedOut;

/** A person said not to be called any more, or was put on the do-not-call list in another way. */
export interface OptedOut {
  kind: 'opted_out';
  businessNumberId: string;
  contact: Contact;
  permission: Permission;
  /** `message`, `button`, `keypad`, or what the flow or the import gave. */
  source: string;
  /** False: the person was on the list already. */
  first: boolean;
  /** Of the words that the person used, as a BCP 47 primary tag. */
  language?: string;
  /** Reservation ids of calls that have no end yet, and of requests that may not have been sent yet. */
  calls: string[];
  requests: string[];
}

export interface DoNotCallEntry {
  contact: Contact;
  since: Instant;
  source: string;
}
export interface DoNotCallPage {
  entries: DoNotCallEntry[];
  /** Where the next page begins; absent on the last one. */
  next?: number;
}
export interface DoNotCallImport {
  /** Newly listed, and those who were listed already. */
  listed: number;
  already: number;
  /** What could not be understood; `line` counts from 1. The input is not repeated. */
  bad: { line: number; why: string }[];
  /** Of people whose permission, calls or requests this ended. */
  effects: Effect[];
}

/** The provider contradicted us; it wins. */
export interface Correction {
  businessNumber: BusinessNumber;
  contact: Contact;
  /**
   * `no_permission` 138006, `request_limit` 138009, `connected_limit` 138012, `permanent` 138017; `limits`: what the
   * permission query allows this person, whether it is used up or not.
   */
  says: 'no_permission' | 'request_limit' | 'connected_limit' | 'permanent' | 'temporary' | 'limits';
  expiresAt?: Instant;
  retryAt?: Instant;
  /** With `limits`. An empty list: nothing was told about them, and what was told before stays. */
  limits?: { requests: Omit<ToldLimit, 'at'>[]; calls: Omit<ToldLimit, 'at'>[] };
  /**
   * `permissionMark` of the permission that the provider's answer was compared with: if something else has become known
   * since (a webhook was faster), the correction changes nothing. Left out: it is applied to whatever is stored.
   */
  seen?: string;
}

export interface Explanation {
  contact: Contact;
  permission: Permission;
  canRequest: boolean;
  requestReason?: Reason;
  requestLimits: LimitState[];
  requestWarnings?: Reason[];
  canCall: boolean;
  callReason?: Reason;
  callLimits: LimitState[];
  callWarnings?: Reason[];
  /** Why what is stored may differ from what the provider knows. */
  doubts?: Doubt[];
  /** Until when the provider itself has said no to requests and calls, although our own counts may have room. */
  providerBlocks?: { requestsUntil?: Instant; callsUntil?: Instant };
  /** The provider's own limits for this person, as last told; the rules go by them. */
  toldLimits?: ToldLimits;
}

/**
 * The permission store. One rule code decides for every engine: inside the open transaction the engine reads a snapshot
 * under lock and hands it, with the time, to `lib/permission`; SQL never decides.
 * Every method that changes something resolves after the change is durable. Failures are `LedgerError`.
 */
export interface Ledger {
  reserveRequest(intent: RequestIntent): Promise<RequestReservation>;
  reserveCall(intent: CallIntent): Promise<CallReservation>;
  settle(reservationId: string, settlement: Settlement): Promise<void>;
  /** Stores events durably, once each, and applies them. Resolve, then answer 200. */
  append(events: ProviderEvent[]): Promise<Appended[]>;
  /** Fresh events were handed to the flows; they are not handed out again after a restart. */
  dispatched(eventIds: string[]): Promise<void>;
  /**
   * Events that were acknowledged but perhaps never reached the flows (crash in between), oldest first. With several
   * instances only those that this one may hand out: not what another live one holds or is handing out.
   */
  undispatched(businessNumberId: string): Promise<Appended[]>;
  /**
   * We asked the provider to end this call, because our ring time was over (`no_answer`), because we
   * could not take a call to us (`failed`), or for another reason (`cancelled`).
   * If nobody picked up it is a ring that we cut short, which a profile may count differently from an unanswered one;
   * without this the ledger takes it for unanswered. Optional, so that a stand-in need not have it.
   * @returns false: somebody, perhaps at another instance, had asked for it before; the first wish stands
   */
  endRequested?(reservationId: string, as: 'cancelled' | 'no_answer' | 'failed'): Promise<boolean>;
  /** Our own end of a call that no webhook will tell: placing failed, or the provider confirmed our terminate and then fell silent. */
  finishCall(reservationId: string, end: { outcome: CallOutcome; at: Instant; errorCode?: string }): Promise<void>;
  /** Calls without an end. `owner` other than ours: a process that died. */
  liveCalls(businessNumberId: string): Promise<StoredCall[]>;
  findCall(id: { reservationId?: string; callId?: string }): Promise<StoredCall | undefined>;
  /**
   * Takes over the calls of a dead process, so that we may end them. With several instances a call whose owner is alive stays
   * with it, so that of two that adopt the same call one gets it: read `owner` again afterwards before ending anything.
   */
  adopt(reservationIds: string[]): Promise<void>;
  /** One record per call, of either direction, in the order in which they were reserved or first heard of. */
  callRecords(query: CallRecordQuery): Promise<CallRecordPage>;
  /**
   * Adds a recording to the record of a call, once per file.
   * @param id reservation id of the call
   * @returns false: there is no such call
   */
  noteRecording(id: string, recording: { file: string; seconds?: number }): Promise<boolean>;
  /**
   * How content the person was with a call; the last score of a call stands.
   * @param id reservation id of the call
   * @param score a whole number, 1 to 5
   * @returns false: there is no such call
   */
  noteScore(id: string, score: number): Promise<boolean>;
  /**
   * Who ended a call, for its record: providers do not say. The first word stands.
   * @param id reservation id of the call
   * @param end `error`: what kept us from taking a call to us; beside the provider's own errors about its end
   * @returns false: there is no such call, or it was said before
   */
  noteCallEnd(
    id: string,
    end: { endedBy: 'us' | 'them' | 'network' | 'unknown'; error?: { code: string; message?: string } },
  ): Promise<boolean>;
  /**
   * An incoming call that nobody holds becomes this owner's, durably: from then on it is in `liveCalls` until its end, another
   * instance ends it if this one dies, and with several instances its events come to this one.
   *
   * @param callId the provider's id of the call, or its reservation id
   * @returns undefined: somebody else has it (read `findCall`), it is over, or no such incoming call is known
   */
  claimCall(callId: string, purpose?: string): Promise<StoredCall | undefined>;
  /**
   * Puts a person on the list of those to be called back. A person has one entry that is open or claimed: a second wish is the
   * first one (`added` false). Who has opted out gets none.
   *
   * @throws LedgerError `do_not_call` if the person opted out
   */
  addCallback(input: NewCallback): Promise<{ callback: CallbackRequest; added: boolean }>;
  callbacks(query: CallbackQuery): Promise<CallbackPage>;
  /** The oldest open entry that is due, or one whose claim has lapsed. Never one of a person who opted out; two never get the same. */
  claimCallback(query: CallbackClaim): Promise<CallbackRequest | undefined>;
  /**
   * @throws LedgerError `bad_input` if there is no such entry. One that is done or cancelled stays as it is, but for the call
   *   that answered it.
   */
  finishCallback(id: string, end: CallbackEnd): Promise<CallbackRequest>;
  status(businessNumberId: string, contact: Contact): Promise<Permission>;
  /** @param purpose what a call would be for; left out: what the person allowed */
  explain(businessNumber: BusinessNumber, contact: Contact, purpose?: string): Promise<Explanation>;
  /** What people should hear of it is handed out by the next `sweep`. */
  correct(correction: Correction): Promise<Permission>;
  /**
   * Puts a person on the do-not-call list, or takes them off it: the only way off. Effects are for the switchboard
   * (`Switchboard.doNotCall` does both).
   */
  doNotCall(businessNumberId: string, contact: Contact, entry: { listed: boolean; source: string }): Promise<Effect[]>;
  /**
   * Lists many people. Repeating it changes nothing. Written in parts, so that it holds nobody up: after a failure simply
   * import again.
   *
   * @param list contacts in any format that `parseContact` takes, or a text with one per line (of several columns the first)
   * @param options `defaultCountry` of numbers without country code, such as `BR`
   */
  importDoNotCall(
    businessNumberId: string,
    list: string | readonly unknown[],
    options: { source: string; defaultCountry?: string },
  ): Promise<DoNotCallImport>;
  /** A page of the do-not-call list, in the order in which people became known. `after` is the `next` of the page before. */
  doNotCallList(query: { businessNumberId: string; after?: number; limit?: number }): Promise<DoNotCallPage>;
  /** Asked just before a reserved call or request leaves: why it may not any more, because its person has opted out since. */
  stillAllowed(reservationId: string): Promise<Reason | undefined>;
  /**
   * Gives the confirmation of an opt-out free to be sent: at most once in 24 hours and inside the service window. Durable
   * before it is sent, so that no crash sends it twice; one that falls between the two leaves it unsent.
   */
  claimOptOutConfirmation(businessNumberId: string, contact: Contact): Promise<boolean>;
  /** Marks lapsed permissions and pending requests, and leases of dead reservations. Returns what changed. */
  sweep(): Promise<Effect[]>;
  /** When the next permission or pending request lapses, so that somebody can sweep exactly then. */
  nextLapse(): Promise<Instant | undefined>;
  audit(query: AuditQuery): Promise<AuditRow[]>;
  /** Checks every link of the audit's chain. */
  verifyAudit(): Promise<AuditVerdict>;
  /**
   * Forgets a person: names, details of the audit, purposes, origins. The chain stays whole; an opt-out stays in force, and
   * so does every count in a running window. Whoever comes back (allows calls, writes, calls, is asked or called again) is
   * recognised, and known again from then on; what was erased is not shown as theirs any more.
   *
   * @throws LedgerError `call_in_progress` or `request_in_progress` while something is under way with them
   */
  erase(businessNumberId: string, contact: Contact): Promise<Erasure>;
  /** People by the status of their permission, in the order in which they became known. */
  list(query: PermissionListQuery): Promise<PermissionPage>;
  /** Counts what is stored, in parts, so that it holds nobody up; a million people take some seconds. What is counted is said at `Statistics`. */
  statistics(query: StatisticsQuery): Promise<Statistics>;
  /**
   * Claims events that this instance is to hand out and does not know of yet, oldest first: those about its own calls that
   * came in elsewhere, and those that a dead instance left behind (of its calls, or of nobody's). Durable before it returns;
   * no other instance gets the same event for as long as this one is alive. What `append` returned here without `owner`, or
   * `take` before, is not among them. Report them with `dispatched` as usual. At most 500; call it again until it is empty.
   *
   * An `opted_out` effect among them (or in what `append` returns) may name calls that other instances hold (`findCall` tells
   * `owner` and `callId`): whoever hands it out ends those through the provider; their owner hears of it by webhook.
   *
   * Several instances only; a store with one owner does not have it.
   */
  take?(businessNumberId: string): Promise<Appended[]>;
  /**
   * Calls the listener when `take` may have something for this business number, within about a second; sometimes in vain.
   * Several instances only; a store with one owner does not have it. Returns how to stop listening.
   */
  onNews?(listener: (news: { businessNumberId: string }) => void): () => void;
  /**
   * Says that this owner is alive (the ledger does so by itself as well, every few seconds), and names owners that have been
   * silent for more than 30 s and left calls without an end or events that nobody handed out. Their calls are in `liveCalls`
   * (adopt and end them, never dial again), their events come from `take`. A store with one owner has no others.
   */
  heartbeat?(): Promise<{ dead: string[] }>;
  /**
   * A copy of the store that can be opened, made while it is in use. An older backup at the path is replaced, by renaming,
   * when the new one is complete; anything else there is left alone.
   *
   * @throws LedgerError `backup_refused` if something is at the path that is no backup of a store, `backup_failed`
   */
  backup?(path: string): Promise<void>;
  health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }>;
  close(): Promise<void>;
}

/** What a ledger throws. `code`: store_unavailable, store_locked, store_newer_version, store_corrupt, store_full, store_network_drive, bad_input, call_in_progress, request_in_progress (of an erasure), backup_refused, backup_failed. */
export class LedgerError extends Error {
  readonly code: string;
  readonly nextStep: string;
  constructor(code: string, message: string, nextStep: string) {
    super(message);
    this.name = 'LedgerError';
    this.code = code;
    this.nextStep = nextStep;
  }
}
