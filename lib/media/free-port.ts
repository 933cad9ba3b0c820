import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

async function isFree(port: number, address: string | undefined): Promise<boolean> {
  const socket = createSocket(address === undefined || isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

/**
 * The lowest UDP port of a range that nobody has at the moment; nothing if there is none.
 *
 * @param address that it should be free on; all of them if left out
 */
export async function freePort([from, to]: [number, number], address?: string): Promise<number | undefined> {
  for (let port = from; port <= to; port += 1) if (await isFree(port, address)) return port;
  return undefined;
}
