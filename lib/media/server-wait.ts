import type { RTCIceConnection } from './ice-connection.ts';
import { within } from './within.ts';

/**
 * How long a call waits for STUN and TURN servers. One that answers does so in less than a second, also from another continent; a wrong
 * password keeps the library busy for 12.7 s (ADR 0059), in which nobody would be called.
 */
export const SERVERS_TIMEOUT_MS = 3000;

/**
 * Makes the library's gathering go on without a server that takes too long. What comes later is not offered any more.
 * @returns to be called after the connection was closed: closes what a server may bring only then
 */
export function limitServers(connection: RTCIceConnection): () => void {
  const begin = connection.getCandidatePromises;
  let searching: Promise<unknown> = Promise.resolve();
  connection.getCandidatePromises = (addresses, seconds) => {
    const all = begin.call(connection, addresses, seconds);
    searching = Promise.allSettled(all);
    return all.map((one) => within(SERVERS_TIMEOUT_MS, one));
  };
  return () => {
    void searching.then(() => Promise.allSettled(connection.protocols.map((protocol) => protocol.close())));
  };
}
