import type { ChainedRow, ChainPlace } from '../operations/records.ts';
import { digestOf } from './audit-digest.ts';
import type { Database } from './database.ts';
import { longEvent } from './short-event.ts';
import { lengthen } from './short-json.ts';

type Name = 'audit_head' | 'audit_anchor';

export function readPlace(db: Database, name: Name): ChainPlace | undefined {
  const row = db.statement('SELECT v FROM meta WHERE k = ?').get(name);
  if (row === undefined) return undefined;
  const { seq, hash } = JSON.parse(String(row.v)) as { seq: number; hash: string };
  return { seq, hash: Buffer.from(hash, 'hex') };
}

export function writePlace(db: Database, name: Name, { seq, hash }: ChainPlace): void {
  const text = JSON.stringify({ seq, hash: Buffer.from(hash).toString('hex') });
  db.statement('INSERT OR REPLACE INTO meta(k, v) VALUES(?, ?)').run(name, text);
}

/** Rows of the chain as they stand in the file, in order of `seq`. */
export function auditChain(db: Database, afterSeq: number, limit: number): ChainedRow[] {
  return db
    .statement(
      `SELECT a.*, p.audit_key FROM audit a LEFT JOIN pair p ON p.pair_id = a.pair_id WHERE a.seq > ? ORDER BY a.seq LIMIT ?`,
    )
    .all(afterSeq, limit)
    .map((row) => {
      const chained: ChainedRow = {
        seq: Number(row.seq),
        at: Number(row.at),
        numberId: row.number_id === null ? null : Number(row.number_id),
        pairId: row.pair_id === null ? null : Number(row.pair_id),
        event: longEvent(String(row.event)),
        detail: row.detail === null ? null : lengthen(String(row.detail)),
        digest: digestOf(row),
        hash: bytes(row.hash),
      };
      if (row.prev instanceof Uint8Array && row.prev.length > 0) chained.prev = row.prev;
      if (row.audit_key instanceof Uint8Array) chained.key = row.audit_key;
      return chained;
    });
}

function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}
