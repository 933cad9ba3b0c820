import { transportError } from '../transport-error.ts';
import type { Profile } from './profile.ts';

/**
 * Judges the address that the provider gave for media: the access token is sent along, so it may go to the provider's own
 * machines alone, and never in clear over a network.
 *
 * @param url as the provider's answer has it
 * @param baseUrl of the API; its host is always one of the provider's
 * @returns the address to ask, which for some proxies is the same path on their own machine
 * @throws ProviderError `provider_media_address_refused`, which names the host
 */
export function mediaAddress(url: string, baseUrl: string, { hosts, through }: Profile['media']): string {
  const base = new URL(baseUrl);
  const given = URL.canParse(url) ? new URL(url) : undefined;
  if (given === undefined || !['http:', 'https:'].includes(given.protocol) || given.username || given.password) {
    throw refused('The provider’s address of the media is none that can be asked.');
  }
  if (through) return new URL(given.pathname + given.search, base.origin).href;
  if (given.origin === base.origin) return given.href;
  if (given.protocol === 'https:' && hosts.includes(given.hostname) && given.port === '') return given.href;
  const host = given.hostname.slice(0, 100);
  throw refused(`The media are said to be at ${host}, which is not known as a machine of this provider.`);
}

function refused(text: string) {
  return transportError('provider_media_address_refused', 'not_sent', { text });
}
