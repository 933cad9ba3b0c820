import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4, isIPv6 } from 'node:net';
import { type LegOptions, MediaError } from './media.ts';

/** Refuses, before anything is opened, addresses that this machine does not have. */
export async function checkAddresses({ bindAddress, publicAddress, portRange }: LegOptions): Promise<void> {
  const refuse = (text: string) => {
    throw new MediaError('media_address_refused', text, 'Correct the media addresses in the configuration.');
  };
  if (publicAddress !== undefined && !isIPv4(publicAddress) && !isIPv6(publicAddress))
    refuse('The public address must be a numeric IP address.');
  if (portRange) {
    const [from, to] = portRange;
    const valid = [from, to].every((port) => Number.isInteger(port) && port >= 1024 && port <= 65_535);
    if (!valid || from >= to)
      refuse('The port range must be two different ports between 1024 and 65535, the lower first.');
  }
  if (bindAddress === undefined) return;
  if (!isIPv4(bindAddress) && !isIPv6(bindAddress)) refuse('The local address must be a numeric IP address.');
  const probe = createSocket(isIPv4(bindAddress) ? 'udp4' : 'udp6');
  try {
    probe.bind({ address: bindAddress, port: 0 });
    await once(probe, 'listening');
  } catch {
    refuse(`This machine has no address ${bindAddress}.`);
  } finally {
    probe.close();
  }
}
