import { BlockList, isIP, isIPv6 } from 'node:net';
import { MediaError } from './media.ts';

/**
 * Reads a list of addresses and networks in CIDR notation.
 * @returns whether an address is in one of them
 * @throws MediaError `media_address_refused` for an entry that is neither
 */
export function allowedDestinations(list: string[]): (address: string) => boolean {
  const allowed = new BlockList();
  for (const entry of list) {
    const [address = '', bits, ...rest] = entry.trim().split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (isIP(address) === 0 || rest.length > 0 || !(prefix <= most))
      throw new MediaError(
        'media_address_refused',
        `${JSON.stringify(entry.slice(0, 60))} is neither an address nor a network.`,
        'Write addresses such as 192.0.2.7 and networks such as 10.1.0.0/16.',
      );
    allowed.addSubnet(address, prefix, family);
  }
  return (address) => isIP(address) !== 0 && allowed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
