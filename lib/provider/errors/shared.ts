import { entry, LATER, SUPPORT } from './entry.ts';

/** Meanings that several codes, or an HTTP status alone, have. */
export const TOKEN = entry(
  'provider_token_invalid',
  'operator',
  'WhatsApp does not accept the access token.',
  'Put a valid access token into the configuration; tokens of system users do not expire.',
);

export const GRANTS = entry(
  'provider_grants_missing',
  'operator',
  'The access token lacks a permission for this.',
  'Grant whatsapp_business_messaging and whatsapp_business_management to the token’s user and make a new token.',
);

export const SERVER = entry('provider_server_error', 'transient', 'WhatsApp has a fault of its own.', LATER);

export const UNDOCUMENTED_CALLING = entry(
  'provider_calling_error',
  'never',
  'WhatsApp refused with a calling error that it does not document.',
  SUPPORT,
);
