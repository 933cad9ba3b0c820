/** Opus RTP clock (RFC 7587 §4.1), in ticks per millisecond. */
export const TICKS_PER_MS = 48;
/** 20 ms at 48 kHz. */
export const FRAME_TICKS = 960;
/** A sequence jump beyond this is a restarted source, not loss (RFC 3550 A.1, MAX_DROPOUT). */
const MAXIMUM_DROPOUT = 3000;

/** Distance from `from` to `to` on a circle of `2 ** bits`, as a signed number. */
export function distance(from: number, to: number, bits: 16 | 32): number {
  const size = 2 ** bits;
  const forward = (((to - from) % size) + size) % size;
  return forward >= size / 2 ? forward - size : forward;
}

export interface Position {
  sequenceNumber: number;
  timestamp: number;
}

/**
 * Makes one continuous RTP stream out of changing sources, as a relay does that owns the SSRC: whoever sends (another SSRC, a
 * voice, a restarted browser), sequence numbers go on by one and timestamps by the time that passed. Within a source gaps and
 * reordering are kept as they are, since they tell the receiver what was lost.
 */
export class Continuity {
  #source: string | undefined;
  #last: Position;
  #lastAt: number | undefined;
  #lastSourceSequence = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;

  /** @param first where the stream begins; random in a real stream (RFC 3550 §5.1) */
  constructor(first: Position) {
    this.#last = {
      sequenceNumber: (first.sequenceNumber - 1) & 0xffff,
      timestamp: (first.timestamp - FRAME_TICKS) >>> 0,
    };
  }

  /** The place in our stream for a source's packet. @param now milliseconds, monotonic */
  place(source: string, packet: Position, now: number): Position {
    const jumped = Math.abs(distance(this.#lastSourceSequence, packet.sequenceNumber, 16)) > MAXIMUM_DROPOUT;
    if (source !== this.#source || jumped) {
      this.#source = source;
      this.#sequenceOffset = this.#last.sequenceNumber + 1 - packet.sequenceNumber;
      this.#timestampOffset = this.#last.timestamp + this.#elapsed(now) - packet.timestamp;
      this.#lastSourceSequence = packet.sequenceNumber;
    } else if (distance(this.#lastSourceSequence, packet.sequenceNumber, 16) > 0) {
      this.#lastSourceSequence = packet.sequenceNumber;
    }
    return this.#advance(
      {
        sequenceNumber: (packet.sequenceNumber + this.#sequenceOffset) & 0xffff,
        timestamp: (packet.timestamp + this.#timestampOffset) >>> 0,
      },
      now,
    );
  }

  /** The place for a packet of our own between those of the source (a DTMF event). Later packets of the source move up by one. */
  insert(timestamp: number, now: number): Position {
    this.#sequenceOffset += 1;
    return this.#advance({ sequenceNumber: (this.#last.sequenceNumber + 1) & 0xffff, timestamp }, now);
  }

  /** A packet of the source that is left out on purpose: the receiver must not take it for a loss. */
  leaveOut(source: string): void {
    if (source === this.#source) this.#sequenceOffset -= 1;
  }

  /** The timestamp that belongs to this moment. */
  timestampAt(now: number): number {
    return (this.#last.timestamp + this.#elapsed(now)) >>> 0;
  }

  #elapsed(now: number): number {
    if (this.#lastAt === undefined) return FRAME_TICKS;
    return Math.max(FRAME_TICKS, Math.round((now - this.#lastAt) * TICKS_PER_MS));
  }

  #advance(place: Position, now: number): Position {
    if (distance(this.#last.sequenceNumber, place.sequenceNumber, 16) > 0) {
      this.#last = place;
      this.#lastAt = now;
    }
    return place;
  }
}
