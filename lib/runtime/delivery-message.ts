import { webhookError } from '../provider/error-table.ts';
import type { RequestDelivery } from '../switchboard/request-deliveries.ts';
import { contactMessage, type ReasonMessage } from './messages.ts';

/** How a permission request fares, as flows see it. */
export interface DeliveryMessage {
  /** Left out where ids are not shown. */
  requestId?: string;
  status: string;
  at: string;
  purpose?: string;
  template?: string;
}

/** `permission.delivery`, and the base of what *permission events* tells. */
export function deliveryMessage({ requestId, status, at, purpose, template }: RequestDelivery): DeliveryMessage {
  return {
    requestId,
    status,
    at: new Date(at).toISOString(),
    ...(purpose !== undefined && purpose !== '' && { purpose }),
    ...(template !== undefined && { template }),
  };
}

/** The whole message of the fourth output of *permission events*. */
export function deliveryNews(delivery: RequestDelivery): Record<string, unknown> {
  const { requestId, purpose, template, ...rest } = deliveryMessage(delivery);
  const reason = delivery.status === 'failed' ? failureOf(delivery) : undefined;
  return {
    topic: `request.${rest.status}`,
    payload: rest.status,
    requestId,
    contact: contactMessage(delivery.contact),
    ...(purpose !== undefined && { purpose }),
    delivery: { ...rest, ...(template !== undefined && { template }) },
    ...(reason !== undefined && { reason }),
  };
}

function failureOf({ errors: [error] }: RequestDelivery): ReasonMessage {
  if (error === undefined) {
    return {
      code: 'provider_undeliverable',
      text: 'The request could not be delivered, and WhatsApp gave no reason.',
      nextStep: 'Reach the person in another way.',
    };
  }
  const { code, text, nextStep } = webhookError(error.code);
  return { code, text, nextStep, provider: { code: error.code, details: error.details ?? error.message } };
}
