import { strict as assert } from 'node:assert';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, word } from './stand.ts';

onEveryEngine('append', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  it('applies the same event once, also ten times in parallel', async () => {
    await stand.granted();
    await stand.placed('wacid.1');
    const event = stand.terminated('wacid.1');
    const results = await Promise.all(Array.from({ length: 10 }, () => stand.ledger.append([event])));
    assert.equal(results.filter(([appended]) => appended?.fresh).length, 1);
    const explanation = await stand.ledger.explain(NUMBER, ANA);
    assert.equal(explanation.callLimits.find(({ rule }) => rule.id === 'unanswered')?.used, 1);
    const [once, again] = await stand.ledger.append([stand.message({ id: 'same' }), stand.message({ id: 'same' })]);
    assert.deepEqual([once?.fresh, again?.fresh], [true, false]);
  });

  it('ends in the same state in every order of connect, ringing, accepted, terminate, each twice', async () => {
    const permutations = <T>(items: T[]): T[][] =>
      items.length < 2
        ? [items]
        : items.flatMap((item, index) =>
            permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
          );
    const orders = permutations([0, 1, 2, 3]);
    const ends = new Set<string>();
    for (const [index, order] of orders.entries()) {
      const contact = { phone: `55119555${String(10_000 + index)}` };
      const callId = `wacid.${index}`;
      await stand.granted(contact);
      const reservation = await stand.call(contact);
      assert.ok(reservation.ok);
      const about = { contact, correlationId: reservation.reservationId };
      const t = stand.now;
      const connect: ProviderEvent = {
        type: 'call.connect',
        id: `connect-${index}`,
        at: t + SECOND,
        businessNumberId: NUMBER.id,
        callId,
        direction: 'outbound',
        ...about,
      };
      const events: ProviderEvent[] = [
        connect,
        stand.event('call.ringing', callId, { ...about, at: t + 2 * SECOND }),
        stand.event('call.accepted', callId, { ...about, at: t + 5 * SECOND }),
        stand.terminated(callId, {
          ...about,
          at: t + MINUTE,
          startedAt: t + 5 * SECOND,
          endedAt: t + MINUTE,
          durationSeconds: 55,
        }),
      ];
      stand.clock.pass(MINUTE);
      for (const which of order) {
        const event = events[which];
        if (event !== undefined) await stand.ledger.append([event, event]);
      }
      await stand.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: callId });
      const call = await stand.ledger.findCall({ reservationId: reservation.reservationId });
      const { canCall, canRequest, callLimits } = await stand.ledger.explain(NUMBER, contact);
      ends.add(
        JSON.stringify([
          call?.outcome,
          call?.durationSeconds,
          (call?.acceptedAt ?? 0) - t,
          (call?.endedAt ?? 0) - t,
          call?.reservation,
          canCall,
          canRequest,
          callLimits.map(({ rule, used }) => (rule.id.startsWith('starts') ? 0 : used)),
        ]),
      );
    }
    assert.equal(orders.length, 24);
    assert.deepEqual(
      [...ends],
      [JSON.stringify(['completed', 55, 5_000, 60_000, 'consumed', true, true, [1, 0, 0, 0, 0]])],
    );
  });

  it('hands undispatched events out, with their effects, until they are reported', async () => {
    const reply = stand.reply('accept');
    const message = stand.message();
    await stand.ledger.append([reply, message]);
    const waiting = await stand.ledger.undispatched(NUMBER.id);
    assert.deepEqual(
      waiting.map(({ event, effects }) => [event.id, effects.map(({ kind }) => kind)]),
      [
        [reply.id, ['granted']],
        [message.id, []],
      ],
    );
    assert.deepEqual(waiting[0]?.event, reply);
    assert.deepEqual(await stand.ledger.undispatched('other'), []);
    await stand.ledger.dispatched([reply.id]);
    assert.deepEqual(
      (await stand.ledger.undispatched(NUMBER.id)).map(({ event }) => event.id),
      [message.id],
    );
    await stand.ledger.dispatched([message.id, 'never heard of']);
    assert.deepEqual(await stand.ledger.undispatched(NUMBER.id), []);
    assert.equal((await stand.ledger.append([reply]))[0]?.fresh, false);
  });

  it('remembers ids for 8 days, and takes what is older for a replay', async () => {
    await stand.granted();
    const old = stand.message();
    await stand.ledger.append([old]);
    await stand.ledger.dispatched([old.id]);
    stand.clock.pass(8 * DAY - MINUTE);
    await stand.ledger.sweep();
    assert.equal((await stand.ledger.append([old]))[0]?.fresh, false);
    stand.clock.pass(2 * MINUTE);
    await stand.ledger.sweep();
    const [replayed] = await stand.ledger.append([old]);
    assert.equal(replayed?.fresh, false);
    const audit = await stand.ledger.audit({ limit: 1_000 });
    assert.ok(audit.some(({ event }) => event === 'event_too_old'));
  });

  it('a store outage of 7 days loses nothing: what is sent again later is applied', async () => {
    await stand.asked('wamid.1');
    const reply = stand.reply('accept', { contextId: 'wamid.1', permanent: true });
    stand.clock.pass(7 * DAY);
    assert.equal((await stand.ledger.append([reply]))[0]?.fresh, true);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('a reply may be faster than the reply to our request, and proves a request of which nothing was known', async () => {
    const reservation = await stand.request();
    assert.ok(reservation.ok);
    await stand.ledger.append([stand.reply('reject', { contextId: 'wamid.1' })]);
    await stand.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: 'wamid.1' });
    const permission = await stand.ledger.status(NUMBER.id, ANA);
    assert.deepEqual([permission.status, permission.purpose], ['denied', 'your order']);
    stand.clock.pass(DAY + MINUTE);
    const second = await stand.request();
    assert.ok(second.ok);
    await stand.ledger.settle(second.reservationId, { state: 'unknown', why: 'timeout' });
    await stand.ledger.append([stand.reply('accept', { contextId: 'wamid.2' })]);
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).purpose, 'your order');
    // It was sent after all, so a late "not sent" changes nothing.
    await stand.ledger.settle(second.reservationId, { state: 'released', why: 'late' });
    assert.equal(word(await stand.request()), 'request_limit_day');
  });

  it('the newest reply holds, whichever comes last', async () => {
    const [older, newer] = [stand.reply('accept'), stand.reply('reject', { at: stand.now + SECOND })];
    stand.clock.pass(MINUTE);
    await stand.ledger.append([newer]);
    assert.deepEqual((await stand.ledger.append([older]))[0]?.effects, []);
    assert.equal(word(await stand.call()), 'permission_denied');
  });

  it('an undeliverable request is no open question, but it counts', async () => {
    await stand.asked('wamid.1');
    await stand.ledger.append([
      {
        type: 'message.status',
        id: 'failed-1',
        at: stand.now,
        businessNumberId: NUMBER.id,
        messageId: 'wamid.1',
        status: 'failed',
        errors: [{ code: '131026', message: 'Message undeliverable' }],
      },
    ]);
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'not_requested');
    assert.equal(word(await stand.request()), 'request_limit_day');
  });

  it('calls of other systems and of the person count as the provider counts them', async () => {
    await stand.granted();
    for (const index of [1, 2, 3]) {
      stand.clock.pass(MINUTE);
      await stand.ledger.append([stand.terminated(`foreign.${index}`)]);
    }
    const unanswered = async () =>
      (await stand.ledger.explain(NUMBER, ANA)).callLimits.find(({ rule }) => rule.id === 'unanswered')?.used;
    assert.equal(await unanswered(), 3);
    await stand.asked('wamid.1');
    stand.clock.pass(10 * MINUTE);
    // The person calls and is answered: requests are free again, the streak is broken, the window is open.
    await stand.ledger.append([
      stand.terminated('inbound.1', {
        direction: 'inbound',
        startedAt: stand.now - 2 * MINUTE,
        durationSeconds: 60,
        endedAt: stand.now - MINUTE,
      }),
    ]);
    assert.equal(await unanswered(), 0);
    const reservation = await stand.request(ANA, 'freeform');
    assert.equal(word(reservation), 'ok');
    assert.deepEqual(await stand.ledger.liveCalls(NUMBER.id), []);
  });

  it('a missed call of the person opens the service window, and no connected call is counted', async () => {
    await stand.ledger.append([stand.terminated('inbound.1', { direction: 'inbound' })]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'ok');
    const { callLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual(
      callLimits.map(({ used }) => used),
      [0, 0, 0, 0, 0],
    );
  });

  it('a foreign call that rings blocks the contact, but not for ever', async () => {
    await stand.granted();
    await stand.ledger.append([stand.event('call.ringing', 'foreign')]);
    assert.equal(word(await stand.call()), 'call_in_progress');
    assert.deepEqual(await stand.ledger.liveCalls(NUMBER.id), []);
    stand.clock.pass(HOUR);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('keeps what it does not understand, and changes nothing', async () => {
    await stand.granted();
    const before = await stand.ledger.explain(NUMBER, ANA);
    const odd: ProviderEvent[] = [
      { type: 'unknown', id: 'u1', at: stand.now, businessNumberId: NUMBER.id, field: 'future', raw: { a: [1, null] } },
      { type: 'unknown', id: 'u2', at: stand.now, businessNumberId: '', field: 'account', raw: 'text' },
      { type: 'call.ringing', id: 'c1', at: stand.now, businessNumberId: NUMBER.id, callId: 'nobody' },
    ];
    const appended = await stand.ledger.append(odd);
    assert.deepEqual(
      appended.map(({ fresh, effects }) => [fresh, effects.length]),
      [
        [true, 0],
        [true, 0],
        [true, 0],
      ],
    );
    assert.deepEqual(await stand.ledger.explain(NUMBER, ANA), before);
    const [, kept] = await stand.ledger.undispatched(NUMBER.id);
    assert.deepEqual(kept?.event, odd[0]);
  });
});
