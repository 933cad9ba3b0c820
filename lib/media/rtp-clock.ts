/** The RTP clock of Opus, whatever the codec's own rate (RFC 7587 §4.1): ticks per millisecond. */
export const TICKS_PER_MS = 48;
/** One packet: 20 ms, the only duration that WhatsApp takes. */
export const FRAME_MS = 20;
export const FRAME_TICKS = FRAME_MS * TICKS_PER_MS;

/** Signed distance from `b` to `a` of 16-bit sequence numbers, -32768..32767. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** Signed distance from `b` to `a` of 32-bit timestamps, in ticks. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0;
}
