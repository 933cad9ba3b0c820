import { callRecordLines } from '../../ledger/call-record-export.ts';
import type { CallRecord, CallRecordQuery } from '../../ledger/ledger.ts';
import type { Switchboard } from '../../switchboard/switchboard.ts';
import { readContact } from '../contact-input.ts';
import { inParts } from '../permission/export-parts.ts';
import { ReportableError } from '../reportable-error.ts';
import { readRecordPeriod } from './period.ts';
import { type Located, type RecordSettings, readDirection, readFormat, readNext, readOutcome } from './properties.ts';
import { recordMessage } from './record-message.ts';

/** One message at the call records node, and what is needed to answer it. */
export interface Asking {
  settings: RecordSettings;
  msg: object;
  /** Reads a property from where the node's dialog says it is. */
  look(name: Located): Promise<unknown>;
  switchboard: Pick<Switchboard, 'callRecords'>;
}

/**
 * Answers a question about past calls, newest last: a page of them as an array, with `next` if there are more; or all of them
 * as CSV, a long one in several messages of whole lines with `msg.parts` as a Split node would write them.
 *
 * @param answer sends one message with these properties; `undefined` ones are to be removed
 * @returns how many records were sent
 * @throws ReportableError, LedgerError
 */
export async function readRecords(
  { settings, msg, look, switchboard }: Asking,
  answer: (set: Record<string, unknown>) => void,
): Promise<number> {
  const format = readFormat(settings, msg);
  const contact = await person(look);
  const direction = readDirection(settings, msg);
  const outcome = readOutcome(settings, msg);
  const query: Omit<CallRecordQuery, 'businessNumberId' | 'after' | 'limit'> = {
    ...(contact !== undefined && { contact }),
    ...(await readRecordPeriod(settings, look, Date.now())),
    ...(direction !== undefined && { direction }),
    ...(outcome !== undefined && { outcome }),
  };
  if (format === 'csv') return sendCsv({ settings, msg, switchboard }, query, answer);
  const { entries, next } = await page(switchboard, query, settings.limit, readNext(msg));
  answer({ payload: entries.map((entry) => recordMessage(entry, settings)), next });
  return entries.length;
}

/** A store may give short or empty pages although there is more: a page of ours is full unless it is the last. */
async function page(
  switchboard: Asking['switchboard'],
  query: Omit<CallRecordQuery, 'businessNumberId'>,
  limit: number,
  after: string | undefined,
): Promise<{ entries: CallRecord[]; next: string | undefined }> {
  const entries: CallRecord[] = [];
  let next = after;
  do {
    const part = await switchboard.callRecords({
      ...query,
      limit: limit - entries.length,
      ...(next !== undefined && { after: next }),
    });
    entries.push(...part.entries);
    next = part.next;
  } while (next !== undefined && entries.length < limit);
  return { entries, next };
}

async function sendCsv(
  { settings, msg, switchboard }: Omit<Asking, 'look'>,
  query: Omit<CallRecordQuery, 'businessNumberId'>,
  answer: (set: Record<string, unknown>) => void,
): Promise<number> {
  const { _msgid: id, parts } = msg as { _msgid?: string; parts?: unknown };
  const lines = callRecordLines((part) => switchboard.callRecords(part), query, settings);
  // The first line has the names of the columns.
  let count = -1;
  for await (const { text, index, lines: inPart, last } of inParts(lines)) {
    count += inPart;
    answer({
      payload: text,
      next: undefined,
      parts: {
        id: `${id ?? 'export'}.records`,
        type: 'string',
        ch: '',
        index,
        ...(last && { count: index + 1 }),
        ...(parts !== undefined && { parts }),
      },
    });
  }
  return count;
}

/** Nobody named: everybody. @throws ReportableError `contact_invalid` */
async function person(look: Asking['look']): Promise<CallRecordQuery['contact']> {
  const wanted = await look('contact');
  if (wanted === undefined || wanted === null || wanted === '') return undefined;
  const who = readContact(wanted);
  if ('contact' in who) return who.contact;
  throw new ReportableError(who.reason.code, `${who.reason.text} ${who.reason.nextStep}`);
}
