import { createHash } from 'node:crypto';
import type { Appended } from '../ledger/ledger.ts';
import type { ProviderEvent } from '../provider/event.ts';

type Append = (events: ProviderEvent[]) => Promise<Appended[]>;

/** Events of one attempt when they have to be stored in parts. */
const PART = 1_000;
/** Characters that are kept of one. */
const MOST_KEPT = 1_000_000;

/**
 * Stores what one webhook brought. An event that the store refuses for what it is (`bad_input`) would be refused again with
 * every delivery, for days, and would hold up the grants beside it: it is kept raw as `unknown` instead, and the others as they are.
 *
 * @throws what the store throws for any other reason; then the provider sends everything again
 */
export async function storeEvents(append: Append, events: ProviderEvent[]): Promise<Appended[]> {
  try {
    return await append(events);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const [only] = events;
  if (events.length === 1 && only !== undefined) return append([kept(only)]);
  const size = events.length > PART ? PART : 1;
  const stored: Appended[] = [];
  for (let start = 0; start < events.length; start += size) {
    stored.push(...(await storeEvents(append, events.slice(start, start + size))));
  }
  return stored;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'bad_input';
}

/** The same for every delivery, so that it is kept once. */
function kept(event: ProviderEvent): ProviderEvent {
  const digest = createHash('sha256').update(`${event.type} ${event.id}`).digest('hex').slice(0, 32);
  return {
    type: 'unknown',
    id: `refused:${digest}`,
    // Its own time may be what was refused.
    at: Date.now(),
    businessNumberId: event.businessNumberId,
    field: event.type,
    raw: JSON.stringify(event).slice(0, MOST_KEPT),
  };
}
