import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../provider.ts';

/**
 * How a provider proves that a webhook is its own.
 * sha256, sha512: header is prefix and lower-case hex of the HMAC over the raw body. static: the header is prefix and the
 * secret itself. SHA-1 (`X-Hub-Signature`) is not offered: it can be forged with enough means, and Meta sends the better one along.
 */
export interface SignatureScheme {
  header: string;
  prefix: string;
  algorithm: 'sha256' | 'sha512' | 'static';
}

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

/**
 * True if the body was signed with one of the secrets (several, so that a secret can be changed without losing webhooks).
 * Judges the raw bytes: Meta escapes non-ASCII and slashes, so a body serialised again has another signature.
 * No secret: nothing is believed. Never throws.
 */
export function signatureFits(request: WebhookRequest, scheme: SignatureScheme, secrets: string[]): boolean {
  try {
    const usable = secrets.filter((secret) => secret.length > 0);
    const value = request.header(scheme.header);
    if (usable.length === 0 || typeof value !== 'string' || !value.startsWith(scheme.prefix)) return false;
    if (!Buffer.isBuffer(request.rawBody)) return false;
    const claimed = value.slice(scheme.prefix.length);
    if (scheme.algorithm === 'static') return anyFits(usable, (secret) => textsEqual(claimed, secret));
    const { algorithm } = scheme;
    if (claimed.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(claimed)) return false;
    const bytes = Buffer.from(claimed, 'hex');
    return anyFits(usable, (secret) =>
      timingSafeEqual(bytes, createHmac(algorithm, secret).update(request.rawBody).digest()),
    );
  } catch {
    return false;
  }
}

/** What the provider would put into the header for this body. For probes to our own webhook. */
export function signatureOf(body: Buffer, { algorithm, prefix }: SignatureScheme, secret: string): string {
  return prefix + (algorithm === 'static' ? secret : createHmac(algorithm, secret).update(body).digest('hex'));
}

/** Equal in constant time, whatever the lengths. */
export function textsEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Tries every secret, so that the time does not tell which one fitted. */
function anyFits(secrets: string[], fits: (secret: string) => boolean): boolean {
  let fitted = false;
  for (const secret of secrets) fitted = fits(secret) || fitted;
  return fitted;
}
