import { type ErrorTable, entry } from './entry.ts';

/** Codes of messages that cannot go to this person (error codes page, 11 Sep 2026). Some come only with the status `failed`. */
export const DELIVERY_ERRORS: ErrorTable = {
  '100': entry(
    'provider_parameter_invalid',
    'never',
    'WhatsApp says that a parameter is invalid.',
    'Read the details: they name the parameter, or the line of the session description.',
  ),
  '130403': entry(
    'provider_contact_blocked',
    'never',
    'The business has blocked this person.',
    'Unblock the person first if that was a mistake.',
  ),
  '130497': entry(
    'provider_country_restricted',
    'never',
    'The business may not write to people in this country.',
    'Reach the person by another channel.',
  ),
  '131008': entry(
    'provider_parameter_missing',
    'never',
    'WhatsApp misses a parameter.',
    'Read the details: they name the parameter.',
  ),
  '131009': entry(
    'provider_value_invalid',
    'never',
    'WhatsApp does not accept a value, or not from the country of the business number.',
    'Check the values of the message and the country of the business number.',
  ),
  '131021': entry(
    'provider_same_number',
    'never',
    'The business number cannot write to itself.',
    'Use another number as contact.',
  ),
  '131026': entry(
    'provider_undeliverable',
    'never',
    'The message cannot be delivered: no WhatsApp, too old an app, or its terms not accepted.',
    'Reach the person by another channel.',
  ),
  '131030': entry(
    'provider_recipient_not_listed',
    'operator',
    'A test number may only write to people on its list.',
    'Add the person to the list of the test number.',
  ),
  '131047': entry(
    'provider_window_closed',
    'never',
    'The person’s last message is more than 24 hours ago.',
    'Send the request with a template.',
  ),
  '131049': entry(
    'provider_marketing_limit',
    'wait',
    'WhatsApp did not deliver this marketing message, to keep people from getting too many.',
    'Wait at least a day, or use a utility template.',
  ),
  '131050': entry(
    'provider_marketing_opt_out',
    'never',
    'The person does not want marketing messages of this business.',
    'Do not send marketing templates to this person.',
  ),
};
