import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { PostgresEngine } from '../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import type { SwitchboardSettings } from '../../../lib/switchboard/settings.ts';
import { freshSchema, postgresServer } from '../../postgres.ts';
import { ANA, type Bench, benchWith, event, NUMBER, sleep, talked, until } from './bench.ts';

function fromAna(more: Partial<ProviderEvent>): ProviderEvent {
  const base = { id: `e-${randomUUID()}`, at: Date.now(), businessNumberId: NUMBER.id, contact: ANA };
  return { ...base, ...more } as ProviderEvent;
}
const granted = (): ProviderEvent =>
  fromAna({ type: 'permission.replied', response: 'accept', permanent: true, source: 'user_action' });

describe('two switchboards of one number on a real PostgreSQL', function () {
  this.timeout(60_000);
  let schema: string;
  let connection: string;
  let open: { bench: Bench<PostgresEngine>; engine: PostgresEngine }[];

  beforeEach(async () => {
    schema = freshSchema();
    connection = (await postgresServer()).url();
    open = [];
  });
  afterEach(async () => {
    for (const { bench } of open) await bench.switchboard.close('shutdown', 0);
    for (const { engine } of open) await engine.close();
  });

  async function join(settings: Partial<SwitchboardSettings> = {}): Promise<Bench<PostgresEngine>> {
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    const engine = await PostgresEngine.open({ connection, schema, profile });
    const bench = benchWith(engine, engine.owner, { unknownWaitMs: 60_000, webhookWaitMs: 5_000, ...settings });
    open.push({ bench, engine });
    await bench.switchboard.start();
    return bench;
  }
  /** As if the process was killed: others see it silent for longer than they wait. */
  async function kill({ ledger }: Bench<PostgresEngine>): Promise<void> {
    await ledger.crashForTest();
    const server = await postgresServer();
    await server.query(`UPDATE "${schema}".instance SET alive_at = alive_at - 3600000 WHERE owner = $1`, [
      ledger.owner,
    ]);
  }

  it('a webhook that comes in at B moves the call at A, and nothing is told twice', async () => {
    const a = await join();
    const b = await join();
    await b.deliver(granted());
    const { call } = await a.place();
    const of = { correlationId: call.id };
    await b.deliver(event('call.connect', 'wacid.1', of));
    await until('the answer', () => a.media.made[0]?.answers.length === 1, 5_000);
    await b.deliver(event('call.accepted', 'wacid.1', of), { ...talked('wacid.1'), ...of } as ProviderEvent);
    await until('ended', () => a.ended().length === 1, 5_000);
    assert.deepEqual([a.events(), b.events()], [['placed', 'connect', 'accepted', 'ended'], []]);
    assert.equal(a.ended()[0]?.call.outcome, 'completed');
    assert.deepEqual([a.provider.terminated, b.provider.terminated], [[], []]);
    await sleep(1_500);
    assert.deepEqual([a.ended().length, b.ended().length], [1, 0]);
    assert.deepEqual(await a.ledger.undispatched(NUMBER.id), []);
  });

  it('within two seconds, also if no announcement arrives', async () => {
    const a = await join();
    const b = await join();
    await b.deliver(granted());
    const { call } = await a.place();
    // Whoever listens is cut off, again and again.
    const server = await postgresServer();
    const deaf = setInterval(() => {
      void server
        .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        .catch(() => undefined);
    }, 50);
    try {
      await sleep(300);
      const began = Date.now();
      await b.deliver(event('call.connect', 'wacid.1', { correlationId: call.id }));
      await until('the answer', () => a.media.made[0]?.answers.length === 1, 20_000);
      const took = Date.now() - began;
      assert.ok(took < 2_000, `it took ${took} ms`);
    } finally {
      clearInterval(deaf);
    }
  });

  it('an opt-out that comes in at B ends the ringing call at A', async () => {
    const a = await join();
    const b = await join();
    await b.deliver(granted());
    const { call } = await a.place();
    await b.deliver(event('call.ringing', 'wacid.1', { correlationId: call.id }));
    await b.deliver(fromAna({ type: 'message.received', messageId: 'wamid.1', text: 'STOP' }));
    await until('terminate', () => b.provider.terminated.length === 1);
    assert.deepEqual(b.provider.terminated, ['wacid.1']);
    await b.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    await until('ended', () => a.ended().length === 1);
    assert.equal(b.ended().length, 0);
    assert.equal((await a.ledger.findCall({ callId: 'wacid.1' }))?.outcome, 'cancelled');
    await until('told', () => b.permissions.some(({ why }) => why === 'opt_out'));
  });

  it('a call at A that is hung up at B and at C at once is ended once, told once at A, and both get its end', async () => {
    const a = await join();
    const b = await join();
    const c = await join();
    await b.deliver(granted());
    const { call } = await a.place();
    await b.deliver(event('call.ringing', 'wacid.1', { correlationId: call.id }));
    const asked = (): string[] => [a, b, c].flatMap(({ provider }) => provider.terminated);
    const both = [b.switchboard.terminate(call.id, 'flow'), c.switchboard.terminate('wacid.1', 'flow')];
    await until('terminate', () => asked().length > 0);
    await c.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    const views = await Promise.all(both);
    for (const view of views)
      assert.deepEqual([view.id, view.state, view.outcome, view.endedBy], [call.id, 'ended', 'cancelled', 'us']);
    await until('ended', () => a.ended().length === 1, 5_000);
    assert.deepEqual([a.ended()[0]?.call.outcome, a.ended()[0]?.call.endedBy], ['cancelled', 'us']);
    await sleep(1_200);
    assert.deepEqual([a.ended().length, b.changes, c.changes], [1, [], []]);
    assert.deepEqual(asked(), ['wacid.1']);
    assert.equal(a.media.made[0]?.state(), 'closed');
    const rows = await a.ledger.audit({ businessNumberId: NUMBER.id });
    assert.equal(rows.filter((row) => row.event === 'call_end_requested').length, 1);
    const after = await c.place();
    assert.ok(after.call.id !== call.id, 'the person can be called again');
  });

  it('a conversation at A that is hung up at B is completed at both; nobody tells of a call that is not stored', async () => {
    const a = await join();
    const b = await join();
    await b.deliver(granted());
    const { call } = await a.place();
    const of = { correlationId: call.id };
    await b.deliver(event('call.connect', 'wacid.1', of), event('call.accepted', 'wacid.1', of));
    await until('accepted', () => a.events().includes('accepted'), 5_000);
    // Without sound A would end the call itself after a while.
    a.media.made[0]?.become('connected');
    const ending = b.switchboard.terminate(call.id, 'flow');
    await until('terminate', () => b.provider.terminated.length === 1);
    await a.deliver({ ...talked('wacid.1'), ...of } as ProviderEvent);
    const view = await ending;
    assert.deepEqual([view.outcome, view.durationSeconds, view.endedBy], ['completed', 61, 'us']);
    await until('ended', () => a.ended().length === 1, 5_000);
    assert.deepEqual([a.ended()[0]?.call.outcome, a.ended()[0]?.call.endedBy], ['completed', 'us']);
    await assert.rejects(b.switchboard.terminate('nobody', 'flow'), { code: 'call_unknown' });
    assert.deepEqual(a.provider.terminated, []);
  });

  it('the calls of one that died are ended by exactly one of two, and their end is told once', async () => {
    const a = await join({ heartbeatMs: 600_000, takeMs: 600_000 });
    await a.deliver(granted());
    const { call } = await a.place();
    const b = await join({ heartbeatMs: 100 });
    const c = await join({ heartbeatMs: 100 });
    await sleep(400);
    assert.deepEqual([b.provider.terminated, c.provider.terminated], [[], []], 'while it lives nobody touches it');
    await kill(a);
    await until('terminate', () => b.provider.terminated.length + c.provider.terminated.length > 0);
    await sleep(500);
    const [winner, other] = b.provider.terminated.length > 0 ? [b, c] : [c, b];
    assert.deepEqual([winner.provider.terminated, other.provider.terminated], [['wacid.1'], []]);
    await other.deliver(event('call.terminated', 'wacid.1', { correlationId: call.id }));
    await until('ended', () => winner.ended().length === 1);
    await sleep(1_200);
    assert.deepEqual([winner.ended().length, other.ended().length], [1, 0]);
    assert.deepEqual(winner.ended()[0]?.origin, { nodeId: 'node-1', data: { order: 7 } });
    assert.deepEqual([b.provider.placed, c.provider.placed], [[], []]);
  });
});
