import { strict as assert } from 'node:assert';
import { LedgerClock } from '../../../lib/ledger/clock.ts';
import {
  ANA,
  DAY,
  HOUR,
  MINUTE,
  NOON,
  onEveryEngine,
  SECOND,
  Stand,
  TestClock,
  temporaryFolder,
  word,
} from './stand.ts';

function clockFrom(lastPersisted: number, wall = NOON) {
  const hands = { wall, steady: 0 };
  const clock = new LedgerClock({ wall: () => hands.wall, steady: () => hands.steady }, lastPersisted);
  return {
    clock,
    pass: (ms: number) => {
      hands.wall += ms;
      hands.steady += ms;
    },
    jump: (ms: number) => {
      hands.wall += ms;
    },
    wall: () => hands.wall,
  };
}

describe('LedgerClock', () => {
  it('follows the wall clock, and never runs backwards', () => {
    const { clock, pass, jump } = clockFrom(0);
    assert.deepEqual(clock.read(), { now: NOON, sure: true });
    pass(5 * SECOND);
    assert.deepEqual(clock.read(), { now: NOON + 5 * SECOND, sure: true });
    jump(-30 * MINUTE);
    assert.deepEqual(clock.read(), { now: NOON + 5 * SECOND, sure: true });
    pass(30 * MINUTE + SECOND);
    assert.deepEqual(clock.read(), { now: NOON + 6 * SECOND, sure: true });
    assert.deepEqual(clockFrom(NOON + MINUTE).clock.read(), { now: NOON + MINUTE, sure: true });
  });

  it('accepts a step forward of up to an hour, and any time that really passed', () => {
    const { clock, pass, jump } = clockFrom(0);
    jump(HOUR);
    assert.equal(clock.read().sure, true);
    pass(30 * DAY);
    assert.deepEqual(clock.read(), { now: NOON + HOUR + 30 * DAY, sure: true });
  });

  it('believes a larger jump forward only after two readings that agree', () => {
    const { clock, pass, jump } = clockFrom(0);
    clock.read();
    jump(HOUR + 1);
    assert.deepEqual(clock.read(), { now: NOON, sure: false });
    pass(9_999);
    assert.deepEqual(clock.read(), { now: NOON + 9_999, sure: false });
    pass(1);
    assert.deepEqual(clock.read(), { now: NOON + HOUR + 1 + 10_000, sure: true });
  });

  it('waits anew if the second reading disagrees with the first, and forgets a jump that was taken back', () => {
    const { clock, pass, jump } = clockFrom(0);
    jump(DAY);
    assert.equal(clock.read().sure, false);
    pass(11 * SECOND);
    jump(DAY);
    assert.equal(clock.read().sure, false);
    pass(11 * SECOND);
    jump(-2 * DAY);
    assert.deepEqual(clock.read(), { now: NOON + 22 * SECOND, sure: true });
  });

  it('is unsure while the wall clock lies far behind what was written down', () => {
    const { clock, pass } = clockFrom(NOON + DAY);
    assert.deepEqual(clock.read(), { now: NOON + DAY, sure: false });
    pass(DAY - HOUR - 1);
    assert.equal(clock.read().sure, false);
    pass(1);
    assert.deepEqual(clock.read(), { now: NOON + DAY, sure: true });
  });

  it('is unsure after a jump back by more than an hour, also if nobody had asked for a long time', () => {
    const { clock, pass, jump } = clockFrom(0);
    clock.read();
    pass(10 * DAY);
    jump(-HOUR - 1);
    assert.deepEqual(clock.read(), { now: NOON + 10 * DAY, sure: false });
    jump(1);
    assert.deepEqual(clock.read(), { now: NOON + 10 * DAY, sure: true });
  });

  it('then believes the wall clock if two fresh provider events agree with it', () => {
    const { clock, wall, pass } = clockFrom(NOON + 400 * DAY);
    clock.heardProvider(wall() - 10 * MINUTE);
    clock.heardProvider(wall());
    assert.equal(clock.read().sure, false);
    clock.heardProvider(wall() - SECOND);
    assert.deepEqual(clock.read(), { now: NOON, sure: true });
    pass(SECOND);
    assert.deepEqual(clock.read(), { now: NOON + SECOND, sure: true });
  });
});

onEveryEngine('a ledger whose clock jumps', (engine) => {
  it('reserves nothing until the jump is confirmed, but takes webhooks and opt-outs', async () => {
    const stand = await Stand.open({ engine });
    try {
      await stand.granted();
      stand.clock.jump(8 * DAY);
      assert.equal(word(await stand.call()), 'clock_unsure');
      assert.equal(word(await stand.request()), 'clock_unsure');
      assert.equal((await stand.ledger.health()).ok, false);
      assert.deepEqual(await stand.ledger.sweep(), []);
      assert.equal((await stand.ledger.append([stand.reply('reject', { at: NOON + 1 })]))[0]?.fresh, true);
      stand.clock.pass(10 * SECOND);
      assert.equal((await stand.ledger.health()).ok, true);
      await stand.granted();
      assert.equal(word(await stand.call()), 'ok');
    } finally {
      await stand.ledger.close();
    }
  });

  it('does not forget limits when it restarts in the past', async () => {
    const folder = temporaryFolder();
    try {
      let stand = await Stand.open({ engine, path: folder.file, clock: new TestClock(NOON) });
      await stand.asked('wamid.1');
      await stand.ledger.close();
      // The board has no battery and wakes up in 1970.
      stand = await Stand.open({ engine, path: folder.file, clock: new TestClock(0) });
      assert.equal(word(await stand.request()), 'request_limit_day');
      assert.equal(word(await stand.request({ phone: '4915112345678' })), 'clock_unsure');
      await stand.ledger.close();
      stand = await Stand.open({ engine, path: folder.file, clock: new TestClock(NOON + DAY + MINUTE) });
      assert.equal(word(await stand.request(ANA)), 'ok');
      await stand.ledger.close();
    } finally {
      folder.remove();
    }
  });
});
