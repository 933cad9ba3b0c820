import { strict as assert } from 'node:assert';
import { LEASE_MS, SILENT_CALL_MS } from '../../../lib/ledger/timings.ts';
import {
  ANA,
  DAY,
  HOUR,
  MINUTE,
  NUMBER,
  onEveryEngine,
  SECOND,
  Stand,
  TestClock,
  temporaryFolder,
  word,
} from './stand.ts';

const BEN = { phone: '4915112345678' };

onEveryEngine('reservations', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
    await stand.granted();
  });
  afterEach(() => stand.ledger.close());
  const reserved = async () => {
    const reservation = await stand.call();
    assert.ok(reservation.ok);
    return reservation.reservationId;
  };
  const state = async (reservationId: string) => (await stand.ledger.findCall({ reservationId }))?.reservation;

  it('released gives the place back, at once and for good', async () => {
    const reservationId = await reserved();
    assert.equal(word(await stand.call()), 'call_in_progress');
    await stand.ledger.settle(reservationId, { state: 'released', why: 'refused before sending' });
    assert.equal(word(await stand.call()), 'ok');
    const asked = await stand.request();
    assert.ok(asked.ok);
    assert.equal(word(await stand.request()), 'request_in_progress');
    await stand.ledger.settle(asked.reservationId, { state: 'released', why: 'refused' });
    assert.equal(word(await stand.request()), 'ok');
  });

  it('unknown counts and blocks, until a webhook names our correlation id', async () => {
    const reservationId = await reserved();
    await stand.ledger.settle(reservationId, { state: 'unknown', why: 'timeout' });
    assert.equal(word(await stand.call()), 'call_in_progress');
    await stand.ledger.append([stand.event('call.ringing', 'wacid.9', { correlationId: reservationId })]);
    const call = await stand.ledger.findCall({ reservationId });
    assert.deepEqual([call?.reservation, call?.callId], ['consumed', 'wacid.9']);
    stand.clock.pass(MINUTE);
    await stand.ledger.append([stand.terminated('wacid.9')]);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('unknown without news blocks for a bounded time and goes on counting', async () => {
    await stand.ledger.close();
    stand = await Stand.open({ engine, overrides: { connectedCallsPerDay: 1 } });
    await stand.granted();
    const reservationId = await reserved();
    await stand.ledger.settle(reservationId, { state: 'unknown', why: 'timeout' });
    stand.clock.pass(SILENT_CALL_MS - 1);
    assert.equal(word(await stand.call()), 'call_in_progress');
    stand.clock.pass(1);
    assert.equal(word(await stand.call()), 'connected_call_limit');
    stand.clock.pass(DAY);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('unknown goes on counting when we have concluded ourselves that it is over', async () => {
    await stand.ledger.close();
    stand = await Stand.open({ engine, overrides: { connectedCallsPerDay: 1 } });
    await stand.granted();
    const reservationId = await reserved();
    await stand.ledger.settle(reservationId, { state: 'unknown', why: 'timeout' });
    await stand.ledger.finishCall(reservationId, { outcome: 'failed', at: stand.now });
    assert.equal(word(await stand.call()), 'call_in_progress', 'it may be ringing all the same');
    stand.clock.pass(SILENT_CALL_MS);
    assert.equal(word(await stand.call()), 'connected_call_limit');
  });

  it('a request counts from when it was sent, a start of the number too, not from the reservation', async () => {
    await stand.ledger.close();
    stand = await Stand.open({ engine, overrides: { startsPerDay: 1 } });
    await stand.granted();
    const reservationId = await reserved();
    const asked = await stand.request(BEN);
    assert.ok(asked.ok);
    stand.clock.pass(30 * SECOND);
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: 'wacid.1' });
    await stand.ledger.settle(asked.reservationId, { state: 'consumed', providerId: 'wamid.1' });
    await stand.ledger.append([stand.terminated('wacid.1')]);
    stand.clock.pass(DAY + MINUTE - 1);
    assert.equal(word(await stand.call()), 'number_daily_call_limit');
    assert.equal(word(await stand.request(BEN)), 'request_limit_day');
    stand.clock.pass(1);
    assert.equal(word(await stand.call()), 'ok');
    assert.equal(word(await stand.request(BEN)), 'ok');
  });

  it('an unknown request counts for its whole window', async () => {
    const asked = await stand.request();
    assert.ok(asked.ok);
    stand.clock.pass(30 * SECOND);
    await stand.ledger.settle(asked.reservationId, { state: 'unknown', why: 'timeout' });
    stand.clock.pass(DAY + MINUTE - 1);
    assert.equal(word(await stand.request()), 'request_limit_day');
    stand.clock.pass(1);
    assert.equal(word(await stand.request()), 'ok');
  });

  it('a lease that ran out becomes unknown, never released', async () => {
    const reservationId = await reserved();
    stand.clock.pass(LEASE_MS);
    await stand.ledger.sweep();
    assert.equal(await state(reservationId), 'reserved');
    stand.clock.pass(1);
    await stand.ledger.sweep();
    assert.equal(await state(reservationId), 'unknown');
    assert.equal(word(await stand.call()), 'call_in_progress');
    // Its owner was only slow: what it knows is still taken.
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: 'wacid.1' });
    assert.equal(await state(reservationId), 'consumed');
  });

  it('a settlement is final, may be repeated, and a webhook outranks it', async () => {
    const reservationId = await reserved();
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: 'wacid.1' });
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: 'wacid.1' });
    await stand.ledger.settle(reservationId, { state: 'unknown', why: 'late' });
    await stand.ledger.settle(reservationId, { state: 'released', why: 'late' });
    assert.equal(await state(reservationId), 'consumed');
    await stand.ledger.append([stand.terminated('wacid.1')]);
    const second = await reserved();
    await stand.ledger.settle(second, { state: 'released', why: 'we thought so' });
    await stand.ledger.append([stand.event('call.ringing', 'wacid.2', { correlationId: second })]);
    assert.equal(await state(second), 'consumed');
    assert.equal(word(await stand.call()), 'call_in_progress');
    await assert.rejects(stand.ledger.settle('nobody', { state: 'released', why: 'x' }), { code: 'bad_input' });
  });

  it('webhooks that name only the call id are joined with the reservation when it is settled', async () => {
    const reservationId = await reserved();
    await stand.ledger.append([stand.event('call.ringing', 'wacid.1')]);
    stand.clock.pass(5 * SECOND);
    await stand.ledger.append([stand.event('call.accepted', 'wacid.1')]);
    await stand.ledger.settle(reservationId, { state: 'consumed', providerId: 'wacid.1' });
    const call = await stand.ledger.findCall({ callId: 'wacid.1' });
    assert.deepEqual([call?.reservationId, call?.acceptedAt], [reservationId, stand.now]);
    stand.clock.pass(MINUTE);
    await stand.ledger.append([stand.terminated('wacid.1', { durationSeconds: 60 })]);
    const { callLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.equal(callLimits[0]?.used, 1);
    assert.equal(callLimits[2]?.used, 1);
  });

  it('our own conclusion ends a call; a webhook that comes all the same knows better', async () => {
    const reservationId = await stand.placed('wacid.1');
    await stand.ledger.finishCall(reservationId, { outcome: 'failed', at: stand.now, errorCode: 'media_lost' });
    const call = await stand.ledger.findCall({ reservationId });
    assert.deepEqual([call?.outcome, call?.errorCode], ['failed', 'media_lost']);
    assert.equal(word(await stand.call()), 'ok');
    await stand.ledger.append([stand.terminated('wacid.1', { durationSeconds: 12 })]);
    assert.deepEqual((await stand.ledger.findCall({ reservationId }))?.outcome, 'completed');
  });

  it('a ring that we cut short counts as unanswered only if it rang; the sweep tells a warning nobody heard', async () => {
    const used = async () => (await stand.ledger.explain(NUMBER, ANA)).callLimits[4]?.used;
    for (const [callId, rings] of [
      ['silent', false],
      ['rang.1', true],
      ['rang.2', true],
    ] as const) {
      const reservationId = await stand.placed(callId);
      if (rings) await stand.ledger.append([stand.event('call.ringing', callId)]);
      await stand.ledger.endRequested(reservationId, 'cancelled');
      stand.clock.pass(SECOND);
      await stand.ledger.finishCall(reservationId, { outcome: 'cancelled', at: stand.now });
    }
    assert.equal(await used(), 2);
    assert.deepEqual(
      (await stand.ledger.sweep()).map(({ kind }) => kind),
      ['unanswered_warning'],
    );
    assert.deepEqual(await stand.ledger.sweep(), []);
  });

  it('keeps the origin of a call, and the purpose of the permission for a call without one', async () => {
    await stand.ledger.close();
    stand = await Stand.open({ engine });
    await stand.asked('wamid.1');
    await stand.granted(ANA, { contextId: 'wamid.1' });
    const origin = { nodeId: 'n1', data: { ticket: [1, 'ü', null] } };
    const reservation = await stand.ledger.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose: '', origin });
    assert.ok(reservation.ok);
    const call = await stand.ledger.findCall({ reservationId: reservation.reservationId });
    assert.deepEqual([call?.origin, call?.purpose], [origin, 'your order']);
  });
});

onEveryEngine('reservations of a process that died', (engine) => {
  it('are unknown to the next one, which may adopt the calls and end them', async () => {
    const folder = temporaryFolder();
    try {
      const clock = new TestClock();
      let stand = await Stand.open({ engine, path: folder.file, clock });
      await stand.granted();
      const call = await stand.call();
      const contact = { phone: '4915112345678' };
      const asked = await stand.request(contact);
      assert.ok(call.ok && asked.ok);
      const { owner } = stand.ledger;
      await stand.crash();

      clock.pass(HOUR);
      stand = await Stand.open({ engine, path: folder.file, clock });
      const [left] = await stand.ledger.liveCalls(NUMBER.id);
      assert.deepEqual([left?.reservationId, left?.reservation, left?.owner], [call.reservationId, 'unknown', owner]);
      assert.equal(word(await stand.request(contact)), 'request_limit_day');
      await stand.ledger.adopt([call.reservationId, 'nobody']);
      assert.equal((await stand.ledger.findCall({ reservationId: call.reservationId }))?.owner, stand.ledger.owner);
      await stand.ledger.finishCall(call.reservationId, { outcome: 'failed', at: stand.now });
      assert.deepEqual(await stand.ledger.liveCalls(NUMBER.id), []);
      await stand.ledger.close();
    } finally {
      folder.remove();
    }
  });

  it('are given up in parts if there are many', async function () {
    this.timeout(60_000);
    const folder = temporaryFolder();
    try {
      const clock = new TestClock();
      const many = Array.from({ length: 1_001 }, (_, index) => ({ phone: `49151${String(index).padStart(8, '0')}` }));
      let stand = await Stand.open({
        engine,
        path: folder.file,
        clock,
        overrides: { startsPerDay: 10_000, concurrentCalls: 10_000 },
      });
      await stand.ledger.append(many.map((contact) => stand.reply('accept', { contact })));
      const calls = await Promise.all(many.map((contact) => stand.call(contact)));
      assert.deepEqual([...new Set(calls.map(word))], ['ok']);
      await stand.crash();
      clock.pass(HOUR);
      stand = await Stand.open({ engine, path: folder.file, clock });
      const left = await stand.ledger.liveCalls(NUMBER.id);
      assert.deepEqual([left.length, [...new Set(left.map(({ reservation }) => reservation))]], [1_001, ['unknown']]);
      await stand.ledger.close();
    } finally {
      folder.remove();
    }
  });
});
