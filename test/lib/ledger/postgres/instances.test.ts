import { strict as assert } from 'node:assert';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { OWNER_SILENT_MS } from '../../../../lib/ledger/timings.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, postgresServer } from '../../../postgres.ts';
import { ANA, MINUTE, NUMBER, SECOND, Stand, schemaOf, TestClock, word } from '../stand.ts';
import { OtherTransaction } from './other-transaction.ts';

/** Two instances on one schema, as behind a load balancer. */
describe('several instances on one PostgreSQL store', () => {
  let clock: TestClock;
  let one: Stand<PostgresEngine>;
  let two: Stand<PostgresEngine>;
  const open = async (schema: string): Promise<Stand<PostgresEngine>> =>
    (await Stand.open({ engine: 'postgres', path: schema, clock })) as Stand<PostgresEngine>;
  let path: string;
  beforeEach(async () => {
    clock = new TestClock();
    path = freshSchema();
    one = await open(path);
    two = await open(path);
    await one.granted();
    const granted = await one.ledger.undispatched(NUMBER.id);
    await one.ledger.dispatched(granted.map(({ event }) => event.id));
  });
  afterEach(async () => {
    await one.ledger.close();
    await two.ledger.close();
  });
  const idsOf = (list: { event: { id: string } }[]) => list.map(({ event }) => event.id);

  it('one sees what the other has written, and neither goes over a limit', async () => {
    const reservations = await Promise.all([one.call(), two.call(), one.call(), two.call()]);
    assert.deepEqual(reservations.map(word).sort(), ['call_in_progress', 'call_in_progress', 'call_in_progress', 'ok']);
  });

  it('the time of one is not before what another has written down', async () => {
    clock.pass(10 * MINUTE);
    const { now } = clock;
    await one.asked('wamid.1', { phone: '4915112345678' });
    clock.jump(-5 * MINUTE);
    const call = await two.call();
    assert.ok(call.ok);
    assert.equal((await two.ledger.findCall({ reservationId: call.reservationId }))?.reservedAt, now);
  });

  it('an event of a call that another holds goes to its holder, once', async () => {
    const reservationId = await one.placed('wacid.1');
    const ringing = two.event('call.ringing', 'wacid.1', { id: 'ringing', correlationId: reservationId });
    const [appended] = await two.ledger.append([ringing]);
    assert.equal(appended?.owner, one.ledger.owner);
    assert.deepEqual(await two.ledger.take(NUMBER.id), []);
    assert.deepEqual(await two.ledger.undispatched(NUMBER.id), []);
    const [taken, again] = await Promise.all([one.ledger.take(NUMBER.id), one.ledger.take(NUMBER.id)]);
    assert.deepEqual([...idsOf(taken), ...idsOf(again)], ['ringing']);
    assert.deepEqual([...taken, ...again][0]?.event, ringing);
    await one.ledger.dispatched(['ringing']);
    assert.deepEqual(await one.ledger.take(NUMBER.id), []);
    const [own] = await one.ledger.append([one.event('call.accepted', 'wacid.1', { id: 'accepted' })]);
    assert.equal(own?.owner, undefined);
    assert.deepEqual(await one.ledger.take(NUMBER.id), [], 'append has returned it already');
  });

  it("what is nobody's is handed out where it came in, and by another once that one is dead", async () => {
    const [reply] = await two.ledger.append([two.reply('reject', { id: 'reply' })]);
    assert.deepEqual([reply?.owner, idsOf(await one.ledger.take(NUMBER.id))], [undefined, []]);
    await two.ledger.crashForTest();
    clock.pass(OWNER_SILENT_MS - SECOND);
    await one.ledger.heartbeat();
    assert.deepEqual(idsOf(await one.ledger.take(NUMBER.id)), []);
    clock.pass(SECOND + 1);
    assert.deepEqual((await one.ledger.heartbeat()).dead, [two.ledger.owner]);
    const three = await open(path);
    const both = await Promise.all([one.ledger.take(NUMBER.id), three.ledger.take(NUMBER.id)]);
    assert.deepEqual(both.flatMap(idsOf), ['reply'], 'by one of the two');
    await three.ledger.close();
  });

  it('an event that another one is just taking is left to it', async () => {
    await two.ledger.append([two.reply('reject', { id: 'reply' })]);
    await two.ledger.crashForTest();
    clock.pass(OWNER_SILENT_MS + 1);
    await one.ledger.heartbeat();
    const other = await OtherTransaction.begin(schemaOf(path));
    try {
      await other.query("UPDATE inbox SET taker = 'another' WHERE done = 0");
      const taking = one.ledger.take(NUMBER.id);
      await other.holdsUp(taking);
      await other.commit();
      assert.deepEqual(idsOf(await taking), []);
    } finally {
      await other.close();
    }
  });

  it("a living instance's calls are neither abandoned nor adopted; a dead one's by one of the others", async () => {
    const call = await one.call();
    assert.ok(call.ok);
    const { reservationId } = call;
    await two.ledger.sweep();
    await two.ledger.adopt([reservationId]);
    const seen = async () => {
      const found = await two.ledger.findCall({ reservationId });
      return [found?.reservation, found?.owner];
    };
    assert.deepEqual(await seen(), ['reserved', one.ledger.owner]);
    await one.ledger.crashForTest();
    clock.pass(OWNER_SILENT_MS + 1);
    const three = await open(path);
    assert.deepEqual(await seen(), ['unknown', one.ledger.owner], 'opening swept it');
    assert.deepEqual((await two.ledger.heartbeat()).dead, [one.ledger.owner]);
    await three.ledger.heartbeat();
    await Promise.all([two.ledger.adopt([reservationId]), three.ledger.adopt([reservationId])]);
    const [, owner] = await seen();
    assert.ok(owner === two.ledger.owner || owner === three.ledger.owner);
    const loser = owner === two.ledger.owner ? three : two;
    await loser.ledger.adopt([reservationId]);
    assert.deepEqual(await seen(), ['unknown', owner], 'and stays with it');
    assert.deepEqual((await two.ledger.heartbeat()).dead, []);
    await three.ledger.close();
  });

  it('who closes properly is not waited for', async () => {
    await one.placed('wacid.1');
    await one.ledger.close();
    assert.deepEqual((await two.ledger.heartbeat()).dead, [one.ledger.owner]);
  });

  it('the holder is told within about a second, and nobody else', async function () {
    this.timeout(20_000);
    const reservationId = await one.placed('wacid.1');
    const told = new Promise<string>((resolve) => {
      one.ledger.onNews(({ businessNumberId }) => resolve(businessNumberId));
    });
    const deaf: string[] = [];
    const stop = two.ledger.onNews(({ businessNumberId }) => deaf.push(businessNumberId));
    await two.ledger.append([two.event('call.ringing', 'wacid.1', { correlationId: reservationId })]);
    assert.equal(await told, NUMBER.id);
    assert.deepEqual(deaf, []);
    stop();
  });

  it('is told by ids alone, and hears what no question could have found', async () => {
    const server = await postgresServer();
    const { default: pg } = await import('pg');
    const spy = new pg.Client({ connectionString: server.url() });
    await spy.connect();
    const [{ schema } = {}] = await server.query(
      `SELECT nspname AS schema FROM pg_namespace n WHERE EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid
        AND c.relname = 'instance') ORDER BY n.oid DESC LIMIT 1`,
    );
    const channel = `whatsapp_calling_${schema}`;
    await spy.query(`LISTEN "${channel}"`);
    const overheard = new Promise<unknown>((resolve) => {
      spy.on('notification', ({ payload }) => resolve(JSON.parse(payload ?? '')));
    });
    const reservationId = await one.placed('wacid.1');
    await two.ledger.append([two.event('call.ringing', 'wacid.1', { correlationId: reservationId })]);
    assert.deepEqual(await overheard, { owner: one.ledger.owner, number: NUMBER.id });
    await spy.end();
    // A number of which nothing waits: only who listens can hear of it.
    const heard = new Promise<void>((resolve) => {
      one.ledger.onNews(({ businessNumberId }) => {
        if (businessNumberId === 'nowhere') resolve();
      });
    });
    const listening = `SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN "${channel}"' AND application_name = 'whatsapp-calling'`;
    while ((await server.query(listening)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const payload = JSON.stringify({ owner: one.ledger.owner, number: 'nowhere' });
    await server.query('SELECT pg_notify($1, $2)', [channel, payload]);
    await heard;
  });

  it('the same event at two instances at once is stored once, and a new contact made once', async () => {
    for (let round = 0; round < 20; round++) {
      const contact = { phone: `55119557${String(round).padStart(5, '0')}` };
      const reply = one.reply('accept', { id: `same-${round}`, contact });
      const results = await Promise.all([one.ledger.append([reply]), two.ledger.append([reply])]);
      assert.deepEqual(results.map(([appended]) => appended?.fresh).sort(), [false, true]);
    }
    const { entries } = await one.ledger.list({ businessNumberId: NUMBER.id, status: 'granted' });
    assert.equal(entries.length, 21);
    assert.equal((await one.ledger.verifyAudit()).ok, true);
  });

  it("keeps a number's own limits over all its contacts and instances", async () => {
    const profile = findProfile('meta-2026', { concurrentCalls: 5 });
    assert.ok(profile);
    const how = { connection: (await postgresServer()).url(), schema: freshSchema(), profile, clock: clock.shared };
    const engines = await Promise.all([PostgresEngine.open(how), PostgresEngine.open(how)]);
    const people = Array.from({ length: 20 }, (_, index) => ({ phone: `55119558${String(index).padStart(5, '0')}` }));
    await engines[0]?.append(people.map((contact) => one.reply('accept', { contact })));
    const answers = await Promise.all(
      people.map((contact, index) =>
        engines[index % 2]?.reserveCall({ businessNumber: NUMBER, contact, purpose: 'x' }),
      ),
    );
    assert.equal(answers.filter((answer) => answer?.ok).length, 5);
    await Promise.all(engines.map((engine) => engine.close()));
  });

  it('an opt-out at one names the calls that the other holds', async () => {
    const reservationId = await one.placed('wacid.1');
    clock.pass(MINUTE);
    const [appended] = await two.ledger.append([two.message({ text: 'stop' })]);
    const [effect] = appended?.effects ?? [];
    assert.deepEqual(effect?.kind === 'opted_out' && effect.calls, [reservationId]);
    assert.equal((await one.ledger.stillAllowed(reservationId))?.code, 'do_not_call');
    assert.equal(word(await one.call(ANA)), 'do_not_call');
  });
});
