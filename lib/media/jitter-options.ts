export interface MediaPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  payload: Uint8Array;
  /** Comfort noise (RFC 3389): no sound of its own, silence begins. */
  comfort?: boolean;
}

export interface JitterBufferSettings {
  /** RTP clock: 48 for Opus, 8 or 16 for G.711 and L16. */
  ticksPerMs: number;
  /** Ticks of sound in a payload; nothing when it cannot be decoded. */
  duration(payload: Uint8Array): number | undefined;
  /** Does the sender rest after this packet (DTX)? */
  rests?(payload: Uint8Array): boolean;
  /** Bounds of the delay, ms. Default 20 and 200. */
  minimumMs?: number;
  maximumMs?: number;
}

/** What to play next. `ticks` is how long it lasts, in ticks of the RTP clock. */
export type Turn =
  /** Decode this packet. `ticks` 0: it only announces silence. */
  | { kind: 'packet'; packet: MediaPacket; ticks: number }
  /** Decode this packet, so that the decoder stays in step, but do not play it: the delay shrinks. Ask again. */
  | { kind: 'skipped'; packet: MediaPacket; ticks: number }
  /** A lost packet; the one after it, which may carry a copy (Opus in-band FEC), is here. */
  | { kind: 'recovered'; next: MediaPacket; ticks: number }
  /** A lost packet or a pause for the delay to grow: conceal. */
  | { kind: 'concealed'; ticks: number }
  /** The sender is silent, or there has been nothing for so long that concealment would only hum. */
  | { kind: 'silence'; ticks: number };

export interface JitterStatistics {
  played: number;
  /** Came after their turn. */
  late: number;
  duplicates: number;
  /** Dropped unplayed, because too much was waiting or the sender started anew. */
  discarded: number;
  /** Decoded but not played, so that the delay shrinks. */
  skipped: number;
  /** Turns of lost packets by what replaced them. */
  recovered: number;
  concealed: number;
  /** Pauses inserted so that the delay grows. */
  stretched: number;
  /** What cannot be decoded. */
  invalid: number;
  /** Delay of playing now, and the delay aimed for, ms. */
  delayMs: number;
  targetMs: number;
  /** Packets that wait. */
  depth: number;
}
