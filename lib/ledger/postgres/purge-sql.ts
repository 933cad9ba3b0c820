import type { Purge } from '../operations/records.ts';
import { idAt } from '../rows/reservation-time.ts';
import type { Statement } from './link.ts';
import { asMaintenance } from './maintenance.ts';

/** What goes and what stays is said at `Records.purge`. */
export function purgeStatements(
  s: string,
  { before: at, limit, requestsSinceGrant, callsSinceGrant }: Purge,
): Statement[] {
  const before = Math.floor(at);
  return [
    ...purgeAudit(s, before, limit),
    {
      text: `DELETE FROM ${s}.request WHERE reservation_id IN (
        SELECT r.reservation_id FROM ${s}.request r JOIN ${s}.pair p ON p.pair_id = r.pair_id
        WHERE r.reservation_id < $1 AND r.state <> 0 AND r.at < $2 AND r.reserved_at < $2
          AND NOT ($3 AND r.at > coalesce(p.last_granted_at, 0)) ORDER BY r.reservation_id LIMIT $4)`,
      values: [idAt(before), before, requestsSinceGrant, limit],
    },
    {
      text: `DELETE FROM ${s}.call WHERE reservation_id IN (
        SELECT c.reservation_id FROM ${s}.call c JOIN ${s}.pair p ON p.pair_id = c.pair_id
        WHERE c.reservation_id < $1 AND (c.live = 0 OR c.state = 3 OR c.owner = '') AND c.state <> 0
          AND greatest(c.reserved_at, c.started_at, c.at, c.last_news, c.ended_at) < $2
          AND NOT (c.unanswered = 1 AND c.ended_at > coalesce(p.streak_from, 0))
          AND NOT ($3 AND p.status = 'granted') ORDER BY c.reservation_id LIMIT $4)`,
      values: [idAt(before), before, callsSinceGrant, limit],
    },
    {
      text: `WITH gone AS (DELETE FROM ${s}.callback WHERE callback_id IN (
          SELECT callback_id FROM ${s}.callback WHERE callback_id < $1
            AND greatest(requested_at, changed_at, due_at, claimed_until) < $2 ORDER BY callback_id LIMIT $3)
          RETURNING callback_id)
        DELETE FROM ${s}.callback_key WHERE callback_id IN (SELECT callback_id FROM gone)`,
      values: [idAt(before), before, limit],
    },
    ...purgePairs(s, before, limit),
  ];
}

/** From the beginning of the chain, without a gap; the anchor is the last row that went. */
function purgeAudit(s: string, before: number, limit: number): Statement[] {
  const stays = `coalesce((SELECT min(seq) FROM ${s}.audit WHERE at >= $1), (SELECT seq + 1 FROM ${s}.chain))`;
  return asMaintenance(s, [
    // The end of the chain is taken first, as by everybody who writes to it.
    { text: `SELECT 1 FROM ${s}.chain FOR UPDATE` },
    {
      text: `WITH last AS (SELECT seq, hash FROM ${s}.audit WHERE seq IN (
          SELECT max(seq) FROM (SELECT seq FROM ${s}.audit WHERE seq < ${stays} ORDER BY seq LIMIT $2) due))
        UPDATE ${s}.chain c SET anchor_seq = last.seq, anchor_hash = last.hash FROM last`,
      values: [before, limit],
    },
    { text: `DELETE FROM ${s}.audit WHERE seq <= (SELECT anchor_seq FROM ${s}.chain)` },
  ]);
}

/**
 * A pair goes only if nothing holds on to it. It is locked before that is looked at, in a statement of its own: what others
 * have written for it until then is seen. One that somebody is working on is left for the next time.
 */
function purgePairs(s: string, before: number, limit: number): Statement[] {
  const idle = `dnc_since IS NULL AND (merged_into IS NOT NULL OR status NOT IN ('granted', 'pending'))
    AND greatest(granted_at, ended_at, requested_at, replied_at, last_connected_at, requests_reset_before, streak_from,
      service_window_from, requests_blocked_until, calls_blocked_until, last_granted_at, opt_out_confirmed_at, 0) < $1`;
  const unheld = `NOT EXISTS (SELECT 1 FROM ${s}.request r WHERE r.pair_id = p.pair_id)
    AND NOT EXISTS (SELECT 1 FROM ${s}.call c WHERE c.pair_id = p.pair_id)
    AND NOT EXISTS (SELECT 1 FROM ${s}.callback b WHERE b.pair_id = p.pair_id)
    AND NOT EXISTS (SELECT 1 FROM ${s}.audit a WHERE a.pair_id = p.pair_id)
    AND NOT EXISTS (SELECT 1 FROM ${s}.pair m WHERE m.merged_into = p.pair_id)`;
  const due = "current_setting('wa.purged')::bigint[]";
  return [
    {
      text: `WITH held AS (SELECT pair_id FROM ${s}.pair p WHERE ${idle} AND ${unheld} ORDER BY pair_id LIMIT $2 FOR UPDATE SKIP LOCKED)
        SELECT set_config('wa.purged', coalesce(array_agg(pair_id), '{}')::text, true) FROM held`,
      values: [before, limit],
    },
    {
      text: `WITH gone AS (DELETE FROM ${s}.pair p WHERE pair_id = ANY(${due}) AND ${idle} AND ${unheld} RETURNING pair_id)
        DELETE FROM ${s}.alias WHERE pair_id IN (SELECT pair_id FROM gone)`,
      values: [before],
    },
  ];
}
