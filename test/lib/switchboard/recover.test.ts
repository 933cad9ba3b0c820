import { strict as assert } from 'node:assert';
import { ANA, BOB, bench, event, NUMBER, talked, until } from './bench.ts';
import { FakeLedger } from './fake-ledger.ts';
import { timeout } from './fake-provider.ts';

/** What a process leaves behind that dies: the ledger as it is, everything else gone. */
async function crashed(prepare: (ledger: FakeLedger) => Promise<void>): Promise<FakeLedger> {
  const ledger = new FakeLedger();
  ledger.grant(ANA);
  ledger.grant(BOB);
  await prepare(ledger);
  ledger.owner = 'process-2';
  return ledger;
}

async function reserve(ledger: FakeLedger): Promise<string> {
  const reservation = await ledger.reserveCall({
    businessNumber: { id: '334455667788990', phone: '351211000100' },
    contact: ANA,
    purpose: 'delivery',
    origin: { nodeId: 'node-1', data: { order: 7 } },
  });
  assert.ok(reservation.ok);
  return reservation.reservationId;
}

describe('lib/switchboard/recover', () => {
  it('ends the calls of a dead process and tells their flows', async () => {
    const ledger = await crashed(async (before) => {
      await before.settle(await reserve(before), { state: 'consumed', providerId: 'wacid.1' });
      const [accepted] = await before.append([event('call.accepted', 'wacid.1')]);
      await before.dispatched([accepted?.event.id ?? '']);
    });
    const { switchboard, provider, deliver, ended } = bench({ webhookWaitMs: 60_000 }, ledger);
    await switchboard.start();
    await until('terminate', () => provider.terminated.length === 1);
    assert.equal((await ledger.liveCalls())[0]?.owner, 'process-2');
    await deliver(talked('wacid.1'));
    await until('ended', () => ended().length === 1);
    assert.equal(ended()[0]?.call.outcome, 'completed');
    assert.equal(ended()[0]?.call.durationSeconds, 61);
    assert.deepEqual(ended()[0]?.origin, { nodeId: 'node-1', data: { order: 7 } });
    assert.deepEqual(await ledger.liveCalls(), []);
    await switchboard.close('shutdown');
  });

  it('waits for a webhook to learn the id of a call that was being placed, then ends it', async () => {
    const ledger = await crashed(async (before) => {
      await reserve(before);
    });
    const { switchboard, provider, deliver, ended } = bench({ unknownWaitMs: 60_000 }, ledger);
    await switchboard.start();
    const [live] = switchboard.calls();
    assert.equal(live?.state, 'ending');
    await deliver(event('call.connect', 'wacid.1', { correlationId: live?.id ?? '' }));
    assert.deepEqual(provider.terminated, ['wacid.1']);
    await until('ended', () => ended().length === 1);
    assert.equal(ended()[0]?.call.outcome, 'cancelled');
    await switchboard.close('shutdown');
  });

  it('gives such a call up after a while, as failed', async () => {
    const ledger = await crashed(async (before) => {
      await reserve(before);
    });
    const { switchboard, provider, ended } = bench({ unknownWaitMs: 20 }, ledger);
    await switchboard.start();
    await until('ended', () => ended().length === 1);
    assert.equal(ended()[0]?.call.errors?.[0]?.code, 'outcome_unknown');
    assert.deepEqual(provider.terminated, []);
    assert.equal(ledger.finished.length, 1);
    await switchboard.close('shutdown');
  });

  it('uses events that were acknowledged before the crash but never handed out', async () => {
    const known = await crashed(async (before) => {
      await before.settle(await reserve(before), { state: 'consumed', providerId: 'wacid.1' });
      await before.append([event('call.accepted', 'wacid.1')]);
    });
    const first = bench({}, known);
    await first.switchboard.start();
    assert.deepEqual(
      first.provider.terminated,
      ['wacid.1'],
      'an event does not keep a left-over call from being ended',
    );
    await until('ended', () => first.ended().length === 1);
    assert.equal(first.ended()[0]?.call.outcome, 'completed');
    await first.switchboard.close('shutdown');

    const learned = await crashed(async (before) => {
      await before.append([event('call.connect', 'wacid.2', { correlationId: await reserve(before) })]);
      for (const call of before.calls.values()) delete call.callId;
    });
    const second = bench({}, learned);
    await second.switchboard.start();
    assert.deepEqual(second.provider.terminated, ['wacid.2']);
    await second.switchboard.close('shutdown');
  });

  it('tells an end that was acknowledged but never told', async () => {
    const ledger = await crashed(async (before) => {
      await before.settle(await reserve(before), { state: 'consumed', providerId: 'wacid.1' });
      const [, end] = await before.append([event('call.accepted', 'wacid.1'), talked('wacid.1')]);
      end?.effects.push({
        ...{ kind: 'ended', why: 'automatic', businessNumberId: NUMBER.id, contact: ANA },
        permission: { status: 'denied' },
      });
    });
    const { switchboard, provider, ended, permissions } = bench({}, ledger);
    await switchboard.start();
    assert.equal(ended().length, 1);
    assert.equal(ended()[0]?.call.outcome, 'completed');
    assert.equal(ended()[0]?.call.durationSeconds, 61);
    assert.equal(ended()[0]?.origin?.nodeId, 'node-1');
    assert.deepEqual(
      permissions.map(({ change, why }) => [change, why]),
      [['ended', 'automatic']],
      'and what it did to the permission',
    );
    assert.deepEqual(provider.terminated, []);
    await until('handed out', () => ledger.handedOut.length === 2);
    await switchboard.close('shutdown');
    const again = bench({}, ledger);
    await again.switchboard.start();
    assert.deepEqual(again.ended(), []);
    await again.switchboard.close('shutdown');
  });

  it('lets new calls wait for the start, and can be started again when the store was down', async () => {
    const ledger = new FakeLedger();
    const { switchboard, place, provider } = bench({}, ledger);
    ledger.down = true;
    await assert.rejects(switchboard.start(), { code: 'store_unavailable' });
    ledger.down = false;
    const starting = switchboard.start();
    const { call } = await place();
    await starting;
    assert.equal(call.state, 'placed');
    assert.deepEqual(provider.terminated, []);
    await switchboard.close('shutdown');
  });

  it('keeps trying to end a left-over call when the provider is away at the start', async () => {
    const ledger = await crashed(async (before) => {
      await before.settle(await reserve(before), { state: 'consumed', providerId: 'wacid.1' });
    });
    const { switchboard, provider, ended } = bench({}, ledger);
    provider.onTerminate = () => (provider.terminated.length < 4 ? Promise.reject(timeout()) : Promise.resolve());
    await switchboard.start();
    await until('ended', () => ended().length === 1);
    assert.equal(provider.terminated.length, 4);
    await switchboard.close('shutdown');
  });
});
