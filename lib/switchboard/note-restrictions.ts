import type { CallingSettings } from '../provider/calling-settings.ts';
import type { ProviderEvent } from '../provider/event.ts';
import type { Desk } from './desk.ts';
import { told } from './patience.ts';
import { react } from './react.ts';

const DAY_MS = 86_400_000;

/**
 * A restriction that the provider's settings tell blocks requests and calls like one that comes by webhook: it goes
 * through the ledger as the same event, once for each end. One without an end counts anew every day that it is read,
 * since nobody will tell when it is over. Never throws: what was read is shown in any case.
 */
export async function noteRestrictions(desk: Desk, { restrictions }: CallingSettings): Promise<void> {
  const { ledger, businessNumber, now, log } = desk.deps;
  const at = now();
  const events = restrictions
    .filter(({ outgoing, until }) => outgoing && (until === undefined || until > at))
    .map(({ type, until }): ProviderEvent => {
      const occasion = until === undefined ? `day-${Math.floor(at / DAY_MS)}` : String(until);
      return {
        type: 'account.restricted',
        id: `settings:${businessNumber.id}:${type}:${occasion}`,
        at,
        businessNumberId: businessNumber.id,
        restriction: type,
        ...(until === undefined ? {} : { until }),
        warning: false,
      };
    });
  if (events.length === 0) return;
  try {
    await react(desk, await ledger.append(events));
  } catch (error) {
    log('error', `A restriction that the provider told could not be stored: ${told(error)}`);
  }
}
