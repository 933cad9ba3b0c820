import type { CallView } from '../../call/call.ts';
import { type RecordLook, shownRecord } from '../../ledger/call-record-view.ts';
import type { CallRecord } from '../../ledger/ledger.ts';
import type { Instant } from '../../permission/model.ts';
import { type ContactMessage, contactMessage } from '../messages.ts';

/** A call record as flows see it: plain JSON, ISO 8601 UTC times. The field names are a public API. */
export interface RecordMessage
  extends Omit<CallRecord, 'contact' | 'startedAt' | 'ringingAt' | 'answeredAt' | 'endedAt'> {
  contact: ContactMessage;
  startedAt: string;
  ringingAt?: string;
  answeredAt?: string;
  endedAt?: string;
}

const iso = (at: Instant): string => new Date(at).toISOString();

export function recordMessage(record: CallRecord, look: RecordLook): RecordMessage {
  const { contact, startedAt, ringingAt, answeredAt, endedAt, ...rest } = shownRecord(record, look);
  return {
    ...rest,
    contact: contactMessage(contact),
    startedAt: iso(startedAt),
    ...(ringingAt !== undefined && { ringingAt: iso(ringingAt) }),
    ...(answeredAt !== undefined && { answeredAt: iso(answeredAt) }),
    ...(endedAt !== undefined && { endedAt: iso(endedAt) }),
  };
}

/** The record of a call that has ended, from what its events told: for a store that could not be asked. */
export function recordOfView(call: CallView): CallRecord {
  const { id, providerCallId, direction, contact, businessNumber, purpose, startedAt } = call;
  const { ringingAt, answeredAt, endedAt, outcome, durationSeconds, endedBy, errors = [] } = call;
  return {
    ...{ id, direction, contact, purpose, startedAt, businessNumberId: businessNumber.id },
    placedBy: direction === 'inbound' ? 'contact' : 'us',
    ...(providerCallId !== undefined && { providerCallId }),
    ...(ringingAt !== undefined && { ringingAt }),
    ...(answeredAt !== undefined && { answeredAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(outcome !== undefined && { outcome }),
    ...(direction === 'inbound' && answeredAt === undefined && { missed: true as const }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(endedBy !== undefined && { endedBy }),
    errors: errors.map(({ code, message }) => ({ code: String(code), message })),
    recordings: [],
  };
}
