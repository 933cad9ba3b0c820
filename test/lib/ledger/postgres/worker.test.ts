import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { LedgerError } from '../../../../lib/ledger/ledger.ts';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { LEASE_MS } from '../../../../lib/ledger/timings.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { ANA, NUMBER, TestClock, word } from '../stand.ts';
import { call, grant, open } from './ledgers.ts';
import { type Fate, TripWire } from './trip-wire.ts';

const person = (nr: number) => ({ phone: `55119540${String(nr).padStart(5, '0')}` });
const idsOf = (list: { event: { id: string } }[]) => list.map(({ event }) => event.id);

describe('the worker of a PostgreSQL ledger', () => {
  let server: PostgresServer;
  let ledger: PostgresEngine | undefined;
  let wire: TripWire | undefined;
  before(async () => {
    server = await postgresServer();
  });
  afterEach(async () => {
    await ledger?.close();
    wire?.close();
    ledger = wire = undefined;
  });
  /** A ledger whose worker dies when the server has committed what matches, before it can hear of it. */
  async function dyingAt(statement: string, clock = new TestClock(Date.now())): Promise<PostgresEngine> {
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    wire = await TripWire.to(server.port);
    const connection = server.url('postgres', 'postgres', wire.port);
    const engine = await PostgresEngine.open({ connection, schema: freshSchema(), profile, clock: clock.shared });
    const { onTrip } = wire;
    wire.onTrip = async ({ statements }): Promise<Fate> => {
      if (statements.at(-1) !== 'COMMIT' || !statements.some((text) => text.includes(statement))) return 'pass';
      if (wire !== undefined) wire.onTrip = onTrip;
      await engine.killWorkerForTest();
      return 'pass';
    };
    return engine;
  }

  it('dies in the middle of operations: they are rejected, the next one works, and nothing acknowledged is lost', async function () {
    this.timeout(60_000);
    ledger = await open(server.url());
    const { owner } = ledger;
    const [events, reservations]: [string[], string[]] = [[], []];
    let lost = 0;
    const one = async (nr: number): Promise<void> => {
      try {
        await ledger?.append([grant(`g${nr}`, person(nr))]);
        events.push(`g${nr}`);
        const reservation = await call(ledger as PostgresEngine, person(nr));
        if (reservation.ok) reservations.push(reservation.reservationId);
      } catch (error) {
        const { code, message, nextStep } = error as LedgerError;
        assert.equal(code, 'store_unavailable', inspect(error));
        assert.match(nextStep, /may or may not have been stored/);
        assert.ok(!message.includes(server.password));
        lost += 1;
      }
    };
    for (let life = 0; life < 4; life++) {
      const burst = Array.from({ length: 100 }, (_, nr) => one(life * 1_000 + nr));
      await Promise.race([Promise.all(burst), new Promise((resolve) => setTimeout(resolve, 30 + 20 * life))]);
      await ledger.killWorkerForTest();
      await Promise.all(burst);
      await one(life * 1_000 + 999);
      assert.equal(events.at(-1), `g${life * 1_000 + 999}`, 'the next operation finds a new worker');
    }
    assert.ok(lost > 0, 'nothing was under way');
    assert.equal(ledger.owner, owner);
    const stored = new Set(
      (await server.query(`SELECT event::json->>'id' AS id FROM ${await schemaOf(ledger)}.inbox`)).map(({ id }) => id),
    );
    assert.deepEqual(
      events.filter((id) => !stored.has(id)),
      [],
    );
    for (const id of reservations) await ledger.settle(id, { state: 'consumed', providerId: `wacid.${id}` });
    const calls = await ledger.liveCalls(NUMBER.id);
    const mine = new Map(calls.map((found) => [found.reservationId, found]));
    for (const id of reservations)
      assert.deepEqual([mine.get(id)?.owner, mine.get(id)?.reservation], [owner, 'consumed']);
    assert.equal((await ledger.verifyAudit()).ok, true);
  });

  it('dies before it could tell that an event is stored: only that one is handed out anew', async () => {
    ledger = await dyingAt('INSERT INTO');
    const { onTrip } = wire as TripWire;
    // The first one is acknowledged, and in the hands of the flows.
    (wire as TripWire).onTrip = () => 'pass';
    assert.equal((await ledger.append([grant('told')]))[0]?.fresh, true);
    (wire as TripWire).onTrip = onTrip;
    await assert.rejects(ledger.append([grant('untold', person(1))]), { code: 'store_unavailable' });
    assert.deepEqual(idsOf(await ledger.take(NUMBER.id)), ['untold']);
    assert.deepEqual(idsOf(await ledger.take(NUMBER.id)), []);
    await ledger.killWorkerForTest();
    assert.deepEqual(idsOf(await ledger.take(NUMBER.id)), [], 'what was taken is not handed out twice either');
    await ledger.dispatched(['told', 'untold']);
    await ledger.killWorkerForTest();
    assert.deepEqual(idsOf(await ledger.undispatched(NUMBER.id)), []);
  });

  it('dies before it could tell of a reservation: that counts, and becomes unknown when its lease is over', async () => {
    const clock = new TestClock(Date.now());
    ledger = await dyingAt('.call', clock);
    await ledger.append([grant('g')]);
    await assert.rejects(call(ledger), { code: 'store_unavailable' });
    assert.equal(word(await call(ledger)), 'call_in_progress');
    const state = async () =>
      (await ledger?.liveCalls(NUMBER.id))?.map(({ reservation, owner }) => [reservation, owner]);
    assert.deepEqual(await state(), [['reserved', ledger.owner]]);
    clock.pass(LEASE_MS + 1);
    await ledger.heartbeat();
    await ledger.sweep();
    assert.deepEqual(await state(), [['unknown', ledger.owner]]);
    assert.equal(word(await call(ledger)), 'call_in_progress');
  });

  it('is told again who listens when another takes its place', async function () {
    this.timeout(20_000);
    const schema = freshSchema();
    ledger = await open(server.url(), schema);
    const other = await open(server.url(), schema);
    await ledger.append([grant('g')]);
    const reservation = await call(ledger);
    assert.ok(reservation.ok);
    await ledger.settle(reservation.reservationId, { state: 'consumed', providerId: 'wacid.1' });
    const heard: string[] = [];
    const told = new Promise<void>((resolve) => {
      ledger?.onNews(() => {
        throw new Error('a listener in trouble');
      });
      ledger?.onNews(({ businessNumberId }) => {
        heard.push(businessNumberId);
        resolve();
      });
    });
    const stop = ledger.onNews(() => heard.push('it had stopped'));
    stop();
    await ledger.killWorkerForTest();
    await ledger.heartbeat();
    const event = { id: 'ringing', at: Date.now(), businessNumberId: NUMBER.id, contact: ANA, callId: 'wacid.1' };
    await other.append([{ type: 'call.ringing', ...event }]);
    await told;
    assert.deepEqual([...new Set(heard)], [NUMBER.id]);
    assert.deepEqual(idsOf(await ledger.take(NUMBER.id)), ['ringing']);
    await other.close();
  });

  it('is replaced by itself, so that others do not take its owner for dead while nobody asks for anything', async function () {
    this.timeout(60_000);
    const schema = freshSchema();
    ledger = await open(server.url(), schema);
    const replaced = once(process, 'worker');
    await ledger.killWorkerForTest();
    await server.query(`DELETE FROM ${schema}.instance`);
    await replaced;
    while ((await server.query(`SELECT owner FROM ${schema}.instance`)).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await server.query(`SELECT owner FROM ${schema}.instance`), [{ owner: ledger.owner }]);
  });

  it('that crashes with its process leaves everything as it is; one that is closed says that it is gone', async () => {
    const schema = freshSchema();
    const crashed = await open(server.url(), schema);
    ledger = await open(server.url(), schema);
    await crashed.crashForTest();
    await assert.rejects(call(crashed), { code: 'store_unavailable' });
    assert.equal((await crashed.health()).ok, false);
    await crashed.close();
    const owners = async () =>
      (await server.query(`SELECT owner FROM ${schema}.instance`)).map(({ owner }) => String(owner)).sort();
    assert.deepEqual(await owners(), [crashed.owner, ledger.owner].sort());
    await ledger.close();
    assert.deepEqual(await owners(), [crashed.owner]);
  });

  it('finishes what is under way when the ledger is closed', async () => {
    ledger = await open(server.url());
    await ledger.append([grant('g')]);
    const under = [
      call(ledger),
      ...Array.from({ length: 20 }, (_, nr) => ledger?.append([grant(`g${nr}`, person(nr))])),
    ];
    const closing = [ledger.close(), ledger.close()];
    const results = await Promise.allSettled(under);
    assert.ok(results.every(({ status }) => status === 'fulfilled'));
    await Promise.all(closing);
    await assert.rejects(call(ledger), { code: 'store_unavailable', message: /is closed/ });
  });

  it('keeps no process alive that only has a store open, nor shows the password', async function () {
    this.timeout(60_000);
    const client = join('test', 'lib', 'ledger', 'postgres', 'idle-process.ts');
    const child = spawn(process.execPath, [client], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' },
    });
    child.stdin.end(JSON.stringify({ connection: server.url(), schema: freshSchema() }));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    const { status, shown } = JSON.parse(said) as { status: string; shown: string };
    assert.equal(status, 'not_requested');
    assert.ok(shown.length > 100);
    assert.ok(!shown.includes(server.password));
  });

  async function schemaOf(engine: PostgresEngine): Promise<string> {
    return (await engine.health()).location.split(', schema ')[1] ?? '';
  }
});
