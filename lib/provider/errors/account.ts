import { type ErrorTable, entry } from './entry.ts';
import { GRANTS, TOKEN } from './shared.ts';

const NOT_REGISTERED = entry(
  'provider_number_not_registered',
  'operator',
  'The business number is not registered with the Cloud API.',
  'Register the number in WhatsApp Manager.',
);

/** Codes of token, number and business account: somebody has to do something (error codes page, 11 Sep 2026). */
export const ACCOUNT_ERRORS: ErrorTable = {
  '0': TOKEN,
  '3': GRANTS,
  '10': GRANTS,
  '33': entry(
    'provider_number_unknown',
    'operator',
    'The phone number id does not exist or was deleted.',
    'Check the phone number id in the configuration.',
  ),
  '190': TOKEN,
  '368': entry(
    'provider_account_restricted',
    'operator',
    'The business account is restricted for breaking a policy.',
    'Stop, and look into WhatsApp Manager.',
  ),
  '131005': GRANTS,
  '131031': entry(
    'provider_account_locked',
    'operator',
    'The business account is restricted or disabled.',
    'Stop, and look into WhatsApp Manager.',
  ),
  '131042': entry(
    'provider_payment_problem',
    'operator',
    'WhatsApp has a problem with the payment method of the business account.',
    'Check the payment method and the credit line.',
  ),
  '131044': entry(
    'provider_payment_missing',
    'operator',
    'The business account has no valid payment method.',
    'Add a payment method in the business account.',
  ),
  '131045': NOT_REGISTERED,
  '131048': entry(
    'provider_spam_limit',
    'operator',
    'WhatsApp restricts the number because messages were reported as spam.',
    'Look at the quality of the number in WhatsApp Manager.',
  ),
  '133010': NOT_REGISTERED,
  '133016': entry(
    'provider_registration_limit',
    'wait',
    'The number was registered too often.',
    'Wait 72 hours before registering it again.',
  ),
};
