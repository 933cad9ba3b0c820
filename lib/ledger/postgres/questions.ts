import type { Instant, PermissionStatus } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, AuditRow, Effect } from '../ledger.ts';
import type {
  CallbackPageQuery,
  CallbackRow,
  CallPageQuery,
  CallRow,
  ChainedRow,
  ChainPlace,
  PairRow,
  Records,
  RequestRow,
  UsageCounts,
  UsageQuery,
} from '../operations/records.ts';
import { callFromRow } from '../rows/call-row.ts';
import { callbackFromRow, callbackStateNumber } from '../rows/callback-row.ts';
import { pairFromRow } from '../rows/pair-row.ts';
import { requestFromRow } from '../rows/request-row.ts';
import { auditRow, auditStatement, chainedRow } from './audit-pages.ts';
import { mayHandOut } from './inbox-sql.ts';
import type { Row, Statement } from './link.ts';
import { Missing, type Question } from './needs.ts';
import { usageOf, usageStatement } from './usage-sql.ts';

type Lapse = Parameters<Records['lapseCandidates']>[0];

/**
 * Questions about more than single rows, as real SQL. Each is asked when an operation turns out to need it, and answered when
 * the operation runs again. Operations that ask them are alone in their batch, so nothing was written before.
 */
export class Questions {
  readonly #schema: string;
  readonly #owner: string;
  readonly #answers: ReadonlyMap<string, Row[]>;

  constructor(schema: string, owner: string, answers: ReadonlyMap<string, Row[]>) {
    this.#schema = schema;
    this.#owner = owner;
    this.#answers = answers;
  }

  numbers(): string[] {
    const s = this.#schema;
    return this.#ask('numbers', () => ({ text: `SELECT id FROM ${s}.number ORDER BY number_id` })).map((row) =>
      String(row.id),
    );
  }

  mergedInto(pairId: number): number[] {
    const text = `SELECT pair_id FROM ${this.#schema}.pair WHERE merged_into = $1`;
    return this.#ask(`merged ${pairId}`, () => ({ text, values: [pairId] })).map((row) => Number(row.pair_id));
  }

  pairsByStatus(numberId: number, status: PermissionStatus, after: number, limit: number): PairRow[] {
    return this.#pairs('status', 'status = $4', [numberId, after, limit, status]);
  }

  doNotCallPairs(numberId: number, after: number, limit: number): PairRow[] {
    return this.#pairs('listed', 'dnc_since IS NOT NULL', [numberId, after, limit]);
  }

  callsWithoutEnd(numberId: number): CallRow[] {
    const text = `SELECT * FROM ${this.#schema}.call WHERE number_id = $1 AND live = 1 AND owner <> '' AND ended_at IS NULL
      ORDER BY reserved_at`;
    return this.#ask(`live ${numberId}`, () => ({ text, values: [numberId] })).map((row) => callFromRow(row));
  }

  callPage(query: CallPageQuery): { calls: CallRow[]; next?: string } {
    const { numberId, pairId = null, afterId, beforeId = null, limit } = query;
    const text = `SELECT * FROM ${this.#schema}.call WHERE number_id = $1 AND reservation_id > $3
      ${pairId === null ? 'AND $2::bigint IS NULL' : 'AND pair_id = $2::bigint'}
      AND ($4::text IS NULL OR reservation_id < $4) ORDER BY reservation_id LIMIT $5`;
    const values = [numberId, pairId, afterId, beforeId, limit];
    const calls = this.#ask(`calls ${JSON.stringify(query)}`, () => ({ text, values })).map(callFromRow);
    const last = calls[limit - 1];
    return last === undefined ? { calls } : { calls, next: last.reservationId };
  }

  callback(callbackId: string): CallbackRow | undefined {
    const text = `SELECT * FROM ${this.#schema}.callback WHERE callback_id = $1`;
    const [row] = this.#ask(`callback ${callbackId}`, () => ({ text, values: [callbackId] }));
    return row === undefined ? undefined : callbackFromRow(row);
  }

  /** @param key hexadecimal */
  callbackByKey(numberId: number, key: string): CallbackRow | undefined {
    const s = this.#schema;
    const text = `SELECT c.* FROM ${s}.callback_key k JOIN ${s}.callback c ON c.callback_id = k.callback_id
      WHERE k.number_id = $1 AND k.key = decode($2, 'hex')`;
    const [row] = this.#ask(`callback key ${numberId} ${key}`, () => ({ text, values: [numberId, key] }));
    return row === undefined ? undefined : callbackFromRow(row);
  }

  callbacksToClaim(numberId: number, limit: number): CallbackRow[] {
    const text = `SELECT * FROM ${this.#schema}.callback WHERE number_id = $1 AND state < 2
      AND (state = 0 OR claimed_until <= $2) AND (due_at IS NULL OR due_at <= $2) ORDER BY callback_id LIMIT $3`;
    const rows = this.#ask(`to claim ${numberId}`, (now) => ({ text, values: [numberId, now, limit] }));
    return rows.map(callbackFromRow);
  }

  callbackPage(query: CallbackPageQuery): { callbacks: CallbackRow[]; next?: string } {
    const { numberId, pairId = null, states, afterId, limit } = query;
    const text = `SELECT * FROM ${this.#schema}.callback WHERE number_id = $1 AND callback_id > $2
      AND ($3::bigint IS NULL OR pair_id = $3) AND ($4::int[] IS NULL OR state = ANY($4)) ORDER BY callback_id LIMIT $5`;
    const values = [numberId, afterId, pairId, states?.map(callbackStateNumber) ?? null, limit];
    const callbacks = this.#ask(`callbacks ${JSON.stringify(query)}`, () => ({ text, values })).map(callbackFromRow);
    const last = callbacks[limit - 1];
    return last === undefined ? { callbacks } : { callbacks, next: last.callbackId };
  }

  openRequests(): RequestRow[] {
    return this.#open('request', '').map((row) => requestFromRow(row));
  }
  openCalls(): CallRow[] {
    return this.#open('call', 'live = 1 AND').map((row) => callFromRow(row));
  }

  undispatched(number: string): Appended[] {
    const s = this.#schema;
    const rows = this.#ask(`undispatched ${number}`, (now) => ({
      text: `SELECT event, effects FROM ${s}.inbox i
        WHERE number = $1 AND done = 0 AND (taker = $2 OR ${mayHandOut(s, '$2', '$3')}) ORDER BY seq`,
      values: [number, this.#owner, now],
    }));
    return rows.map(appended);
  }

  /** Takes them out at once: of two sweeps at the same moment one gets them, and a try that fails puts them back. */
  takeNotices(): Effect[] {
    const text = `WITH gone AS (DELETE FROM ${this.#schema}.notice RETURNING seq, effect) SELECT effect FROM gone ORDER BY seq`;
    return this.#ask('notices', () => ({ text })).map((row) => JSON.parse(String(row.effect)) as Effect);
  }

  lapseCandidates(before: Lapse, limit: number): number[] {
    const text = `SELECT pair_id FROM (
        (SELECT 1 AS kind, expires_at AS at, pair_id FROM ${this.#schema}.pair
          WHERE status = 'granted' AND expires_at <= $1 AND merged_into IS NULL ORDER BY expires_at LIMIT $4)
        UNION ALL
        (SELECT 2, granted_at, pair_id FROM ${this.#schema}.pair WHERE status = 'granted' AND granted_at <= $2
          AND (expires_at IS NULL OR expires_at > $1) AND merged_into IS NULL LIMIT $4)
        UNION ALL
        (SELECT 3, requested_at, pair_id FROM ${this.#schema}.pair
          WHERE status = 'pending' AND requested_at <= $3 AND merged_into IS NULL ORDER BY requested_at LIMIT $4)
      ) due ORDER BY kind, at`;
    const { expired, granted, requested } = before;
    const values = [
      Math.floor(expired),
      granted === undefined ? null : Math.floor(granted),
      Math.floor(requested),
      limit,
    ];
    return this.#ask('lapses', () => ({ text, values })).map((row) => Number(row.pair_id));
  }

  nearestLapse(): ReturnType<Records['nearestLapse']> {
    const pair = `${this.#schema}.pair`;
    const text = `SELECT
      (SELECT min(expires_at) FROM ${pair} WHERE status = 'granted' AND expires_at IS NOT NULL AND merged_into IS NULL) AS expires,
      (SELECT min(granted_at) FROM ${pair} WHERE status = 'granted' AND kind = 'temporary' AND merged_into IS NULL) AS granted,
      (SELECT min(requested_at) FROM ${pair} WHERE status = 'pending' AND merged_into IS NULL) AS requested`;
    const [row] = this.#ask('nearest', () => ({ text }));
    const result: ReturnType<Records['nearestLapse']> = {};
    for (const name of ['expires', 'granted', 'requested'] as const) {
      const at = row?.[name];
      if (at !== null && at !== undefined) result[name] = Number(at);
    }
    return result;
  }

  countUsage(query: UsageQuery): UsageCounts {
    const [row] = this.#ask(`usage ${JSON.stringify(query)}`, () => usageStatement(this.#schema, query));
    return usageOf(row ?? {});
  }

  readAudit(query: Parameters<Records['readAudit']>[0]): AuditRow[] {
    const rows = this.#ask(`audit ${JSON.stringify(query)}`, () => auditStatement(this.#schema, query));
    return rows.map((row) => auditRow(row, query.unmasked === true));
  }

  auditChain(afterSeq: number, limit: number): ChainedRow[] {
    const text = `SELECT a.*, p.audit_key FROM ${this.#schema}.audit a LEFT JOIN ${this.#schema}.pair p ON p.pair_id = a.pair_id
      WHERE a.seq > $1 ORDER BY a.seq LIMIT $2`;
    return this.#ask(`chain ${afterSeq} ${limit}`, () => ({ text, values: [afterSeq, limit] })).map(chainedRow);
  }

  auditEnds(): { anchor?: ChainPlace; head?: ChainPlace } {
    const [row] = this.#ask('ends', () => ({ text: `SELECT * FROM ${this.#schema}.chain` }));
    const ends: { anchor?: ChainPlace; head?: ChainPlace } = {};
    if (Number(row?.seq ?? 0) > 0) ends.head = { seq: Number(row?.seq), hash: row?.hash as Uint8Array };
    if (row?.anchor_seq !== null && row?.anchor_seq !== undefined) {
      ends.anchor = { seq: Number(row.anchor_seq), hash: row.anchor_hash as Uint8Array };
    }
    return ends;
  }

  /** How many rows of the audit about these pairs have details. */
  detailsOf(pairIds: readonly number[]): number {
    const text = `SELECT count(*) AS n FROM ${this.#schema}.audit WHERE pair_id = ANY($1::bigint[]) AND detail IS NOT NULL`;
    const [row] = this.#ask(`details ${pairIds.join()}`, () => ({ text, values: [pairIds] }));
    return Number(row?.n);
  }

  #pairs(what: string, condition: string, values: unknown[]): PairRow[] {
    const text = `SELECT * FROM ${this.#schema}.pair WHERE number_id = $1 AND pair_id > $2 AND merged_into IS NULL
      AND ${condition} ORDER BY pair_id LIMIT $3`;
    return this.#ask(`${what} ${values.join()}`, () => ({ text, values })).map((row) => pairFromRow(row));
  }

  #open(table: 'request' | 'call', more: string): Row[] {
    const text = `SELECT * FROM ${this.#schema}.${table} WHERE ${more} state = 0 AND (lease_until < $1 OR owner <> $2)`;
    return this.#ask(`open ${table}`, (now: Instant): Statement => ({ text, values: [now, this.#owner] }));
  }

  #ask(key: string, question: Question): Row[] {
    const rows = this.#answers.get(key);
    if (rows !== undefined) return rows;
    throw new Missing(key, (needs) => needs.questions.set(key, question));
  }
}

/** An event of the inbox that waits to be handed out. */
export function appended(row: Row): Appended {
  return {
    event: JSON.parse(String(row.event)) as ProviderEvent,
    fresh: true,
    effects: row.effects === null ? [] : (JSON.parse(String(row.effects)) as Effect[]),
  };
}
