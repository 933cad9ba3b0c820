import type { ProviderEvent } from '../../provider/event.ts';
import { dedupeKey } from '../dedupe-key.ts';
import type { Appended, Effect } from '../ledger.ts';
import { INBOX_KEEP_MS } from '../timings.ts';
import { applyEvent } from './apply-event.ts';
import { writeAudit } from './audit-table.ts';
import type { Transaction } from './transaction.ts';

/** Stores events, once each, and applies the fresh ones, in this transaction. */
export function append(tx: Transaction, events: ProviderEvent[], createdAt: number): Appended[] {
  return events.map((event) => appendOne(tx, event, createdAt));
}

function appendOne(tx: Transaction, event: ProviderEvent, createdAt: number): Appended {
  const key = dedupeKey(event.id);
  if (tx.db.statement('SELECT 1 FROM inbox WHERE key = ?').get(key) !== undefined) {
    return { event, fresh: false, effects: [] };
  }
  if (tx.sure && event.at < tx.now - INBOX_KEEP_MS && event.at >= createdAt) {
    // Its id may have been forgotten by now, and the provider gives up after 7 days: this is a replay. A store that did not
    // exist at the time has forgotten nothing, and takes it.
    writeAudit(tx, { event: 'event_too_old', detail: { type: event.type, at: event.at } });
    return { event, fresh: false, effects: [] };
  }
  tx.heardProvider(event.at);
  const effects = applyEvent(tx, event);
  tx.db
    .statement('INSERT INTO inbox(key, at, number, event, effects) VALUES(?,?,?,?,?)')
    .run(
      key,
      tx.now,
      event.businessNumberId,
      JSON.stringify(event),
      effects.length === 0 ? null : JSON.stringify(effects),
    );
  return { event, fresh: true, effects };
}

/** Fresh events that nobody reported as handed to the flows, oldest first. */
export function undispatched(tx: Transaction, businessNumberId: string): Appended[] {
  return tx.db
    .statement('SELECT event, effects FROM inbox WHERE number = ? AND done = 0 ORDER BY seq')
    .all(businessNumberId)
    .map((row) => ({
      event: JSON.parse(String(row.event)) as ProviderEvent,
      fresh: true,
      effects: row.effects === null ? [] : (JSON.parse(String(row.effects)) as Effect[]),
    }));
}

/** The id stays for deduplication; the content, which may hold personal data and SDP, goes. */
export function dispatched(tx: Transaction, eventIds: string[]): void {
  for (const id of eventIds) {
    tx.db.statement('UPDATE inbox SET done = 1, event = NULL, effects = NULL WHERE key = ?').run(dedupeKey(id));
  }
}

export function purgeInbox(tx: Transaction, doneBefore: number, allBefore: number): void {
  tx.db.statement('DELETE FROM inbox WHERE at < ? AND (done = 1 OR at < ?)').run(doneBefore, allBefore);
}
