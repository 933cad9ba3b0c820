import { maskContact } from '../../permission/masking.ts';
import type { AuditRow } from '../ledger.ts';
import type { ChainedRow, Records } from '../operations/records.ts';
import type { Row, Statement } from './link.ts';

/** A page of the audit; what is left out does not narrow it. */
export function auditStatement(s: string, query: Parameters<Records['readAudit']>[0]): Statement {
  const { numberId, pairIds, afterSeq, limit, from, to } = query;
  const values: unknown[] = [afterSeq, limit];
  const where = ['a.seq > $1'];
  const only = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    where.push(condition(`$${values.length}`));
  };
  only(pairIds, (place) => `a.pair_id = ANY(${place}::bigint[]) AND a.detail IS NOT NULL`);
  only(numberId, (place) => `a.number_id = ${place}`);
  only(from === undefined ? undefined : Math.ceil(from), (place) => `a.at >= ${place}`);
  only(to === undefined ? undefined : Math.ceil(to), (place) => `a.at < ${place}`);
  return {
    text: `SELECT a.seq, a.at, a.event, a.detail, a.hash, n.id AS number, p.phone, p.user_id, p.parent_user_id
      FROM ${s}.audit a LEFT JOIN ${s}.number n ON n.number_id = a.number_id LEFT JOIN ${s}.pair p ON p.pair_id = a.pair_id
      WHERE ${where.join(' AND ')} ORDER BY a.seq LIMIT $2`,
    values,
  };
}

export function auditRow(row: Row, unmasked: boolean): AuditRow {
  const result: AuditRow = {
    seq: Number(row.seq),
    at: Number(row.at),
    event: String(row.event),
    detail: row.detail === null ? null : JSON.parse(String(row.detail)),
    hash: Buffer.from(row.hash as Uint8Array).toString('hex'),
  };
  if (row.number !== null) result.businessNumberId = String(row.number);
  const name = row.phone ?? row.user_id ?? row.parent_user_id;
  // A person who was erased and came back is not put together again with what was erased.
  if (name !== null && name !== undefined && row.detail !== null) {
    result.contact = unmasked ? String(name) : maskContact(String(name));
  }
  return result;
}

export function chainedRow(row: Row): ChainedRow {
  const chained: ChainedRow = {
    seq: Number(row.seq),
    at: Number(row.at),
    numberId: row.number_id === null ? null : Number(row.number_id),
    pairId: row.pair_id === null ? null : Number(row.pair_id),
    event: String(row.event),
    detail: row.detail === null ? null : String(row.detail),
    digest: row.digest as Uint8Array,
    prev: row.prev as Uint8Array,
    hash: row.hash as Uint8Array,
  };
  if (row.audit_key instanceof Uint8Array) chained.key = row.audit_key;
  return chained;
}
