import type { ProviderEvent } from '../../provider/event.ts';
import { dedupeKey } from '../dedupe-key.ts';
import type { Appended } from '../ledger.ts';
import { INBOX_KEEP_MS } from '../timings.ts';
import { applyEvent } from './apply-event.ts';
import type { Transaction } from './transaction.ts';

/** Stores events, once each, and applies the fresh ones, in this transaction. */
export function append(tx: Transaction, events: ProviderEvent[]): Appended[] {
  return events.map((event) => appendOne(tx, event));
}

function appendOne(tx: Transaction, event: ProviderEvent): Appended {
  const key = dedupeKey(event.id);
  if (tx.records.knowsEvent(key)) return { event, fresh: false, effects: [] };
  if (tx.sure && event.at < tx.now - INBOX_KEEP_MS && event.at >= tx.createdAt) {
    // Its id may have been forgotten by now, and the provider gives up after 7 days: this is a replay. A store that did not
    // exist at the time has forgotten nothing, and takes it.
    tx.records.writeAudit({ event: 'event_too_old', detail: { type: event.type, at: event.at } });
    return { event, fresh: false, effects: [] };
  }
  tx.heardProvider(event.at);
  const effects = applyEvent(tx, event);
  tx.records.insertEvent(key, event, effects);
  return { event, fresh: true, effects };
}

export function undispatched(tx: Transaction, businessNumberId: string): Appended[] {
  return tx.records.undispatched(businessNumberId);
}

export function dispatched(tx: Transaction, eventIds: string[]): void {
  tx.records.dispatched(eventIds.map(dedupeKey));
}
