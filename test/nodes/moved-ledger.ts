import { join } from 'node:path';
import { type LedgerLease, openLedger } from '../../lib/ledger/open.ts';
import type { ProfileOverrides } from '../../lib/permission/profile.ts';
import type { RealNumber } from './real-number.ts';

/**
 * The ledger file of a number, opened by the test before the nodes are there and with a clock that the test moves. A
 * process has one engine per file, so that the nodes, which open the file as always, live by that clock; it runs on
 * between the moves.
 */
export class MovedLedger {
  readonly #number: RealNumber;
  readonly #lease: LedgerLease;
  readonly #clock: Float64Array;
  readonly #ticking: NodeJS.Timeout;
  #ahead = 0;

  private constructor(number: RealNumber, lease: LedgerLease, shared: SharedArrayBuffer) {
    this.#number = number;
    this.#lease = lease;
    this.#clock = new Float64Array(shared);
    this.#ticking = setInterval(() => this.#tick(), 20);
  }

  /** @param overrides the same as those of the permission store node, if the flow has one */
  static async open(number: RealNumber, overrides: ProfileOverrides = {}): Promise<MovedLedger> {
    const path = join(number.userDir, 'whatsapp-calling', 'permissions.sqlite');
    const clock = new SharedArrayBuffer(16);
    new Float64Array(clock).set([Date.now(), performance.now()]);
    const lease = await openLedger({ engine: 'sqlite', path, profile: 'meta-2026', overrides, clock });
    return new MovedLedger(number, lease, clock);
  }

  get ledger(): LedgerLease['ledger'] {
    return this.#lease.ledger;
  }

  /** The ledger's time, in ms since 1970. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Lets time pass here and at the simulated WhatsApp, as it would: nothing jumps against the steady clock. */
  async pass(seconds: number): Promise<void> {
    this.#ahead += seconds * 1000;
    this.#tick();
    await this.#number.control('clock', { advanceSeconds: seconds });
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#lease.release();
  }

  /** Wall first: read in between, a lagging steady clock is a jump for one reading, the other way round it would last. */
  #tick(): void {
    this.#clock[0] = Date.now() + this.#ahead;
    this.#clock[1] = performance.now() + this.#ahead;
  }
}
