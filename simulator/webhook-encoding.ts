import { createHmac } from 'node:crypto';

/**
 * JSON as Meta writes it: `/` as `\/` and every character beyond ASCII as `\uXXXX`, emoji as two of them. A receiver
 * that parses and serialises before it checks the signature fails on this, as it would in production.
 */
export function encodeWebhook(payload: unknown): Buffer {
  const text = JSON.stringify(payload)
    .replaceAll('/', '\\/')
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Buffer.from(text, 'ascii');
}

/** Value of `X-Hub-Signature-256`: HMAC-SHA256 over the raw bytes with the app secret. */
export function signature(body: Buffer | string, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}
