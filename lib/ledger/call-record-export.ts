import type { Contact, Instant } from '../permission/model.ts';
import type { CallRecord, CallRecordPage, CallRecordQuery } from './call-record.ts';
import { type RecordLook, shownRecord } from './call-record-view.ts';
import { csvLine } from './csv.ts';

/** Records asked for at once. */
const PAGE = 500;

/** What a column of the CSV holds. The names are a public API. */
const COLUMNS: Record<string, (record: CallRecord) => string> = {
  id: ({ id }) => id,
  providerCallId: ({ providerCallId = '' }) => providerCallId,
  direction: ({ direction }) => direction,
  placedBy: ({ placedBy }) => placedBy,
  businessNumberId: ({ businessNumberId }) => businessNumberId,
  contact: ({ contact }) => nameOf(contact),
  purpose: ({ purpose }) => purpose,
  startedAt: ({ startedAt }) => iso(startedAt),
  ringingAt: ({ ringingAt }) => iso(ringingAt),
  answeredAt: ({ answeredAt }) => iso(answeredAt),
  endedAt: ({ endedAt }) => iso(endedAt),
  outcome: ({ outcome = '' }) => outcome,
  missed: ({ missed }) => (missed ? 'true' : ''),
  durationSeconds: ({ durationSeconds }) => String(durationSeconds ?? ''),
  billedPulses: ({ billedPulses }) => String(billedPulses ?? ''),
  endedBy: ({ endedBy = '' }) => endedBy,
  errors: ({ errors }) => errors.map(({ code, message = '' }) => `${code} ${message}`.trim()).join(' | '),
  recordings: ({ recordings }) => recordings.map(({ file }) => file).join(' | '),
  callbackId: ({ callbackId = '' }) => callbackId,
  score: ({ score }) => String(score ?? ''),
};

/**
 * Call records as lines of a CSV (RFC 4180, guarded against formulas, see `csv.ts`), the names of the columns first, then one
 * line per call in the order of the store: newest last. Times are ISO 8601 in UTC. Only one page is held at a time.
 *
 * @param read a page of records: `Ledger.callRecords`, or what a switchboard makes of it
 * @throws LedgerError for a wrong query, or if the store fails
 */
export async function* callRecordLines(
  read: (query: Omit<CallRecordQuery, 'businessNumberId'>) => Promise<CallRecordPage>,
  query: Omit<CallRecordQuery, 'businessNumberId' | 'after' | 'limit'>,
  look: RecordLook,
): AsyncGenerator<string, void, undefined> {
  yield csvLine(Object.keys(COLUMNS));
  let after: string | undefined;
  do {
    const { entries, next } = await read({ ...query, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const entry of entries) {
      const shown = shownRecord(entry, look);
      yield csvLine(Object.values(COLUMNS).map((cell) => cell(shown)));
    }
    after = next;
  } while (after !== undefined);
}

function nameOf({ phone, userId, parentUserId }: Contact): string {
  if (phone !== undefined) return phone.startsWith('+') ? phone : `+${phone}`;
  return userId ?? parentUserId ?? '';
}

function iso(at: Instant | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString();
}
