import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ANA, BOB, bench, event, NUMBER, sleep, talked, until } from './bench.ts';
import { FakeLedger } from './fake-ledger.ts';

function reply(id: string, response: 'accept' | 'reject', more: { expiresAt?: number } = {}): ProviderEvent {
  return {
    type: 'permission.replied',
    id,
    at: Date.now(),
    businessNumberId: NUMBER.id,
    contact: BOB,
    response,
    permanent: false,
    source: 'user_action',
    ...more,
  };
}

describe('lib/switchboard/react', () => {
  it('ends in one ended event for any order and repetition of webhooks', async () => {
    const webhooks = ['call.connect', 'call.ringing', 'call.accepted', 'talked'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...webhooks, ...webhooks], { minLength: 4 }).filter((order) => order.includes('talked')),
        async (order) => {
          const { switchboard, deliver, place, ended, events } = bench({ settleMs: 1 });
          await place();
          for (const type of order) await deliver(type === 'talked' ? talked('wacid.1') : event(type, 'wacid.1'));
          await until('ended', () => ended().length > 0);
          await sleep(2);
          assert.equal(ended().length, 1);
          assert.equal(ended()[0]?.call.outcome, 'completed');
          assert.equal(new Set(events()).size, events().length);
          assert.equal(events().at(-1), 'ended');
          await switchboard.close('shutdown');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does nothing about duplicates, other numbers, calls from outside and what it does not know', async () => {
    const { switchboard, ledger, provider, deliver, place, changes } = bench();
    await place();
    const ringing = event('call.ringing', 'wacid.1');
    await deliver(ringing);
    await deliver(ringing);
    const told = changes.length;
    await deliver(
      { ...event('call.accepted', 'wacid.1'), businessNumberId: 'another' },
      event('call.connect', 'wacid.in', { direction: 'inbound', session: { type: 'offer', sdp: 'v=0' } }),
      event('call.terminated', 'wacid.in', { direction: 'inbound' }),
      { type: 'unknown', id: 'u1', at: 1, businessNumberId: NUMBER.id, field: 'new_thing', raw: {} },
      {
        type: 'account.restricted',
        id: 'a1',
        at: 1,
        businessNumberId: NUMBER.id,
        restriction: 'RESTRICTED_BIZ_INITIATED_CALLING',
        warning: false,
      },
    );
    assert.equal(changes.length, told);
    assert.deepEqual(provider.terminated, []);
    assert.ok(ledger.handedOut.includes('u1') && ledger.handedOut.includes('a1'));
    await switchboard.close('shutdown');
  });

  it('gives up webhooks of calls that never become known, and hangs up on those that are ours', async () => {
    const { switchboard, ledger, provider, deliver, place } = bench();
    const hanging = Promise.withResolvers<{ callId: string }>();
    provider.onPlace = () => hanging.promise;
    const placing = place();
    await until('request sent', () => provider.placed.length === 1);
    await deliver(event('call.connect', 'wacid.foreign'));
    assert.deepEqual(ledger.handedOut, [], 'it may be the call that is being placed');
    await until('given up', () => ledger.handedOut.length === 1);
    assert.deepEqual(provider.terminated, []);
    hanging.resolve({ callId: 'wacid.1' });
    await placing;
    // A call that the ledger knows, but nobody in this process does.
    const stored = { ...(await ledger.liveCalls())[0], reservationId: 'lost', callId: 'wacid.lost' };
    ledger.calls.set('lost', stored as never);
    await deliver(event('call.ringing', 'wacid.lost'));
    await until('ended', () => provider.terminated.includes('wacid.lost'));
    await switchboard.close('shutdown');
  });

  it('tells permission changes with what may be done now', async () => {
    const { switchboard, deliver, permissions, ledger } = bench();
    await deliver(reply('p1', 'accept'), reply('p2', 'reject'));
    assert.deepEqual(
      permissions.map(({ change, permission }) => [change, permission.canCall, permission.status]),
      [
        ['granted', false, 'granted'],
        ['denied', false, 'denied'],
      ],
    );
    assert.deepEqual(ledger.handedOut, ['p1', 'p2']);
    await deliver(reply('p3', 'accept'));
    assert.equal(permissions[2]?.permission.canCall, true);
    await switchboard.close('shutdown');
  });

  it('warns of unanswered calls before it tells their end', async () => {
    const ledger = new FakeLedger();
    const { switchboard, place, events, changes, ended } = bench({}, ledger);
    await place();
    const [appended] = await ledger.append([event('call.terminated', 'wacid.1')]);
    assert.ok(appended);
    appended.effects.push({ kind: 'unanswered_warning', businessNumberId: NUMBER.id, contact: ANA, count: 2 });
    await switchboard.handle([appended]);
    await until('ended', () => ended().length === 1);
    assert.deepEqual(events(), ['placed', 'warning', 'ended']);
    assert.match(changes[1]?.text ?? '', /^2 calls in a row/);
    await switchboard.close('shutdown');
  });

  it('tells message statuses', async () => {
    const { switchboard, deliver } = bench();
    const statuses: unknown[] = [];
    switchboard.onMessageStatus((status) => statuses.push(status));
    await deliver({
      type: 'message.status',
      id: 's1',
      at: 1,
      businessNumberId: NUMBER.id,
      messageId: 'wamid.1',
      status: 'delivered',
      errors: [],
    });
    assert.deepEqual(statuses, [{ messageId: 'wamid.1', status: 'delivered', at: 1, errors: [] }]);
    await switchboard.close('shutdown');
  });

  it('tells a lapse when it happens, and at every switchboard of the store', async () => {
    const ledger = new FakeLedger();
    const one = bench({}, ledger);
    const two = bench({}, ledger);
    await one.switchboard.start();
    await two.switchboard.start();
    const swept = ledger.swept;
    const permission = { status: 'denied' as const, ended: 'expired' as const };
    ledger.sweeps.push([{ kind: 'ended', businessNumberId: NUMBER.id, contact: BOB, permission, why: 'expired' }]);
    await one.deliver(reply('p1', 'accept', { expiresAt: Date.now() + 20 }));
    await until('told', () => one.permissions.length === 2 && two.permissions.length === 1);
    assert.equal(one.permissions[1]?.why, 'expired');
    assert.equal(two.permissions[0]?.change, 'ended');
    assert.equal(ledger.swept, swept + 1);
    await one.switchboard.close('shutdown');
    await two.switchboard.close('shutdown');
  });
});
