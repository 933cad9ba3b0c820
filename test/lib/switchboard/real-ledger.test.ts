import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ANA, benchWith, event, NUMBER, talked, until } from './bench.ts';
import { refused, timeout } from './fake-provider.ts';

function granted(): ProviderEvent {
  return {
    type: 'permission.replied',
    id: `grant-${randomUUID()}`,
    at: Date.now(),
    businessNumberId: NUMBER.id,
    contact: ANA,
    response: 'accept',
    permanent: true,
    source: 'user_action',
  };
}

describe('lib/switchboard on the real ledger', () => {
  let folder: string;
  const leases: (() => Promise<void>)[] = [];

  async function open(): Promise<Ledger> {
    const { ledger, release } = await openLedger({ engine: 'sqlite', path: join(folder, 'ledger.db') });
    leases.push(release);
    return ledger;
  }
  async function closeStore(): Promise<void> {
    for (const release of leases.splice(0)) await release();
    await closeLingering();
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchboard-'));
  });
  afterEach(async () => {
    await closeStore();
    await rm(folder, { recursive: true });
  });

  it('finishes after a restart what a crash left behind', async () => {
    const before = benchWith(await open(), undefined, { unknownWaitMs: 60_000 });
    await before.switchboard.start();
    await before.deliver(granted());
    const { call } = await before.place();
    await before.deliver(event('call.accepted', 'wacid.1', { contact: ANA, correlationId: call.id }));
    // The process dies here: nothing is closed but the store. What it held must not act any more.
    before.media.made[0]?.become('new');
    await closeStore();

    const ledger = await open();
    const after = benchWith(ledger, undefined, { webhookWaitMs: 60_000 });
    await after.switchboard.start();
    await until('terminate', () => after.provider.terminated.length === 1);
    const again = await after.switchboard.place({
      contact: ANA,
      purpose: 'p',
      ringSeconds: 30,
      maxSeconds: 0,
      origin: { nodeId: 'n' },
    });
    assert.ok(again.outcome === 'blocked' && again.reason.code === 'call_in_progress');
    await after.deliver(talked('wacid.1'));
    await until('ended', () => after.ended().length === 1);
    assert.equal(after.ended()[0]?.call.id, call.id);
    assert.equal(after.ended()[0]?.call.outcome, 'completed');
    assert.deepEqual(after.ended()[0]?.origin, { nodeId: 'node-1', data: { order: 7 } });
    await until('handed out', () => after.log.length > 0);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    await after.switchboard.close('shutdown');
    // Only now may the first one stop its timers; its store is gone.
    await before.switchboard.close('shutdown', 0);
  });

  it('agrees with the ledger on the outcome of calls that we ended', async () => {
    const ledger = await open();
    const { switchboard, deliver, place, provider } = benchWith(ledger, undefined);
    await switchboard.start();
    await deliver(granted());
    const ringing = await place({ ringSeconds: 0.02 });
    await until('terminate', () => provider.terminated.length === 1);
    await deliver(event('call.terminated', 'wacid.1'));
    const first = await switchboard.terminate(ringing.call.id, 'flow');
    assert.equal(first.outcome, 'no_answer');
    assert.equal((await ledger.findCall({ callId: 'wacid.1' }))?.outcome, 'no_answer');

    await place();
    const ending = switchboard.terminate('wacid.2', 'flow');
    await deliver(event('call.terminated', 'wacid.2'));
    assert.equal((await ending).outcome, 'cancelled');
    assert.equal((await ledger.findCall({ callId: 'wacid.2' }))?.outcome, 'cancelled');

    await place();
    assert.equal((await switchboard.terminate('wacid.3', 'flow')).outcome, 'cancelled');
    assert.equal((await ledger.findCall({ callId: 'wacid.3' }))?.outcome, 'cancelled');
    await switchboard.close('shutdown');
  });

  it('keeps the person’s line free or busy as it has to be after refusals and timeouts', async () => {
    const ledger = await open();
    const { switchboard, deliver, place, provider, ended } = benchWith(ledger, undefined, { unknownWaitMs: 20 });
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    await switchboard.start();
    await deliver(granted());
    provider.onPlace = () => Promise.reject(refused('138001'));
    assert.equal((await switchboard.place(input)).outcome, 'blocked');
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);

    provider.onPlace = () => Promise.reject(refused('138006'));
    const gone = await switchboard.place(input);
    assert.ok(gone.outcome === 'needs_permission');
    assert.notEqual(gone.permission.status, 'granted');
    await deliver(granted());

    provider.onPlace = () => Promise.reject(timeout());
    const { call } = await place();
    await until('given up', () => ended().length === 1);
    assert.equal((await ledger.findCall({ reservationId: call.id }))?.errorCode, 'outcome_unknown');
    const meanwhile = await switchboard.place(input);
    assert.ok(meanwhile.outcome === 'blocked' && meanwhile.reason.code === 'call_in_progress', 'it may ring still');
    await deliver(event('call.terminated', 'wacid.late', { correlationId: call.id, contact: ANA }));
    provider.onPlace = async () => ({ callId: 'wacid.next' });
    assert.equal((await place()).call.state, 'placed');
    assert.equal(ended().length, 1);
    await switchboard.close('shutdown');
  });
});
