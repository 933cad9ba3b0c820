import { strict as assert } from 'node:assert';
import { Exchange } from '../../../lib/switchboard/exchange.ts';
import type { CallChange } from '../../../lib/switchboard/switchboard.ts';
import { ANA, bench, event, sleep, talked, until } from './bench.ts';
import { FakeLedger } from './fake-ledger.ts';

const CALL = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'node-1' } };

describe('lib/switchboard/exchange', () => {
  it('gives the running switchboard, with its live calls, to who comes with the same configuration', async () => {
    const exchange = new Exchange();
    const made = bench();
    const before = await exchange.acquire('number', 'same', async () => made.switchboard);
    const placed = await before.switchboard.place(CALL);
    assert.ok(placed.outcome === 'placed');
    before.park(20);
    const after = await exchange.acquire('number', 'same', () => assert.fail('nothing new is needed'));
    await sleep(40);
    assert.deepEqual(made.provider.terminated, [], 'adopted in time');
    assert.equal(after.switchboard.call(placed.call.id)?.state, 'placed');
    await after.end('config_removed');
    assert.deepEqual(made.provider.terminated, ['wacid.1']);
    assert.equal(exchange.size(), 0);
  });

  it('ends the calls when nobody comes', async () => {
    const exchange = new Exchange();
    const made = bench();
    const lease = await exchange.acquire('number', 'same', async () => made.switchboard);
    await lease.switchboard.place(CALL);
    lease.park(10);
    await until('closed', () => exchange.size() === 0);
    await until('ended', () => made.ended().length === 1);
    assert.deepEqual(made.provider.terminated, ['wacid.1']);
  });

  it('ends the old calls first when the configuration changed, and tells the new listeners', async () => {
    const exchange = new Exchange();
    const ledger = new FakeLedger();
    const old = bench({}, ledger);
    const lease = await exchange.acquire('number', 'old', async () => old.switchboard);
    lease.onCall('node-1', () => assert.fail('the old node is gone'));
    lease.park(10_000);
    // Placed through the switchboard that is parked now.
    await old.place();
    const fresh = bench({}, ledger);
    const next = await exchange.acquire('number', 'new', async () => {
      assert.deepEqual(old.provider.terminated, ['wacid.1'], 'first the end of the old, then the new');
      return fresh.switchboard;
    });
    const heard: CallChange[] = [];
    next.onCall('node-1', (change) => heard.push(change));
    assert.deepEqual(
      heard.map(({ event: name }) => name),
      ['placed', 'ended'],
    );
    await next.end('shutdown');
  });

  it('keeps what happens in the middle of a redeploy and hands it out exactly once', async () => {
    const exchange = new Exchange();
    const made = bench();
    const before = await exchange.acquire('number', 'same', async () => made.switchboard);
    const first: string[] = [];
    const second: string[] = [];
    before.onCall('node-1', (change) => first.push(change.event));
    await before.switchboard.place(CALL);
    before.park(10_000);
    await made.deliver(event('call.accepted', 'wacid.1'), talked('wacid.1'));
    await until('ended', () => made.ended().length === 1);
    const after = await exchange.acquire('number', 'same', () => assert.fail('nothing new is needed'));
    after.switchboard.onCall((change) => second.push(change.event));
    assert.deepEqual(first, ['placed']);
    assert.deepEqual(second, ['accepted', 'ended']);
    const third: string[] = [];
    after.onCall('node-2', (change) => third.push(change.event));
    assert.deepEqual(third, []);
    await after.end('shutdown');
  });

  it('replaces the listener of an old instance instead of doubling it', async () => {
    const exchange = new Exchange();
    const made = bench();
    const lease = await exchange.acquire('number', 'same', async () => made.switchboard);
    let old = 0;
    let now = 0;
    const offOld = lease.onCall('node-1', () => {
      old += 1;
    });
    lease.onCall('node-1', () => {
      now += 1;
    });
    offOld();
    await lease.switchboard.place(CALL);
    assert.deepEqual([old, now], [0, 1]);
    await lease.end('shutdown');
    assert.equal(now, 2, 'ended is heard although the lease ends');
  });

  it('hands out what the start tells before anybody can listen', async () => {
    const exchange = new Exchange();
    const ledger = new FakeLedger();
    ledger.grant(ANA);
    const before = bench({}, ledger);
    await before.place();
    await ledger.append([talked('wacid.1')]);
    ledger.owner = 'process-2';
    const made = bench({}, ledger);
    const lease = await exchange.acquire('number', 'same', async () => made.switchboard);
    const heard: CallChange[] = [];
    lease.switchboard.onCall((change) => heard.push(change));
    assert.deepEqual(
      heard.map((change) => [change.event, change.origin?.nodeId]),
      [['ended', 'node-1']],
    );
    await lease.end('shutdown');
    await before.deliver(talked('wacid.1'));
    await before.switchboard.close('shutdown');
  });

  it('creates one switchboard for holders that come at the same time, and keeps it for the last', async () => {
    const exchange = new Exchange();
    const made = bench();
    let created = 0;
    const create = async () => {
      created += 1;
      await sleep(5);
      return made.switchboard;
    };
    const [one, two] = await Promise.all([
      exchange.acquire('number', 'same', create),
      exchange.acquire('number', 'same', create),
    ]);
    assert.equal(created, 1);
    await one.end('config_removed');
    one.park(1);
    assert.equal(exchange.size(), 1);
    await two.switchboard.place(CALL);
    await exchange.closeAll('shutdown');
    assert.equal(exchange.size(), 0);
    assert.deepEqual(made.provider.terminated, ['wacid.1']);
    await two.end('shutdown');
  });

  it('passes on why there is no switchboard and can be asked again', async () => {
    const exchange = new Exchange();
    const ledger = new FakeLedger();
    ledger.down = true;
    await assert.rejects(
      exchange.acquire('number', 'same', async () => bench({}, ledger).switchboard),
      { code: 'store_unavailable' },
    );
    await assert.rejects(
      exchange.acquire('number', 'same', async () => {
        throw new Error('bad configuration');
      }),
      { message: 'bad configuration' },
    );
    assert.equal(exchange.size(), 0);
    ledger.down = false;
    const lease = await exchange.acquire('number', 'same', async () => bench({}, ledger).switchboard);
    await lease.end('shutdown');
  });

  it('does not end what somebody has taken over in the meantime', async () => {
    const exchange = new Exchange();
    const made = bench();
    const lease = await exchange.acquire('number', 'same', async () => made.switchboard);
    await lease.switchboard.place(CALL);
    const adopting = exchange.acquire('number', 'same', () => assert.fail('nothing new is needed'));
    await lease.end('config_removed');
    const next = await adopting;
    assert.deepEqual(made.provider.terminated, []);
    assert.equal(next.switchboard.calls().length, 1);
    await next.end('shutdown');
    assert.deepEqual(made.provider.terminated, ['wacid.1']);
  });

  it('makes a new one for who comes while the old one ends', async () => {
    const exchange = new Exchange();
    const old = bench();
    const lease = await exchange.acquire('number', 'same', async () => old.switchboard);
    await lease.switchboard.place(CALL);
    const ending = lease.end('config_removed');
    const next = await exchange.acquire('number', 'same', async () => {
      assert.equal(old.ended().length, 1);
      return bench().switchboard;
    });
    await ending;
    assert.deepEqual(next.switchboard.calls(), []);
    assert.equal(exchange.size(), 1);
    await next.end('shutdown');
  });

  it('reports a listener that fails', async () => {
    const exchange = new Exchange();
    const log: string[] = [];
    const lease = await exchange.acquire(
      'number',
      'same',
      async () => bench().switchboard,
      (level, text) => log.push(`${level}: ${text}`),
    );
    lease.onCall('node-1', () => {
      throw new Error('node is broken');
    });
    await lease.switchboard.place(CALL);
    assert.deepEqual(log, ['error: A listener failed: node is broken']);
    await lease.end('shutdown');
  });
});
