import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import { PostgresEngine } from '../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import type { AnswerPlan } from '../../../lib/switchboard/attendance.ts';
import { freshSchema, postgresServer } from '../../postgres.ts';
import { ANA, type Bench, benchWith, event, NUMBER, talked, until } from './bench.ts';

const CALL = 'wacid.in';
const FLOW: AnswerPlan = {
  ...{ answer: 'flow', afterSeconds: 0, preAccept: true, maxSeconds: 0 },
  callback: 'missed_call',
};
const rings = (callId = CALL) =>
  event('call.connect', callId, {
    direction: 'inbound',
    contact: ANA,
    session: { type: 'offer', sdp: 'v=0 offer of Ana' },
  });
const ends = (callId = CALL) => event('call.terminated', callId, { direction: 'inbound', contact: ANA });
/** The media of these calls never come, and nobody hangs up over it. */
const PATIENT = { mediaWarningMs: 60_000, mediaLimitMs: 60_000, webhookWaitMs: 5_000 };
const attend = (bench: Bench<Ledger>): void => void bench.switchboard.attend('node-1', { consider: () => FLOW });

describe('lib/switchboard: calls to us on the real ledger', () => {
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

  it('a call that was taken counts as connected at once, and frees the requests; its record is whole', async () => {
    const ledger = await open();
    const bench = benchWith(ledger, undefined, PATIENT);
    await bench.switchboard.start();
    attend(bench);
    const asked = await bench.switchboard.ask({
      contact: ANA,
      purpose: 'delivery',
      via: 'template',
      template: { name: 't', language: 'en' },
    });
    assert.equal(asked.outcome, 'requested');
    const canAsk = async () =>
      (await ledger.explain(NUMBER, ANA)).requestLimits.every(({ used, allowed }) => used < allowed);
    assert.equal(await canAsk(), false);
    await bench.deliver(rings());
    await until('it rings', () => bench.events().includes('ringing'));
    const { id } = bench.changes[0]?.call ?? assert.fail();
    await bench.switchboard.accept(id, { nodeId: 'node-1' });
    assert.equal(await canAsk(), false, 'without sound it is not connected yet');
    bench.media.made[0]?.become('connected');
    // The store's clock may be behind by its tolerance; what matters is that the connection is known before the end.
    let connected: number | undefined;
    for (; connected === undefined; ) connected = (await ledger.findCall({ reservationId: id }))?.acceptedAt;
    const end = { ...talked(CALL), direction: 'inbound', contact: ANA } as ProviderEvent;
    await bench.deliver(end, end);
    await until('the end', () => bench.ended().length === 1);
    const [record] = (await ledger.callRecords?.({ businessNumberId: NUMBER.id }))?.entries ?? [];
    assert.deepEqual(
      [record?.id, record?.direction, record?.placedBy, record?.outcome, record?.durationSeconds, record?.missed],
      [id, 'inbound', 'contact', 'completed', 61, undefined],
    );
    await bench.switchboard.close('config_removed');
  });

  it('a crash while it rings: the next start refuses it, tells its end, and answers nobody twice', async () => {
    const before = benchWith(await open(), undefined, PATIENT);
    await before.switchboard.start();
    attend(before);
    await before.deliver(rings());
    await until('it rings', () => before.events().includes('ringing'));
    // The process dies here: nothing is closed but the store.
    await closeStore();
    const ledger = await open();
    // WhatsApp's word on the end comes too late here.
    const after = benchWith(ledger, undefined, { ...PATIENT, webhookWaitMs: 500 });
    attend(after);
    await after.switchboard.start();
    await until('the end', () => after.ended().length === 1);
    assert.deepEqual([after.provider.rejected, after.provider.answers], [[CALL], []]);
    const [end] = after.ended();
    assert.deepEqual(
      [end?.call.outcome, end?.offeredTo, end?.callback?.source],
      ['declined', ['node-1'], 'missed_call'],
    );
    await after.deliver(rings(), ends());
    const [record] = (await ledger.callRecords?.({ businessNumberId: NUMBER.id }))?.entries ?? [];
    assert.deepEqual([record?.outcome, record?.missed], ['declined', true]);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    await after.switchboard.close('config_removed');
    await before.switchboard.close('shutdown', 0);
  });

  it('a missed call is on the list once, and a later conversation completes it', async () => {
    const ledger = await open();
    const bench = benchWith(ledger, undefined, PATIENT);
    await bench.switchboard.start();
    attend(bench);
    for (const callId of ['wacid.1', 'wacid.2']) {
      await bench.deliver(rings(callId));
      await until('it rings', () => bench.changes.some(({ call }) => call.providerCallId === callId));
      await bench.deliver(ends(callId));
    }
    await until('both ends', () => bench.ended().length === 2);
    const { entries } = await bench.switchboard.listCallbacks({ state: 'open' });
    assert.deepEqual(
      entries.map(({ source }) => source),
      ['missed_call'],
    );
    assert.deepEqual(
      bench.ended().map(({ callback }) => callback?.id),
      [entries[0]?.id, entries[0]?.id],
    );
    assert.equal(bench.ended()[0]?.call.outcome, 'cancelled');
    const button: ProviderEvent = {
      ...{ type: 'message.received', id: randomUUID(), at: Date.now(), businessNumberId: NUMBER.id },
      ...{ contact: { phone: '351912000456' }, messageId: 'wamid.b', payload: 'CALL_ME', text: 'Call me' },
    };
    const stop = bench.switchboard.hearCallbacks('list', ['call_me']);
    await bench.deliver(button, { ...button, id: randomUUID() });
    stop();
    await bench.deliver({ ...button, id: randomUUID(), messageId: 'wamid.c', contact: { phone: '351912000457' } });
    const buttons = (await bench.switchboard.listCallbacks({})).entries.slice(1);
    assert.deepEqual(
      buttons.map(({ source, contact }) => [source, contact.phone]),
      [['button', '351912000456']],
    );

    await bench.deliver(rings('wacid.3'));
    await until('it rings', () => bench.changes.some(({ call }) => call.providerCallId === 'wacid.3'));
    const third = bench.changes.find(({ call }) => call.providerCallId === 'wacid.3')?.call.id ?? '';
    await bench.switchboard.accept(third, { nodeId: 'node-1' });
    await bench.deliver({ ...talked('wacid.3', 0), direction: 'inbound', contact: ANA } as ProviderEvent);
    await until('the end', () => bench.ended().length === 3);
    const [done] = (await bench.switchboard.listCallbacks({ contact: ANA })).entries;
    assert.deepEqual([done?.state, done?.callId], ['done', third]);
    await bench.switchboard.close('config_removed');
  });
});

describe('two instances and a call to us, on a real PostgreSQL', function () {
  this.timeout(60_000);
  const open: { bench: Bench<PostgresEngine>; engine: PostgresEngine }[] = [];
  let schema: string;
  beforeEach(() => {
    schema = freshSchema();
  });
  afterEach(async () => {
    for (const { bench } of open) await bench.switchboard.close('shutdown', 0);
    for (const { engine } of open.splice(0)) await engine.close();
  });
  async function join(): Promise<Bench<PostgresEngine>> {
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    const engine = await PostgresEngine.open({ connection: (await postgresServer()).url(), schema, profile });
    const bench = benchWith(engine, engine.owner, PATIENT);
    open.push({ bench, engine });
    await bench.switchboard.start();
    attend(bench as never);
    return bench;
  }

  it('whoever got the webhook holds it, also if the webhook comes to both; its end comes in anywhere', async () => {
    const [a, b] = [await join(), await join()];
    const ring = rings();
    await Promise.all([a.deliver(ring), b.deliver(ring)]);
    await until('it rings', () => a.changes.length + b.changes.length > 0, 10_000);
    const [holder, other] = a.changes.length > 0 ? [a, b] : [b, a];
    const { id } = holder.changes[0]?.call ?? assert.fail();
    await assert.rejects(other.switchboard.accept(id, { nodeId: 'node-1' }), { code: 'call_unknown' });
    await holder.switchboard.accept(id, { nodeId: 'node-1' });
    await other.deliver({ ...talked(CALL), direction: 'inbound', contact: ANA } as ProviderEvent);
    await until('the end', () => holder.ended().length === 1, 10_000);
    assert.equal(holder.ended()[0]?.call.outcome, 'completed');
    assert.deepEqual([other.changes, other.provider.answers, other.media.made], [[], [], []]);
    assert.equal(holder.provider.answers.filter(({ action }) => action === 'accept').length, 1);
  });
});
