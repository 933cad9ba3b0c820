import { strict as assert } from 'node:assert';
import type { SwitchboardDeps } from '../../../lib/switchboard/deps.ts';
import type { SwitchboardSettings } from '../../../lib/switchboard/settings.ts';
import { ANA, type Bench, BOB, benchWith, event, sleep, talked, until } from './bench.ts';
import { type FakeInstance, SharedStore } from './fake-instances.ts';
import { refused } from './fake-provider.ts';

const QUICK = { takeMs: 5, heartbeatMs: 10, unknownWaitMs: 200 };

describe('two switchboards of one number on a shared store', () => {
  let store: SharedStore;
  let open: Bench<FakeInstance>[];

  beforeEach(() => {
    store = new SharedStore();
    open = [];
  });
  afterEach(async () => {
    for (const { switchboard } of open) await switchboard.close('shutdown', 0);
  });

  async function join(
    owner: string,
    settings: Partial<SwitchboardSettings> = {},
    more: Partial<SwitchboardDeps> = {},
  ): Promise<Bench<FakeInstance>> {
    const ledger = store.join(owner);
    ledger.grant(ANA);
    ledger.grant(BOB);
    const made = benchWith(ledger, owner, { ...QUICK, ...settings }, undefined, more);
    open.push(made);
    await made.switchboard.start();
    return made;
  }
  /** The others take it for dead. What it goes on doing here is as little as its settings let it. */
  function kill(owner: string): void {
    store.dead.add(owner);
  }

  for (const losesNews of [false, true]) {
    it(`moves a call at A by webhooks that come in at B${losesNews ? ', also if the news of them is lost' : ''}`, async () => {
      store.losesNews = losesNews;
      const a = await join('a', losesNews ? {} : { takeMs: 60_000 });
      const b = await join('b');
      const { call } = await a.place();
      const of = { correlationId: call.id };
      await b.deliver(event('call.connect', 'wacid.1', of));
      await until('the answer', () => a.media.made[0]?.answers.length === 1);
      await b.deliver(event('call.accepted', 'wacid.1', of), talked('wacid.1'));
      await until('ended', () => a.ended().length === 1);
      assert.equal(a.ended()[0]?.call.outcome, 'completed');
      assert.deepEqual(a.events(), ['placed', 'connect', 'accepted', 'ended']);
      assert.deepEqual([b.changes, b.provider.terminated], [[], []]);
      await until('handed out', () => store.handedOut.length === 3);
    });
  }

  it('leaves what is alive elsewhere alone when it starts, and when it beats', async () => {
    const a = await join('a');
    const { call } = await a.place();
    const b = await join('b');
    await sleep(50);
    assert.deepEqual([b.provider.terminated, b.changes, a.provider.terminated], [[], [], []]);
    assert.equal(a.switchboard.call(call.id)?.state, 'placed');
    await a.switchboard.terminate(call.id, 'flow');
    assert.deepEqual([a.ended().length, b.ended().length], [1, 0]);
  });

  it('ends the calls of an instance that died, at exactly one of the others, and never places them again', async () => {
    const a = await join('a', { takeMs: 60_000, heartbeatMs: 60_000 });
    const { call } = await a.place();
    const b = await join('b');
    const c = await join('c');
    kill('a');
    await until('terminate', () => b.provider.terminated.length + c.provider.terminated.length > 0);
    await sleep(40);
    const [winner, other] = b.provider.terminated.length > 0 ? [b, c] : [c, b];
    assert.deepEqual([winner.provider.terminated, other.provider.terminated], [['wacid.1'], []]);
    // Both had seen it and asked for it.
    assert.ok(winner.ledger.adoptions.length > 0);
    await other.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    await until('ended', () => winner.ended().length === 1);
    await sleep(40);
    assert.deepEqual([winner.ended().length, other.ended().length], [1, 0]);
    assert.deepEqual(winner.ended()[0]?.origin, { nodeId: 'node-1', data: { order: 7 } });
    assert.equal(b.provider.placed.length + c.provider.placed.length, 0);
    assert.ok(winner.log.some((line) => line.includes('1 calls were left over')));
  });

  it('tells the end that a dead instance had taken in and not told', async () => {
    const a = await join('a', { takeMs: 60_000, heartbeatMs: 60_000 });
    const { call } = await a.place();
    await a.ledger.append([talked('wacid.1')]);
    const b = await join('b');
    await sleep(20);
    assert.equal(b.ended().length, 0);
    kill('a');
    await until('ended', () => b.ended().length === 1);
    assert.deepEqual([b.ended()[0]?.call.id, b.ended()[0]?.call.outcome], [call.id, 'completed']);
    assert.deepEqual(b.provider.terminated, []);
  });

  it('ends a call that its dead instance was just placing once a webhook tells its id', async () => {
    const a = await join('a', { takeMs: 60_000, heartbeatMs: 60_000 });
    a.provider.onPlace = () => new Promise(() => {});
    void a.switchboard.place({ contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } });
    await until('on its way', () => a.provider.placed.length === 1);
    const b = await join('b', { unknownWaitMs: 5_000 });
    kill('a');
    await until('taken over', () => b.switchboard.calls().length === 1);
    const [call] = b.switchboard.calls();
    assert.deepEqual(b.provider.terminated, []);
    await b.deliver(event('call.ringing', 'wacid.9', { correlationId: call?.id as string }));
    await until('terminate', () => b.provider.terminated.length === 1);
    assert.deepEqual(b.provider.terminated, ['wacid.9']);
  });

  it('lets go of calls that were taken over during its own silence, without a word and without ending them', async () => {
    let slept = 0;
    const a = await join('a', { takeMs: 60_000 }, { now: () => Date.now() + slept });
    const { call } = await a.place();
    const awake = Promise.withResolvers<{ dead: string[] }>();
    a.ledger.heartbeat = () => awake.promise;
    await sleep(20);
    kill('a');
    const b = await join('b', { webhookWaitMs: 5_000 });
    await until('terminate', () => b.provider.terminated.length === 1);
    store.dead.delete('a');
    slept = 40_000;
    awake.resolve({ dead: [] });
    await until('let go', () => a.switchboard.call(call.id) === undefined);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    await until('ended', () => b.ended().length === 1);
    await sleep(30);
    assert.deepEqual([a.ended().length, a.provider.terminated], [0, []]);
    assert.equal(a.media.made[0]?.state(), 'closed');
  });

  it('ends a ringing call at A after an opt-out that came in at B, also while A does not know its id yet', async () => {
    const a = await join('a');
    const b = await join('b');
    const answer = Promise.withResolvers<{ callId: string }>();
    a.provider.onPlace = () => answer.promise;
    const placing = a.place();
    await until('on its way', () => a.provider.placed.length === 1);
    const [stored] = [...store.calls.values()];
    assert.ok(stored);
    b.ledger.doNotCall = async () => [
      {
        kind: 'opted_out',
        businessNumberId: stored.businessNumberId,
        contact: ANA,
        permission: { status: 'denied' },
        source: 'flow',
        first: true,
        calls: [stored.reservationId],
        requests: [],
      },
    ];
    await b.switchboard.doNotCall(ANA, { listed: true, source: 'flow' });
    assert.deepEqual(b.provider.terminated, []);
    answer.resolve({ callId: 'wacid.1' });
    await placing;
    await until('terminate', () => b.provider.terminated.length === 1);
    assert.deepEqual(b.ledger.endings, [{ id: stored.reservationId, as: 'cancelled' }]);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: stored.reservationId }));
    await until('ended', () => a.ended().length === 1);
  });

  it('hangs up at B a call that A holds: asked once, told once at A, and both say the same', async () => {
    const a = await join('a');
    const b = await join('b', { webhookWaitMs: 5_000 });
    const { call } = await a.place();
    await b.deliver(event('call.ringing', 'wacid.1', { correlationId: call.id }));
    const both = [b.switchboard.terminate(call.id, 'flow'), b.switchboard.terminate('wacid.1', 'flow')];
    await until('terminate', () => b.provider.terminated.length === 1);
    assert.deepEqual(b.ledger.endings, [{ id: call.id, as: 'cancelled' }]);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    const [one, other] = await Promise.all(both);
    assert.deepEqual(one, other);
    assert.deepEqual([one?.id, one?.state, one?.endedBy], [call.id, 'ended', 'us']);
    await until('ended', () => a.ended().length === 1);
    const told = a.ended()[0];
    assert.deepEqual([told?.call.outcome, told?.call.endedBy], ['cancelled', 'us']);
    assert.deepEqual(told?.origin, { nodeId: 'node-1', data: { order: 7 } });
    await sleep(30);
    assert.deepEqual([a.ended().length, b.ended().length, b.changes.length], [1, 0, 0]);
    assert.deepEqual([a.provider.terminated, b.provider.terminated], [[], ['wacid.1']]);
    const again = await b.switchboard.terminate(call.id, 'flow');
    assert.deepEqual([again.state, b.provider.terminated.length], ['ended', 1], 'ending an ended call is harmless');
    assert.equal((await a.switchboard.terminate(call.id, 'flow')).state, 'ended');
  });

  it('concludes for itself when the provider has confirmed and no webhook comes anywhere', async () => {
    const a = await join('a');
    const b = await join('b', { webhookWaitMs: 30 });
    const { call } = await a.place();
    const view = await b.switchboard.terminate(call.id, 'flow');
    assert.deepEqual([view.outcome, view.endedBy], ['cancelled', 'us']);
    assert.deepEqual(b.ledger.finished, [{ id: call.id, outcome: 'cancelled' }]);
    assert.equal(b.ended().length, 0);
  });

  it('tries again at B, and says what to do when the provider does not confirm at all', async () => {
    const a = await join('a');
    const b = await join('b');
    const { call } = await a.place();
    b.provider.onTerminate = () => Promise.reject(refused('131000', 'transient'));
    await assert.rejects(b.switchboard.terminate(call.id, 'flow'), (error: Error & { nextStep?: string }) => {
      assert.equal((error as { code?: string }).code, 'call_failed');
      assert.match(error.message, /did not confirm the end of the call after 8 tries/);
      return (error.nextStep ?? '') !== '';
    });
    assert.equal(b.provider.terminated.length, 8);
    assert.equal(a.switchboard.call(call.id)?.state, 'placed');
    b.provider.onTerminate = () => Promise.resolve();
    const ending = b.switchboard.terminate(call.id, 'flow');
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    assert.equal((await ending).state, 'ended');
  });

  it('ends at B what A is just placing, and knows nothing of calls that nobody made or of other numbers', async () => {
    const a = await join('a');
    const b = await join('b');
    const answer = Promise.withResolvers<{ callId: string }>();
    a.provider.onPlace = () => answer.promise;
    const placing = a.place();
    await until('on its way', () => a.provider.placed.length === 1);
    const [stored] = [...store.calls.values()];
    assert.ok(stored);
    const ending = b.switchboard.terminate(stored.reservationId, 'flow');
    await sleep(20);
    assert.deepEqual(b.provider.terminated, []);
    answer.resolve({ callId: 'wacid.1' });
    await placing;
    await until('terminate', () => b.provider.terminated.length === 1);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: stored.reservationId }));
    assert.equal((await ending).state, 'ended');
    for (const id of ['nobody', '', 'x'.repeat(100_000), '__proto__'])
      await assert.rejects(b.switchboard.terminate(id, 'flow'), { code: 'call_unknown' });
    store.calls.set('b-other', { ...stored, reservationId: 'b-other', callId: 'wacid.o', businessNumberId: 'other' });
    await assert.rejects(b.switchboard.terminate('wacid.o', 'flow'), { code: 'call_unknown' });
  });

  it('takes over and ends a call of a dead instance that a flow hangs up before the others found it', async () => {
    const a = await join('a', { takeMs: 60_000, heartbeatMs: 60_000 });
    const { call } = await a.place();
    const b = await join('b', { heartbeatMs: 60_000, webhookWaitMs: 5_000 });
    kill('a');
    const ending = b.switchboard.terminate(call.id, 'flow');
    await until('terminate', () => b.provider.terminated.length === 1);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    assert.equal((await ending).id, call.id);
    assert.equal(b.ended().length, 1, 'told here, for nobody else is left to');
  });

  it('says once that other instances cannot be heard, and goes on trying', async () => {
    const a = await join('a');
    let down = true;
    const take = a.ledger.take.bind(a.ledger);
    a.ledger.take = () => (down ? Promise.reject(new Error('The database is away.')) : take());
    const { call } = await a.place();
    await sleep(60);
    const said = a.log.filter((line) => line.startsWith('warn: Events from other instances did not work'));
    assert.equal(said.length, 1);
    down = false;
    const b = await join('b');
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    await until('ended', () => a.ended().length === 1);
  });

  it('keeps an end whose call cannot be looked up for its next turn', async () => {
    const a = await join('a', { takeMs: 60_000, heartbeatMs: 60_000 });
    await a.place();
    await a.ledger.append([talked('wacid.1')]);
    const b = await join('b');
    const findCall = b.ledger.findCall.bind(b.ledger);
    let fails = 2;
    b.ledger.findCall = (id) => {
      fails -= 1;
      return fails >= 0 ? Promise.reject(refused('store')) : findCall(id);
    };
    kill('a');
    await until('ended', () => b.ended().length === 1);
    await sleep(30);
    assert.equal(b.ended().length, 1);
    assert.ok(fails < 0);
  });
});
