import { createHmac } from 'node:crypto';

/** How a body is written down. The same facts, other bytes, and so another signature. */
export type Writing = 'escaped' | 'plain' | 'spaced';

/** JSON as Meta writes it (`\u00e7`, `\/`), as most programs write it, or with odd spacing. */
export function written(body: unknown, writing: Writing): Buffer {
  if (writing === 'plain') return Buffer.from(JSON.stringify(body));
  if (writing === 'spaced')
    return Buffer.from(`\n ${JSON.stringify(body, null, '\t ').replaceAll('": ', '"  :\r\n')} \n`);
  const escaped = JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Buffer.from(escaped, 'latin1');
}

/** The value of `X-Hub-Signature-256`. */
export function signature(body: Buffer, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}

export interface Person {
  phone: string;
  name: string;
}

/** A person allows or refuses calls in the business's profile: a reply without a request. */
export function permissionReply(
  phoneNumberId: string,
  person: Person,
  response: 'accept' | 'reject',
  id: string,
): unknown {
  const message = {
    from: person.phone,
    id: `wamid.${id}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: 'interactive',
    interactive: {
      type: 'call_permission_reply',
      call_permission_reply: {
        response,
        response_source: 'user_action',
        ...(response === 'accept' && { is_permanent: true }),
      },
    },
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '351211000100', phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: person.name }, wa_id: person.phone }],
    messages: [message],
  };
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: '209876543210987', changes: [{ field: 'messages', value }] }],
  };
}
