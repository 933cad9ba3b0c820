import { isIP } from 'node:net';
import { allowedDestinations } from './allowed-destinations.ts';
import { MediaError } from './media.ts';

const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/**
 * Reads a list of host names, addresses and networks. A name is compared as it is written: whoever lists it trusts those who answer for it.
 * @returns whether a URL's host is in it
 * @throws MediaError `media_address_refused` for an entry that is none of them
 */
export function allowedHosts(list: string[]): (host: string) => boolean {
  const named = (entry: string) => /[a-z]/i.test(entry) && !entry.includes(':') && NAME.test(entry);
  const names = new Set(list.filter(named).map((entry) => entry.toLowerCase()));
  let address: (address: string) => boolean;
  try {
    address = allowedDestinations(list.filter((entry) => !named(entry)));
  } catch (error) {
    throw new MediaError(
      'media_address_refused',
      (error as MediaError).message.replace('neither an address nor a network', 'no host, address or network'),
      'Write hosts such as agent.example.com, addresses such as 192.0.2.7 and networks such as 10.1.0.0/16.',
    );
  }
  return (host) => {
    const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    return isIP(bare) === 0 ? names.has(bare) : address(bare);
  };
}
