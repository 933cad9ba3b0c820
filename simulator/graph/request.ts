import type { z } from 'zod';
import { GraphError } from './errors.ts';

/** A request on the Graph API after the token was checked. */
export interface GraphRequest {
  method: string;
  query: URLSearchParams;
  /** Parsed JSON body; an empty object without one. */
  body: unknown;
  /** For the request log: what WhatsApp tolerates but what will hurt. */
  warnings: string[];
}

/**
 * The body in the wanted shape. Unknown and misspelt parameters are an error on calls and settings, as in Meta's API.
 * @throws GraphError 131008 for a missing, 100 for a wrong parameter
 */
export function parameters<T>(schema: z.ZodType<T>, body: unknown, missing: 100 | 131008 = 100): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys')
    throw new GraphError(100, `Unexpected parameter: ${[...(issue.path ?? []), issue.keys[0]].join('.')}`);
  const value = issue?.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], body);
  if (value === undefined && name !== '') throw new GraphError(missing, `The parameter ${name} is required.`);
  throw new GraphError(
    100,
    name === '' ? 'The request body is not valid.' : `Parameter ${name} is not valid: ${issue?.message}`,
  );
}

/** Digits of a number as a client may write it; other ids unchanged. */
export function recipientId(to: string | undefined, recipient: string | undefined): string {
  // If both are there, `to` wins (business-scoped user ids, 7 May 2026).
  if (to !== undefined) {
    const digits = to.replace(/[\s()+-]/g, '');
    if (!/^\d{5,15}$/.test(digits)) throw new GraphError(100, 'Parameter to is not a phone number.');
    return digits;
  }
  if (recipient === undefined) throw new GraphError(100, 'One of the parameters to and recipient is required.');
  if (!/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(recipient))
    throw new GraphError(100, 'Parameter recipient is not a business-scoped user id.');
  return recipient;
}
