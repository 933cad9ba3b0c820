import type { Effect, Ledger } from '../ledger/ledger.ts';
import type { Instant } from '../permission/model.ts';
import type { Log } from './deps.ts';
import { told } from './patience.ts';

type Hear = (effects: Effect[]) => Promise<void>;

/**
 * One sweep changes the permissions of every business number in the store, and tells what changed only once: everybody
 * in this process who uses that store hears it, whoever swept.
 */
const audiences = new WeakMap<Ledger, Set<Hear>>();

/** A lapse is looked for this many ms after its time, so that clocks of store and process need not agree to the ms. */
const AFTER = 50;
/** More are left to the regular sweep. */
const MOST_EXPECTED = 10_000;

/**
 * Looks for lapsed permissions: WhatsApp sends no webhook for them (meta-cloud-api.md §0.3, fact 5). In intervals, and
 * precisely when the next known one lapses. Never keeps the process alive; deciding about a call does not rely on it.
 */
export class Sweeper {
  readonly #ledger: Ledger;
  readonly #now: () => Instant;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #hear: Hear;
  #timer: NodeJS.Timeout | undefined;
  #stopped = true;
  /** When the next sweep is due. */
  #next: Instant = Number.POSITIVE_INFINITY;
  /** Known expiries, so that after the nearest the next one is not missed. */
  readonly #expected = new Set<Instant>();

  constructor(options: { ledger: Ledger; now(): Instant; log: Log; everyMs: number; hear: Hear }) {
    this.#ledger = options.ledger;
    this.#now = options.now;
    this.#log = options.log;
    this.#everyMs = options.everyMs;
    this.#hear = options.hear;
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
    if (this.#expected.size >= MOST_EXPECTED) return;
    this.#expected.add(at);
    if (at < this.#next) this.#schedule();
  }

  async sweep(): Promise<void> {
    const now = this.#now();
    for (const at of this.#expected) if (at <= now) this.#expected.delete(at);
    try {
      const effects = await this.#ledger.sweep();
      for (const hear of [...(audiences.get(this.#ledger) ?? [])]) await hear(effects);
    } catch (error) {
      this.#log('warn', `Looking for expired permissions failed, it will be tried again: ${told(error)}`);
    }
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    audiences.get(this.#ledger)?.delete(this.#hear);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const now = this.#now();
    this.#next = now + this.#everyMs;
    for (const at of this.#expected) if (at + AFTER < this.#next) this.#next = at + AFTER;
    this.#timer = setTimeout(() => void this.sweep(), Math.max(this.#next - now, AFTER)).unref();
  }
}
