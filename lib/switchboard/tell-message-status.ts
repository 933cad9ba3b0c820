import type { ProviderEvent } from '../provider/event.ts';
import type { Desk } from './desk.ts';
import { told } from './patience.ts';
import type { RequestDelivery } from './request-deliveries.ts';

/** Tells how a message fares, and whether it is a permission request. Never throws. */
export async function tellMessageStatus(
  desk: Desk,
  event: Extract<ProviderEvent, { type: 'message.status' }>,
): Promise<void> {
  const { ledger, businessNumber, now, log } = desk.deps;
  let request: RequestDelivery | undefined;
  try {
    request = await desk.deliveries.hear(event, ledger, businessNumber, now());
  } catch (error) {
    log('warn', `Whether a message is a permission request could not be read: ${told(error)}`);
  }
  const { messageId, status, contact, errors, at } = event;
  desk.statuses.tell({
    messageId,
    status,
    at,
    errors,
    ...(contact === undefined ? {} : { contact }),
    ...(request === undefined ? {} : { request }),
  });
}

/** The same for what was heard before it was known that the message is a request of ours. */
export function tellEarlyStatus(desk: Desk, request: RequestDelivery | undefined): void {
  if (request === undefined) return;
  const { requestId, status, at, contact, errors } = request;
  desk.statuses.tell({ messageId: requestId, status, at, contact, errors, request });
}
