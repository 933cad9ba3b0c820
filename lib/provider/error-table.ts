import type { ProviderErrorKind } from './provider.ts';

/** What one provider code means to us. */
export interface ErrorEntry {
  /** Ours and stable. */
  code: string;
  kind: ProviderErrorKind;
  /** A plain sentence. */
  text: string;
  /** What the reader can do now. */
  nextStep: string;
}

const SUPPORT = 'If it stays, give the code and the trace id to the provider’s support.';
const LATER = 'Try again later; the flow decides when.';

function entry(code: string, kind: ProviderErrorKind, text: string, nextStep: string): ErrorEntry {
  return { code, kind, text, nextStep };
}

const TOKEN = entry(
  'provider_token_invalid',
  'operator',
  'WhatsApp does not accept the access token.',
  'Put a valid access token into the configuration; tokens of system users do not expire.',
);
const GRANTS = entry(
  'provider_grants_missing',
  'operator',
  'The access token lacks a permission for this.',
  'Grant whatsapp_business_messaging and whatsapp_business_management to the token’s user and make a new token.',
);
const SERVER = entry('provider_server_error', 'transient', 'WhatsApp has a fault of its own.', LATER);
const NOT_REGISTERED = entry(
  'provider_number_not_registered',
  'operator',
  'The business number is not registered with the Cloud API.',
  'Register the number in WhatsApp Manager.',
);
const UNDOCUMENTED_CALLING = entry(
  'provider_calling_error',
  'never',
  'WhatsApp refused with a calling error that it does not document.',
  SUPPORT,
);

/**
 * Every code of Meta's calling error table (troubleshooting page, 24 Jun 2026) and the general ones that matter here
 * (error codes page, fetched 11 Sep 2026). 138008 is not in Meta's table; its meaning was seen in real traffic.
 */
export const META_ERRORS: Readonly<Record<string, ErrorEntry>> = {
  // Calling
  '100': entry(
    'provider_parameter_invalid',
    'never',
    'WhatsApp says that a parameter is invalid.',
    'Read the details: they name the parameter, or the line of the session description.',
  ),
  '613': entry(
    'provider_query_rate_limit',
    'transient',
    'Permissions were looked up too often.',
    'Ask less often and keep the answer for a while.',
  ),
  '131009': entry(
    'provider_value_invalid',
    'never',
    'WhatsApp does not accept a value, or not from the country of the business number.',
    'Check the values of the message and the country of the business number.',
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
  '131044': entry(
    'provider_payment_missing',
    'operator',
    'The business account has no valid payment method.',
    'Add a payment method in the business account.',
  ),
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
  '138009': entry(
    'provider_request_limit',
    'wait',
    'This person was asked for permission as often as is allowed (once in 24 hours, twice in 7 days).',
    'Wait for the next day or week, or until a call with the person is connected.',
  ),
  '138010': UNDOCUMENTED_CALLING,
  '138011': entry(
    'provider_conversation_missing',
    'never',
    'There has been no conversation with this person yet.',
    'Exchange a message first, for example a template.',
  ),
  '138012': entry(
    'provider_connected_limit',
    'wait',
    'This person was called as often in 24 hours as is allowed.',
    'Wait; the details say until when.',
  ),
  '138013': entry(
    'provider_country_not_supported',
    'operator',
    'A business number of this country may not call people.',
    'Use a business number of another country.',
  ),
  '138014': entry(
    'provider_number_paused',
    'wait',
    'WhatsApp has paused calling for this business number because of people’s complaints.',
    'Stop calling until the pause ends, and ask fewer people more carefully.',
  ),
  '138015': entry(
    'provider_messaging_limit_low',
    'operator',
    'Calling needs a messaging limit of at least 2,000 people a day.',
    'Raise the messaging limit of the business.',
  ),
  '138016': UNDOCUMENTED_CALLING,
  '138017': entry(
    'provider_permanent_permission_exists',
    'never',
    'The person has already allowed calls for good.',
    'Call without asking.',
  ),
  '138018': entry(
    'provider_calls_not_subscribed',
    'operator',
    'Calling cannot be switched on: no app receives the field “calls”.',
    'Subscribe the app to the webhook field “calls”.',
  ),
  '138019': entry('provider_client_failed', 'transient', 'The person’s WhatsApp could not set up the call.', LATER),
  '138020': entry('provider_relay_failed', 'transient', 'WhatsApp’s media relay could not be reached.', LATER),
  '138021': entry(
    'provider_media_not_received',
    'transient',
    'No sound of ours reached the person.',
    'Check firewall and address translation: UDP must be able to leave this machine.',
  ),
  '138022': entry('provider_media_not_sent', 'transient', 'The person’s WhatsApp sent no sound.', LATER),
  '138023': entry(
    'provider_media_unsure',
    'transient',
    'The call was accepted, but nothing was heard of the media.',
    'Do not count it as a conversation; try again later.',
  ),
  // General
  '0': TOKEN,
  '190': TOKEN,
  '3': GRANTS,
  '10': GRANTS,
  '131005': GRANTS,
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
  '131056': entry(
    'provider_pair_rate_limit',
    'transient',
    'This person gets too many messages in a short time.',
    'Wait a few seconds before the next message to the same person.',
  ),
  '131048': entry(
    'provider_spam_limit',
    'operator',
    'WhatsApp restricts the number because messages were reported as spam.',
    'Look at the quality of the number in WhatsApp Manager.',
  ),
  '131064': entry(
    'provider_template_restricted',
    'operator',
    'WhatsApp restricts the business because of the category of its templates.',
    'Look at the templates in WhatsApp Manager.',
  ),
  '368': entry(
    'provider_account_restricted',
    'operator',
    'The business account is restricted for breaking a policy.',
    'Stop, and look into WhatsApp Manager.',
  ),
  '131031': entry(
    'provider_account_locked',
    'operator',
    'The business account is restricted or disabled.',
    'Stop, and look into WhatsApp Manager.',
  ),
  '130497': entry(
    'provider_country_restricted',
    'never',
    'The business may not write to people in this country.',
    'Reach the person by another channel.',
  ),
  '130403': entry(
    'provider_contact_blocked',
    'never',
    'The business has blocked this person.',
    'Unblock the person first if that was a mistake.',
  ),
  '1': SERVER,
  '2': SERVER,
  '131000': SERVER,
  '131016': SERVER,
  '133004': SERVER,
  '33': entry(
    'provider_number_unknown',
    'operator',
    'The phone number id does not exist or was deleted.',
    'Check the phone number id in the configuration.',
  ),
  '131008': entry(
    'provider_parameter_missing',
    'never',
    'WhatsApp misses a parameter.',
    'Read the details: they name the parameter.',
  ),
  '131021': entry(
    'provider_same_number',
    'never',
    'The business number cannot write to itself.',
    'Use another number as contact.',
  ),
  '131042': entry(
    'provider_payment_problem',
    'operator',
    'WhatsApp has a problem with the payment method of the business account.',
    'Check the payment method and the credit line.',
  ),
  '131045': NOT_REGISTERED,
  '133010': NOT_REGISTERED,
  '131047': entry(
    'provider_window_closed',
    'never',
    'The person’s last message is more than 24 hours ago.',
    'Ask with a template.',
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
  '131057': entry(
    'provider_maintenance',
    'transient',
    'The business account is in maintenance.',
    'Try again in some minutes.',
  ),
  '132000': entry(
    'provider_template_parameter_count',
    'never',
    'The template needs another number of parameters.',
    'Give as many parameters as the template has.',
  ),
  '132001': entry(
    'provider_template_unknown',
    'operator',
    'There is no approved template with this name in this language.',
    'Check name and language (exactly as approved, such as pt_BR).',
  ),
  '132005': entry(
    'provider_template_too_long',
    'never',
    'The template becomes too long with these parameters.',
    'Shorten the parameters.',
  ),
  '132007': entry(
    'provider_template_policy',
    'operator',
    'The template breaks a policy of WhatsApp.',
    'Change the template in WhatsApp Manager.',
  ),
  '132012': entry(
    'provider_template_parameter_format',
    'never',
    'A parameter of the template has the wrong format.',
    'Check whether the template has named or numbered parameters.',
  ),
  '132015': entry(
    'provider_template_paused',
    'operator',
    'The template is paused because of low quality.',
    'Use another template, or improve this one.',
  ),
  '132016': entry(
    'provider_template_disabled',
    'operator',
    'The template is disabled for good.',
    'Make a new template.',
  ),
  '133016': entry(
    'provider_registration_limit',
    'wait',
    'The number was registered too often.',
    'Wait 72 hours before registering it again.',
  ),
};

/** What a code of Meta means, also one that is not in the table. */
export function metaError(providerCode: string | undefined, httpStatus: number): ErrorEntry {
  const code = Number(providerCode);
  if (providerCode !== undefined && Object.hasOwn(META_ERRORS, providerCode)) {
    return META_ERRORS[providerCode] as ErrorEntry;
  }
  // Graph's permission errors; a bare 200 can also mean that no token came along.
  if (code >= 200 && code <= 299) return GRANTS;
  if (code >= 138000 && code <= 138999) return UNDOCUMENTED_CALLING;
  return statusError(httpStatus);
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
  if (httpStatus >= 500) return SERVER;
  return entry('provider_refused', 'never', 'The provider refused the request.', `Read the details. ${SUPPORT}`);
}
