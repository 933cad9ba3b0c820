import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP, isIPv6 } from 'node:net';
import { MediaError } from './media.ts';

const PORT_ATTEMPTS = 50;

export interface Endpoint {
  address: string;
  port: number;
}

/** Refuses what is no numeric address with a port of at least `lowest`. */
export function checkEndpoint({ address, port }: Endpoint, lowest: number): void {
  if (isIP(address) === 0)
    throw new MediaError(
      'media_address_refused',
      'The RTP address must be a numeric IP address.',
      'Give an IPv4 or IPv6 address.',
    );
  if (!Number.isInteger(port) || port < lowest || port > 65_535)
    throw new MediaError('media_address_refused', 'The RTP port must be between 1 and 65535.', 'Correct the RTP port.');
}

/** Our address as a remote host sees it on the way there; without a remote only this machine may talk to us. */
export async function localAddressTowards(remote: Endpoint | undefined): Promise<string> {
  if (!remote) return '127.0.0.1';
  const probe = createSocket(isIPv6(remote.address) ? 'udp6' : 'udp4');
  try {
    probe.connect(remote.port, remote.address);
    await once(probe, 'connect');
    return probe.address().address;
  } catch {
    throw new MediaError(
      'media_address_refused',
      'The RTP address cannot be reached from this machine.',
      'Correct the RTP address.',
    );
  } finally {
    probe.close();
  }
}

async function bind(address: string, port: number): Promise<Socket> {
  // Only numeric addresses come here; answering the look-up at once saves a turn of the event loop per packet.
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, lookup: (host, _options, found) => found(null, host, family) });
  // Before binding, which with such a look-up may be done at once.
  const listening = once(socket, 'listening');
  try {
    socket.bind({ address, port });
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EADDRINUSE' || code === 'EACCES'
      ? new MediaError(
          'media_port_in_use',
          `UDP port ${port} cannot be used (${code}).`,
          'Choose another local RTP port, or 0 for any.',
        )
      : new MediaError(
          'media_address_refused',
          `This machine has no address ${address}.`,
          'Correct the local RTP address.',
        );
  }
}

export interface RtpSockets {
  rtp: Socket;
  /** On the port above; none when that port belongs to somebody else. */
  rtcp?: Socket;
}

/** RTP lives on even ports, RTCP on the odd one above (RFC 3550 §11); some peers still insist. With `mux` RTCP has no port of its own. */
export async function bindPair(address: string, port: number, mux: boolean): Promise<RtpSockets> {
  if (port !== 0) {
    const rtp = await bind(address, port);
    const rtcp = mux || port === 65_535 ? undefined : await bind(address, port + 1).catch(() => undefined);
    return rtcp ? { rtp, rtcp } : { rtp };
  }
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const rtp = await bind(address, 0);
    const own = rtp.address().port;
    if (own % 2 === 0) {
      if (mux) return { rtp };
      const rtcp = await bind(address, own + 1).catch(() => undefined);
      if (rtcp) return { rtp, rtcp };
    }
    rtp.close();
  }
  throw new MediaError('media_port_in_use', 'No even UDP port is free.', 'Set the local RTP port.');
}
