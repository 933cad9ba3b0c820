import { knownError } from './error-table.ts';
import type { ProviderError } from './provider.ts';

/**
 * When a request may be sent again by itself.
 * never: placing or answering a call; a person would hear two calls.
 * when_unsent: messages; only where it is clear that nothing was delivered, since a blind repeat burns the day's request.
 * idempotent: queries, terminate, reject.
 */
export type RetryPolicy = 'never' | 'when_unsent' | 'idempotent';

export const MAX_TRIES = 4;
const FIRST_DELAY_MS = 500;
/** Longer waits are the flow's business: the error says when (`retryAt`). */
export const LONGEST_WAIT_MS = 10_000;
const NETWORK_CODES = new Set([
  'provider_host_unknown',
  'provider_unreachable',
  'provider_timeout',
  'provider_connection_lost',
]);

export function mayRetry(error: ProviderError, policy: RetryPolicy): boolean {
  // What the table calls final, somebody's business or a matter of hours does not change by asking again.
  if (policy === 'never' || error.kind !== 'transient') return false;
  if (error.httpStatus === 429) return true;
  if (policy === 'idempotent') return NETWORK_CODES.has(error.code) || (error.httpStatus ?? 0) >= 500;
  if (knownError(error.providerCode)?.undelivered === true) return true;
  return error.outcome === 'not_sent' && NETWORK_CODES.has(error.code);
}

/**
 * How long to wait before try number `tried + 1`: 0.5 s × 2^n with full jitter, and not before the provider's own
 * time. Undefined: do not try again.
 * @param random between 0 and 1
 */
export function retryDelay(
  error: ProviderError,
  policy: RetryPolicy,
  tried: number,
  now: number,
  random: number,
): number | undefined {
  if (tried >= MAX_TRIES || !mayRetry(error, policy)) return undefined;
  const jitter = random * FIRST_DELAY_MS * 2 ** (tried - 1);
  const asked = error.retryAt === undefined ? 0 : error.retryAt - now;
  if (asked > LONGEST_WAIT_MS) return undefined;
  // Never before the time that was asked for, and not all clients at that same moment either.
  return asked > 0 ? asked + jitter : jitter;
}

/**
 * When the provider lets us come back, from `Retry-After` (seconds or date) and Meta's `X-Business-Use-Case-Usage`
 * (`estimated_time_to_regain_access`, minutes).
 */
export function readRetryAt(header: (name: string) => string | undefined, now: number): number | undefined {
  const times = [retryAfter(header('retry-after'), now), regainAccess(header('x-business-use-case-usage'), now)];
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,7}$/.test(value.trim())) return now + Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isFinite(date) && date > now ? date : undefined;
}

function regainAccess(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.length > 10_000) return undefined;
  const minutes = [...value.matchAll(/"estimated_time_to_regain_access"\s*:\s*(\d{1,6})/g)].map((m) => Number(m[1]));
  const longest = Math.max(0, ...minutes);
  return longest > 0 ? now + longest * 60_000 : undefined;
}
