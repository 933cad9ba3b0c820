import type { Instant } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import type { Row, Statement } from './link.ts';
import { NOW } from './migrate.ts';
import type { Needs } from './needs.ts';

/** Waiting for somebody's lock, and for one statement, at most; in milliseconds. Set for this transaction alone. */
const LOCK_MS = 4_000;
const STATEMENT_MS = 10_000;
/** A report may look at everything there is; it holds no lock. */
const REPORT_MS = 110_000;
/** A process that stops in the middle must not hold its locks for long. */
const IDLE_MS = 15_000;
/** The windows are brought a little larger than they will be, because the time is only known after the lock. */
const MARGIN_MS = 600_000;

export interface Horizons {
  requestsAfter: Instant;
  callsAfter: Instant;
  /** Starts later than `inside` are surely in the window of the number, those not later than `edge` surely not. */
  edge: Instant;
  inside: Instant;
}

/** How far back to look, for about this time. */
export function horizons(needs: Needs, profile: Profile, now: Instant): Horizons {
  const skew = profile.skewMs + MARGIN_MS;
  const longest = Math.max(0, ...profile.requests.map((rule) => rule.periodMs));
  const started = now - profile.starts.periodMs - profile.skewMs;
  const least = (usual: number, wanted: number | undefined): number => Math.floor(Math.min(usual, wanted ?? usual));
  return {
    requestsAfter: needs.lists.whole ? -8.64e15 : least(now - longest - skew, needs.requestsAfter),
    callsAfter: needs.lists.whole ? -8.64e15 : least(now - profile.connectedCalls.periodMs - skew, needs.callsAfter),
    edge: least(started - MARGIN_MS, needs.startsAfter),
    inside: needs.starts ? Number.MAX_SAFE_INTEGER : Math.floor(started + MARGIN_MS),
  };
}

export type BringName =
  | 'begin'
  | 'pairLock'
  | 'numberLock'
  | 'time'
  | 'numbers'
  | 'aliases'
  | 'pairs'
  | 'requests'
  | 'calls'
  | 'callbacks'
  | 'starts'
  | 'live'
  | 'events'
  | 'pairIds'
  | 'numberIds'
  | `question ${string}`;

/**
 * The first round trip of a try: locks pairs, then business numbers, each in the order of their ids and in a statement of its
 * own; takes the time; and only then reads, each statement seeing what was committed before it began. What was locked is kept
 * in two settings of this transaction, so that the statements that follow need not be told.
 *
 * @param locked false: read only, from one snapshot, without a lock
 */
export function bringStatements(
  s: string,
  needs: Needs,
  profile: Profile,
  now: Instant,
  locked: boolean,
): [BringName, Statement][] {
  const reach = horizons(needs, profile, now);
  const list: [BringName, Statement][] = [
    [
      'begin',
      { text: locked ? 'BEGIN ISOLATION LEVEL READ COMMITTED' : 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
    ],
    ['pairLock', pairLock(s, needs, locked)],
  ];
  if (needs.loads.size > 0) list.push(['numberLock', numberLock(s, needs, locked)]);
  list.push(['time', time(s)]);
  const ofPairs = needs.touchesPairs;
  if (ofPairs || needs.numbers.size > 0 || needs.loads.size > 0) list.push(['numbers', numbers(s, needs)]);
  if (ofPairs) {
    list.push(['aliases', aliases(s, needs)]);
    list.push(['pairs', { text: `SELECT * FROM ${s}.pair WHERE pair_id = ANY(${PAIRS})` }]);
  }
  const { requests: anyRequests, calls: anyCalls, whole } = needs.lists;
  if (needs.reservations.size + needs.messages.size > 0 || (ofPairs && (anyRequests || whole))) {
    list.push(['requests', requests(s, needs, profile, reach)]);
  }
  if (needs.reservations.size + needs.calls.size > 0 || (ofPairs && (anyCalls || whole))) {
    list.push(['calls', calls(s, needs, profile, reach)]);
  }
  if (ofPairs && (needs.lists.callbacks || whole)) {
    const open = whole ? '' : 'AND state < 2';
    list.push(['callbacks', { text: `SELECT * FROM ${s}.callback WHERE pair_id = ANY(${PAIRS}) ${open}` }]);
  }
  if (needs.loads.size > 0) {
    list.push(['starts', starts(s, reach)]);
    list.push(['live', live(s)]);
  }
  if (needs.events.size > 0) {
    const text = `SELECT encode(key, 'hex') AS key FROM ${s}.inbox WHERE key IN (SELECT decode(k, 'hex') FROM unnest($1::text[]) k)`;
    list.push(['events', { text, values: [[...needs.events]] }]);
  }
  return list;
}

/** Ids for new rows; they may be asked for at any time, and what is not used is lost, which harms nobody. */
export function idStatements(s: string, pairBlocks: number, numberIds: number): [BringName, Statement][] {
  const next = (sequence: string, n: number): Statement => ({
    text: `SELECT nextval('${s}.${sequence}') AS id FROM generate_series(1, $1::int)`,
    values: [n],
  });
  return [
    ...(pairBlocks > 0 ? ([['pairIds', next('pair_ids', pairBlocks)]] as [BringName, Statement][]) : []),
    ...(numberIds > 0 ? ([['numberIds', next('number_ids', numberIds)]] as [BringName, Statement][]) : []),
  ];
}

// As a subquery it is read once, and not for every row that is looked at.
const PAIRS = "(SELECT current_setting('wa.pairs')::bigint[])::bigint[]";
const NUMBERS = "(SELECT current_setting('wa.numbers')::bigint[])::bigint[]";

function pairLock(s: string, needs: Needs, locked: boolean): Statement {
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const wanted: string[] = [];
  if (needs.pairs.size > 0) wanted.push(`SELECT unnest(${place([...needs.pairs])}::bigint[]) AS pair_id`);
  if (needs.names.size > 0) {
    const names = [...needs.names.values()];
    wanted.push(`SELECT a.pair_id FROM unnest(${place(names.map(([number]) => number))}::text[],
      ${place(names.map(([, name]) => name))}::text[]) AS w(number, name)
      JOIN ${s}.number n ON n.id = w.number JOIN ${s}.alias a ON a.number_id = n.number_id AND a.value = w.name`);
  }
  if (needs.reservations.size > 0) {
    const ids = place([...needs.reservations]);
    wanted.push(`SELECT pair_id FROM ${s}.request WHERE reservation_id = ANY(${ids}::text[])`);
    wanted.push(`SELECT pair_id FROM ${s}.call WHERE reservation_id = ANY(${ids}::text[])`);
  }
  if (needs.messages.size > 0) {
    wanted.push(`SELECT pair_id FROM ${s}.request WHERE provider_id = ANY(${place([...needs.messages])}::text[])`);
  }
  if (needs.calls.size > 0) {
    wanted.push(`SELECT pair_id FROM ${s}.call WHERE call_id = ANY(${place([...needs.calls])}::text[])`);
  }
  // Nothing is acknowledged before it is on disk, whatever the server's default is.
  const limits = `set_config('jit', 'off', true), set_config('lock_timeout', '${LOCK_MS}', true), set_config('statement_timeout', '${locked ? STATEMENT_MS : REPORT_MS}', true),
    set_config('idle_in_transaction_session_timeout', '${IDLE_MS}', true), set_config('synchronous_commit',
      CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`;
  if (wanted.length === 0) return { text: `SELECT set_config('wa.pairs', '{}', true), ${limits}` };
  return {
    text: `WITH wanted AS (${wanted.join(' UNION ')}), held AS (
        SELECT pair_id FROM ${s}.pair WHERE pair_id IN (SELECT pair_id FROM wanted) ORDER BY pair_id ${locked ? 'FOR UPDATE' : ''})
      SELECT set_config('wa.pairs', coalesce(array_agg(pair_id), '{}')::text, true), ${limits} FROM held`,
    values,
  };
}

function numberLock(s: string, needs: Needs, locked: boolean): Statement {
  return {
    text: `WITH held AS (SELECT number_id FROM ${s}.number WHERE id = ANY($1::text[]) ORDER BY number_id ${locked ? 'FOR UPDATE' : ''})
      SELECT set_config('wa.numbers', coalesce(array_agg(number_id), '{}')::text, true) FROM held`,
    values: [[...needs.loads]],
  };
}

/** After the lock: whoever waited for it waited before this. */
function time(s: string): Statement {
  return {
    text: `SELECT ${NOW} AS now, c.last_at, c.created_at,
        (SELECT v FROM ${s}.meta WHERE k = 'fingerprint_key') AS fingerprint_key,
        (SELECT json_object_agg(owner, alive_at) FROM ${s}.instance) AS alive FROM ${s}.chain c`,
  };
}

function numbers(s: string, needs: Needs): Statement {
  return {
    text: `SELECT * FROM ${s}.number WHERE id = ANY($1::text[])
      OR number_id IN (SELECT number_id FROM ${s}.pair WHERE pair_id = ANY(${PAIRS}))`,
    values: [[...needs.numbers, ...needs.loads]],
  };
}

/** Names that were asked for, and all names of the pairs. */
function aliases(s: string, needs: Needs): Statement {
  const names = [...needs.names.values()];
  return {
    text: `SELECT number_id, value, pair_id, proven FROM ${s}.alias WHERE pair_id = ANY(${PAIRS})
      UNION SELECT a.number_id, a.value, a.pair_id, a.proven FROM unnest($1::text[], $2::text[]) AS w(number, name)
        JOIN ${s}.number n ON n.id = w.number JOIN ${s}.alias a ON a.number_id = n.number_id AND a.value = w.name`,
    values: [names.map(([number]) => number), names.map(([, name]) => name)],
  };
}

function requests(s: string, needs: Needs, profile: Profile, reach: Horizons): Statement {
  const { requests: lists, whole } = needs.lists;
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const parts: string[] = [];
  if (needs.reservations.size > 0) {
    parts.push(`SELECT * FROM ${s}.request WHERE reservation_id = ANY(${place([...needs.reservations])}::text[])`);
  }
  if (needs.messages.size > 0) {
    parts.push(`SELECT * FROM ${s}.request WHERE provider_id = ANY(${place([...needs.messages])}::text[])`);
  }
  if (lists || whole) {
    const usual = place(reach.requestsAfter);
    // A cap in all looks back to the last grant, however long ago.
    const since =
      profile.requestsWithoutGrant === undefined
        ? `${usual}::bigint`
        : `least(${usual}::bigint, coalesce((SELECT p.last_granted_at FROM ${s}.pair p WHERE p.pair_id = r.pair_id), 0))`;
    parts.push(
      `SELECT r.* FROM ${s}.request r WHERE r.pair_id = ANY(${PAIRS}) AND (r.at > ${since} OR r.state IN (0, 3))`,
    );
  }
  return { text: parts.join(' UNION ALL '), values };
}

/** `missed`: 1 for rows that are there as one of the newest unanswered calls of their pair. */
function calls(s: string, needs: Needs, profile: Profile, reach: Horizons): Statement {
  const { calls: lists, whole } = needs.lists;
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  // Only what is asked for: each part costs the server a plan.
  const parts: string[] = [];
  if (needs.reservations.size > 0) {
    parts.push(
      `SELECT *, 0 AS missed FROM ${s}.call WHERE reservation_id = ANY(${place([...needs.reservations])}::text[])`,
    );
  }
  if (needs.calls.size > 0) {
    parts.push(`SELECT *, 0 AS missed FROM ${s}.call WHERE call_id = ANY(${place([...needs.calls])}::text[])`);
  }
  if (whole) parts.push(`SELECT *, 0 AS missed FROM ${s}.call WHERE pair_id = ANY(${PAIRS})`);
  if (lists || whole) {
    const usual = place(reach.callsAfter);
    // Rules that count per permission look back to the present grant, which the provider may have dated ahead of us.
    const window =
      profile.callsPerPermission === undefined
        ? `${s}.call c WHERE c.pair_id = ANY(${PAIRS}) AND (c.counts = 1 OR c.live = 1) AND (c.at > ${usual}::bigint OR c.live = 1)`
        : `${s}.pair p JOIN ${s}.call c ON c.pair_id = p.pair_id
          WHERE p.pair_id = ANY(${PAIRS}) AND (c.counts = 1 OR c.live = 1)
            AND (c.at > least(${usual}::bigint, coalesce(p.granted_at, 0) - 86400000) OR c.live = 1)`;
    parts.push(`SELECT c.*, 0 AS missed FROM ${window}`);
    parts.push(`SELECT c.*, 1 AS missed FROM unnest(${PAIRS}) AS p(pair_id) CROSS JOIN LATERAL (
      SELECT * FROM ${s}.call u WHERE u.pair_id = p.pair_id AND u.unanswered = 1
      ORDER BY u.ended_at DESC LIMIT ${place(needs.unanswered)}::int) c`);
  }
  return { text: parts.join(' UNION ALL '), values };
}

function starts(s: string, reach: Horizons): Statement {
  return {
    text: `SELECT number_id, count(*) FILTER (WHERE started_at > $2::bigint) AS certain,
        array_agg(started_at::float8) FILTER (WHERE started_at <= $2::bigint) AS near
      FROM ${s}.call WHERE number_id = ANY(${NUMBERS}) AND direction < 2 AND state <> 2 AND started_at > $1::bigint GROUP BY number_id`,
    values: [reach.edge, reach.inside],
  };
}

function live(s: string): Statement {
  return {
    text: `SELECT number_id, count(*) FILTER (WHERE owner <> '' AND state <> 3) AS live,
        array_agg(last_news::float8) FILTER (WHERE owner = '' OR state = 3) AS bounded
      FROM ${s}.call WHERE number_id = ANY(${NUMBERS}) AND live = 1 GROUP BY number_id`,
  };
}

/** Rows of an answer by the statement they belong to. */
export type BroughtRows = ReadonlyMap<BringName, Row[]>;
