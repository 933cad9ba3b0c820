import type { Contact, Instant } from '../permission/model.ts';
import type { NumberSettings } from './calling-settings.ts';
import type { MediaReference, ProviderEvent } from './event.ts';
import type { ProviderTemplates } from './provider-templates.ts';

/** What a provider can do. Nodes offer only what is true here. */
export interface Capabilities {
  /** `webrtc`: we exchange SDP with the provider. `none`: the provider terminates media itself. */
  media: 'webrtc' | 'none';
  freeformRequest: boolean;
  templateRequest: boolean;
  queryPermission: boolean;
  placeCall: boolean;
  answerCall: boolean;
  terminateCall: boolean;
  /** Records and transcribes calls itself, if told so when a call begins. */
  captures?: boolean;
}

export interface PermissionRequest {
  contact: Contact;
  via: 'freeform' | 'template';
  /** Text of a free-form request. */
  text?: string;
  template?: { name: string; language: string; parameters?: Record<string, string> | string[] };
}
export interface PermissionRequestSent {
  /** Provider's message id; the reply points to it. */
  requestId: string;
  /** The contact as the provider knows it (may add or correct ids). */
  contact?: Contact;
}

export interface ProviderLimit {
  period: string;
  allowed: number;
  used: number;
  freesAt?: Instant;
}
export interface ProviderPermission {
  status: 'none' | 'temporary' | 'permanent';
  expiresAt?: Instant;
  request: { allowed: boolean; limits: ProviderLimit[] };
  call: { allowed: boolean; limits: ProviderLimit[] };
}

/** What the provider shall keep of a call. It tells the person so itself, before anything is kept. */
export interface Captures {
  recording?: CaptureConsent;
  transcription?: CaptureConsent;
}
/** What the provider tells the person. */
export interface CaptureConsent {
  /** Spoken, at most 250 characters. */
  purpose: string;
  /** Of the announcement, such as `pt` or `en_US`; the provider has a list. */
  language: string;
}

/** What was said in a call, as the provider understood it. Times in seconds from the beginning. */
export interface Transcript {
  text: string;
  language?: string;
  durationSeconds?: number;
  segments: { speaker: 'business' | 'contact' | 'unknown'; start?: number; end?: number; text: string }[];
}

/** Takes the bytes of a download, in order. */
export interface MediaSink {
  write(chunk: Uint8Array): Promise<void>;
  /** What was written is worth nothing: begin again. */
  restart(): Promise<void>;
}

export interface OutboundCall {
  contact: Contact;
  /** Only for providers that exchange SDP. */
  offer?: string;
  /** Comes back in every event of the call. At most 512 characters, no secrets. */
  correlationId: string;
  captures?: Captures;
}

export interface WebhookRequest {
  /** The bytes as they came, before any parser. */
  rawBody: Buffer;
  header(name: string): string | undefined;
}

/**
 * A provider of WhatsApp calling for one business number. Failures are `ProviderError` and nothing else.
 * `placeCall` is never retried inside; `terminateCall` and queries are.
 */
export interface Provider {
  readonly name: string;
  readonly capabilities: Capabilities;
  requestPermission(request: PermissionRequest, signal?: AbortSignal): Promise<PermissionRequestSent>;
  queryPermission(contact: Contact, signal?: AbortSignal): Promise<ProviderPermission>;
  placeCall(call: OutboundCall, signal?: AbortSignal): Promise<{ callId: string }>;
  /** `captures` count with the acceptance only, not with `preAccept`. */
  answerCall(
    callId: string,
    answer: string,
    options: { preAccept: boolean; correlationId?: string; captures?: Captures },
  ): Promise<void>;
  rejectCall(callId: string): Promise<void>;
  /** Resolves when the provider confirmed it, also when it says that the call is over already. */
  terminateCall(callId: string, signal?: AbortSignal): Promise<void>;
  sendText(contact: Contact, text: string): Promise<{ messageId: string }>;
  /** Call settings of the number. Absent: the provider has no such interface. */
  readonly settings?: NumberSettings;
  /** Message templates of the business account. Absent: no such interface, or the account's id is not configured. */
  readonly templates?: ProviderTemplates;
  /**
   * Brings media that the provider holds: whole and as its checksum says, or not at all. A broken connection is taken up where
   * it broke. Only with `capabilities.captures`.
   *
   * @param most bytes; more are refused
   */
  downloadMedia?(
    media: MediaReference,
    sink: MediaSink,
    options: { most: number; signal?: AbortSignal },
  ): Promise<{ bytes: number; mimeType?: string }>;
  /** Reads a transcript that was brought; undefined if it cannot be read. */
  readTranscript?(bytes: Uint8Array): Transcript | undefined;
  /** True if the body is the provider's own, judged over the raw bytes. Never throws. */
  verifyWebhook(request: WebhookRequest): boolean;
  /** Answers the subscription handshake: the challenge to echo, or undefined to refuse. */
  verifySubscription(query: Record<string, unknown>): string | undefined;
  /** Every event in the body, of all entries and changes, for whatever number. Throws only if the body is no JSON. */
  parseWebhook(rawBody: Buffer): ProviderEvent[];
}

/**
 * What to do about a provider's error.
 * never: does not help to try again; wait: after `retryAt` or when the state changes; transient: later, at user level; operator: fix the set-up.
 */
export type ProviderErrorKind = 'never' | 'wait' | 'transient' | 'operator';

export interface ProviderErrorFields {
  /** Ours and stable, for example `provider_no_permission`, `provider_timeout`, `provider_token_invalid`. */
  code: string;
  kind: ProviderErrorKind;
  /** Whether the request can have reached the provider and had effect: decides released or unknown. */
  outcome: 'not_sent' | 'refused' | 'unknown';
  httpStatus?: number;
  providerCode?: string;
  subcode?: string;
  details?: string;
  traceId?: string;
  /** When the provider lets us try again, as far as it said. */
  retryAt?: Instant;
}

/** The only error a provider throws. It carries an allow-list of fields: no headers, no URL, no body, no cause. */
export class ProviderError extends Error {
  readonly code: string;
  readonly kind: ProviderErrorKind;
  readonly outcome: ProviderErrorFields['outcome'];
  readonly httpStatus?: number;
  readonly providerCode?: string;
  readonly subcode?: string;
  readonly details?: string;
  readonly traceId?: string;
  readonly retryAt?: Instant;
  /** What the reader can do about it. */
  readonly nextStep: string;

  constructor(message: string, nextStep: string, fields: ProviderErrorFields) {
    super(message);
    this.name = 'ProviderError';
    this.nextStep = nextStep;
    this.code = fields.code;
    this.kind = fields.kind;
    this.outcome = fields.outcome;
    if (fields.httpStatus !== undefined) this.httpStatus = fields.httpStatus;
    if (fields.providerCode !== undefined) this.providerCode = fields.providerCode;
    if (fields.subcode !== undefined) this.subcode = fields.subcode;
    if (fields.details !== undefined) this.details = fields.details;
    if (fields.traceId !== undefined) this.traceId = fields.traceId;
    if (fields.retryAt !== undefined) this.retryAt = fields.retryAt;
  }
}
