import { type ErrorTable, entry, LATER } from './entry.ts';
import { UNDOCUMENTED_CALLING } from './shared.ts';

/** Codes of placing and answering a call (troubleshooting page, 24 Jun 2026). 138008 is not in Meta's table: its meaning was seen in real traffic. 138010 and 138016 have no documentation at all. */
export const CALLING_ERRORS: ErrorTable = {
  '131055': entry(
    'provider_sip_enabled',
    'operator',
    'The number is set up for SIP, so calls cannot be made through the API.',
    'Switch SIP off in the call settings of the number.',
  ),
  '138000': entry(
    'provider_calling_disabled',
    'operator',
    'Calling is not switched on for this business number.',
    'Switch calling on in the call settings of the number.',
  ),
  '138001': entry(
    'provider_contact_uncallable',
    'never',
    'This person cannot be called on WhatsApp.',
    'Reach the person by another channel; they may lack WhatsApp or use an app that cannot take calls.',
  ),
  '138002': entry(
    'provider_concurrent_limit',
    'transient',
    'The business number has as many calls at once as it may.',
    'Wait until a call ends.',
  ),
  '138003': entry(
    'provider_call_in_progress',
    'wait',
    'There is already a call with this person.',
    'Wait until that call has ended.',
  ),
  '138004': entry('provider_connection_error', 'transient', 'WhatsApp could not connect the call.', LATER),
  '138005': entry(
    'provider_number_daily_limit',
    'wait',
    'The business number has started as many calls in 24 hours as it may.',
    'Wait until older calls are 24 hours past.',
  ),
  '138006': entry(
    'provider_no_permission',
    'never',
    'The person has not allowed this business to call.',
    'Ask for permission first.',
  ),
  '138007': entry(
    'provider_connect_timeout',
    'transient',
    'The media connection was not set up in time.',
    'Check that the machine is quick enough and reaches the network; then try again.',
  ),
  '138008': entry(
    'provider_sdp_invalid',
    'never',
    'WhatsApp does not accept the session description.',
    'Report this with the details: the session description must hold one fingerprint and one Opus stream.',
  ),
  '138010': UNDOCUMENTED_CALLING,
  '138012': entry(
    'provider_connected_limit',
    'wait',
    'This person was called as often in 24 hours as is allowed.',
    'Wait; the details say until when.',
  ),
  '138013': entry(
    'provider_country_not_supported',
    'operator',
    'WhatsApp does not let business numbers of this country call people.',
    'Use a business number of another country, or let people call you.',
  ),
  '138014': entry(
    'provider_number_paused',
    'wait',
    'WhatsApp has paused calls and requests of this business number because of people’s complaints.',
    'Wait until the pause ends, look at the quality of the number in WhatsApp Manager, and ask fewer people more carefully.',
  ),
  '138015': entry(
    'provider_messaging_limit_low',
    'operator',
    'Calling needs a messaging limit of at least 2,000 people a day.',
    'Raise the messaging limit of the business.',
  ),
  '138016': UNDOCUMENTED_CALLING,
  '138018': entry(
    'provider_calls_not_subscribed',
    'operator',
    'Calling cannot be switched on: no app receives the field “calls”.',
    'Subscribe the app to the webhook field “calls”.',
  ),
};
