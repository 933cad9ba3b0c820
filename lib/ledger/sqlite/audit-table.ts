import { maskContact } from '../../permission/masking.ts';
import type { AuditRow } from '../ledger.ts';
import { CHAIN_START, chainHash, detailDigest } from '../operations/chain.ts';
import type { AuditEntry, ChainPlace, Records } from '../operations/records.ts';
import { digestOf, NOTHING } from './audit-digest.ts';
import { readPlace, writePlace } from './chain-places.ts';
import type { Database } from './database.ts';
import type { Session } from './session.ts';
import { longEvent, shortEvent } from './short-event.ts';
import { lengthen, shorten } from './short-json.ts';

/**
 * The head of the audit's hash chain. It is kept beside the rows and written with every commit that adds some, so that rows
 * missing at the end are noticed, and a chain whose rows have all gone by retention goes on. Forgets itself after a rollback.
 */
export class AuditChain {
  #head: ChainPlace | undefined;
  #moved = false;

  head(db: Database): ChainPlace {
    this.#head ??= readPlace(db, 'audit_head') ?? readPlace(db, 'audit_anchor') ?? { seq: 0, hash: CHAIN_START };
    return this.#head;
  }

  appended(head: ChainPlace): void {
    this.#head = head;
    this.#moved = true;
  }

  /** Belongs before every commit. */
  save(db: Database): void {
    if (this.#moved && this.#head !== undefined) writePlace(db, 'audit_head', this.#head);
    this.#moved = false;
  }

  forget(): void {
    this.#head = undefined;
    this.#moved = false;
  }
}

/** Appends one row to the audit and links it to the row before. */
export function writeAudit(tx: Session, entry: AuditEntry): void {
  const { seq: last, hash: prev } = tx.chain.head(tx.db);
  const seq = last + 1;
  const detail = JSON.stringify(entry.detail);
  const digest = detailDigest(detail, entry.pair?.auditKey);
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
    .run(seq, row.at, row.numberId, row.pairId, shortEvent(row.event), shorten(detail), NOTHING, NOTHING, link);
  tx.chain.appended({ seq, hash: link });
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
  only(
    'a.pair_id IN (SELECT value FROM json_each(?)) AND a.detail IS NOT NULL',
    pairIds === undefined ? undefined : JSON.stringify(pairIds),
  );
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
      event: longEvent(String(row.event)),
      detail: row.detail === null ? null : JSON.parse(lengthen(String(row.detail))),
      hash: row.hash instanceof Uint8Array ? Buffer.from(row.hash).toString('hex') : '',
    };
    if (row.number !== null) result.businessNumberId = String(row.number);
    const name = row.phone ?? row.user_id ?? row.parent_user_id;
    // A person who was erased and came back is not put together again with what was erased.
    if (name !== null && name !== undefined && row.detail !== null) {
      result.contact = unmasked === true ? String(name) : maskContact(String(name));
    }
    return result;
  });
}

/** Takes the details out of the rows of these pairs; their digests, as they are under the present key, stay. Returns how many had one. */
export function eraseAudit(db: Database, pairIds: readonly number[]): number {
  let erased = 0;
  for (const pairId of pairIds) {
    const rows = db
      .statement(
        `SELECT a.seq, a.detail, a.digest, p.audit_key FROM audit a JOIN pair p ON p.pair_id = a.pair_id
         WHERE a.pair_id = ? AND a.detail IS NOT NULL`,
      )
      .all(pairId);
    for (const row of rows) {
      db.statement('UPDATE audit SET detail = NULL, digest = ? WHERE seq = ?').run(digestOf(row), Number(row.seq));
    }
    erased += rows.length;
  }
  return erased;
}
