import type { Log } from './deps.ts';

/**
 * Tells listeners, in the order things happened: what a listener sets off by itself (ending a call inside *answered*)
 * is told after all listeners heard the first. A listener that throws spoils nothing but its own turn.
 */
export class Announcer<Change> {
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #waiting: Change[] = [];
  #telling = false;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  on(listener: (change: Change) => void): () => void {
    // A function of its own, so that the same listener registered twice can be removed once.
    const own = (change: Change): void => listener(change);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  tell(change: Change): void {
    this.#waiting.push(change);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#tellAll(next);
    } finally {
      this.#telling = false;
    }
  }

  clear(): void {
    this.#listeners.clear();
  }

  #tellAll(change: Change): void {
    for (const listener of [...this.#listeners]) {
      try {
        const result: unknown = listener(change);
        // An async listener is a plain function for TypeScript; its rejection must not end the process.
        if (result instanceof Promise) result.catch((error: unknown) => this.#report(error));
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #report(error: unknown): void {
    this.#log('error', `A listener failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
