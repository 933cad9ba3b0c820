const BYE = 203;
const HEADER_BYTES = 4;
/** Packets in one compound; a datagram holds no more that are sound. */
const MOST_PACKETS = 64;

/**
 * The sources that say goodbye in a compound RTCP packet, decrypted (RFC 3550 §6.6). Reads as far as the packet is sound, and no further.
 * The WebRTC library leaves these packets out.
 */
export function readByes(compound: Uint8Array): number[] {
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  const sources: number[] = [];
  for (let at = 0, packets = 0; at + HEADER_BYTES <= view.byteLength && packets < MOST_PACKETS; packets += 1) {
    const first = view.getUint8(at);
    const end = at + HEADER_BYTES + view.getUint16(at + 2) * 4;
    if (first >> 6 !== 2 || end > view.byteLength) return sources;
    if (view.getUint8(at + 1) === BYE)
      for (let index = 0; index < (first & 0x1f); index += 1) {
        const place = at + HEADER_BYTES + index * 4;
        if (place + 4 > end) break;
        sources.push(view.getUint32(place));
      }
    at = end;
  }
  return sources;
}
