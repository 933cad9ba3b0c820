import { CHAIN_START } from '../operations/chain.ts';
import type { Purge } from '../operations/records.ts';
import { idAt } from '../rows/reservation-time.ts';
import { deleteAliases } from './alias-table.ts';
import { deleteCallback } from './callback-table.ts';
import { readPlace, writePlace } from './chain-places.ts';
import type { Session } from './session.ts';

/** Lets the audit's own triggers pass for as long as this takes, inside the open transaction. */
export function asMaintenance<T>(tx: Session, step: () => T): T {
  tx.db.run("INSERT OR REPLACE INTO meta(k, v) VALUES('maintenance', 1)");
  const result = step();
  tx.db.run("DELETE FROM meta WHERE k = 'maintenance'");
  return result;
}

/** What goes and what stays is said at `Records.purge`. */
export function purge(tx: Session, what: Purge): void {
  purgeAudit(tx, what);
  purgeRequests(tx, what);
  purgeCalls(tx, what);
  purgeCallbacks(tx, what);
  purgePairs(tx, what);
}

function purgeAudit(tx: Session, { before, limit }: Purge): void {
  const from = readPlace(tx.db, 'audit_anchor') ?? { seq: 0, hash: CHAIN_START };
  let last = from;
  const rows = tx.db
    .statement('SELECT seq, at, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?')
    .all(from.seq, limit);
  for (const row of rows) {
    if (Number(row.at) >= before || !(row.hash instanceof Uint8Array)) break;
    last = { seq: Number(row.seq), hash: row.hash };
  }
  if (last === from) return;
  asMaintenance(tx, () => tx.db.statement('DELETE FROM audit WHERE seq <= ?').run(last.seq));
  writePlace(tx.db, 'audit_anchor', last);
}

function purgeRequests(tx: Session, { before, limit, requestsSinceGrant }: Purge): void {
  const rows = tx.db
    .statement(
      `SELECT r.reservation_id AS id,
         r.state <> 0 AND r.at < ? AND r.reserved_at < ? AND NOT (? AND r.at > coalesce(p.last_granted_at, 0)) AS goes
       FROM request r JOIN pair p ON p.pair_id = r.pair_id
       WHERE r.reservation_id > ? AND r.reservation_id < ? ORDER BY r.reservation_id LIMIT ?`,
    )
    .all(before, before, requestsSinceGrant ? 1 : 0, cursor(tx, 'purge_request', ''), idAt(before), limit);
  for (const row of rows) {
    if (row.goes === 1) tx.db.statement('DELETE FROM request WHERE reservation_id = ?').run(String(row.id));
  }
  goOn(tx, 'purge_request', rows.length < limit ? '' : String(rows.at(-1)?.id));
}

function purgeCalls(tx: Session, { before, limit, callsSinceGrant }: Purge): void {
  const rows = tx.db
    .statement(
      `SELECT c.reservation_id AS id,
         (c.live = 0 OR c.state = 3 OR c.owner = '') AND c.state <> 0
         AND max(c.reserved_at, c.started_at, c.at, c.last_news, coalesce(c.ended_at, 0)) < ?
         AND NOT (c.unanswered = 1 AND c.ended_at > coalesce(p.streak_from, 0))
         AND NOT (? AND p.status = 'granted') AS goes
       FROM call c JOIN pair p ON p.pair_id = c.pair_id
       WHERE c.reservation_id > ? AND c.reservation_id < ? ORDER BY c.reservation_id LIMIT ?`,
    )
    .all(before, callsSinceGrant ? 1 : 0, cursor(tx, 'purge_call', ''), idAt(before), limit);
  for (const row of rows) {
    if (row.goes === 1) tx.db.statement('DELETE FROM call WHERE reservation_id = ?').run(String(row.id));
  }
  goOn(tx, 'purge_call', rows.length < limit ? '' : String(rows.at(-1)?.id));
}

function purgeCallbacks(tx: Session, { before, limit }: Purge): void {
  const rows = tx.db
    .statement(
      `SELECT callback_id AS id FROM callback WHERE callback_id < ?
       AND max(requested_at, changed_at, coalesce(due_at, 0), coalesce(claimed_until, 0)) < ? ORDER BY callback_id LIMIT ?`,
    )
    .all(idAt(before), before, limit);
  for (const { id } of rows) deleteCallback(tx, String(id));
}

function purgePairs(tx: Session, { before, limit }: Purge): void {
  const rows = tx.db
    .statement(
      `SELECT pair_id AS id,
         dnc_since IS NULL AND (merged_into IS NOT NULL OR status NOT IN ('granted', 'pending'))
         AND max(coalesce(granted_at, 0), coalesce(ended_at, 0), coalesce(requested_at, 0), coalesce(replied_at, 0),
           coalesce(last_connected_at, 0), coalesce(requests_reset_before, 0), coalesce(streak_from, 0),
           coalesce(service_window_from, 0), coalesce(requests_blocked_until, 0), coalesce(calls_blocked_until, 0),
           coalesce(last_granted_at, 0), coalesce(opt_out_confirmed_at, 0)) < ?
         AND NOT EXISTS (SELECT 1 FROM request r WHERE r.pair_id = p.pair_id)
         AND NOT EXISTS (SELECT 1 FROM call c WHERE c.pair_id = p.pair_id)
         AND NOT EXISTS (SELECT 1 FROM callback b WHERE b.pair_id = p.pair_id)
         AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.pair_id = p.pair_id)
         AND NOT EXISTS (SELECT 1 FROM pair m WHERE m.merged_into = p.pair_id) AS goes
       FROM pair p WHERE pair_id > ? ORDER BY pair_id LIMIT ?`,
    )
    .all(before, cursor(tx, 'purge_pair', 0), limit);
  for (const row of rows) {
    if (row.goes !== 1) continue;
    deleteAliases(tx, Number(row.id));
    tx.db.statement('DELETE FROM pair WHERE pair_id = ?').run(Number(row.id));
  }
  goOn(tx, 'purge_pair', rows.length < limit ? 0 : Number(rows.at(-1)?.id));
}

function cursor<T extends string | number>(tx: Session, name: string, start: T): T {
  const row = tx.db.statement('SELECT v FROM meta WHERE k = ?').get(name);
  return row === undefined ? start : (row.v as T);
}

/** A sweep that finds nothing writes nothing. */
function goOn(tx: Session, name: string, at: string | number): void {
  const known = tx.db.statement('SELECT v FROM meta WHERE k = ?').get(name)?.v;
  if ((known ?? (typeof at === 'number' ? 0 : '')) === at) return;
  tx.db.statement('INSERT OR REPLACE INTO meta(k, v) VALUES(?, ?)').run(name, at);
}
