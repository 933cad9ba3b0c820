import { strict as assert } from 'node:assert';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, Stand, TestClock, word } from '../stand.ts';

const BEN = { phone: '4915112345678' };

describe('keeping a PostgreSQL store', () => {
  let server: PostgresServer;
  before(async () => {
    server = await postgresServer();
  });

  /** A stand on a schema whose name the test knows. */
  async function on(schema: string, retentionDays?: number): Promise<Stand> {
    const clock = new TestClock();
    const stand = await Stand.open({ engine: 'postgres', clock });
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    await stand.ledger.close();
    const ledger = await PostgresEngine.open({
      connection: server.url(),
      schema,
      profile,
      clock: clock.shared,
      ...(retentionDays === undefined ? {} : { retentionDays }),
    });
    return Object.assign(stand, { ledger });
  }

  it('retention takes away what is old and unneeded, keeps what a rule looks at, and the chain goes on from its anchor', async () => {
    const schema = freshSchema();
    const stand = await on(schema, 30);
    await stand.asked('wamid.1', BEN);
    await stand.ledger.append([stand.reply('reject', { contact: BEN, contextId: 'wamid.1' })]);
    await stand.granted(ANA, { permanent: true });
    await stand.conversation('wacid.1');
    stand.clock.pass(20 * DAY);
    await stand.conversation('wacid.2');
    stand.clock.pass(15 * DAY);
    const { seq: newest } = (await stand.ledger.audit({})).at(-1) ?? { seq: 0 };
    await stand.ledger.sweep();
    const counts = async () =>
      (
        await server.query(`SELECT (SELECT count(*)::int FROM ${schema}.request) AS requests,
          (SELECT array_agg(call_id) FROM ${schema}.call) AS calls, (SELECT array_agg(phone) FROM ${schema}.pair) AS people,
          (SELECT count(*)::int FROM ${schema}.alias) AS names, (SELECT anchor_seq::int FROM ${schema}.chain) AS anchor`)
      )[0];
    const [first] = await stand.ledger.audit({ limit: 1 });
    assert.deepEqual(await counts(), {
      requests: 0,
      calls: ['wacid.2'],
      people: [ANA.phone],
      names: 1,
      anchor: (first?.seq ?? 0) - 1,
    });
    const verdict = await stand.ledger.verifyAudit();
    assert.ok(verdict.ok && verdict.first === first?.seq && verdict.last >= newest, JSON.stringify(verdict));
    assert.equal(word(await stand.call()), 'ok');
    stand.clock.pass(400 * DAY);
    await stand.ledger.sweep();
    await stand.ledger.append([stand.message()]);
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
    assert.equal(
      await server.query(`SELECT 1 FROM ${schema}.meta WHERE k = 'maintenance'`).then((rows) => rows.length),
      0,
    );
    await stand.ledger.close();
  });

  it('whoever changes the audit behind our back is found out', async () => {
    const schema = freshSchema();
    const stand = await on(schema);
    await stand.granted();
    await stand.conversation('wacid.1');
    const rows = await stand.ledger.audit({});
    const last = rows.at(-1)?.seq ?? 0;
    const tampered = async (statement: string): Promise<unknown> => {
      // What a dishonest administrator can do: the triggers are off for a moment.
      const [, undo = ''] = await Promise.all([
        server.query(`CREATE TABLE ${schema}.copy AS SELECT * FROM ${schema}.audit`),
        `TRUNCATE ${schema}.audit; INSERT INTO ${schema}.audit SELECT * FROM ${schema}.copy; DROP TABLE ${schema}.copy`,
      ]);
      const off = `ALTER TABLE ${schema}.audit DISABLE TRIGGER ALL`;
      const on = `ALTER TABLE ${schema}.audit ENABLE TRIGGER ALL`;
      await server.query(`${off}; ${statement}; ${on}`);
      const verdict = await stand.ledger.verifyAudit();
      await server.query(`${off}; ${undo}; ${on}`);
      return verdict.ok ? 'ok' : [verdict.what, verdict.seq];
    };
    const audit = `${schema}.audit`;
    assert.deepEqual(await tampered(`UPDATE ${audit} SET event = 'x' WHERE seq = 2`), ['edited', 2]);
    assert.deepEqual(await tampered(`UPDATE ${audit} SET detail = '{"a":1}' WHERE seq = 3`), ['edited', 3]);
    assert.deepEqual(await tampered(`DELETE FROM ${audit} WHERE seq = 2`), ['missing', 3]);
    const [cut] = (await tampered(`DELETE FROM ${audit} WHERE seq = ${last}`)) as [string];
    assert.equal(cut, 'truncated');
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
    await stand.ledger.close();
  });

  it('sweeps of two instances at once tell an expiry and a notice once', async () => {
    const schema = freshSchema();
    const one = await on(schema);
    const two = await on(schema);
    await one.granted();
    for (const callId of ['rang.1', 'rang.2']) {
      const reservationId = await one.placed(callId);
      await one.ledger.append([one.event('call.ringing', callId)]);
      await one.ledger.endRequested(reservationId, 'cancelled');
      await one.ledger.finishCall(reservationId, { outcome: 'cancelled', at: one.now });
    }
    one.clock.pass(8 * DAY);
    two.clock.pass(8 * DAY);
    const told = await Promise.all([one.ledger.sweep(), two.ledger.sweep()]);
    assert.deepEqual(
      told
        .flat()
        .map(({ kind }) => kind)
        .sort(),
      ['ended', 'unanswered_warning'],
    );
    await one.ledger.close();
    await two.ledger.close();
  });

  it('many people that lapse at once are written down in a few round trips', async () => {
    const schema = freshSchema();
    const stand = await on(schema);
    const people = Array.from({ length: 500 }, (_, index) => ({ phone: `55119551${String(index).padStart(5, '0')}` }));
    await stand.ledger.append(people.map((contact) => stand.reply('accept', { contact })));
    stand.clock.pass(8 * DAY);
    assert.ok(stand.ledger instanceof PostgresEngine);
    const before = await stand.ledger.roundTrips();
    const effects = await stand.ledger.sweep();
    assert.equal(effects.length, 500);
    const spent = (await stand.ledger.roundTrips()) - before;
    assert.ok(spent <= 10, `${spent}`);
    assert.deepEqual(await stand.ledger.sweep(), []);
    await stand.ledger.close();
  });

  it("follows the server's clock when nobody gives it another, and time never runs behind what others wrote down", async () => {
    const schema = freshSchema();
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    const ledger = await PostgresEngine.open({ connection: server.url(), schema, profile });
    const ask = () =>
      ledger.reserveRequest({ businessNumber: NUMBER, contact: ANA, purpose: 'x', via: 'template', hasTemplate: true });
    assert.equal(word(await ask()), 'ok');
    const [row] = await ledger.audit({});
    assert.ok(Math.abs((row?.at ?? 0) - Date.now()) < MINUTE);
    // Another instance has seen a clock that is half an hour ahead.
    const ahead = Date.now() + HOUR / 2;
    await server.query(`UPDATE ${schema}.chain SET last_at = ${ahead}`);
    await ledger.doNotCall(NUMBER.id, BEN, { listed: true, source: 'x' });
    assert.ok(((await ledger.audit({})).at(-1)?.at ?? 0) >= ahead);
    // A fail-over to a server whose clock is hours behind: nothing may be sent, opt-outs are taken.
    await server.query(`UPDATE ${schema}.chain SET last_at = ${Date.now() + 5 * HOUR}`);
    const other = await ledger.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose: 'x' });
    assert.equal(other.ok, false);
    assert.equal((await ledger.explain(NUMBER, { phone: '351911111111' })).requestReason?.code, 'clock_unsure');
    assert.equal((await ledger.health()).ok, false);
    await ledger.close();
  });
});
