import type { Instant } from '../permission/model.ts';

/** Where time comes from: the wall clock, which people and network time set, and a steady one since some start. */
export interface TimeSource {
  wall(): Instant;
  steady(): number;
}

/** The machine's clocks, or the two numbers of a test: wall and steady milliseconds. */
export function timeSource(shared?: SharedArrayBuffer): TimeSource {
  if (shared === undefined) return { wall: () => Date.now(), steady: () => performance.now() };
  const numbers = new Float64Array(shared);
  return { wall: () => numbers[0] ?? 0, steady: () => numbers[1] ?? 0 };
}

/** A jump of the wall clock against the steady one that is not believed at once. */
const JUMP_MS = 3_600_000;
/** How long a new reading has to hold, and how exactly, before it is believed. */
const CONFIRM_MS = 10_000;
const CONSISTENT_MS = 5_000;
/** How near a provider's timestamp must be to our wall clock to vouch for it. */
const VOUCH_MS = 300_000;

/**
 * The ledger's time. It never runs backwards, also across restarts: `max(wall clock, last persisted)`.
 *
 * Two things make it unsure, and then nothing may be sent:
 * - the wall clock jumped forward by more than an hour against the steady clock (a board without a battery boots in the
 *   past and is then set; a laptop woke up). Believed when two readings, 10 s or more apart, agree. Until then time goes on
 *   from before the jump, and none of it is written down.
 * - the wall clock is more than an hour behind what was written down, or what the steady clock says has passed since (booted
 *   in the past, or it had been wrong before).
 *   Consistency proves nothing here, so it needs to catch up, or two fresh provider events whose own times agree with it.
 */
export class LedgerClock {
  readonly #source: TimeSource;
  #anchor: { wall: Instant; steady: number };
  #candidate: { wall: Instant; steady: number } | undefined;
  #floor: Instant;
  #vouched = 0;

  constructor(source: TimeSource, lastPersisted: Instant) {
    this.#source = source;
    this.#anchor = { wall: source.wall(), steady: source.steady() };
    this.#floor = lastPersisted;
  }

  read(): { now: Instant; sure: boolean } {
    const wall = this.#source.wall();
    const steady = this.#source.steady();
    const expected = this.#anchor.wall + (steady - this.#anchor.steady);
    if (wall - expected > JUMP_MS && !this.#confirmed(wall, steady)) {
      this.#floor = Math.max(this.#floor, expected);
      return { now: Math.floor(this.#floor), sure: false };
    }
    this.#candidate = undefined;
    this.#anchor = { wall, steady };
    // What passed by the steady clock has passed, whether or not anybody asked meanwhile.
    if (expected - wall > JUMP_MS) this.#floor = Math.max(this.#floor, expected);
    const behind = this.#floor - wall > JUMP_MS;
    if (!behind) {
      this.#vouched = 0;
      this.#floor = Math.max(this.#floor, wall);
    }
    return { now: Math.floor(this.#floor), sure: !behind };
  }

  /** Another instance has written this down: time does not run behind it. */
  notBefore(at: Instant): void {
    this.#floor = Math.max(this.#floor, at);
  }

  /** A provider's event just arrived for the first time; its time tells whether our clock can be right. */
  heardProvider(at: Instant): void {
    const wall = this.#source.wall();
    if (this.#floor - wall <= JUMP_MS || Math.abs(wall - at) > VOUCH_MS) return;
    this.#vouched++;
    if (this.#vouched < 2) return;
    // What was written down with the wrong clock lies in the future and goes on counting until its windows have passed.
    this.#floor = wall;
    this.#vouched = 0;
  }

  #confirmed(wall: Instant, steady: number): boolean {
    const { wall: wallThen, steady: steadyThen } = this.#candidate ?? { wall: Number.NaN, steady: Number.NaN };
    const agrees = Math.abs(wall - wallThen - (steady - steadyThen)) <= CONSISTENT_MS;
    if (agrees) return steady - steadyThen >= CONFIRM_MS;
    this.#candidate = { wall, steady };
    return false;
  }
}
