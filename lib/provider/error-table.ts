import { ACCOUNT_ERRORS } from './errors/account.ts';
import { ASKING_ERRORS } from './errors/asking.ts';
import { CALLING_ERRORS } from './errors/calling.ts';
import { DELIVERY_ERRORS } from './errors/delivery.ts';
import { type ErrorEntry, type ErrorTable, entry, SUPPORT } from './errors/entry.ts';
import { MEDIA_ERRORS } from './errors/media.ts';
import { SERVICE_ERRORS } from './errors/service.ts';
import { GRANTS, SERVER, TOKEN, UNDOCUMENTED_CALLING } from './errors/shared.ts';
import { TEMPLATE_ERRORS } from './errors/template.ts';

export type { ErrorEntry } from './errors/entry.ts';

/**
 * Every code of Meta's calling error table (troubleshooting page, 24 Jun 2026) and the general ones that matter here
 * (error codes page, fetched 11 Sep 2026).
 */
export const META_ERRORS: ErrorTable = {
  ...CALLING_ERRORS,
  ...MEDIA_ERRORS,
  ...ASKING_ERRORS,
  ...DELIVERY_ERRORS,
  ...TEMPLATE_ERRORS,
  ...ACCOUNT_ERRORS,
  ...SERVICE_ERRORS,
};

/** What a code of Meta means, also one that is not in the table. */
export function metaError(providerCode: string | undefined, httpStatus: number): ErrorEntry {
  return knownError(providerCode) ?? statusError(httpStatus);
}

/** The same for a code that came without an HTTP status, in a webhook; undefined if the code says nothing to us. */
export function knownError(providerCode: string | undefined): ErrorEntry | undefined {
  const code = Number(providerCode);
  if (providerCode !== undefined && Object.hasOwn(META_ERRORS, providerCode)) return META_ERRORS[providerCode];
  // Graph's permission errors; a bare 200 can also mean that no token came along.
  if (code >= 200 && code <= 299) return GRANTS;
  if (code >= 138000 && code <= 138999) return UNDOCUMENTED_CALLING;
  return undefined;
}

const UNKNOWN = entry(
  'provider_refused',
  'never',
  'The provider refused for a reason that is not in our table.',
  `Read the provider’s own words beside this sentence. ${SUPPORT}`,
);

/** What a code in a webhook means; there is no HTTP status to go by. */
export function webhookError(providerCode: string): ErrorEntry {
  return knownError(providerCode) ?? UNKNOWN;
}

/** What an HTTP status alone means, when the body names no code that we know. */
export function statusError(httpStatus: number): ErrorEntry {
  if (httpStatus === 401) return TOKEN;
  if (httpStatus === 403) return GRANTS;
  if (httpStatus === 404) {
    return entry(
      'provider_not_found',
      'operator',
      'The provider does not know this address.',
      'Check base address, API version and phone number id in the configuration.',
    );
  }
  if (httpStatus === 429) {
    return entry('provider_rate_limit', 'transient', 'The provider gets too many requests.', 'Make fewer requests.');
  }
  return httpStatus >= 500 ? SERVER : UNKNOWN;
}
