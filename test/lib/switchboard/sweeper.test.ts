import { strict as assert } from 'node:assert';
import { type Effect, LedgerError } from '../../../lib/ledger/ledger.ts';
import { Sweeper } from '../../../lib/switchboard/sweeper.ts';
import { ANA, DAY, HOUR, MINUTE, NOON, NUMBER, SECOND, Stand } from '../ledger/stand.ts';

/** Timers on the clock of a stand. */
class Alarm {
  readonly delays: number[] = [];
  #due: { at: number; run: () => Promise<void> } | undefined;
  readonly #stand: Stand;

  constructor(stand: Stand) {
    this.#stand = stand;
  }
  readonly later = (ms: number, run: () => Promise<void>): (() => void) => {
    this.delays.push(ms);
    const mine = { at: this.#stand.clock.now + ms, run };
    this.#due = mine;
    return () => {
      if (this.#due === mine) this.#due = undefined;
    };
  };
  /** When the next timer goes off, from now. */
  get in(): number {
    return (this.#due?.at ?? Number.POSITIVE_INFINITY) - this.#stand.clock.now;
  }
  /** Time passes, and every timer that is due goes off at its time. */
  async pass(ms: number): Promise<void> {
    const until = this.#stand.clock.now + ms;
    for (let due = this.#due; due !== undefined && due.at <= until; due = this.#due) {
      this.#due = undefined;
      this.#stand.clock.pass(Math.max(0, due.at - this.#stand.clock.now));
      await due.run();
    }
    this.#stand.clock.pass(until - this.#stand.clock.now);
  }
}

describe('looking for lapsed permissions', () => {
  let stand: Stand;
  let alarm: Alarm;
  let sweeper: Sweeper;
  let heard: { at: number; effect: Effect }[];
  const log: string[] = [];

  beforeEach(async () => {
    stand = await Stand.open();
    alarm = new Alarm(stand);
    heard = [];
    log.length = 0;
    sweeper = make(HOUR);
    await sweeper.start();
  });
  afterEach(async () => {
    sweeper.stop();
    await stand.ledger.close();
  });
  function make(everyMs: number, ledger: ConstructorParameters<typeof Sweeper>[0]['ledger'] = stand.ledger): Sweeper {
    return new Sweeper({
      ledger,
      now: () => stand.clock.now,
      log: (level, text) => log.push(`${level}: ${text}`),
      everyMs,
      hear: async (effects) => {
        for (const effect of effects) heard.push({ at: stand.clock.now, effect });
      },
      later: alarm.later,
    });
  }
  async function grant(expiresAt: number, phone = ANA.phone): Promise<void> {
    await stand.ledger.append([
      {
        type: 'permission.replied',
        id: `grant-${phone}-${expiresAt}`,
        at: stand.clock.now,
        businessNumberId: NUMBER.id,
        contact: { phone: phone as string },
        response: 'accept',
        permanent: false,
        expiresAt,
        source: 'user_action',
      },
    ]);
  }

  it('is done exactly when a permission lapses that another process brought into the store', async () => {
    await grant(NOON + 3 * HOUR + 10 * MINUTE + 7);
    // Nobody told this sweeper; it finds it at its next look, and sets its timer to the moment.
    await alarm.pass(3 * HOUR);
    assert.equal(heard.length, 0);
    assert.equal(alarm.in, 10 * MINUTE + 7 + 50);
    await alarm.pass(HOUR);
    assert.deepEqual(
      heard.map(({ at, effect }) => [at - NOON, effect.kind]),
      [[3 * HOUR + 10 * MINUTE + 57, 'ended']],
    );
  });

  it('is done at once for what it is told of, and for the next one after that', async () => {
    await grant(NOON + 5 * MINUTE);
    sweeper.expect(NOON + 5 * MINUTE);
    await grant(NOON + 5 * MINUTE + 200, '5511955500124');
    sweeper.expect(NOON + 5 * MINUTE + 200);
    await alarm.pass(6 * MINUTE);
    assert.deepEqual(
      heard.map(({ at }) => at - NOON),
      [5 * MINUTE + 50, 5 * MINUTE + 250],
    );
  });

  it('is done every hour at least, and never with a delay that Node.js cannot keep', async () => {
    await grant(NOON + 7 * DAY);
    await alarm.pass(DAY);
    assert.equal(alarm.delays.filter((ms) => ms === HOUR).length >= 23, true);
    sweeper.stop();
    const rare = make(90 * DAY);
    await rare.start();
    rare.expect(stand.clock.now + 80 * DAY);
    assert.ok(alarm.delays.every((ms) => ms >= 1 && ms < 2 ** 31));
    assert.equal(alarm.in <= 7 * DAY, true);
    rare.stop();
    assert.equal(alarm.in, Number.POSITIVE_INFINITY);
  });

  it('does not become a busy loop when the store is behind, and comes back when it works again', async () => {
    let behind = true;
    const late = {
      ...stand.ledger,
      sweep: () => (behind ? Promise.resolve([]) : stand.ledger.sweep()),
      nextLapse: () => stand.ledger.nextLapse(),
    } as never;
    sweeper.stop();
    await grant(NOON + MINUTE);
    const other = make(HOUR, late);
    await other.start();
    alarm.delays.length = 0;
    await alarm.pass(2 * MINUTE);
    assert.deepEqual(
      alarm.delays,
      [1, 2, 4, 8, 16, 32].map((seconds) => seconds * SECOND),
    );
    behind = false;
    await alarm.pass(MINUTE);
    assert.equal(heard.length, 1);
    other.stop();
  });

  it('is tried again after a failure, which the log tells', async () => {
    let down = true;
    const broken = {
      sweep: () =>
        down ? Promise.reject(new LedgerError('store_unavailable', 'Down.', 'Wait.')) : stand.ledger.sweep(),
      nextLapse: () => stand.ledger.nextLapse(),
    } as never;
    sweeper.stop();
    await grant(NOON + MINUTE);
    const other = make(HOUR, broken);
    await other.start();
    assert.equal(alarm.in, SECOND);
    await alarm.pass(2 * MINUTE);
    down = false;
    await alarm.pass(2 * MINUTE);
    assert.equal(heard.length, 1);
    assert.match(log[0] ?? '', /^warn: Looking for expired permissions failed.*Down\. \(store_unavailable\)/);
    other.stop();
  });
});
