import type { Instant } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, Effect } from '../ledger.ts';
import type { Session } from './session.ts';

export function knowsEvent(tx: Session, key: Uint8Array): boolean {
  return tx.db.statement('SELECT 1 FROM inbox WHERE key = ?').get(key) !== undefined;
}

export function insertEvent(tx: Session, key: Uint8Array, event: ProviderEvent, effects: readonly Effect[]): void {
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
    .statement('SELECT event, effects FROM inbox WHERE number = ? AND done = 0 ORDER BY seq')
    .all(businessNumberId)
    .map((row) => ({
      event: JSON.parse(String(row.event)) as ProviderEvent,
      fresh: true,
      effects: row.effects === null ? [] : (JSON.parse(String(row.effects)) as Effect[]),
    }));
}

export function dispatched(tx: Session, keys: readonly Uint8Array[]): void {
  for (const key of keys) {
    tx.db.statement('UPDATE inbox SET done = 1, event = NULL, effects = NULL WHERE key = ?').run(key);
  }
}

export function purgeInbox(tx: Session, doneBefore: Instant, allBefore: Instant): void {
  tx.db.statement('DELETE FROM inbox WHERE at < ? AND (done = 1 OR at < ?)').run(doneBefore, allBefore);
}
