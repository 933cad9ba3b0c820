import type { PermissionPage } from '../../ledger/ledger.ts';
import { type ContactMessage, contactMessage, type PermissionMessage, permissionMessage } from '../messages.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';
import type { Asking } from './asking.ts';
import { type Outcome, refusal, refused } from './outcome.ts';
import { readNext, readPeriod, readSource, readStatus } from './properties.ts';
import { type StatisticsScope, statisticsMessage } from './statistics-message.ts';

/** A line of a list. */
export interface ListedMessage {
  contact: ContactMessage;
  permission: PermissionMessage;
  doNotCall?: { since: string; source: string };
}

/** People are explained so many at a time, so that a list does not stand in the way of calls. */
const AT_A_TIME = 20;

/** A page of people by status; `next` says where the following one begins. */
export async function list({ settings, msg, switchboard }: Asking): Promise<Outcome> {
  const status = readStatus(settings, msg);
  const after = readNext(msg);
  const { entries, next } = await switchboard.list({
    ...(status !== undefined && { status }),
    ...(after !== undefined && { after }),
    limit: settings.limit,
  });
  const payload: ListedMessage[] = [];
  for (let at = 0; at < entries.length; at += AT_A_TIME) {
    payload.push(
      ...(await Promise.all(entries.slice(at, at + AT_A_TIME).map((entry) => listed({ switchboard }, entry)))),
    );
  }
  return {
    to: 'result',
    set: { payload, ...(next !== undefined && { next }) },
    ...(next === undefined && { drop: ['next'] }),
    status: { look: 'idle', key: 'listed', count: payload.length },
  };
}

async function listed(
  { switchboard }: Pick<Asking, 'switchboard'>,
  { contact, permission, doNotCall }: PermissionPage['entries'][number],
): Promise<ListedMessage> {
  const may = await switchboard.explain(contact);
  return {
    contact: contactMessage(contact),
    permission: permissionMessage(permission, may),
    ...(doNotCall !== undefined && {
      doNotCall: { since: new Date(doNotCall.since).toISOString(), source: doNotCall.source },
    }),
  };
}

/** Puts everybody of a list on the do-not-call list; what cannot be read is told by line. */
export async function importDoNotCall({ settings, look, switchboard }: Asking): Promise<Outcome> {
  const people = readList(await look('list'));
  const source = readSource(await look('source'), 'import');
  const payload = await switchboard.importDoNotCall(people, {
    source,
    ...(settings.country !== '' && { defaultCountry: settings.country.toUpperCase() }),
  });
  return { to: 'result', set: { payload }, status: { look: 'idle', key: 'imported', count: payload.listed } };
}

/** Largest list that is taken: half of what the ledger allows, as characters of a file. */
const LONGEST_LIST = 25_000_000;
const MOST_LINES = 1_000_000;

function readList(value: unknown): string | readonly unknown[] {
  const read = value instanceof Uint8Array ? decode(value) : value;
  const empty = typeof read === 'string' ? read.trim() === '' : Array.isArray(read) && read.length === 0;
  if (empty || (typeof read !== 'string' && !Array.isArray(read))) {
    throw new ReportableError(
      'list_missing',
      'There is no list to import: give a text with one number per line (CSV), or an array of contacts. Check the field "List".',
    );
  }
  if (read.length > (typeof read === 'string' ? LONGEST_LIST : MOST_LINES)) {
    throw new ReportableError(
      'list_too_long',
      'This list is too long for one message. Split it into parts of at most 25 million characters or a million contacts.',
    );
  }
  return read;
}

/** Spreadsheets on Windows save "Unicode text" as UTF-16. */
function decode(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}

/** Counts and rates of a period, beside the targets. */
export async function statistics({ settings, look, switchboard }: Asking): Promise<Outcome> {
  const scope: StatisticsScope = await readPeriod(settings, look, Date.now());
  const purpose = asText(await look('purpose'));
  if (purpose !== '') scope.purpose = purpose;
  const template = await look('template');
  // Nothing in the dialog means all; an empty text in the message means requests without a template.
  const all = template === undefined || template === null || (template === '' && settings.templateType === 'str');
  if (!all) scope.template = asText(template);
  const figures = await switchboard.statistics(scope);
  return {
    to: 'result',
    set: { payload: statisticsMessage(figures, scope) },
    status: { look: 'idle', key: 'counted', count: figures.calls },
  };
}

/** Checks every link of the audit's chain. */
export async function verify({ switchboard }: Asking): Promise<Outcome> {
  const payload = await switchboard.verifyAudit();
  if (payload.ok)
    return { to: 'result', set: { payload }, status: { look: 'connected', key: 'verified', count: payload.rows } };
  const outcome = refused(refusal('audit_broken', payload.why), { payload });
  return { ...outcome, status: { look: 'failed', key: 'broken' } };
}
