import type { CallView } from '../call/call.ts';
import type { CallbackRequest } from '../ledger/ledger.ts';
import type { LegStatistics } from '../media/media.ts';
import type { Contact, Instant, Permission, Reason, RuleSource } from '../permission/model.ts';

/**
 * What flows see. Plain JSON that survives cloning: ISO 8601 UTC times, durations in seconds, ids as strings.
 * The field names are a public API.
 */
export interface ContactMessage {
  phone?: string;
  userId?: string;
  name?: string;
  language?: string;
  timeZone?: string;
}

export interface PermissionMessage {
  status: Permission['status'];
  kind?: string;
  grantedAt?: string;
  expiresAt?: string;
  source?: string;
  purpose?: string;
  /** By when the request promised the call. */
  promisedBy?: string;
  /** Why a permission is no longer there: denied, revoked, automatic, expired, opt_out, provider_says_none. */
  ended?: string;
  endedAt?: string;
  canRequest: boolean;
  canCall: boolean;
}

export interface CallMessage {
  id: string;
  correlationId: string;
  providerCallId?: string;
  direction: CallView['direction'];
  state: CallView['state'];
  outcome?: string;
  contact: ContactMessage;
  businessNumber: string;
  purpose: string;
  startedAt: string;
  ringingAt?: string;
  answeredAt?: string;
  endedAt?: string;
  durationSeconds?: number;
  endedBy?: string;
  errors?: { code: string; message: string; details?: string }[];
  /** What the audio was like, with *ended*; with *statistics*, what it is like now. */
  media?: LegStatistics;
}

export interface ReasonMessage {
  code: string;
  text: string;
  nextStep: string;
  nextAllowedAt?: string;
  rule?: RuleSource;
  provider?: { code: string; subcode?: string; details?: string; traceId?: string };
}

const iso = (at: Instant): string => new Date(at).toISOString();
const plus = (digits: string): string => (digits.startsWith('+') ? digits : `+${digits}`);

/** A person, phone as E.164 with `+`. */
export function contactMessage(contact: Contact): ContactMessage {
  return {
    ...(contact.phone !== undefined && { phone: plus(contact.phone) }),
    ...(contact.userId !== undefined && { userId: contact.userId }),
    ...(contact.name !== undefined && { name: contact.name }),
    ...(contact.language !== undefined && { language: contact.language }),
    ...(contact.timeZone !== undefined && { timeZone: contact.timeZone }),
  };
}

/**
 * A permission.
 *
 * @param may what is possible now, as the ledger explains it
 */
export function permissionMessage(
  permission: Permission,
  may: { canRequest: boolean; canCall: boolean },
): PermissionMessage {
  return {
    status: permission.status,
    ...(permission.kind !== undefined && { kind: permission.kind }),
    ...(permission.grantedAt !== undefined && { grantedAt: iso(permission.grantedAt) }),
    ...(permission.expiresAt !== undefined && { expiresAt: iso(permission.expiresAt) }),
    ...(permission.source !== undefined && { source: permission.source }),
    ...(permission.purpose !== undefined && { purpose: permission.purpose }),
    ...(permission.promisedBy !== undefined && { promisedBy: iso(permission.promisedBy) }),
    ...(permission.ended !== undefined && { ended: permission.ended }),
    ...(permission.endedAt !== undefined && { endedAt: iso(permission.endedAt) }),
    canRequest: may.canRequest,
    canCall: may.canCall,
  };
}

/** A call. `id` is the handle that other nodes take. */
export function callMessage(call: CallView): CallMessage {
  return {
    id: call.id,
    correlationId: call.correlationId,
    ...(call.providerCallId !== undefined && { providerCallId: call.providerCallId }),
    direction: call.direction,
    state: call.state,
    ...(call.outcome !== undefined && { outcome: call.outcome }),
    contact: contactMessage(call.contact),
    businessNumber: call.businessNumber.phone === '' ? call.businessNumber.id : plus(call.businessNumber.phone),
    purpose: call.purpose,
    startedAt: iso(call.startedAt),
    ...(call.ringingAt !== undefined && { ringingAt: iso(call.ringingAt) }),
    ...(call.answeredAt !== undefined && { answeredAt: iso(call.answeredAt) }),
    ...(call.endedAt !== undefined && { endedAt: iso(call.endedAt) }),
    ...(call.durationSeconds !== undefined && { durationSeconds: call.durationSeconds }),
    ...(call.endedBy !== undefined && { endedBy: call.endedBy }),
    ...(call.errors !== undefined && {
      errors: call.errors.map((error) => ({
        code: String(error.code),
        message: error.message,
        ...(error.details !== undefined && { details: error.details }),
      })),
    }),
    ...(call.media !== undefined && { media: call.media }),
  };
}

/** What was done in spite of rules that only warn; nothing if there are none. */
export function warningsMessage(warnings: Reason[] | undefined): { warnings?: ReasonMessage[] } {
  return warnings === undefined || warnings.length === 0 ? {} : { warnings: warnings.map(reasonMessage) };
}

/** Why something was refused. */
export function reasonMessage(reason: Reason): ReasonMessage {
  return {
    code: reason.code,
    text: reason.text,
    nextStep: reason.nextStep,
    ...(reason.nextAllowedAt !== undefined && { nextAllowedAt: iso(reason.nextAllowedAt) }),
    ...(reason.rule !== undefined && { rule: { ...reason.rule } }),
    ...(reason.provider !== undefined && { provider: { ...reason.provider } }),
  };
}

/** An entry on the list of those to be called back. */
export interface CallbackMessage {
  id: string;
  contact: ContactMessage;
  source: CallbackRequest['source'];
  state: CallbackRequest['state'];
  /** Of a planned call alone. */
  purpose?: string;
  note?: string;
  requestedAt: string;
  dueAt?: string;
  claimedBy?: string;
  claimedUntil?: string;
  callId?: string;
  attempts: number;
}

/** A callback request. `callId` is the id of the call that answered it. */
export function callbackMessage(callback: CallbackRequest): CallbackMessage {
  const { id, contact, source, state, purpose, note, requestedAt, dueAt, claimedBy, claimedUntil, callId, attempts } =
    callback;
  return {
    id,
    contact: contactMessage(contact),
    source,
    state,
    ...(purpose !== undefined && { purpose }),
    ...(note !== undefined && { note }),
    requestedAt: iso(requestedAt),
    ...(dueAt !== undefined && { dueAt: iso(dueAt) }),
    ...(claimedBy !== undefined && { claimedBy }),
    ...(claimedUntil !== undefined && { claimedUntil: iso(claimedUntil) }),
    ...(callId !== undefined && { callId }),
    attempts,
  };
}
