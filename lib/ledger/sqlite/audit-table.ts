import { hash } from 'node:crypto';
import { maskContact } from '../../permission/masking.ts';
import type { AuditRow } from '../ledger.ts';
import type { AuditEntry, Records } from '../operations/records.ts';
import type { Database } from './database.ts';
import type { Session } from './session.ts';

const NOTHING = new Uint8Array(32);
const NO_KEY = new Uint8Array(16);

/** The end of the audit's hash chain. Forgets itself after a rollback and is read again. */
export class AuditChain {
  #seq = 0;
  #hash: Uint8Array | undefined;

  next(db: Database): { seq: number; prev: Uint8Array } {
    if (this.#hash === undefined) {
      const last = db.statement('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get();
      this.#seq = last === undefined ? 0 : Number(last.seq);
      this.#hash = last?.hash instanceof Uint8Array ? last.hash : NOTHING;
    }
    return { seq: this.#seq + 1, prev: this.#hash };
  }

  appended(seq: number, hash: Uint8Array): void {
    this.#seq = seq;
    this.#hash = hash;
  }

  forget(): void {
    this.#hash = undefined;
  }
}

/** Appends one row to the audit and links it to the row before. */
export function writeAudit(tx: Session, entry: AuditEntry): void {
  const { seq, prev } = tx.chain.next(tx.db);
  const detail = JSON.stringify(entry.detail);
  const digest = sha256(entry.pair?.auditKey ?? NO_KEY, Buffer.from(detail));
  const row = {
    seq,
    at: tx.now,
    numberId: entry.numberId ?? null,
    pairId: entry.pair?.pairId ?? null,
    event: entry.event,
  };
  const link = chainHash(prev, row, digest);
  tx.db
    .statement(
      'INSERT INTO audit(seq, at, number_id, pair_id, event, detail, digest, prev, hash) VALUES(?,?,?,?,?,?,?,?,?)',
    )
    .run(seq, row.at, row.numberId, row.pairId, row.event, detail, digest, prev, link);
  tx.chain.appended(seq, link);
}

/** The link of one row: covers everything in it but the detail, which its digest stands for. */
export function chainHash(
  prev: Uint8Array,
  row: { seq: number; at: number; numberId: number | null; pairId: number | null; event: string },
  digest: Uint8Array,
): Uint8Array {
  return sha256(
    prev,
    Buffer.from(`${row.seq}|${row.at}|${row.numberId ?? ''}|${row.pairId ?? ''}|${row.event}|`),
    digest,
  );
}

function sha256(...parts: Uint8Array[]): Uint8Array {
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

/** A page of the audit, oldest first. */
export function readAudit(db: Database, query: Parameters<Records['readAudit']>[0]): AuditRow[] {
  const { numberId, pairIds, afterSeq, limit, from, to, unmasked } = query;
  const where = ['a.seq > ?'];
  const values: (number | string)[] = [afterSeq];
  const only = (condition: string, value: number | string | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  only('a.pair_id IN (SELECT value FROM json_each(?))', pairIds === undefined ? undefined : JSON.stringify(pairIds));
  only('a.number_id = ?', numberId);
  only('a.at >= ?', from);
  only('a.at < ?', to);
  const rows = db
    .statement(
      `SELECT a.seq, a.at, a.event, a.detail, a.hash, n.id AS number, p.phone, p.user_id, p.parent_user_id
       FROM audit a LEFT JOIN number n ON n.number_id = a.number_id LEFT JOIN pair p ON p.pair_id = a.pair_id
       WHERE ${where.join(' AND ')} ORDER BY a.seq LIMIT ?`,
    )
    .all(...values, limit);
  return rows.map((row) => {
    const result: AuditRow = {
      seq: Number(row.seq),
      at: Number(row.at),
      event: String(row.event),
      detail: row.detail === null ? null : JSON.parse(String(row.detail)),
      hash: row.hash instanceof Uint8Array ? Buffer.from(row.hash).toString('hex') : '',
    };
    if (row.number !== null) result.businessNumberId = String(row.number);
    const name = row.phone ?? row.user_id ?? row.parent_user_id;
    if (name !== null && name !== undefined) {
      result.contact = unmasked === true ? String(name) : maskContact(String(name));
    }
    return result;
  });
}
