import { errorTitle, type GraphErrorCode } from './graph/errors.ts';
import type { Person } from './people.ts';

type Value = Record<string, unknown>;
export type Direction = 'BUSINESS_INITIATED' | 'USER_INITIATED';

const HELP = 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes';

/** What a payload says of a call. Times in seconds. */
export interface CallFacts {
  id: string;
  person: Person;
  businessNumber: string;
  direction: Direction;
  timestamp: number;
  opaque?: string;
}

/** `contacts[]` (meta-cloud-api.md §5.1). */
export function contacts(person: Person): Value[] {
  const profile = { name: person.name, ...(person.username ? { username: person.username } : {}) };
  return [
    seen(person, {
      profile,
      wa_id: person.phone,
      user_id: person.userId,
      ...(person.parentUserId ? { parent_user_id: person.parentUserId } : {}),
    }),
  ];
}

/** `connect`, with our answer to the business's offer or the offer of a person who calls (§5.2, §5.3). */
export function connectValue(facts: CallFacts, session: { sdp_type: 'offer' | 'answer'; sdp: string }): Value {
  return { contacts: contacts(facts.person), calls: [{ ...callItem(facts, 'connect'), session }] };
}

/** `RINGING`, `ACCEPTED`, `REJECTED` (§5.4). */
export function callStatusValue(facts: CallFacts, status: string): Value {
  const { person } = facts;
  const item = {
    id: facts.id,
    type: 'call',
    status,
    timestamp: String(facts.timestamp),
    recipient_id: person.phone,
    recipient_user_id: person.userId,
    ...(person.parentUserId ? { recipient_parent_user_id: person.parentUserId } : {}),
    ...(facts.opaque === undefined ? {} : { biz_opaque_callback_data: facts.opaque }),
  };
  return { statuses: [seen(person, item)] };
}

/** `terminate` (§5.5): start, end and duration only if somebody picked up. */
export function terminateValue(
  facts: CallFacts,
  end: { startedAt?: number; endedAt: number; failure?: { code: number; message: string; details: string } },
): Value {
  const times =
    end.startedAt === undefined
      ? {}
      : {
          start_time: String(end.startedAt),
          end_time: String(end.endedAt),
          duration: Math.max(end.endedAt - end.startedAt, 0),
        };
  return {
    contacts: contacts(facts.person),
    calls: [{ ...callItem(facts, 'terminate'), status: end.failure ? 'FAILED' : 'COMPLETED', ...times }],
    ...(end.failure
      ? {
          errors: [
            {
              code: end.failure.code,
              message: end.failure.message,
              href: HELP,
              error_data: { details: end.failure.details },
            },
          ],
        }
      : {}),
  };
}

/**
 * A recording or a transcript is there (§5.8). Meta's sample names the person in `from`, also for calls of the business. The
 * transcript's event has one name in its page and another on the wire.
 */
export function captureValue(
  { id, person, timestamp }: Pick<CallFacts, 'id' | 'person' | 'timestamp'>,
  kind: 'recording' | 'transcript',
  media: { id: string; sha256: string; mime_type: string; url: string },
  transcriptName: 'call_transcription_available' | 'call_transcript_available',
): Value {
  const item = {
    id,
    from: person.phone,
    from_user_id: person.userId,
    timestamp: String(timestamp),
    ...(kind === 'recording'
      ? { event: 'call_recording_available', call_recording: { type: 'audio', audio: media } }
      : { event: transcriptName, call_transcript: { type: 'document', document: media } }),
  };
  return { calls: [seen(person, item)] };
}

/** `call_permission_reply` (§5.6). */
export function permissionReplyValue(facts: {
  person: Person;
  businessNumber: string;
  id: string;
  timestamp: number;
  reply: { response: 'accept' | 'reject'; permanent?: boolean; expiresAt?: number; automatic: boolean };
  contextId?: string;
}): Value {
  const { person, reply } = facts;
  const accepted = reply.response === 'accept';
  return {
    contacts: contacts(person),
    messages: [
      {
        ...inbound(person, facts.id, facts.timestamp, 'interactive'),
        ...(facts.contextId ? { context: { from: facts.businessNumber, id: facts.contextId } } : {}),
        interactive: {
          type: 'call_permission_reply',
          call_permission_reply: {
            response: reply.response,
            ...(accepted ? { is_permanent: reply.permanent === true } : {}),
            ...(reply.expiresAt === undefined ? {} : { expiration_timestamp: String(reply.expiresAt) }),
            response_source: reply.automatic ? 'automatic' : 'user_action',
          },
        },
      },
    ],
  };
}

export function textValue(person: Person, id: string, timestamp: number, text: string): Value {
  return {
    contacts: contacts(person),
    messages: [{ ...inbound(person, id, timestamp, 'text'), text: { body: text } }],
  };
}

/** `sent`, `delivered`, `read`, or `failed` with its error; failed ones carry no contacts (§3.3). */
export function messageStatusValue(
  person: Person,
  id: string,
  timestamp: number,
  status: string,
  failure?: { code: GraphErrorCode; details: string },
): Value {
  const item = {
    id,
    status,
    timestamp: String(timestamp),
    recipient_id: person.phone,
    ...(failure ? {} : { recipient_user_id: person.userId }),
  };
  if (!failure) return { contacts: contacts(person), statuses: [seen(person, item)] };
  const title = errorTitle(failure.code);
  const errors = [{ code: failure.code, title, message: title, error_data: { details: failure.details } }];
  return { statuses: [{ ...item, errors }] };
}

function callItem(facts: CallFacts, event: string): Value {
  const { person, businessNumber } = facts;
  const outbound = facts.direction === 'BUSINESS_INITIATED';
  const side = outbound ? 'to' : 'from';
  return seen(person, {
    id: facts.id,
    from: outbound ? businessNumber : person.phone,
    to: outbound ? person.phone : businessNumber,
    [`${side}_user_id`]: person.userId,
    ...(person.parentUserId ? { [`${side}_parent_user_id`]: person.parentUserId } : {}),
    event,
    direction: facts.direction,
    timestamp: String(facts.timestamp),
    ...(facts.opaque === undefined ? {} : { biz_opaque_callback_data: facts.opaque }),
  });
}

function inbound(person: Person, id: string, timestamp: number, type: string): Value {
  return seen(person, {
    from: person.phone,
    from_user_id: person.userId,
    ...(person.parentUserId ? { from_parent_user_id: person.parentUserId } : {}),
    id,
    timestamp: String(timestamp),
    type,
  });
}

/** The item as the business may see it: people can keep their number to themselves. */
function seen(person: Person, item: Value): Value {
  if (!person.hidePhone) return item;
  const result = { ...item };
  for (const field of ['from', 'to', 'wa_id', 'recipient_id']) if (result[field] === person.phone) delete result[field];
  return result;
}
