/** More at once take longer each: 100 together 6 s, in twenties 1.1 to 1.6 s (measured 2026-11-20, one core). */
export const SETUPS_AT_ONCE = 20;
/** A peer that lets us wait costs nothing meanwhile, and must not keep the others out. */
const LONGEST_MS = 5000;

/** Lets so many legs at once do the costly part of their set-up; the others wait in the order in which they came. */
export class SetupQueue {
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #atOnce = SETUPS_AT_ONCE;

  constructor(atOnce = SETUPS_AT_ONCE) {
    this.atOnce = atOnce;
  }

  /** 1 or more. */
  set atOnce(value: number) {
    this.#atOnce = Math.max(1, Math.floor(value) || 1);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Does the work when its turn comes. When the signal is aborted first, it leaves the queue and does nothing.
   * @returns what the work returns, or nothing if it was not begun
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#turn(signal))) return undefined;
    let over = false;
    const leave = () => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      this.#running -= 1;
      this.#next();
    };
    const timer = setTimeout(leave, LONGEST_MS);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** True: it is our turn, and counted. False: given up. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#running < this.#atOnce && this.#waiting.size === 0) {
      this.#running += 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const begin = () => resolve(true);
    const giveUp = () => {
      // Not there any more: its turn came in the same moment, and was counted.
      if (this.#waiting.delete(begin)) resolve(false);
    };
    this.#waiting.add(begin);
    signal.addEventListener('abort', giveUp, { once: true });
    const mine = await promise;
    signal.removeEventListener('abort', giveUp);
    return mine;
  }

  #next(): void {
    const [begin] = this.#waiting;
    if (!begin || this.#running >= this.#atOnce) return;
    this.#waiting.delete(begin);
    this.#running += 1;
    begin();
  }
}
