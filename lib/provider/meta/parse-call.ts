import type { EventError, ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { joinContact } from './contact.ts';
import { type Item, isItem, readErrors, readId, readText, type Surroundings } from './payload.ts';

type Direction = 'outbound' | 'inbound';
type Session = { type: 'offer' | 'answer'; sdp: string };

/**
 * An item of `calls[]`: connect and terminate. Recordings and transcripts are `parse-capture.ts`; everything else there
 * (call_created of SIP numbers, what is to come) is left to be kept raw.
 */
export function callEvent(item: Item, around: Surroundings): ProviderEvent | undefined {
  const callId = readId(item.id);
  const event = readText(item.event)?.toLowerCase();
  if (callId === undefined || (event !== 'connect' && event !== 'terminate')) return undefined;
  const at = readInstant(item.timestamp);
  const session = readSession(item);
  const direction = readDirection(item, session, around);
  const base = {
    id: `call:${callId}:${event}:${at === undefined ? '' : Math.floor(at / 1000)}`,
    at: at ?? around.at,
    businessNumberId: around.businessNumberId,
    callId,
    ...personOf(item, direction, around),
    ...correlationOf(item),
  };
  if (event === 'connect') {
    if (direction === undefined) return undefined;
    return { ...base, type: 'call.connect', direction, ...(session ? { session } : {}) };
  }
  const startedAt = readInstant(item.start_time);
  const endedAt = readInstant(item.end_time);
  const durationSeconds = readDuration(item.duration);
  const own = readErrors(item.errors);
  const named = readText(item.status)?.toUpperCase();
  const failed = named === 'FAILED' || (named !== 'COMPLETED' && own.length + around.valueErrors.length > 0);
  // An error beside several calls belongs to those that failed.
  const errors: EventError[] = failed || around.only ? [...own, ...around.valueErrors] : own;
  return {
    ...base,
    type: 'call.terminated',
    ...(direction !== undefined ? { direction } : {}),
    status: failed ? 'failed' : 'completed',
    ...(startedAt !== undefined ? { startedAt } : {}),
    ...(endedAt !== undefined ? { endedAt } : {}),
    ...(durationSeconds !== undefined ? { durationSeconds } : {}),
    errors,
  };
}

const CALL_STATUSES = {
  RINGING: 'call.ringing',
  ACCEPTED: 'call.accepted',
  REJECTED: 'call.rejected',
} as const;

/** An item of `statuses[]` that speaks of a call. Meta sends them for calls that the business places. */
export function callStatusEvent(item: Item, around: Surroundings): ProviderEvent | undefined {
  const callId = readId(item.id);
  const status = readText(item.status)?.toUpperCase() ?? '';
  if (callId === undefined || !Object.hasOwn(CALL_STATUSES, status)) return undefined;
  const contact = joinContact(
    { phone: item.recipient_id, userId: item.recipient_user_id, parentUserId: item.recipient_parent_user_id },
    around.contacts,
    around.only,
  );
  return {
    id: `call:${callId}:status:${status.toLowerCase()}`,
    at: readInstant(item.timestamp) ?? around.at,
    businessNumberId: around.businessNumberId,
    callId,
    ...(contact ? { contact } : {}),
    ...correlationOf(item),
    type: CALL_STATUSES[status as keyof typeof CALL_STATUSES],
  };
}

/** Meta's own samples lack the direction at times; only the caller makes an offer. */
function readDirection(item: Item, session: Session | undefined, around: Surroundings): Direction | undefined {
  const named = readText(item.direction)?.toUpperCase();
  if (named === 'BUSINESS_INITIATED') return 'outbound';
  if (named === 'USER_INITIATED') return 'inbound';
  if (session) return session.type === 'offer' ? 'inbound' : 'outbound';
  const business = around.businessPhone;
  if (business !== undefined && readId(item.from)?.replace(/\D/g, '') === business) return 'outbound';
  if (business !== undefined && readId(item.to)?.replace(/\D/g, '') === business) return 'inbound';
  if (item.to_user_id !== undefined) return 'outbound';
  if (item.from_user_id !== undefined) return 'inbound';
  return undefined;
}

function personOf(item: Item, direction: Direction | undefined, around: Surroundings) {
  const inbound = { phone: item.from, userId: item.from_user_id, parentUserId: item.from_parent_user_id };
  const outbound = { phone: item.to, userId: item.to_user_id, parentUserId: item.to_parent_user_id };
  // Without a direction `from` and `to` may both be the business: only the envelope can tell then.
  const ids = direction === 'inbound' ? inbound : direction === 'outbound' ? outbound : {};
  const contact = joinContact(ids, around.contacts, around.only);
  return contact ? { contact } : {};
}

/** The text of the session is passed on as it is; the media side judges and reports it. */
function readSession(item: Item): Session | undefined {
  if (isItem(item.session)) return sessionOf(item.session.sdp, item.session.sdp_type);
  // Before `session` there was a JSON text inside the JSON; some senders still use it.
  const legacy = isItem(item.connection) && isItem(item.connection.webrtc) ? item.connection.webrtc.sdp : undefined;
  if (typeof legacy !== 'string') return undefined;
  try {
    const inner: unknown = JSON.parse(legacy);
    return isItem(inner) ? sessionOf(inner.sdp, inner.type) : undefined;
  } catch {
    return undefined;
  }
}

function sessionOf(sdp: unknown, type: unknown): Session | undefined {
  const named = typeof type === 'string' ? type.toLowerCase() : '';
  if (typeof sdp !== 'string' || sdp === '' || (named !== 'offer' && named !== 'answer')) return undefined;
  return { type: named, sdp };
}

function correlationOf(item: Item): { correlationId?: string } {
  // Longer than any of ours: another system's.
  const value = readId(item.biz_opaque_callback_data);
  return value === undefined ? {} : { correlationId: value };
}

/** Seconds. Its presence, not the status, tells that the call was picked up, so nonsense must not pass. */
function readDuration(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,9}(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= 1e9 ? seconds : undefined;
}
