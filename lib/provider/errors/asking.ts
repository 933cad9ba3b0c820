import { type ErrorTable, entry } from './entry.ts';

/** Codes of permission requests and of looking permissions up (troubleshooting page, 24 Jun 2026; 138011 is named in the FAQ alone). */
export const ASKING_ERRORS: ErrorTable = {
  '613': entry(
    'provider_query_rate_limit',
    'transient',
    'Permissions were looked up too often.',
    'Ask less often and keep the answer for a while.',
  ),
  '138009': entry(
    'provider_request_limit',
    'wait',
    'This person was asked for permission as often as is allowed (once in 24 hours, twice in 7 days).',
    'Wait for the next day or week, or until a call with the person is connected.',
  ),
  '138011': entry(
    'provider_conversation_missing',
    'never',
    'There has been no conversation with this person yet.',
    'Exchange a message first, for example a template.',
  ),
  '138017': entry(
    'provider_permanent_permission_exists',
    'never',
    'The person has already allowed calls for good.',
    'Call without asking.',
  ),
};
