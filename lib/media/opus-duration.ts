/** Ticks of one frame by the upper five bits of an Opus packet's first byte (RFC 6716 §3.1, table 2), at 48 kHz. */
const SILK = [480, 960, 1920, 2880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];
/** A packet holds at most 120 ms (RFC 6716 §3.2.5). */
const LONGEST = 5760;

/** Ticks (48 kHz) of sound in an Opus packet, or nothing when it is none (RFC 6716 §3.1, §3.2). */
export function opusTicks(packet: Uint8Array): number | undefined {
  const [toc, count] = packet;
  if (toc === undefined) return undefined;
  const config = toc >> 3;
  const frame =
    (config < 12 ? SILK[config & 3] : config < 16 ? HYBRID[config & 1] : CELT[config & 3]) ?? Number.POSITIVE_INFINITY;
  const code = toc & 3;
  if (code === 3 && count === undefined) return undefined;
  const frames = code === 0 ? 1 : code === 3 ? (count as number) & 0x3f : 2;
  const ticks = frame * frames;
  return ticks === 0 || ticks > LONGEST ? undefined : ticks;
}

/** A packet of one or two bytes stands for silence that the sender does not code (DTX; RFC 6716 §2.1.9, RFC 7587 §3.1.3). */
export function opusRests(packet: Uint8Array): boolean {
  return packet.length <= 2;
}
