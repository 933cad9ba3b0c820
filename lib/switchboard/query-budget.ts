import type { Instant } from '../permission/model.ts';

/** Meta's pages say 100 and 5 reads of `call_permissions` a second (meta-cloud-api.md §2, conflict C1, 2026-06-26): the lower one. */
const PER_SECOND = 5;
const APART_MS = 1_000 / PER_SECOND;
/** After the provider's own "too many" (613): at least a second of rest. */
const REST_MS = 1_000;
/** Nobody waits longer for a turn; a bucket that fills later than this was filled by another clock. */
const LONGEST_QUEUE_MS = 300_000;

/** How many questions about permissions a business number may still ask: a bucket of five that fills with five a second. */
export class QueryBudget {
  readonly #now: () => Instant;
  /** When the bucket will be full again. */
  #fullAt: Instant = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Takes one if there is one now. */
  take(): boolean {
    return this.#wait(0) !== undefined;
  }

  /** Waits for its turn, first come, first served. @returns false, at once, if the turn would come later than `ms` */
  async turn(ms: number): Promise<boolean> {
    const wait = this.#wait(ms);
    if (wait === undefined) return false;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return true;
  }

  /** The provider says that it was too much, perhaps because others ask for the same number. */
  rest(): void {
    this.#fullAt = Math.max(this.#fullAt, this.#now() + REST_MS + (PER_SECOND - 1) * APART_MS);
  }

  #wait(most: number): number | undefined {
    const now = this.#now();
    // A clock that was set back must not close the budget for longer than an empty bucket takes.
    const fullAt = this.#fullAt - now > LONGEST_QUEUE_MS ? now : Math.max(this.#fullAt, now);
    const wait = Math.max(0, fullAt + APART_MS - now - PER_SECOND * APART_MS);
    if (wait > most) return undefined;
    this.#fullAt = fullAt + APART_MS;
    return wait;
  }
}
