import type { OperationName } from '../operations/operations.ts';
import type { Outcome } from './store.ts';

export interface Waiting {
  name: OperationName;
  args: unknown[];
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Most operations of one transaction: bounds how long the first of a burst waits, and how many people are locked at once. */
const LARGEST_BATCH = 64;

/** A queue in front of one connection: what is asked for while a batch is under way becomes the next batch. */
export class Lane {
  readonly #run: (batch: readonly Waiting[]) => Promise<Outcome[]>;
  readonly #alone: ReadonlySet<OperationName>;
  readonly #translate: (error: unknown) => Error;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  /** @param alone operations that are a batch of their own */
  constructor(
    run: (batch: readonly Waiting[]) => Promise<Outcome[]>,
    alone: ReadonlySet<OperationName>,
    translate: (error: unknown) => Error,
  ) {
    this.#run = run;
    this.#alone = alone;
    this.#translate = translate;
  }

  add(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#running ??= Promise.resolve().then(() => this.#work());
  }

  /** Resolves when everything that was asked for has been answered. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Rejects what waits, because what it waits for has just turned out to be away. */
  fail(error: Error): void {
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#next();
      try {
        const outcomes = await this.#run(batch);
        for (const [index, waiting] of batch.entries()) {
          const outcome = outcomes[index];
          if (outcome?.ok === true) waiting.resolve(outcome.value);
          else waiting.reject(this.#translate(outcome?.error));
        }
      } catch (error) {
        const fault = this.#translate(error);
        for (const { reject } of batch) reject(fault);
      }
    }
    this.#running = undefined;
  }

  #next(): Waiting[] {
    const [first] = this.#queue;
    if (first !== undefined && this.#alone.has(first.name)) return this.#queue.splice(0, 1);
    const stop = this.#queue.findIndex(({ name }) => this.#alone.has(name));
    return this.#queue.splice(0, Math.min(LARGEST_BATCH, stop === -1 ? LARGEST_BATCH : stop));
  }
}
