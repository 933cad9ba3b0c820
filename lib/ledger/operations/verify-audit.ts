import type { AuditVerdict } from '../ledger.ts';
import { CHAIN_START, chainHash, detailDigest } from './chain.ts';
import { ERASED_EVENT } from './erase.ts';
import type { ChainedRow, ChainPlace } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Rows checked by one operation: a few milliseconds, so that nobody waits long behind it. */
const PART = 1_000;

/** How far a check has come. */
export interface AuditProgress {
  seq: number;
  /** Of the row `seq`, hexadecimal. */
  hash: string;
  rows: number;
  first: number;
  erased: number;
  /** Pairs of rows without detail, with the first such row: their erasure has to stand later in the chain. */
  unexplained: [pairId: number, seq: number][];
}

type Broken = Extract<AuditVerdict, { ok: false }>;

/** Checks the next part of the chain. Called again with the progress until there is a verdict. */
export function verifyAudit(
  tx: Transaction,
  before?: AuditProgress,
): { verdict: AuditVerdict } | { progress: AuditProgress } {
  const { anchor = { seq: 0, hash: CHAIN_START }, head } = tx.records.auditEnds();
  const progress = before ?? { seq: 0, hash: '', rows: 0, first: 0, erased: 0, unexplained: [] };
  // The beginning, or retention has overtaken the check.
  if (before === undefined || anchor.seq > progress.seq) at(progress, anchor);
  const rows = tx.records.auditChain(progress.seq, PART);
  const unexplained = new Map(progress.unexplained);
  for (const [index, row] of rows.entries()) {
    const broken = checkLink(tx, progress, row) ?? checkDetail(progress, unexplained, row);
    if (broken !== undefined) return { verdict: broken };
    if (progress.rows === 0 && index === 0) progress.first = row.seq;
    progress.rows++;
    at(progress, row);
  }
  progress.unexplained = [...unexplained];
  return rows.length === PART ? { progress } : { verdict: conclude(progress, head) };
}

function at(progress: AuditProgress, { seq, hash }: ChainPlace): void {
  progress.seq = seq;
  progress.hash = hex(hash);
}

function checkLink(tx: Transaction, { seq, hash, rows }: AuditProgress, row: ChainedRow): Broken | undefined {
  const before = Buffer.from(hash, 'hex');
  const itself = hex(chainHash(row.prev ?? before, row, row.digest)) === hex(row.hash);
  const follows = row.prev === undefined || hex(row.prev) === hash;
  if (row.seq === seq + 1 && itself && follows) return undefined;
  // The row that belongs here stands somewhere behind.
  const belongs = (other: ChainedRow): boolean =>
    other.prev === undefined
      ? hex(chainHash(before, { ...other, seq: seq + 1 }, other.digest)) === hex(other.hash)
      : hex(other.prev) === hash;
  const later = tx.records.auditChain(row.seq, PART).some(belongs);
  if (!(follows && itself) && later) {
    return broken(row.seq, 'reordered', 'another row belongs in its place, and stands further behind');
  }
  if (row.seq !== seq + 1)
    return broken(row.seq, 'missing', `the rows ${seq + 1} to ${row.seq - 1} before it are gone`);
  // A row that is whole in itself, but does not know the one before: that one was written anew.
  if (itself && rows > 0) return broken(seq, 'edited', 'the row after it was linked to another one');
  if (row.prev === undefined && rows > 0) {
    const why = `its hash is not that of its content and of row ${seq} before it: one of the two was changed`;
    return broken(row.seq, 'edited', why);
  }
  return broken(row.seq, 'edited', 'its hash is not that of its content');
}

function checkDetail(progress: AuditProgress, unexplained: Map<number, number>, row: ChainedRow): Broken | undefined {
  if (row.detail === null) {
    progress.erased++;
    if (row.pairId === null) return broken(row.seq, 'edited', 'its detail is gone, and it belongs to no person');
    if (!unexplained.has(row.pairId)) unexplained.set(row.pairId, row.seq);
    return undefined;
  }
  if (hex(detailDigest(row.detail, row.key)) !== hex(row.digest)) {
    return broken(row.seq, 'edited', 'its detail is not what was written');
  }
  if (row.event === ERASED_EVENT) {
    const { pairs } = JSON.parse(row.detail) as { pairs?: number[] };
    for (const pairId of pairs ?? []) unexplained.delete(pairId);
  }
  return undefined;
}

function conclude(progress: AuditProgress, head: ChainPlace | undefined): AuditVerdict {
  const { seq, hash, rows, first, erased, unexplained } = progress;
  const [missing] = unexplained;
  if (missing !== undefined) return broken(missing[1], 'edited', 'its detail is gone, and its person was not erased');
  if (head !== undefined && head.seq > seq) {
    return broken(seq + 1, 'truncated', `the rows ${seq + 1} to ${head.seq} at the end are gone`);
  }
  if (head === undefined && seq > 0) return broken(seq, 'truncated', 'the note of where the audit ends is gone');
  if (head !== undefined && head.seq < seq) return broken(head.seq + 1, 'edited', 'the store did not write it');
  if (head !== undefined && hex(head.hash) !== hash) return broken(seq, 'edited', 'its hash is not the one noted');
  return { ok: true, rows, first, last: rows === 0 ? 0 : seq, head: hash, erased };
}

function broken(seq: number, what: Broken['what'], why: string): Broken {
  return { ok: false, seq, what, why: `Row ${seq}: ${why}.` };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
