import type { OpusDecoder } from './opus.ts';
import { RecordingClock } from './recording-clock.ts';
import { FRAME_MS, FRAME_TICKS, sequenceDistance, TICKS_PER_MS, timestampDistance } from './rtp-clock.ts';

export interface TrackPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  payload: Uint8Array;
}

/** Receives decoded samples at a position counted from the recording's beginning (may be negative or overlap by a few samples). */
export type Place = (position: number, samples: Int16Array) => void;

/** A packet is written so long after it came: late ones still find their place, and the clock has seen enough to place them. */
export const HOLD_MS = 200;
/** A sender whose RTP time is off by more than this has started anew. */
const RESTART_MS = 2000;
/** Longer losses are silence: concealment beyond this only hums. */
const MOST_CONCEALED_FRAMES = 3;
/** A frame that has to be this much longer or shorter is moved instead. */
const MOST_STRETCH = 0.1;

interface Held extends TrackPacket {
  at: number;
  clock: RecordingClock;
  /** Came in a pause: it tells the time, but is not even decoded, so that nothing of it can sound on afterwards. */
  muted: boolean;
}

/** Lengthens or shortens a frame by a few samples, linearly, to follow a drifting clock without a click. */
function stretch(samples: Int16Array, length: number): Int16Array {
  if (length === samples.length) return samples;
  const result = new Int16Array(length);
  const step = samples.length / length;
  for (let index = 0; index < length; index += 1) {
    const position = index * step;
    const whole = Math.floor(position);
    const here = samples[whole] ?? 0;
    const next = samples[whole + 1] ?? here;
    result[index] = Math.round(here + (next - here) * (position - whole));
  }
  return result;
}

/**
 * One direction of a recording: takes packets as they come (late, twice, out of order, with pauses) and places their sound by RTP time.
 * What is missing stays silent, except short losses, which are concealed. Pure: time is an argument.
 */
export class RecordingTrack {
  late = 0;
  readonly #decoder: OpusDecoder;
  readonly #rate: number;
  readonly #startAt: number;
  readonly #place: Place;
  #held: Held[] = [];
  #clock: RecordingClock | undefined;
  #previous: { clock: RecordingClock; sequenceNumber: number; endTimestamp: number; end: number } | undefined;

  /**
   * @param startAt moment of the recording's first sample, ms of the same clock as the packets' arrival
   * @param sampleRate Hz of the decoder
   */
  constructor(decoder: OpusDecoder, sampleRate: number, startAt: number, place: Place) {
    this.#decoder = decoder;
    this.#rate = sampleRate;
    this.#startAt = startAt;
    this.#place = place;
  }

  /** Takes a packet that arrived (or was sent) at `at`. */
  push(packet: TrackPacket, at: number, muted = false): void {
    let clock = this.#clock;
    if (!clock || clock.ssrc !== packet.ssrc || Math.abs(clock.surprise(packet.timestamp, at)) > RESTART_MS) {
      clock = new RecordingClock(packet.ssrc, packet.timestamp);
      this.#clock = clock;
    }
    clock.observe(packet.timestamp, at);
    const held = { ...packet, at, clock, muted };
    let index = this.#held.length;
    for (let other = this.#held[index - 1]; other; other = this.#held[index - 1]) {
      if (other.clock !== clock || sequenceDistance(other.sequenceNumber, packet.sequenceNumber) <= 0) break;
      index -= 1;
    }
    this.#held.splice(index, 0, held);
  }

  /** Writes what has been held long enough at `now`; with `Infinity` everything. */
  drain(now: number): void {
    let count = 0;
    while (count < this.#held.length && (this.#held[count] as Held).at <= now - HOLD_MS) count += 1;
    for (const packet of this.#held.splice(0, count)) this.#write(packet);
  }

  #write(packet: Held): void {
    const { clock, sequenceNumber, timestamp } = packet;
    const previous = this.#previous?.clock === clock ? this.#previous : undefined;
    const steps = previous ? sequenceDistance(sequenceNumber, previous.sequenceNumber) : 1;
    if (steps <= 0) {
      this.late += 1;
      return;
    }
    if (packet.muted) {
      this.#previous = undefined;
      return;
    }
    const gap = previous ? timestampDistance(timestamp, previous.endTimestamp) : -1;
    if (previous && steps > 1 && gap === (steps - 1) * FRAME_TICKS) this.#fill(packet, previous, gap);
    let samples: Int16Array;
    try {
      samples = this.#decoder.decode(packet.payload);
    } catch {
      // A packet that is not Opus leaves a gap, like one that never came.
      return;
    }
    const ticks = Math.round((samples.length * 1000 * TICKS_PER_MS) / this.#rate);
    const before = this.#previous?.clock === clock ? this.#previous : undefined;
    const joined = before?.endTimestamp === timestamp ? before.end : undefined;
    this.#append(clock, timestamp, ticks, joined, samples);
    if (this.#previous) this.#previous.sequenceNumber = sequenceNumber;
  }

  /**
   * Fills a loss of whole frames: the last of them from the copy that the packet after it may carry (in-band FEC), those before it, if they are
   * few, from what was heard before.
   */
  #fill(packet: Held, previous: { endTimestamp: number; end: number }, gap: number): void {
    const { clock } = packet;
    const invented = gap - FRAME_TICKS;
    let joined: number | undefined = previous.end;
    if (invented > MOST_CONCEALED_FRAMES * FRAME_TICKS) joined = undefined;
    else if (invented > 0) {
      const samples = this.#decoder.conceal(this.#samples(invented));
      joined = this.#append(clock, previous.endTimestamp, invented, joined, samples);
    }
    try {
      const samples = this.#decoder.recover(packet.payload, this.#samples(FRAME_TICKS));
      this.#append(clock, (packet.timestamp - FRAME_TICKS) >>> 0, FRAME_TICKS, joined, samples);
    } catch {
      // A packet that is not Opus has no copy either.
    }
  }

  /** Places samples whose sound lasts `ticks`; `joined` is where the sound right before them ended. @returns where they end */
  #append(
    clock: RecordingClock,
    timestamp: number,
    ticks: number,
    joined: number | undefined,
    samples: Int16Array,
  ): number {
    const wanted = this.#position(clock.place(timestamp));
    const length = samples.length;
    const shift = joined === undefined ? 0 : wanted - joined;
    const follows = joined !== undefined && Math.abs(shift) <= Math.max(1, length * MOST_STRETCH);
    const start = follows ? joined : wanted;
    const placed = follows ? stretch(samples, length + shift) : samples;
    this.#place(start, placed);
    const sequenceNumber = this.#previous?.sequenceNumber ?? 0;
    this.#previous = {
      clock,
      sequenceNumber,
      endTimestamp: (timestamp + ticks) >>> 0,
      end: start + placed.length,
    };
    return this.#previous.end;
  }

  #samples(ticks: number): number {
    return Math.round((ticks * this.#rate) / (1000 * TICKS_PER_MS));
  }

  #position(at: number): number {
    return Math.round(((at - this.#startAt) * this.#rate) / 1000);
  }
}

/** How long after the end of a direction its last frame may still be needed, in ms. */
export const TAIL_MS = HOLD_MS + FRAME_MS;
