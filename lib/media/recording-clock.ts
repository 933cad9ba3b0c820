import { TICKS_PER_MS, timestampDistance } from './rtp-clock.ts';

const BUCKET_MS = 1000;
/** The smallest delay of so many seconds is taken as the path's own. */
const BUCKETS = 5;
/** An error beyond this is a jump (a new path, a sender that stopped its clock), corrected at once. */
const JUMP_MS = 40;
/** Smaller errors are left alone, so that an ordinary call is recorded sample for sample as it was heard. */
const TOLERATED_MS = 6;
/** Drift is followed at most this fast: 0.2 %, which nobody hears and no crystal reaches. */
const SLEW_LATER = 0.002;
/** A quicker packet than any before proves that everything was placed too late, so it is believed sooner: 1 %. */
const SLEW_EARLIER = 0.01;

/**
 * Where the packets of one direction belong on the monotonic clock. RTP time says how packets lie to each other, arrival only where the whole
 * lies, and of the arrivals only the quickest: delay can be added on the way, never taken away. So the place is `RTP time + smallest recent
 * delay`, which follows a drifting sender slowly and does not follow jitter at all.
 */
export class RecordingClock {
  readonly ssrc: number;
  #last: number;
  #ticks = 0;
  #offset: number | undefined;
  #placedAt = 0;
  #buckets: { second: number; smallest: number }[] = [];
  #delay = 0;
  #correcting = false;

  constructor(ssrc: number, timestamp: number) {
    this.ssrc = ssrc;
    this.#last = timestamp;
  }

  /** Milliseconds of RTP time since this clock's first packet. */
  time(timestamp: number): number {
    return (this.#ticks + timestampDistance(timestamp, this.#last)) / TICKS_PER_MS;
  }

  /** How far a packet is from where its predecessors let expect it, in ms. */
  surprise(timestamp: number, at: number): number {
    return this.#buckets.length === 0 ? 0 : at - this.time(timestamp) - this.#delay;
  }

  /** Takes note of a packet's arrival at `at` (ms). */
  observe(timestamp: number, at: number): void {
    const ahead = timestampDistance(timestamp, this.#last);
    if (ahead > 0) {
      this.#ticks += ahead;
      this.#last = timestamp;
    }
    const delay = at - this.time(timestamp);
    this.#delay = delay;
    const second = Math.floor(at / BUCKET_MS);
    const newest = this.#buckets.at(-1);
    if (newest?.second === second) newest.smallest = Math.min(newest.smallest, delay);
    else this.#buckets = [...this.#buckets.slice(1 - BUCKETS), { second, smallest: delay }];
  }

  /** The place of a packet, in ms of the monotonic clock. Ask in the order of time, some packets after observing. */
  place(timestamp: number): number {
    const time = this.time(timestamp);
    const target = Math.min(...this.#buckets.map(({ smallest }) => smallest));
    const error = target - (this.#offset ?? Number.NEGATIVE_INFINITY);
    if (this.#offset === undefined || Math.abs(error) > JUMP_MS) this.#offset = target;
    else {
      this.#correcting = Math.abs(error) > (this.#correcting ? 0.5 : TOLERATED_MS);
      const passed = this.#correcting ? Math.max(0, time - this.#placedAt) : 0;
      this.#offset += Math.max(-passed * SLEW_EARLIER, Math.min(passed * SLEW_LATER, error));
    }
    this.#placedAt = Math.max(this.#placedAt, time);
    return time + this.#offset;
  }
}
