import type { CallView } from '../call/call.ts';
import type {
  Appended,
  AuditQuery,
  AuditRow,
  AuditVerdict,
  CallbackRequest,
  CallRecord,
  CallRecordPage,
  CallRecordQuery,
  DoNotCallImport,
  Erasure,
  Explanation,
  PermissionListQuery,
  PermissionPage,
  Statistics,
  StatisticsQuery,
} from '../ledger/ledger.ts';
import type { Leg, LegStatistics } from '../media/media.ts';
import type { BusinessNumber, Contact, Instant, Permission, PermissionEnd, Reason } from '../permission/model.ts';
import type { CaptureKind, EventError } from '../provider/event.ts';
import type { Captures, Transcript } from '../provider/provider.ts';
import type { Attendant, Refusal } from './attendance.ts';
import type { CallbackBook } from './callback-book.ts';
import type { NumberManagement } from './number-management.ts';
import type { RequestDelivery } from './request-deliveries.ts';

/** What flows hear about permission. */
export interface PermissionChange {
  change: 'granted' | 'denied' | 'ended';
  why?: PermissionEnd;
  contact: Contact;
  permission: Permission & { canRequest?: boolean; canCall?: boolean };
}

/** What flows hear about a call. `ended` comes exactly once for every placed call. */
export interface CallChange {
  event:
    | 'placed'
    | 'connect'
    | 'ringing'
    | 'accepted'
    | 'answered'
    | 'rejected'
    | 'warning'
    | 'digit'
    | 'statistics'
    /** After the end: what the provider kept of the call has been brought here. */
    | 'recording'
    | 'transcript'
    | 'ended';
  call: CallView;
  origin?: { nodeId: string; data?: unknown };
  digit?: string;
  text?: string;
  /** `statistics`: the audio as it is now. */
  media?: LegStatistics;
  reason?: Reason;
  /** Rules that only warn, and that this call was placed in spite of. */
  warnings?: Reason[];
  /** Of a call to us: the attendants (`attend`) that want it or refuse it. `origin` is who took it. */
  offeredTo?: string[];
  /** Of a call to us: why we refused it. */
  refusal?: Refusal;
  /** With *ended* of a call to us that nobody took: the entry on the callback list. */
  callback?: CallbackRequest;
  /** `ended`: the call's record, if the store could tell it. */
  record?: CallRecord;
  /** `recording` and `transcript`. */
  capture?: Capture;
}

/** What the provider kept of a call, as it lies here now. */
export interface Capture {
  kind: CaptureKind;
  file: string;
  /** Absent if it was here already. */
  bytes?: number;
  mimeType?: string;
  transcript?: Transcript;
}

export interface AskInput {
  contact: Contact;
  purpose: string;
  via: 'auto' | 'freeform' | 'template';
  text?: string;
  template?: { name: string; language: string; parameters?: Record<string, string> | string[] };
  /** By when the request promises the call. */
  promisedBy?: Instant;
}
export type AskResult =
  /** `warnings`: rules that only warn, and that the request was sent in spite of. */
  | { outcome: 'requested'; requestId: string; contact: Contact; permission: Permission; warnings?: Reason[] }
  | { outcome: 'already_granted'; contact: Contact; permission: Permission }
  | { outcome: 'blocked'; reason: Reason; contact: Contact; permission?: Permission };

export interface PlaceInput {
  contact: Contact;
  purpose: string;
  /** We hang up if nobody answers in this time. */
  ringSeconds: number;
  /** We hang up after this time of conversation; 0: never. */
  maxSeconds: number;
  origin: { nodeId: string; data?: unknown };
  /** What the provider shall keep of the call; it announces that itself. */
  captures?: Captures;
}
export type PlaceResult =
  /** `doubt`: why it is not known whether the provider took the call. Its *ended* comes in any case. */
  | { outcome: 'placed'; call: CallView; doubt?: unknown }
  | { outcome: 'needs_permission'; reason: Reason; contact: Contact; permission: Permission }
  | { outcome: 'blocked'; reason: Reason; contact: Contact; permission?: Permission };

/** Why we end a call. */
export type EndCause =
  | 'flow'
  | 'ring_timeout'
  | 'maximum_duration'
  | 'opt_out'
  | 'media_lost'
  | 'media_bye'
  | 'config_removed'
  | 'shutdown'
  | 'recovery'
  /** Of a call to us: a flow or a setting refuses it; our answer failed; the provider says that the person has hung up. */
  | 'refused'
  | 'accept_failed'
  | 'hung_up';

export interface MessageStatus {
  messageId: string;
  status: string;
  at?: Instant;
  contact?: Contact;
  errors: EventError[];
  /** The message is a permission request, and this is news about it. */
  request?: RequestDelivery;
}

/** What the provider says about a person now, and what the store had to learn from it. */
export interface Refreshed {
  /** As it stands after the correction. */
  permission: Permission;
  canRequest: boolean;
  canCall: boolean;
  /** One plain sentence for each thing in which provider and store (or rules) differed, with both views. */
  differences: string[];
}

/**
 * Asks, calls, ends and listens for one business number. It composes ledger, provider and media, and outlives node
 * instances: a redeploy that leaves the config node as it was adopts it with its live calls.
 */
export interface Switchboard extends NumberManagement, CallbackBook {
  readonly businessNumber: BusinessNumber;
  /** Finishes what a crash left behind: ends calls of dead processes, hands out undispatched events. Then sweeps in intervals. */
  start(): Promise<void>;
  ask(input: AskInput): Promise<AskResult>;
  place(input: PlaceInput): Promise<PlaceResult>;
  /**
   * Takes calls to this number from now on. A call that nobody attends is left alone. What attendants want of a call stays with
   * the call, also if its node is replaced by a deploy.
   * @param owner who attends, for example a node's id: its second attendant takes the place of the first
   */
  attend(owner: string, attendant: Attendant): () => void;
  /**
   * Takes a ringing call to us; the first who asks gets it. Resolves once it is taken, or over (*ended* tells how).
   * @throws CallError `call_unknown`, `call_ended`, `call_taken`, `call_failed`
   */
  accept(id: string, by: { nodeId: string; data?: unknown; maxSeconds?: number }): Promise<CallView>;
  /** Refuses a ringing call to us, and resolves with its end. @throws CallError as `accept` */
  refuse(id: string, by: { nodeId: string; refusal?: Refusal }): Promise<CallView>;
  /**
   * Resolves with the ended call once the provider has confirmed. Ending an ended call is harmless. Also a call of another
   * instance on the same store: its owner tells *ended*.
   * @throws CallError `call_unknown`, `call_failed`, LedgerError
   */
  terminate(id: string, cause: EndCause): Promise<CallView>;
  call(id: string): CallView | undefined;
  calls(): CallView[];
  /** The leg of a live call, for media nodes. Throws `CallError` with code `call_unknown` or `call_ended`. */
  leg(id: string): Leg;
  /** Puts a person on the do-not-call list and ends what goes on with them, or takes them off it. @throws LedgerError */
  doNotCall(contact: Contact, entry: { listed: boolean; source: string }): Promise<void>;
  /** The same for many; see `Ledger.importDoNotCall`. @throws LedgerError */
  importDoNotCall(
    list: string | readonly unknown[],
    options: { source: string; defaultCountry?: string },
  ): Promise<Omit<DoNotCallImport, 'effects'>>;
  /**
   * Asks the provider now and corrects the store where it differs. An opt-out stays in force whatever the provider says.
   * @throws ProviderError, LedgerError, CallError `call_failed` if the provider has no such query
   */
  refresh(contact: Contact): Promise<Refreshed>;
  /** What may be done with a person now, and every limit. @throws LedgerError */
  explain(contact: Contact, purpose?: string): Promise<Explanation & { delivery?: RequestDelivery }>;
  /** People of this number by the status of their permission. @throws LedgerError */
  list(query: Omit<PermissionListQuery, 'businessNumberId'>): Promise<PermissionPage>;
  /** @throws LedgerError */
  statistics(query: Omit<StatisticsQuery, 'businessNumberId'>): Promise<Statistics>;
  /** The audit of this number, or of one person. @throws LedgerError */
  audit(query: Omit<AuditQuery, 'businessNumberId'>): Promise<AuditRow[]>;
  /** Checks the chain of the whole store. @throws LedgerError */
  verifyAudit(): Promise<AuditVerdict>;
  /** Forgets a person. Refuses while a call with them is going on or a request is being sent. @throws LedgerError */
  erase(contact: Contact): Promise<Erasure>;
  /** Records of calls of this number, newest last. @throws LedgerError, CallError `call_failed` if the store keeps none */
  callRecords(query: Omit<CallRecordQuery, 'businessNumberId'>): Promise<CallRecordPage>;
  /**
   * Adds a recording to the record of a call. *Ended* waits for it.
   * @returns false: no such call is known, or it could not be written (which the log says)
   */
  noteRecording(id: string, recording: { file: string; seconds?: number }): Promise<boolean>;
  /** How content the person was with a call, 1 to 5. @returns false: no such call is known. @throws LedgerError */
  noteScore(id: string, score: number): Promise<boolean>;
  /** A prompt that says that the call is recorded was played whole. */
  announced(id: string): void;
  /** @throws CallError `announcement_missing` if this number records only after an announcement, and there was none in this call */
  checkRecording(id: string): void;
  /** Fresh events from the webhook receiver, already durable in the ledger. */
  handle(appended: Appended[]): Promise<void>;
  onPermission(listener: (change: PermissionChange) => void): () => void;
  onCall(listener: (change: CallChange) => void): () => void;
  onMessageStatus(listener: (status: MessageStatus) => void): () => void;
  /** Ends all calls (terminate confirmed or given up after `graceMs`) and releases everything. */
  close(cause: EndCause, graceMs?: number): Promise<void>;
}

export class CallError extends Error {
  readonly code: 'call_unknown' | 'call_ended' | 'call_failed' | 'call_taken' | 'announcement_missing';
  readonly nextStep: string;
  constructor(code: CallError['code'], message: string, nextStep: string) {
    super(message);
    this.name = 'CallError';
    this.code = code;
    this.nextStep = nextStep;
  }
}
