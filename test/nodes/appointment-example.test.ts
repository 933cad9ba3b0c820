import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';
import { until } from './helper.ts';
import { BUSINESS } from './ruled-number.ts';

const ANA = '5511955500123';
const HOUR = 3600;
type Reason = { reason?: { code: string } };

describe('the example of the appointment', () => {
  describe('with a permission that holds seven days', function () {
    this.timeout(60_000);
    const flow = new ExampleFlow();
    before(() => flow.open('21 Appointment reminder', { simulator: { pace: 0.3 } }));
    after(() => flow.close());

    it('asks 24 hours before, calls an hour before, and notes who wants another time', async () => {
      await book(flow, 30);
      tick(flow);
      await flow.moved.pass(6 * HOUR);
      tick(flow);
      const asked = await flow.told('asked the day before', 0);
      assert.equal((asked.permission as { status: string }).status, 'pending');
      await grant(flow);
      await flow.moved.pass(22.9 * HOUR);
      tick(flow);
      assert.deepEqual(await calls(flow), [], 'not yet');
      await flow.moved.pass(0.1 * HOUR);
      await flow.number.control('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 2_000 });
      tick(flow);
      tick(flow);
      await until(async () => (await calls(flow)).includes('in_call'));
      // Pressed until it is heard: the menu begins when sound flows, a moment after the phone was picked up.
      await until(async () => {
        const over = flow.heard('wants another time').length > 0 || !(await calls(flow)).includes('in_call');
        if (!over) await flow.number.control('call/digit', { user: ANA, digit: '2' });
        return over;
      });
      const { callback } = (await flow.told('wants another time', 0)) as { callback: { note: string; source: string } };
      assert.match(callback.note, /^wants another time than 20\d\d-/);
      assert.equal(((await flow.told('reminded', 0)).call as { outcome: string }).outcome, 'completed');
      assert.deepEqual(await calls(flow), ['ended'], 'one call');
      const { entries } = await flow.moved.ledger.callbacks({ businessNumberId: BUSINESS.id, state: 'open' });
      assert.equal(entries.length, 1, 'the call in which it was wished is not the answer to the wish');
      assert.deepEqual(flow.heard('remind another way'), []);
      assert.deepEqual(await flow.violations(), []);
    });
  });

  describe('with a permission that may be 15 minutes old', function () {
    this.timeout(60_000);
    const flow = new ExampleFlow();
    before(() =>
      flow.open('21 Appointment reminder', { overrides: { maxGrantAgeSeconds: 900 }, simulator: { relay: false } }),
    );
    after(() => flow.close());

    it('is reminded another way if the first request was less than 24 hours before, and asked again if it was more', async () => {
      await book(flow, 24);
      tick(flow);
      await flow.told('asked the day before', 0);
      await grant(flow);
      await flow.moved.pass(23 * HOUR);
      tick(flow);
      const other = (await flow.told('remind another way', 0)) as Reason & { payload: string };
      assert.equal(other.reason?.code, 'request_limit_day');
      assert.match(other.payload, /^Ana, 20\d\d-.*: .{10,}\.$/);
      assert.deepEqual(await calls(flow), []);

      // The next one, when neither request counts any more, and with time for a second one.
      await flow.moved.pass(200 * HOUR);
      await book(flow, 26);
      tick(flow, 26);
      await flow.told('asked the day before', 1);
      await grant(flow);
      await flow.moved.pass(25 * HOUR);
      tick(flow, 26);
      await flow.told('asked again', 0);
      assert.deepEqual(await calls(flow), [], 'not before the answer');
      await flow.number.control('script', { user: ANA, script: 'declines', afterSeconds: 1 });
      await grant(flow);
      const declined = (await flow.told('remind another way', 1)).payload as string;
      assert.match(declined, /not reached by call \(declined\)$/);
      assert.deepEqual(await calls(flow), ['ended'], 'as soon as the person had said yes');
      assert.deepEqual(await flow.violations(), []);
    });
  });
});

/** An appointment with Ana, so many hours from the test's now. */
async function book(flow: ExampleFlow, hours: number): Promise<void> {
  const before = flow.heard('booked').length;
  const contact = { phone: `+${ANA}`, name: 'Ana' };
  flow.press('book', { id: `a-${before}`, contact, hours, now: flow.moved.now() });
  await flow.told('booked', before);
}

/** The minute's look, at the test's time. */
function tick(flow: ExampleFlow, askHours = 24): void {
  flow.press('what is due?', { now: flow.moved.now(), askHours, callHours: 1 });
}

async function grant(flow: ExampleFlow): Promise<void> {
  await flow.number.control('permission', { user: ANA, answer: 'temporary' });
  await until(async () => (await flow.moved.ledger.status(BUSINESS.id, { phone: ANA })).status === 'granted');
}

/** State of each call that the simulator saw. */
async function calls(flow: ExampleFlow): Promise<string[]> {
  const { calls: all } = (await flow.number.read('state')) as { calls: { state: string }[] };
  return all.map(({ state }) => state);
}
