import { type ErrorEntry, type ErrorTable, entry } from './entry.ts';
import { SERVER } from './shared.ts';

/** Unknown error, service down, temporarily unavailable. */
const NOTHING_HAPPENED: ErrorEntry = { ...SERVER, undelivered: true };

/** Codes of WhatsApp's own faults and of its rate limits (error codes page, 11 Sep 2026). */
export const SERVICE_ERRORS: ErrorTable = {
  '1': NOTHING_HAPPENED,
  '2': NOTHING_HAPPENED,
  '4': entry('provider_app_rate_limit', 'transient', 'The app makes too many requests.', 'Make fewer requests.'),
  '80007': entry(
    'provider_account_rate_limit',
    'transient',
    'The business account makes too many requests.',
    'Make fewer requests.',
  ),
  '130429': entry(
    'provider_throughput',
    'transient',
    'The business number sends too many messages a second.',
    'Send more slowly.',
  ),
  '131000': SERVER,
  '131016': NOTHING_HAPPENED,
  '131056': entry(
    'provider_pair_rate_limit',
    'transient',
    'This person gets too many messages in a short time.',
    'Wait a few seconds before the next message to the same person.',
  ),
  '131057': entry(
    'provider_maintenance',
    'transient',
    'The business account is in maintenance.',
    'Try again in some minutes.',
  ),
  '133004': SERVER,
};
