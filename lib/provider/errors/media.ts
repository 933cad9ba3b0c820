import { type ErrorTable, entry, LATER } from './entry.ts';

/** Codes that only a terminate webhook brings (troubleshooting page, 24 Jun 2026): the call was placed, and its sound failed. */
export const MEDIA_ERRORS: ErrorTable = {
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
};
