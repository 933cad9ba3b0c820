import { judgeCall } from '../../permission/call-facts.ts';
import type { Contact } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import { billedPulses } from '../billed-pulses.ts';
import type { CallRecord, CallRecordPage, CallRecordQuery } from '../call-record.ts';
import { idAt } from '../rows/reservation-time.ts';
import { INBOX_KEEP_MS } from '../timings.ts';
import { findPair } from './identity.ts';
import { type CallRow, FOREIGN, INBOUND, OURS } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Calls looked at by one operation: some milliseconds, so that nobody waits long behind it. */
const PART = 500;
/** Records on a page, if the query does not say. */
const PAGE = 100;
/** Calls of ours start later than they were reserved; until then they are settled or given up. */
const STARTS_LATER_MS = 86_400_000;

/** A part of the records: perhaps fewer than asked for although there are more, so that no part takes long. */
export function callRecords(tx: Transaction, query: CallRecordQuery): CallRecordPage {
  const { businessNumberId, contact, from, to, after = '', limit = PAGE } = query;
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined || contact === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (number === undefined || (contact !== undefined && (pair === undefined || pair === 'conflict'))) {
    return { entries: [] };
  }
  // Ids begin with the time of reservation, or of the first news of a call that is not ours.
  const first = from === undefined ? '' : idAt(from - STARTS_LATER_MS);
  const heardBy = to === undefined ? undefined : to + INBOX_KEEP_MS + STARTS_LATER_MS;
  const { calls, next } = tx.records.callPage({
    numberId: number.numberId,
    ...(pair === undefined || pair === 'conflict' ? {} : { pairId: pair.pairId }),
    afterId: after > first ? after : first,
    // A store that was made later takes older news as well.
    ...(heardBy === undefined || heardBy < tx.createdAt ? {} : { beforeId: idAt(Math.min(heardBy, 8.64e15)) }),
    limit: PART,
  });
  const page: CallRecordPage = { entries: [] };
  for (const call of calls) {
    const record = toRecord(call, businessNumberId, tx.records.readPair(call.pairId).contact, tx.profile);
    if (!fits(record, query)) continue;
    // There is one more than fits on the page.
    if (page.entries.length === limit) return { ...page, next: page.entries.at(-1)?.id ?? '' };
    page.entries.push(record);
  }
  return next === undefined ? page : { ...page, next };
}

function fits(record: CallRecord, { from, to, direction, outcome }: CallRecordQuery): boolean {
  if (from !== undefined && record.startedAt < from) return false;
  if (to !== undefined && record.startedAt >= to) return false;
  if (direction !== undefined && record.direction !== direction) return false;
  if (outcome === undefined) return true;
  return outcome === 'missed' ? record.missed === true : record.outcome === outcome;
}

/** What the facts of a call come to in its record. */
export function toRecord(call: CallRow, businessNumberId: string, contact: Contact, profile: Profile): CallRecord {
  const { facts, notes = {} } = call;
  const { connectedAt, endedAt, outcome, durationSeconds, errorCode } = judgeCall(facts, profile);
  const inbound = call.direction === INBOUND;
  const record: CallRecord = {
    id: call.reservationId,
    direction: inbound ? 'inbound' : 'outbound',
    placedBy: call.direction === OURS ? 'us' : call.direction === FOREIGN ? 'another_system' : 'contact',
    businessNumberId,
    contact,
    purpose: call.purpose,
    startedAt: call.startedAt,
    errors: notes.errors ?? (errorCode === undefined ? [] : [{ code: errorCode }]),
    recordings: notes.recordings ?? [],
  };
  if (call.callId !== undefined) record.providerCallId = call.callId;
  if (facts.ringingAt !== undefined) record.ringingAt = facts.ringingAt;
  if (connectedAt !== undefined) record.answeredAt = connectedAt;
  if (endedAt !== undefined) record.endedAt = endedAt;
  if (outcome !== undefined) record.outcome = outcome;
  if (inbound && outcome !== undefined && connectedAt === undefined && outcome !== 'completed') record.missed = true;
  if (durationSeconds !== undefined) record.durationSeconds = durationSeconds;
  const pulses = billedPulses(record);
  if (pulses !== undefined) record.billedPulses = pulses;
  const by = notes.endedBy ?? endedBy(call, outcome !== undefined, connectedAt !== undefined);
  if (by !== undefined) record.endedBy = by;
  if (notes.callbackId !== undefined) record.callbackId = notes.callbackId;
  if (notes.score !== undefined) record.score = notes.score;
  return record;
}

/** Providers do not say (meta-cloud-api.md §5.5): our own wish means us, a rejection them, FAILED the network. */
function endedBy({ facts, direction }: CallRow, over: boolean, connected: boolean): CallRecord['endedBy'] {
  if (!over) return undefined;
  if (facts.endRequested !== undefined) return 'us';
  if (facts.terminated?.status === 'failed') return 'network';
  if (facts.rejectedAt !== undefined) return 'them';
  // Who hangs up in another system's conversation, nobody tells.
  return connected && facts.terminated !== undefined && direction !== FOREIGN ? 'them' : 'unknown';
}
