import { ProviderError, type ProviderErrorFields, type ProviderErrorKind } from './provider.ts';

/** What can go wrong between us and a provider, before or instead of a reply that we understand. */
export const TRANSPORT_ERRORS = {
  provider_settings_invalid: {
    kind: 'operator',
    text: 'The provider is not set up correctly.',
    nextStep: 'Correct the configuration node.',
  },
  provider_input_invalid: {
    kind: 'never',
    text: 'The request cannot be made from this input.',
    nextStep: 'Correct the input.',
  },
  provider_host_unknown: {
    kind: 'transient',
    text: 'The provider’s host name could not be found.',
    nextStep: 'Check the base address and the name resolution of this machine.',
  },
  provider_unreachable: {
    kind: 'transient',
    text: 'The provider could not be reached.',
    nextStep: 'Check the network, the proxy and the base address.',
  },
  provider_tls_failed: {
    kind: 'operator',
    text: 'No secure connection to the provider: its certificate is not accepted.',
    nextStep: 'Check the base address, the clock, and the certificates of a proxy in between (NODE_EXTRA_CA_CERTS).',
  },
  provider_proxy_refused: {
    kind: 'operator',
    text: 'The proxy wants a login.',
    nextStep: 'Put the login into the proxy address of the environment (HTTPS_PROXY).',
  },
  provider_timeout: {
    kind: 'transient',
    text: 'The provider did not answer in time.',
    nextStep: 'Wait for its webhooks: the request may have had effect. Do not repeat a call blindly.',
  },
  provider_connection_lost: {
    kind: 'transient',
    text: 'The connection broke before the provider’s answer was complete.',
    nextStep: 'Wait for its webhooks: the request may have had effect. Do not repeat a call blindly.',
  },
  provider_aborted: {
    kind: 'transient',
    text: 'The request was given up by us.',
    nextStep: 'Nothing, if the flow or Node-RED was stopped.',
  },
  provider_reply_unreadable: {
    kind: 'transient',
    text: 'The provider’s answer cannot be read.',
    nextStep: 'Check the base address; a proxy or a login page may answer instead of the provider.',
  },
  provider_reply_too_large: {
    kind: 'transient',
    text: 'The provider’s answer is larger than any real one.',
    nextStep: 'Check the base address; something else seems to answer there.',
  },
  provider_redirect: {
    kind: 'operator',
    text: 'The provider points to another address. It is not followed, since the token would go there.',
    nextStep: 'Put the final address into the configuration.',
  },
  provider_media_address_refused: {
    kind: 'operator',
    text: 'The provider names another machine for the media. It is not asked, since the access token would go there.',
    nextStep: 'If the machine belongs to the provider, add it to the hosts for media in the configuration.',
  },
  provider_media_too_large: {
    kind: 'never',
    text: 'The media are larger than is taken.',
    nextStep: 'Fetch them from the provider by hand, or shorten the calls.',
  },
  provider_media_damaged: {
    kind: 'transient',
    text: 'What came is not what the provider’s checksum says.',
    nextStep: 'It is fetched again by itself. If it stays so, a proxy in between may change what passes.',
  },
} as const satisfies Record<string, { kind: ProviderErrorKind; text: string; nextStep: string }>;

export type TransportErrorCode = keyof typeof TRANSPORT_ERRORS;

/** Makes the `ProviderError` of a fault in the table; `more` adds to, or narrows, what the table says. */
export function transportError(
  code: TransportErrorCode,
  outcome: ProviderErrorFields['outcome'],
  more: { text?: string; nextStep?: string; httpStatus?: number; details?: string; retryAt?: number } = {},
): ProviderError {
  const { kind, text, nextStep } = TRANSPORT_ERRORS[code];
  const fields: ProviderErrorFields = { code, kind, outcome };
  if (more.httpStatus !== undefined) fields.httpStatus = more.httpStatus;
  if (more.details !== undefined) fields.details = more.details;
  if (more.retryAt !== undefined) fields.retryAt = more.retryAt;
  return new ProviderError(more.text ?? text, more.nextStep ?? nextStep, fields);
}
