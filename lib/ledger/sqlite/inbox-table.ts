import type { Instant } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, Effect } from '../ledger.ts';
import type { Session } from './session.ts';

/** Ids looked at by one sweep, some 10 ms, so that it holds nobody up. The next one goes on where this one ended. */
const HEARD_PER_SWEEP = 50_000;

export function knowsEvent(tx: Session, key: Uint8Array): boolean {
  return tx.db.statement('SELECT 1 FROM heard WHERE key = ?').get(key) !== undefined;
}

export function insertEvent(tx: Session, key: Uint8Array, event: ProviderEvent, effects: readonly Effect[]): void {
  tx.db.statement('INSERT INTO heard(key, at) VALUES(?,?)').run(key, tx.now);
  tx.db
    .statement('INSERT INTO inbox(key, at, number, event, effects) VALUES(?,?,?,?,?)')
    .run(
      key,
      tx.now,
      event.businessNumberId,
      JSON.stringify(event),
      effects.length === 0 ? null : JSON.stringify(effects),
    );
}

export function undispatched(tx: Session, businessNumberId: string): Appended[] {
  return tx.db
    .statement('SELECT event, effects FROM inbox WHERE number = ? ORDER BY seq')
    .all(businessNumberId)
    .map((row) => ({
      event: JSON.parse(String(row.event)) as ProviderEvent,
      fresh: true,
      effects: row.effects === null ? [] : (JSON.parse(String(row.effects)) as Effect[]),
    }));
}

export function dispatched(tx: Session, keys: readonly Uint8Array[]): void {
  for (const key of keys) tx.db.statement('DELETE FROM inbox WHERE key = ?').run(key);
}

/** The ids lie in the order of their keys, which is none of time, so that a sweep looks at a part of them. */
export function purgeInbox(tx: Session, doneBefore: Instant, allBefore: Instant): void {
  tx.db.statement('DELETE FROM inbox WHERE at < ?').run(allBefore);
  const from = tx.db.statement("SELECT v FROM meta WHERE k = 'purge_heard'").get()?.v;
  const start = from instanceof Uint8Array ? from : new Uint8Array(0);
  const end = tx.db
    .statement(`SELECT key FROM heard WHERE key > ? ORDER BY key LIMIT 1 OFFSET ${HEARD_PER_SWEEP}`)
    .get(start)?.key;
  const old =
    'DELETE FROM heard WHERE key > ? AND at < ? AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.key = heard.key)';
  if (end instanceof Uint8Array) {
    tx.db.statement(`${old} AND key <= ?`).run(start, doneBefore, end);
    tx.db.statement("INSERT OR REPLACE INTO meta(k, v) VALUES('purge_heard', ?)").run(end);
    return;
  }
  tx.db.statement(old).run(start, doneBefore);
  // A sweep that finds nothing writes nothing.
  if (start.length > 0) tx.db.run("DELETE FROM meta WHERE k = 'purge_heard'");
}
