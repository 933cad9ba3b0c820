import { isIPv4 } from 'node:net';
import type { LocalCandidate } from './sdp-writer.ts';

/** Adds the address under which a 1:1 NAT shows this machine. It keeps ports, so it is the host's with another number (RFC 8445 §5.1.1.2: server reflexive). */
export function withPublicAddress(found: LocalCandidate[], address: string | undefined): LocalCandidate[] {
  const base = found.find(({ ip, type }) => type === 'host' && isIPv4(ip)) ?? found[0];
  if (address === undefined || !base) return found;
  const mapped = { ...base, ip: address, type: 'srflx', relatedAddress: base.ip, relatedPort: base.port };
  return [...found, { ...mapped, foundation: `${base.foundation}p`, priority: 1_694_498_815 }];
}
