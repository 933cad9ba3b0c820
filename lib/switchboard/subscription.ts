import { Announcer } from './announcer.ts';
import type { Log } from './deps.ts';

/**
 * Stands between a switchboard, which outlives deploys, and its listeners, which do not. What is told while nobody
 * listens is kept (bounded) and handed to the next listener, once and in order, so that *ended* also comes out in the
 * middle of a redeploy, and so does what a start tells before the nodes exist.
 */
export class Subscription<Change> {
  readonly #announcer: Announcer<Change>;
  readonly #listeners = new Map<unknown, () => void>();
  readonly #most: number;
  readonly #log: Log;
  #kept: Change[] = [];

  /** @param most how many changes are kept; beyond, the oldest are dropped and the log says so */
  constructor(most: number, log: Log) {
    this.#most = most;
    this.#log = log;
    this.#announcer = new Announcer(log);
  }

  /** What the switchboard tells. */
  take(change: Change): void {
    if (this.#listeners.size > 0 && this.#kept.length === 0) {
      this.#announcer.tell(change);
      return;
    }
    this.#kept.push(change);
    if (this.#kept.length <= this.#most) return;
    this.#kept.shift();
    this.#log('error', 'Too many events while nobody listened; the oldest were dropped.');
  }

  /**
   * Listens, and takes what was kept.
   * @param owner who listens, for example a node's id: a second listener of the same owner replaces the first
   * @returns stops listening; harmless if another has taken its place
   */
  listen(owner: unknown, listener: (change: Change) => void): () => void {
    this.#listeners.get(owner)?.();
    const off = this.#announcer.on(listener);
    this.#listeners.set(owner, off);
    // One by one: what a listener sets off is told behind what was kept.
    for (let next = this.#kept.shift(); next !== undefined; next = this.#kept.shift()) this.#announcer.tell(next);
    return () => {
      off();
      if (this.#listeners.get(owner) === off) this.#listeners.delete(owner);
    };
  }
}
