import { strict as assert } from 'node:assert';
import { DAY, MINUTE, onEveryEngine, Stand, type StandSettings, word } from '../stand.ts';

/** The provider's clock is not ours: what is still in a window by the skew of a minute has to be read, and counts. */
onEveryEngine('what is read for a decision', (engine) => {
  let stand: Stand;
  const open = async (overrides: StandSettings['overrides'] & object = {}): Promise<void> => {
    stand = await Stand.open({ engine, overrides });
    await stand.granted();
  };
  afterEach(() => stand.ledger.close());
  /** Refused up to the last millisecond before `at`, allowed from then on. */
  const refusedUntil = async (at: number, ask: () => ReturnType<Stand['call' | 'request']>, why: string) => {
    stand.clock.pass(at - stand.now - 1);
    assert.equal(word(await ask()), why);
    stand.clock.pass(1);
    assert.equal(word(await ask()), 'ok');
  };

  it('reaches to the requests at the very edge of the longest window', async () => {
    await open();
    const ben = { phone: '4915112345678' };
    const first = stand.now;
    await stand.asked('wamid.1', ben);
    stand.clock.pass(2 * DAY);
    await stand.asked('wamid.2', ben);
    await refusedUntil(first + 7 * DAY + MINUTE, () => stand.request(ben), 'request_limit_week');
  });

  it('reaches to the connected calls at the very edge of their window', async () => {
    await open({ connectedCallsPerDay: 1 });
    await stand.conversation('wacid.1');
    const connected = stand.now - MINUTE;
    await refusedUntil(connected + DAY + MINUTE, () => stand.call(), 'connected_call_limit');
  });

  it("reaches to the business number's starts at the very edge of their window", async () => {
    await open({ startsPerDay: 1 });
    const started = stand.now;
    await stand.unanswered('wacid.1');
    await refusedUntil(started + DAY + MINUTE, () => stand.call(), 'number_daily_call_limit');
  });
});
