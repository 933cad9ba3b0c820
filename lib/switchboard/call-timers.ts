import type { TimerName } from '../call/effect.ts';

/** Longest delay of Node's timers, in ms (2^31 - 1, about 24 days). A longer one would fire at once. */
const LONGEST = 2_147_483_647;

/**
 * The timers of one call, by name. They keep the process alive: a call that runs must be ended by somebody.
 */
export class CallTimers {
  readonly #running = new Map<TimerName, NodeJS.Timeout>();

  /** Starts or restarts. */
  start(name: TimerName, ms: number, expired: () => void): void {
    this.stop(name);
    const timer = setTimeout(
      () => {
        this.#running.delete(name);
        expired();
      },
      Math.min(Math.max(ms, 0), LONGEST),
    );
    this.#running.set(name, timer);
  }

  stop(name: TimerName): void {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }
}
