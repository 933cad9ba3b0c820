import { RETRY_PAUSE_MS } from './timings.ts';

/** What tries run by, for tests: milliseconds that only go forward, and a wait that can be called off. */
export interface TriesClock {
  now(): number;
  /** @returns what calls it off */
  after(ms: number, run: () => void): () => void;
}

const MACHINE: TriesClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Opens a store that could not be opened again no sooner than a second after the last failure: each try costs a thread or a
 * connection, and while a disk or a server is away every operation would make one. The first try, and the one after a
 * success, is made at once.
 */
export class Tries {
  readonly #clock: TriesClock;
  #failedAt = Number.NEGATIVE_INFINITY;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(clock: TriesClock = MACHINE) {
    this.#clock = clock;
  }

  /** The next try, after the pause if one is due. Callers share one try by sharing its promise. */
  async next<T>(open: () => Promise<T>): Promise<T> {
    const rest = this.#failedAt + RETRY_PAUSE_MS - this.#clock.now();
    if (rest > 0 && !this.#ended) await this.#pause(rest);
    try {
      const opened = await open();
      this.#failedAt = Number.NEGATIVE_INFINITY;
      return opened;
    } catch (error) {
      this.#failedAt = this.#clock.now();
      throw error;
    }
  }

  /** Whoever waits for the next try need not wait any longer: the store is being closed. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(ms, () => this.#wake?.());
      this.#wake = () => {
        callOff();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
