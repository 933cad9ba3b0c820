import { csvLine } from './csv.ts';
import type { AuditQuery, AuditRow } from './ledger.ts';

/** `jsonl`: one JSON object per line. `csv`: RFC 4180, with a header, for spreadsheets. */
export type AuditFormat = 'jsonl' | 'csv';

/** Rows asked for at once. */
const PAGE = 500;
const COLUMNS = ['seq', 'at', 'businessNumberId', 'contact', 'event', 'detail', 'hash'] as const;
/** Ids of the provider's; the ones of messages and calls contain the phone number, only in another notation. */
const PROVIDER_IDS = new Set(['requestId', 'callId', 'messageId']);

/**
 * The audit as lines, oldest first, each with its line end: of everybody, of a business number, of one person, of a period.
 * Times are ISO 8601 in UTC. Phone numbers and user ids are masked and the provider's ids cut to their ends, unless
 * `unmasked` is set. Every line has its place in the chain (`seq`) and its link (`hash`): if `verifyAudit` holds, and the line
 * with seq `last` of an export of everything has its `head`, the export is complete up to there.
 *
 * Cells of a CSV are guarded against being taken for formulas (`csv.ts`).
 *
 * @param read a page of the audit: `Ledger.audit`, or what a switchboard makes of it
 * @throws LedgerError for a wrong query, or if the store fails
 */
export async function* auditLines(
  read: (page: AuditQuery) => Promise<AuditRow[]>,
  query: Omit<AuditQuery, 'afterSeq' | 'limit'>,
  format: AuditFormat,
): AsyncGenerator<string, void, undefined> {
  const asLine = format === 'csv' ? csvRow : jsonLine;
  if (format === 'csv') yield csvLine(COLUMNS);
  let afterSeq = 0;
  for (;;) {
    const rows = await read({ ...query, afterSeq, limit: PAGE });
    for (const row of rows) {
      yield asLine(query.unmasked === true ? row : { ...row, detail: withoutProviderIds(row.detail) });
      afterSeq = row.seq;
    }
    if (rows.length < PAGE) return;
  }
}

function jsonLine(row: AuditRow): string {
  const { seq, at, businessNumberId, contact, event, detail, hash } = row;
  return `${JSON.stringify({ seq, at: new Date(at).toISOString(), businessNumberId, contact, event, detail, hash })}\n`;
}

function csvRow(row: AuditRow): string {
  const cells: Record<(typeof COLUMNS)[number], string> = {
    seq: String(row.seq),
    at: new Date(row.at).toISOString(),
    businessNumberId: row.businessNumberId ?? '',
    contact: row.contact ?? '',
    event: row.event,
    detail: row.detail === null ? '' : JSON.stringify(row.detail),
    hash: row.hash ?? '',
  };
  return csvLine(COLUMNS.map((column) => cells[column]));
}

function withoutProviderIds(detail: unknown): unknown {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return detail;
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [
      key,
      PROVIDER_IDS.has(key) && typeof value === 'string' ? `…${value.slice(-6)}` : value,
    ]),
  );
}
