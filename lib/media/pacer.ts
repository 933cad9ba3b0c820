import { FRAME_MS } from './rtp-clock.ts';

/** Called every 20 ms with the moment that was meant (not the one that was met), in ms of the monotonic clock. */
export type Beat = (meantAt: number) => void;

/** After a longer pause (a suspended machine) the beats in between are dropped, not sent in a burst. */
const LONGEST_CATCH_UP_MS = 200;

/**
 * One 20 ms beat for all legs of a worker. Every deadline is counted from the first, so that a late timer delays one beat and never the
 * ones after it: `setInterval` loses 1 % here (measured 2026-11-20). Runs only while somebody listens.
 */
export class Pacer {
  readonly #beats = new Set<Beat>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(beat: Beat): void {
    this.#beats.add(beat);
    if (this.#timer !== undefined) return;
    this.#next = this.#now() + FRAME_MS;
    this.#schedule();
  }

  remove(beat: Beat): void {
    this.#beats.delete(beat);
    if (this.#beats.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#next - this.#now()));
  }

  #run(): void {
    const now = this.#now();
    const late = now - this.#next;
    if (late > LONGEST_CATCH_UP_MS) this.#next += Math.floor(late / FRAME_MS) * FRAME_MS;
    while (this.#next <= now && this.#beats.size > 0) {
      for (const beat of [...this.#beats]) beat(this.#next);
      this.#next += FRAME_MS;
    }
    if (this.#beats.size > 0) this.#schedule();
  }
}
