/** Length of a tick: one Opus frame. */
export const TICK_MS = 20;
/** After a stall longer than this the missed ticks are left out: nobody wants a second of old sound at once. */
const MAXIMUM_CATCH_UP = 25;

/**
 * One clock for all calls of the relay: a tick every 20 ms counted from a fixed start, so that it never drifts (a plain interval
 * loses about 1.3 % here, media-measurements.md §2.6). Late ticks are made up for. It only runs while somebody listens.
 */
export class Pacer {
  readonly #listeners = new Set<(tick: number) => void>();
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;
  #next = 0;

  /** @returns stops the ticks */
  add(listener: (tick: number) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#timer) {
      this.#next = performance.now() + TICK_MS;
      this.#schedule();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(1, this.#next - performance.now()));
  }

  #run(): void {
    const now = performance.now();
    const missed = Math.floor((now - this.#next) / TICK_MS);
    if (missed > MAXIMUM_CATCH_UP) {
      this.#next += missed * TICK_MS;
      this.#tick += missed;
    }
    while (this.#next <= now && this.#listeners.size > 0) {
      this.#tick += 1;
      this.#next += TICK_MS;
      for (const listener of this.#listeners) listener(this.#tick);
    }
    if (this.#listeners.size > 0) this.#schedule();
  }
}
