import { BlockList, isIP } from 'node:net';
import { type LegOptions, MediaError } from './media.ts';
import type { RemoteCandidate, RemoteDescription } from './sdp-reader.ts';

/** What an address is for, by the registries of special addresses (RFC 6890, RFC 8190). `name`: no numeric address in its plain form. */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link_local'
  | 'multicast'
  | 'reserved'
  | 'unspecified'
  | 'name';

const RANGES: [kind: AddressKind, network: string, bits: number][] = [
  ['unspecified', '0.0.0.0', 8],
  ['private', '10.0.0.0', 8],
  ['shared', '100.64.0.0', 10],
  ['loopback', '127.0.0.0', 8],
  ['link_local', '169.254.0.0', 16],
  ['private', '172.16.0.0', 12],
  ['reserved', '192.0.0.0', 24],
  ['private', '192.168.0.0', 16],
  ['reserved', '198.18.0.0', 15],
  ['multicast', '224.0.0.0', 4],
  ['reserved', '240.0.0.0', 4],
  ['loopback', '::1', 128],
  // IPv4 addresses in IPv6 clothes: compatible (with `::`), mapped, translated, 6to4, Teredo. Nobody offers them, and they can hide any of the above.
  ['reserved', '::', 96],
  ['reserved', '::ffff:0:0', 96],
  ['reserved', '::ffff:0:0:0', 96],
  ['reserved', '64:ff9b::', 96],
  ['reserved', '64:ff9b:1::', 48],
  ['reserved', '2001::', 32],
  ['reserved', '2002::', 16],
  ['reserved', '100::', 64],
  ['private', 'fc00::', 7],
  ['link_local', 'fe80::', 10],
  ['private', 'fec0::', 10],
  ['multicast', 'ff00::', 8],
];

const LISTS = RANGES.map(([kind, network, bits]) => {
  const list = new BlockList();
  const family = isIP(network) === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, family);
  return { kind, list, family } as const;
});

/** @param text an address as a message brought it; other spellings than the plain numeric one are names, and never looked up */
export function kindOfAddress(text: string): AddressKind {
  const version = isIP(text);
  if (version === 0) return 'name';
  if (text.includes('%')) return 'link_local';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return LISTS.find((entry) => entry.family === family && entry.list.check(text, family))?.kind ?? 'public';
}

/** Ports below belong to services of machines, not to media. */
const LOWEST_PORT = 1024;

export type Reach = Pick<LegOptions, 'bindAddress' | 'allowPrivate' | 'allowLoopback'>;

/** May a connectivity check go there? Public addresses always; our own machine if the leg lives on it or it is allowed; private networks if allowed. */
export function mayBeAsked(
  { ip, port }: Pick<RemoteCandidate, 'ip' | 'port'>,
  { bindAddress, allowPrivate, allowLoopback }: Reach,
): boolean {
  if (!(port >= LOWEST_PORT && port <= 65_535)) return false;
  switch (kindOfAddress(ip)) {
    case 'public':
      return true;
    case 'loopback':
      return allowLoopback === true || (bindAddress !== undefined && kindOfAddress(bindAddress) === 'loopback');
    case 'private':
    case 'shared':
      return allowPrivate === true;
    default:
      return false;
  }
}

/**
 * The description with the candidates that may be asked: a description comes from outside and must not make us send into our own network.
 * @throws MediaError `media_sdp_invalid` if none is left
 */
export function withinReach(remote: RemoteDescription, reach: Reach): RemoteDescription {
  const candidates = remote.candidates.filter((candidate) => mayBeAsked(candidate, reach));
  if (candidates.length > 0) return { ...remote, candidates };
  throw new MediaError(
    'media_sdp_invalid',
    'The SDP cannot be used: none of its candidates is a public address with a port of 1024 or above.',
    'If the media relay of the provider is in your own network, allow private addresses in the configuration of the number.',
  );
}
