import type { Clock } from './clock.ts';
import type { State, StoredWebhook } from './state.ts';
import { distort, unknownChange, type WebhookFaults } from './webhook-faults.ts';

/** Fields that belong to the account: they name no phone number id, and carry a time of their own. */
const ACCOUNT_FIELDS = new Set(['account_update', 'message_template_status_update']);

/** The body of one POST (meta-cloud-api.md §5.1): an entry for each fact, distorted as the faults say. */
export function envelope(
  items: readonly StoredWebhook[],
  faults: WebhookFaults,
  from: { wabaId: string; phoneNumberId: string; state: State; clock: Clock },
): unknown {
  const { businessNumber } = from.state.number;
  const metadata = { display_phone_number: businessNumber, phone_number_id: from.phoneNumberId };
  const entry = items.map((item) => {
    const account = ACCOUNT_FIELDS.has(item.field);
    const value = account
      ? item.value
      : {
          messaging_product: 'whatsapp',
          ...(item.field === 'account_settings_update' ? {} : { metadata }),
          ...distort(item.value, faults, businessNumber),
        };
    const changes = [{ field: item.field, value }];
    if (faults.unknownEvents) changes.push(unknownChange(metadata, from.clock.seconds()));
    return { id: from.wabaId, ...(account ? { time: Math.floor(item.at / 1000) } : {}), changes };
  });
  return { object: 'whatsapp_business_account', entry };
}
