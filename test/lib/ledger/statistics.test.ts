import { strict as assert } from 'node:assert';
import type { Statistics, StatisticsQuery } from '../../../lib/ledger/ledger.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import { DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand } from './stand.ts';

const TARGETS = { grant: 0.6, answer: 0.75, completion: 0.9, satisfaction: 4, optOut: 0.05 };
const person = (index: number): Contact => ({ phone: `4915112${String(index).padStart(6, '0')}` });

onEveryEngine('statistics', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  const count = (query: Partial<StatisticsQuery> = {}): Promise<Statistics> =>
    stand.ledger.statistics({ businessNumberId: NUMBER.id, ...query });
  const counts = async (query: Partial<StatisticsQuery> = {}): Promise<unknown[]> => {
    const { requests, granted, denied, calls, answered, completed, people, optedOut } = await count(query);
    return [requests, granted, denied, calls, answered, completed, people, optedOut];
  };

  async function ask(index: number, purpose: string, template: string | undefined, consumed = true): Promise<string> {
    const reservation = await stand.ledger.reserveRequest({
      businessNumber: NUMBER,
      contact: person(index),
      purpose,
      via: template === undefined ? 'freeform' : 'template',
      hasTemplate: true,
      ...(template === undefined ? {} : { template }),
    });
    if (!reservation.ok) throw new Error(reservation.reason.code);
    const { reservationId } = reservation;
    await stand.ledger.settle(
      reservationId,
      consumed ? { state: 'consumed', providerId: `wamid.${index}` } : { state: 'released', why: 'not sent' },
    );
    return reservationId;
  }
  const answer = (index: number, response: 'accept' | 'reject') =>
    stand.ledger.append([stand.reply(response, { contact: person(index), contextId: `wamid.${index}` })]);

  /** @param end how it ended: picked up for a minute, picked up and broken off by an error, or not picked up */
  async function call(
    index: number,
    purpose: string,
    end: 'talked' | 'broke' | 'rang' | 'open' | 'not sent',
    score?: number,
  ): Promise<void> {
    const reservation = await stand.ledger.reserveCall({ businessNumber: NUMBER, contact: person(index), purpose });
    if (!reservation.ok) throw new Error(reservation.reason.code);
    const { reservationId } = reservation;
    if (end === 'not sent') {
      await stand.ledger.settle(reservationId, { state: 'released', why: 'not sent' });
      return;
    }
    const callId = `wacid.${reservationId}`;
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: callId });
    if (score !== undefined) assert.equal(await stand.ledger.noteScore(reservationId, score), true);
    if (end === 'open') return;
    stand.clock.pass(SECOND);
    const talk = end === 'rang' ? {} : { startedAt: stand.now, endedAt: stand.now + MINUTE, durationSeconds: 60 };
    stand.clock.pass(MINUTE);
    await stand.ledger.append([
      stand.terminated(callId, {
        contact: person(index),
        ...talk,
        ...(end === 'broke' ? { status: 'failed', errors: [{ code: '138000', message: 'x' }] } : {}),
      }),
    ]);
  }

  it('refuses nonsense', async () => {
    for (const bad of [{ from: Number.NaN }, { to: '2026' }, { purpose: 7 }, { template: {} }, { from: Infinity }]) {
      await assert.rejects(count(bad as unknown as Partial<StatisticsQuery>), { code: 'bad_input' });
    }
    await assert.rejects(stand.ledger.statistics({} as StatisticsQuery), { code: 'bad_input' });
  });

  it('have the average of the scores, of calls of ours that are over', async () => {
    for (let index = 1; index <= 5; index++) {
      await ask(index, 'delivery', 'order');
      await answer(index, 'accept');
    }
    await call(1, 'delivery', 'talked', 5);
    await call(2, 'delivery', 'talked', 4);
    await call(3, 'delivery', 'broke', 2);
    await call(4, 'delivery', 'talked');
    await call(5, 'another', 'open', 1);
    const inbound = stand.terminated('wacid.in', { contact: person(4), direction: 'inbound', durationSeconds: 30 });
    await stand.ledger.append([inbound]);
    const { entries } = await stand.ledger.callRecords({ businessNumberId: NUMBER.id, direction: 'inbound' });
    await stand.ledger.noteScore(entries[0]?.id ?? '', 1);
    // What looks like a score in a text is none.
    const texts = { file: '/r/"score":1,.wav' };
    await stand.ledger.noteRecording(entries[0]?.id ?? '', texts);
    const talked = (await stand.ledger.callRecords({ businessNumberId: NUMBER.id, contact: person(4) })).entries[0];
    await stand.ledger.noteRecording(talked?.id ?? '', texts);
    const { scored, scoreSum, rates } = await count();
    assert.deepEqual([scored, scoreSum, rates.satisfaction], [3, 11, 11 / 3]);
    assert.equal((await count({ purpose: 'another' })).rates.satisfaction, undefined);
  });

  it('of nothing are zeros without rates', async () => {
    const nothing = { requests: 0, granted: 0, denied: 0, calls: 0, answered: 0, completed: 0, people: 0, optedOut: 0 };
    const unscored = { scored: 0, scoreSum: 0 };
    const expected = { ...nothing, ...unscored, rates: {}, targets: TARGETS };
    assert.deepEqual(await count(), expected);
    await stand.ledger.append([stand.message({ contact: person(1) })]);
    assert.deepEqual(await count(), expected);
    assert.deepEqual(await count({ from: stand.now, to: stand.now - DAY }), expected);
  });

  it('R15: match values calculated by hand, in all, per template, per purpose and per period', async () => {
    const start = stand.now;
    // Day one. Ten people are asked with template "order" for a delivery: six allow it, one refuses, three do not answer.
    for (let index = 1; index <= 10; index++) await ask(index, 'delivery', 'order');
    for (const index of [1, 2, 3, 4, 5, 6]) await answer(index, 'accept');
    await answer(7, 'reject');
    // Five with template "support" for a callback: four allow it, one of them after a refusal.
    for (let index = 11; index <= 15; index++) await ask(index, 'callback', 'support');
    for (const index of [11, 12, 13]) await answer(index, 'accept');
    await answer(14, 'reject');
    stand.clock.pass(SECOND);
    await answer(14, 'accept');
    // One wrote first and is asked free-form; one request never left.
    await stand.ledger.append([stand.message({ contact: person(16) })]);
    await ask(16, 'callback', undefined);
    await ask(17, 'delivery', 'order', false);
    // Calls of day one: under "order" three talk, one breaks off, one rings in vain.
    for (const index of [1, 2, 3]) await call(index, 'delivery', 'talked');
    await call(4, 'delivery', 'broke');
    await call(5, 'delivery', 'rang');
    await call(6, 'delivery', 'not sent');
    stand.clock.pass(DAY);
    // Day two. Under "support" three talk and one rings in vain; one call to person 6 goes on. Person 16 allows calls, and is called.
    for (const index of [11, 12, 13]) await call(index, 'callback', 'talked');
    await call(14, 'callback', 'rang');
    await call(6, 'delivery', 'open');
    await answer(16, 'accept');
    await call(16, 'callback', 'talked');
    // Two opt out, one of whom was never asked; a third is released again. Somebody revokes after the grant.
    await stand.ledger.doNotCall(NUMBER.id, person(1), { listed: true, source: 'keypad' });
    await stand.ledger.doNotCall(NUMBER.id, person(99), { listed: true, source: 'list' });
    await stand.ledger.doNotCall(NUMBER.id, person(12), { listed: true, source: 'keyword' });
    await stand.ledger.doNotCall(NUMBER.id, person(12), { listed: false, source: 'asked us to' });
    await answer(2, 'reject');
    // A call of the person's, and one of another system with the same number, are none of ours.
    await stand.ledger.append([
      stand.terminated('wacid.in', { contact: person(3), direction: 'inbound', durationSeconds: 30 }),
      stand.terminated('wacid.foreign', { contact: person(4), durationSeconds: 30 }),
    ]);

    //                                       requests granted denied calls answered completed people optedOut
    assert.deepEqual(await counts(), /*    */ [16, 11, 1, 10, 8, 7, 16, 1]);
    const { rates, targets } = await count();
    assert.deepEqual(targets, TARGETS);
    assert.deepEqual(rates, { grant: 11 / 16, answer: 8 / 10, completion: 7 / 8, optOut: 1 / 16 });

    assert.deepEqual(await counts({ template: 'order' }), [10, 6, 1, 5, 4, 3, 10, 1]);
    assert.deepEqual((await count({ template: 'order' })).rates, {
      grant: 0.6,
      answer: 0.8,
      completion: 0.75,
      optOut: 0.1,
    });
    assert.deepEqual(await counts({ template: 'support' }), [5, 4, 0, 4, 3, 3, 5, 0]);
    assert.deepEqual(await counts({ template: '' }), [1, 1, 0, 1, 1, 1, 1, 0]);
    assert.deepEqual(await counts({ template: 'no such' }), [0, 0, 0, 0, 0, 0, 0, 0]);

    assert.deepEqual(await counts({ purpose: 'delivery' }), [10, 6, 1, 5, 4, 3, 10, 1]);
    assert.deepEqual(await counts({ purpose: 'callback' }), [6, 5, 0, 5, 4, 4, 6, 0]);
    assert.deepEqual(await counts({ purpose: 'callback', template: 'support' }), [5, 4, 0, 4, 3, 3, 5, 0]);
    assert.deepEqual(await counts({ purpose: 'delivery', template: 'support' }), [0, 0, 0, 0, 0, 0, 0, 0]);

    const second = start + 12 * HOUR;
    // What was asked on day one and answered on day two counts for day one.
    assert.deepEqual(await counts({ to: second }), [16, 11, 1, 5, 4, 3, 16, 0]);
    assert.deepEqual(await counts({ from: second }), [0, 0, 0, 5, 4, 4, 6, 0]);
    assert.deepEqual(await counts({ from: start, to: stand.now + 1 }), [16, 11, 1, 10, 8, 7, 16, 1]);
    // The beginning belongs to the period, the end does not.
    assert.equal((await count({ from: start, to: start + 1 })).requests, 15);
    assert.equal((await count({ from: start + 1 })).requests, 1);
    assert.equal((await count({ to: start })).requests, 0);

    // After every call the numbers are those of now.
    await stand.ledger.append([
      stand.terminated((await stand.ledger.liveCalls(NUMBER.id))[0]?.callId ?? '', {
        durationSeconds: 5,
        contact: person(6),
      }),
    ]);
    assert.deepEqual(await counts(), [16, 11, 1, 11, 9, 8, 16, 1]);
    // Forgetting a person does not change the past, but for its purposes.
    await stand.ledger.erase(NUMBER.id, person(3));
    assert.deepEqual(await counts(), [16, 11, 1, 11, 9, 8, 16, 1]);
    assert.deepEqual(await counts({ template: 'order' }), [10, 6, 1, 6, 5, 4, 10, 1]);
    assert.equal((await count({ purpose: 'delivery' })).requests, 9);
  });

  it('a grant that comes before the provider has acknowledged the request belongs to it', async () => {
    const reservation = await stand.ledger.reserveRequest({
      businessNumber: NUMBER,
      contact: person(1),
      purpose: 'x',
      via: 'template',
      hasTemplate: true,
      template: 'order',
    });
    assert.ok(reservation.ok);
    await answer(1, 'accept');
    assert.deepEqual((await counts({ template: 'order' })).slice(0, 3), [1, 1, 0]);
    await stand.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: 'wamid.1' });
    assert.deepEqual((await counts({ template: 'order' })).slice(0, 3), [1, 1, 0]);
  });
});
