import { FRAME_MS } from './rtp-clock.ts';
import type { Written } from './stream-options.ts';

const FIRST_SAMPLES = 8192;
/** Marks that wait; more are a mistake of whoever writes. */
const MOST_MARKS = 1000;

interface Mark {
  name: string;
  /** Samples written before it. */
  after: number;
}

/**
 * Sound that waits to be said, with marks in it: written in pieces of any size, as fast as they come, taken 20 ms after 20 ms. Never holds
 * more than its bound. Pure: time is an argument.
 */
export class VoiceQueue {
  readonly #rate: number;
  readonly #most: number;
  readonly #startMs: number;
  readonly #frame: number;
  #ring = new Int16Array(FIRST_SAMPLES);
  #head = 0;
  #length = 0;
  #written = 0;
  #half: number | undefined;
  #marks: Mark[] = [];
  #beganAt: number | undefined;
  #starvedAt: number | undefined;

  /**
   * @param mostMs bound; what goes beyond it is refused
   * @param startMs after having been empty it waits until so much is there, or so long, so that the next piece comes in time
   */
  constructor(rate: number, mostMs: number, startMs = 40) {
    this.#rate = rate;
    this.#most = Math.round((mostMs * rate) / 1000);
    this.#startMs = startMs;
    this.#frame = (rate * FRAME_MS) / 1000;
  }

  get queuedMs(): number {
    return this.#ms(this.#length);
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  /** Takes samples of 16 bit, little endian, that came at `at` (ms). A piece may end between the bytes of a sample. */
  write(bytes: Uint8Array, at: number): Written {
    const odd = this.#half === undefined ? 0 : 1;
    const byte = (index: number) => (index < 0 ? this.#half : bytes[index]) as number;
    const samples = (bytes.length + odd) >> 1;
    const taken = Math.min(samples, this.#most - this.#length);
    this.#reserve(this.#length + taken);
    if (this.#length === 0 && taken > 0) this.#beganAt = at;
    for (let index = 0; index < taken; index += 1) {
      const from = index * 2 - odd;
      this.#ring[(this.#head + this.#length) % this.#ring.length] = (byte(from + 1) << 8) | byte(from);
      this.#length += 1;
    }
    this.#written += taken;
    this.#starvedAt = undefined;
    // Also where samples are refused: the next piece would otherwise be noise.
    this.#half = (bytes.length + odd) % 2 === 1 ? (bytes.at(-1) ?? this.#half) : undefined;
    return { queuedMs: this.queuedMs, refusedMs: this.#ms(samples - taken) };
  }

  /** @returns false when there are too many marks */
  mark(name: string): boolean {
    if (this.#marks.length >= MOST_MARKS) return false;
    this.#marks.push({ name, after: this.#written });
    return true;
  }

  /** Marks up to which everything has been taken. */
  passed(): string[] {
    const taken = this.#written - this.#length;
    const count = this.#marks.findIndex(({ after }) => after > taken);
    return this.#marks.splice(0, count < 0 ? this.#marks.length : count).map(({ name }) => name);
  }

  /** Drops all that waits. @returns how much it was, and the marks that were in it */
  clear(): { ms: number; marks: string[] } {
    const ms = this.queuedMs;
    const marks = this.#marks.map(({ name }) => name);
    this.#marks = [];
    this.#written -= this.#length;
    this.#length = 0;
    this.#half = undefined;
    this.#beganAt = undefined;
    this.#starvedAt = undefined;
    return { ms, marks };
  }

  /** The 20 ms to say in the beat of `at` (ms), or nothing. The end of what was written is filled up with silence. */
  next(at: number): Int16Array | undefined {
    if (this.#length === 0) return undefined;
    const whole = this.#length >= this.#frame;
    if (this.#beganAt !== undefined) {
      const enough = this.queuedMs >= this.#startMs || at - this.#beganAt >= this.#startMs;
      // A mark behind it says that nothing more of this sentence comes.
      if (!enough && this.#marks.length === 0) return undefined;
      this.#beganAt = undefined;
    }
    if (!whole && this.#marks.length === 0) {
      this.#starvedAt ??= at;
      if (at - this.#starvedAt < FRAME_MS) return undefined;
    }
    const frame = new Int16Array(this.#frame);
    const count = Math.min(this.#length, this.#frame);
    for (let index = 0; index < count; index += 1)
      frame[index] = this.#ring[(this.#head + index) % this.#ring.length] as number;
    this.#head = (this.#head + count) % this.#ring.length;
    this.#length -= count;
    this.#starvedAt = undefined;
    return frame;
  }

  #reserve(samples: number): void {
    if (samples <= this.#ring.length) return;
    let size = this.#ring.length;
    while (size < samples) size *= 2;
    const grown = new Int16Array(size);
    for (let index = 0; index < this.#length; index += 1)
      grown[index] = this.#ring[(this.#head + index) % this.#ring.length] as number;
    this.#ring = grown;
    this.#head = 0;
  }

  #ms(samples: number): number {
    return Math.round((samples * 1000) / this.#rate);
  }
}
