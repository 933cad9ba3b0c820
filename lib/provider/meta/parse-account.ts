import type { ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { type Item, isItem, readId, readText, type Surroundings, unknownEvent } from './payload.ts';

/**
 * `account_update`: warnings and restrictions because of quality. It names the number by its digits at best, never by
 * its id. Source: account_update reference, 11 Sep 2026.
 */
export function accountEvents(value: Item, around: Surroundings, entryTime: unknown): ProviderEvent[] {
  const event = readText(value.event)?.toUpperCase();
  const base = {
    type: 'account.restricted',
    at: around.at,
    businessNumberId: around.businessNumberId,
    ...(around.businessPhone !== undefined ? { businessPhone: around.businessPhone } : {}),
  } as const;
  const idOf = (kind: string, until: unknown): string =>
    `account:${event}:${around.businessPhone ?? ''}:${kind}:${readId(entryTime) ?? readId(until) ?? ''}`;

  if (event === 'ACCOUNT_RESTRICTION') {
    const { restriction_info: info } = value;
    const events = (Array.isArray(info) ? info : [info]).flatMap((item): ProviderEvent[] => {
      const restriction = isItem(item) ? readName(item.restriction_type) : undefined;
      if (!isItem(item) || restriction === undefined) return [];
      const until = readInstant(item.expiration);
      return [
        {
          ...base,
          id: idOf(restriction, item.expiration),
          restriction,
          ...(until !== undefined ? { until } : {}),
          warning: false,
        },
      ];
    });
    if (events.length > 0) return events;
  }
  if (event === 'ACCOUNT_VIOLATION' && isItem(value.violation_info)) {
    const restriction = readName(value.violation_info.violation_type);
    if (restriction !== undefined) return [{ ...base, id: idOf(restriction, undefined), restriction, warning: true }];
  }
  return [unknownEvent(around.field, value, around)];
}

/** Names of restrictions are kept as they come, and have some 40 letters. */
function readName(value: unknown): string | undefined {
  return readText(value)?.slice(0, 256);
}
