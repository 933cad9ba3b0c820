import type { Effect, Ledger } from '../ledger/ledger.ts';
import type { Instant } from '../permission/model.ts';
import type { Log } from './deps.ts';
import { told } from './patience.ts';

type Hear = (effects: Effect[]) => Promise<void>;
/** Runs something once, later; returns how to call it off. Simulated in tests. */
export type Later = (ms: number, run: () => Promise<void>) => () => void;

/**
 * One sweep changes the permissions of every business number in the store, and tells what changed only once: everybody
 * in this process who uses that store hears it, whoever swept.
 */
const audiences = new WeakMap<Ledger, Set<Hear>>();

/** A lapse is looked for this many ms after its time, so that clocks of store and process need not agree to the ms. */
const AFTER = 50;
/** What should have lapsed by now and has not (the store's clock is behind, or more than one sweep takes) is looked for again. */
const AGAIN = 1_000;
/** Longest delay of Node's timers, in ms (2^31 - 1). A longer one would fire at once. */
const LONGEST = 2_147_483_647;

/**
 * Looks for lapsed permissions: WhatsApp sends no webhook for them (meta-cloud-api.md §0.3, fact 5). In intervals, and
 * precisely when the next one of the store lapses, whichever process brought it there: each sweep asks anew. Never keeps the
 * process alive; deciding about a call does not rely on it.
 */
export class Sweeper {
  readonly #ledger: Ledger;
  readonly #now: () => Instant;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #hear: Hear;
  readonly #later: Later;
  #cancel: (() => void) | undefined;
  #stopped = true;
  /** When the next sweep is due. */
  #next: Instant = Number.POSITIVE_INFINITY;
  /** The nearest lapse that was told of since the last sweep began to read. */
  #expected: Instant = Number.POSITIVE_INFINITY;
  /** Sweeps in a row that left something overdue, or failed. */
  #overdue = 0;

  constructor(options: {
    ledger: Ledger;
    now(): Instant;
    log: Log;
    everyMs: number;
    hear: Hear;
    later?: Later | undefined;
  }) {
    this.#ledger = options.ledger;
    this.#now = options.now;
    this.#log = options.log;
    this.#everyMs = Math.min(options.everyMs, LONGEST);
    this.#hear = options.hear;
    this.#later = options.later ?? unrefTimer;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    const audience = audiences.get(this.#ledger) ?? new Set<Hear>();
    audience.add(this.#hear);
    audiences.set(this.#ledger, audience);
    await this.sweep();
  }

  /** A permission that will lapse at this time. */
  expect(at: Instant): void {
    this.#expected = Math.min(this.#expected, at);
    if (at + AFTER < this.#next) this.#schedule(at + AFTER);
  }

  async sweep(): Promise<void> {
    let lapse: Instant;
    this.#expected = Number.POSITIVE_INFINITY;
    try {
      const effects = await this.#ledger.sweep();
      for (const hear of [...(audiences.get(this.#ledger) ?? [])]) await hear(effects);
      lapse = (await this.#ledger.nextLapse()) ?? Number.POSITIVE_INFINITY;
      if (lapse > this.#now()) this.#overdue = 0;
    } catch (error) {
      this.#log('warn', `Looking for expired permissions failed, it will be tried again: ${told(error)}`);
      lapse = Number.NEGATIVE_INFINITY;
    }
    this.#schedule(this.#due(Math.min(lapse, this.#expected)));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    audiences.get(this.#ledger)?.delete(this.#hear);
  }

  /** When to look again. What is overdue already is looked for less and less often, so that it never becomes a busy loop. */
  #due(lapse: Instant): Instant {
    const now = this.#now();
    if (lapse > now) return Math.min(lapse + AFTER, now + this.#everyMs);
    this.#overdue += 1;
    return now + Math.min(AGAIN * 2 ** Math.min(this.#overdue - 1, 30), this.#everyMs);
  }

  #schedule(at: Instant): void {
    this.#cancel?.();
    if (this.#stopped) return;
    this.#next = at;
    this.#cancel = this.#later(Math.min(Math.max(at - this.#now(), AFTER), this.#everyMs), () => this.sweep());
  }
}

function unrefTimer(ms: number, run: () => Promise<void>): () => void {
  const timer = setTimeout(() => void run(), ms).unref();
  return () => clearTimeout(timer);
}
