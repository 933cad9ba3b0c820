import { strict as assert } from 'node:assert';
import { CallRegistry } from '../../../lib/call/registry.ts';
import type { CallEvent } from '../../../lib/provider/event.ts';

const LIMITS = { early: 3, earlyMs: 1000, ended: 2, endedMs: 5000 };

function ringing(callId: string, id: string, correlationId?: string): { event: CallEvent } {
  const event: CallEvent = { type: 'call.ringing', id, at: 1, businessNumberId: 'n', callId };
  return { event: correlationId === undefined ? event : { ...event, correlationId } };
}

describe('lib/call/registry', () => {
  it('finds a call by either id, and by the echo of ours before the other is known', () => {
    const registry = new CallRegistry<{ id: string }, { event: CallEvent }>(LIMITS);
    const call = { id: 'c1' };
    registry.add(call);
    assert.equal(registry.of(ringing('w1', 'e1').event), undefined);
    assert.equal(registry.of(ringing('w1', 'e1', 'c1').event), call);
    registry.learn('c1', 'w1');
    assert.equal(registry.of(ringing('w1', 'e1').event), call);
    assert.equal(registry.find('c1'), call);
    assert.equal(registry.find('w1'), call);
  });

  it('hands out webhooks that came early once, in their order', () => {
    const registry = new CallRegistry<{ id: string }, { event: CallEvent }>(LIMITS);
    registry.add({ id: 'c1' });
    registry.hold(ringing('w1', 'e1'), 0);
    registry.hold(ringing('w2', 'e2'), 0);
    registry.hold(ringing('w1', 'e3'), 0);
    const ids = registry.learn('c1', 'w1').map(({ event }) => event.id);
    assert.deepEqual(ids, ['e1', 'e3']);
    assert.deepEqual(registry.learn('c1', 'w1'), []);
    assert.equal(registry.size().early, 1);
  });

  it('bounds what waits, in number and in time, and says what it gives up', () => {
    const registry = new CallRegistry<{ id: string }, { event: CallEvent }>(LIMITS);
    for (const [index, id] of ['e1', 'e2', 'e3'].entries())
      assert.deepEqual(registry.hold(ringing('w', id), index * 400), []);
    assert.deepEqual(
      registry.hold(ringing('w', 'e4'), 900).map(({ event }) => event.id),
      ['e1'],
    );
    assert.deepEqual(
      registry.expire(1500).map(({ event }) => event.id),
      ['e2'],
    );
    assert.equal(registry.size().early, 2);
  });

  it('remembers ended calls for late webhooks, bounded', () => {
    const registry = new CallRegistry<{ id: string }, { event: CallEvent }>(LIMITS);
    for (const id of ['c1', 'c2', 'c3']) {
      registry.add({ id });
      registry.learn(id, `w-${id}`);
      registry.bury(id, 0);
    }
    assert.deepEqual(registry.size(), { live: 0, ended: 2, early: 0 });
    assert.equal(registry.find('w-c1'), undefined);
    assert.equal(registry.find('w-c3')?.id, 'c3');
    registry.expire(5001);
    assert.equal(registry.find('c3'), undefined);
    assert.equal(registry.find('w-c3'), undefined);
  });

  it('forgets a call that never was', () => {
    const registry = new CallRegistry<{ id: string }, { event: CallEvent }>(LIMITS);
    registry.add({ id: 'c1' });
    registry.remove('c1');
    assert.equal(registry.find('c1'), undefined);
    assert.deepEqual(registry.live(), []);
  });
});
