import type { Instant } from '../../permission/model.ts';
import type { ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { parseJson } from '../json.ts';
import { accountEvents } from './parse-account.ts';
import { callEvent, callStatusEvent } from './parse-call.ts';
import { captureEvent } from './parse-capture.ts';
import { messageEvent, messageStatusEvent } from './parse-message.ts';
import { type Item, isItem, readErrors, readId, type Surroundings, unknownEvent } from './payload.ts';

/**
 * Every event of a webhook body, of all entries, changes and items, for whatever number. What is not understood becomes
 * `unknown` and keeps its raw form. Source: webhook reference, 26 Jun 2026, and real payloads (meta-cloud-api §5).
 *
 * @param now for events without any time of their own
 * @throws JsonError if the body is no JSON (or too large, or nested too deeply to be read)
 */
export function parseWebhook(rawBody: Buffer, now: Instant): ProviderEvent[] {
  const body = parseJson(rawBody);
  // Some of Meta's account samples come in an outer array.
  return (Array.isArray(body) ? body : [body]).flatMap((envelope) => {
    if (!isItem(envelope) || !Array.isArray(envelope.entry)) return [unknownEvent('body', envelope, { at: now })];
    return envelope.entry.flatMap((entry) => entryEvents(entry, now));
  });
}

function entryEvents(entry: unknown, now: Instant): ProviderEvent[] {
  if (!isItem(entry) || !Array.isArray(entry.changes)) return [unknownEvent('entry', entry, { at: now })];
  const at = readInstant(entry.time) ?? now;
  return entry.changes.flatMap((change) => changeEvents(change, at, entry.time));
}

function changeEvents(change: unknown, at: Instant, entryTime: unknown): ProviderEvent[] {
  if (!isItem(change) || !isItem(change.value)) return [unknownEvent('change', change, { at })];
  const { value } = change;
  const field = typeof change.field === 'string' ? change.field : '';
  const metadata = isItem(value.metadata) ? value.metadata : {};
  const settings = isItem(value.phone_number_settings) ? value.phone_number_settings : {};
  const businessNumberId = readId(metadata.phone_number_id) ?? readId(settings.phone_number_id) ?? '';
  const phone = readId(metadata.display_phone_number) ?? readId(value.phone_number);
  const businessPhone = phone?.replace(/\D/g, '');
  const { calls, statuses, messages } = value;
  const items = [calls, statuses, messages].reduce<number>((n, list) => n + (Array.isArray(list) ? list.length : 0), 0);
  const around: Surroundings = {
    field,
    businessNumberId,
    ...(businessPhone ? { businessPhone } : {}),
    contacts: value.contacts,
    only: items === 1,
    valueErrors: readErrors(value.errors),
    at: readInstant(value.timestamp) ?? at,
  };
  if (field === 'account_update') return accountEvents(value, around, entryTime);
  if (items === 0) return [unknownEvent(field, value, around)];
  return [
    ...each(calls, around, (item, inside) => callEvent(item, inside) ?? captureEvent(item, inside)),
    ...each(statuses, around, (item, inside) =>
      isCallStatus(item, field) ? callStatusEvent(item, inside) : messageStatusEvent(item, inside),
    ),
    ...each(messages, around, messageEvent),
  ];
}

function each(
  list: unknown,
  around: Surroundings,
  read: (item: Item, around: Surroundings) => ProviderEvent | undefined,
): ProviderEvent[] {
  if (!Array.isArray(list)) return [];
  return list.map(
    (item) => (isItem(item) ? read(item, around) : undefined) ?? unknownEvent(around.field, item, around),
  );
}

/** Statuses of calls and of messages differ by type, and by their ids. */
function isCallStatus(item: Item, field: string): boolean {
  if (typeof item.type === 'string') return item.type.toLowerCase() === 'call';
  const id = readId(item.id) ?? '';
  return id.startsWith('wacid.') || (field === 'calls' && !id.startsWith('wamid.'));
}
