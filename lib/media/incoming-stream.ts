import { sequenceDistance, TICKS_PER_MS, timestampDistance } from './rtp-clock.ts';

/** How far back a packet may be and still be told from a replay; older ones are dropped as replays (RFC 3711 §3.3.2 asks for 64 at least). */
const REPLAY_WINDOW = 256;
/** A jump by more than this is a restart of the sender (RFC 3550 A.1, MAX_DROPOUT). */
const MAXIMUM_JUMP = 3000;

/**
 * Bookkeeping of the one stream that a leg receives: extended sequence numbers, replays and duplicates, loss and jitter
 * (RFC 3550 §6.4.1, A.3, A.8). werift's SRTP hands on replayed packets (measured 2026-11-20), so the check is here.
 */
export class IncomingStream {
  ssrc: number | undefined;
  packets = 0;
  duplicates = 0;
  /** In ticks of the RTP clock. */
  jitter = 0;
  highest = 0;
  /** How often the sender began anew. */
  restarts = 0;
  readonly #ticksPerMs: number;
  #base = 0;
  #received = 0;
  #lostBefore = 0;
  #seen = new Int32Array(REPLAY_WINDOW);
  #transit: number | undefined;
  #probation: number | undefined;
  #reported = { expected: 0, received: 0 };

  constructor(ticksPerMs = TICKS_PER_MS) {
    this.#ticksPerMs = ticksPerMs;
  }

  /**
   * Takes note of a packet that arrived at `at` (ms). `timed`: its timestamp is that of its sound; telephone events repeat that of their begin.
   * @returns the extended sequence number, or nothing if the packet is a duplicate, a replay or the first of a suspicious jump
   */
  accept(
    packet: { ssrc: number; sequenceNumber: number; timestamp: number },
    at: number,
    timed = true,
  ): number | undefined {
    const { ssrc, sequenceNumber } = packet;
    if (ssrc !== this.ssrc) this.#restart(ssrc, sequenceNumber);
    const distance = sequenceDistance(sequenceNumber, this.highest & 0xffff);
    if (distance > MAXIMUM_JUMP || distance < -MAXIMUM_JUMP) {
      // Two packets in order at the new place are a restart; a single one is noise (RFC 3550 A.1).
      if (this.#probation !== sequenceNumber) {
        this.#probation = (sequenceNumber + 1) & 0xffff;
        return undefined;
      }
      this.#restart(ssrc, sequenceNumber);
    } else if (distance <= -REPLAY_WINDOW) {
      this.duplicates += 1;
      return undefined;
    }
    this.#probation = undefined;
    const extended = this.highest + sequenceDistance(sequenceNumber, this.highest & 0xffff);
    const slot = ((extended % REPLAY_WINDOW) + REPLAY_WINDOW) % REPLAY_WINDOW;
    if (this.#seen[slot] === extended) {
      this.duplicates += 1;
      return undefined;
    }
    this.#seen[slot] = extended;
    if (extended > this.highest) this.highest = extended;
    this.packets += 1;
    this.#received += 1;
    if (timed) this.#measureJitter(packet.timestamp, at);
    return extended;
  }

  /** Packets that never came (late ones count as received). Never negative. */
  get lost(): number {
    return this.#lostBefore + this.#lostNow();
  }

  /** Loss since the last report as a fraction of 256, and the sum, for a receiver report. */
  report(): { fractionLost: number; packetsLost: number } {
    const expected = this.#expected();
    const expectedNow = expected - this.#reported.expected;
    const lostNow = expectedNow - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    return {
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      packetsLost: Math.min(0x7f_ffff, this.lost),
    };
  }

  #expected(): number {
    return this.ssrc === undefined ? 0 : this.highest - this.#base + 1;
  }

  #lostNow(): number {
    return Math.max(0, this.#expected() - this.#received);
  }

  #restart(ssrc: number, sequenceNumber: number): void {
    this.#lostBefore = this.lost;
    this.restarts += 1;
    this.ssrc = ssrc;
    // One cycle up, so that packets from before the first do not become negative.
    this.#base = 0x1_0000 + sequenceNumber;
    this.highest = this.#base;
    this.#received = 0;
    this.#seen.fill(0);
    this.#transit = undefined;
    this.#reported = { expected: 0, received: 0 };
  }

  #measureJitter(timestamp: number, at: number): void {
    const transit = (Math.round(at * this.#ticksPerMs) - timestamp) | 0;
    if (this.#transit !== undefined) {
      const difference = Math.abs(timestampDistance(transit, this.#transit));
      this.jitter += (difference - this.jitter) / 16;
    }
    this.#transit = transit;
  }
}
