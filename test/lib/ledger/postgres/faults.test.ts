import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { LedgerError } from '../../../../lib/ledger/ledger.ts';
import { closeLingering, openLedger } from '../../../../lib/ledger/open.ts';
import { freshSchema, PostgresServer, postgresServer } from '../../../postgres.ts';
import { ANA, NUMBER, word } from '../stand.ts';
import { call, grant, open } from './ledgers.ts';
import { TransactionPooler } from './pooler.ts';
import { Wire } from './wire.ts';

describe('a PostgreSQL ledger in trouble says what to do', () => {
  let server: PostgresServer;
  before(async () => {
    server = await postgresServer();
  });

  const refused = async (opening: Promise<unknown>, code: string, ...words: (string | RegExp)[]): Promise<void> => {
    const error: unknown = await opening.then(
      () => assert.fail('it opened'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof LedgerError, inspect(error));
    assert.equal(error.code, code, error.message);
    const text = `${error.message} ${error.nextStep}`;
    for (const expected of words) assert.match(text, new RegExp(expected));
    assert.ok(error.nextStep.length > 10);
    const shown = inspect(error, { depth: 20 }) + JSON.stringify(error) + String(error.stack);
    assert.ok(!shown.includes(server.password), 'the password is in the error');
  };

  it('a server that is not there, a wrong password, a missing database, an unreadable connection', async () => {
    await refused(open(server.url().replace(String(server.port), '1')), 'store_unavailable', 'ECONNREFUSED');
    await refused(open(server.url().replace(server.password, 'wrong')), 'store_unavailable', 'user or the password');
    await refused(open(server.url('postgres', 'nowhere')), 'store_unavailable', 'no such database');
    for (const bad of [
      `postgres://u:${server.password}@[::1/x`,
      `${server.password} nonsense`,
      `mysql://u:${server.password}@h/d`,
      `postgresql://u:%zz${server.password}@h/d`,
    ]) {
      await refused(open(bad), 'bad_input', 'postgresql://user:password@host');
    }
    for (const schema of ['Robert"; DROP SCHEMA x', 'pg_x', '', 'x'.repeat(80)]) {
      const opening = openLedger({ engine: 'postgres', connection: server.url(), schema });
      await refused(opening, 'bad_input', 'schema');
    }
  });

  it('reads a connection in words, and tells where it is without the password', async () => {
    const words = `host=127.0.0.1 port=${server.port} dbname=postgres user=postgres password='${server.password}'`;
    const ledger = await open(words, 'select');
    const health = await ledger.health();
    assert.deepEqual(health, {
      ok: true,
      engine: 'postgres',
      location: `127.0.0.1:${server.port}/postgres, schema select`,
    });
    await ledger.close();
    await assert.rejects(ledger.status(NUMBER.id, ANA), { code: 'store_unavailable' });
    assert.equal((await ledger.health()).ok, false);
  });

  it('a user without rights is told the GRANT', async () => {
    await server.query(`CREATE ROLE poor LOGIN PASSWORD '${server.password}'`);
    await refused(open(server.url('poor')), 'store_unavailable', 'GRANT CREATE ON DATABASE');
    const schema = freshSchema();
    await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION poor`);
    const ledger = await open(server.url('poor'), schema);
    assert.equal(word(await call(ledger)), 'permission_not_requested');
    await ledger.close();
    const others = freshSchema();
    await (await open(server.url(), others)).close();
    await refused(open(server.url('poor'), others), 'store_unavailable', `GRANT ALL ON SCHEMA ${others}`);
  });

  it('a schema of a newer version, and one of another program, are left as they are', async () => {
    const schema = freshSchema();
    await (await open(server.url(), schema)).close();
    await server.query(`INSERT INTO ${schema}.migration VALUES(99, 0)`);
    await refused(open(server.url(), schema), 'store_newer_version', '99', 'Update this package');
    const foreign = freshSchema();
    await server.query(`CREATE SCHEMA ${foreign}`);
    await server.query(`CREATE TABLE ${foreign}.call(x int)`);
    await refused(open(server.url(), foreign), 'store_corrupt', 'another schema');
    assert.deepEqual(await server.query(`SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = '${foreign}'`), [
      { n: 1 },
    ]);
  });

  it('a database that is not UTF8 is refused', async () => {
    await server.query("CREATE DATABASE old ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    await refused(open(server.url('postgres', 'old')), 'store_unavailable', 'SQL_ASCII', "ENCODING 'UTF8'");
  });

  it('several that open a new schema at once make it once', async () => {
    const schema = freshSchema();
    const ledgers = await Promise.all([1, 2, 3].map(() => open(server.url(), schema)));
    await ledgers[0]?.append([grant('g')]);
    assert.ok(
      (await Promise.all(ledgers.map((ledger) => ledger.status(NUMBER.id, ANA)))).every(
        ({ status }) => status === 'granted',
      ),
    );
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });

  it('the audit can be neither changed nor emptied', async () => {
    const schema = freshSchema();
    const ledger = await open(server.url(), schema);
    await ledger.append([grant('g')]);
    for (const statement of ["UPDATE x SET event = 'y'", 'DELETE FROM x', 'TRUNCATE x']) {
      await assert.rejects(server.query(statement.replace(' x', ` ${schema}.audit`)), /append-only/);
    }
    assert.equal((await ledger.verifyAudit()).ok, true);
    await ledger.close();
  });

  it('an operation that fails takes none of its batch with it', async () => {
    const ledger = await open(server.url());
    const bea = { phone: '5511955500777' };
    const results = await Promise.allSettled([
      ledger.append([grant('a')]),
      ledger.settle('nobody', { state: 'released', why: 'x' }),
      ledger.append([grant('b', bea)]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await ledger.status(NUMBER.id, bea)).status, 'granted');
    await ledger.close();
  });

  it('one engine per connection and schema in a process, counted; other rules are refused', async () => {
    const settings = { engine: 'postgres', connection: server.url(), schema: freshSchema() } as const;
    const [one, two] = await Promise.all([openLedger(settings), openLedger(settings)]);
    assert.equal(one.ledger, two.ledger);
    await refused(openLedger({ ...settings, profile: 'strict' }), 'bad_input', 'other rules', settings.schema);
    await one.release();
    assert.equal((await two.ledger.health()).ok, true);
    await two.release();
    await closeLingering();
    await assert.rejects(two.ledger.status(NUMBER.id, ANA), { code: 'store_unavailable' });
  });

  it('connects again after its connections were cut, also in the middle of a burst', async () => {
    const wire = await Wire.to(server.port);
    const ledger = await open(server.url('postgres', 'postgres', wire.port));
    await ledger.append([grant('g')]);
    wire.cut();
    assert.equal((await ledger.append([grant('h')]))[0]?.fresh, true);
    let [acknowledged, refusals] = [0, 0];
    const ids: string[] = [];
    const burst = Array.from({ length: 200 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 2));
      const contact = { phone: `55119559${String(index).padStart(5, '0')}` };
      try {
        await ledger.append([grant(`burst-${index}`, contact)]);
        acknowledged += 1;
        ids.push(`burst-${index}`);
      } catch (error) {
        assert.equal((error as LedgerError).code, 'store_unavailable');
        refusals += 1;
      }
    });
    for (let cuts = 0; cuts < 5; cuts++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      wire.cut();
    }
    await Promise.all(burst);
    const waiting = new Set((await ledger.undispatched(NUMBER.id)).map(({ event }) => event.id));
    assert.ok(
      ids.every((id) => waiting.has(id)),
      'something acknowledged is missing',
    );
    assert.ok(acknowledged > 0 && acknowledged + refusals === 200);
    assert.equal((await ledger.verifyAudit()).ok, true);
    await ledger.close();
    wire.close();
  });

  it('works behind a pooler in transaction mode, where every transaction may be elsewhere', async function () {
    this.timeout(60_000);
    const pooler = await TransactionPooler.start(server.url(), 3);
    const ledger = await open(server.url('postgres', 'postgres', pooler.port));
    const other = await open(server.url('postgres', 'postgres', pooler.port));
    const people = Array.from({ length: 40 }, (_, index) => ({ phone: `55119550${String(index).padStart(5, '0')}` }));
    const stop = ledger.onNews(() => undefined);
    for (const contact of people) {
      await Promise.all([
        ledger.append([grant(`g${contact.phone}`, contact)]),
        other.append([grant(`o${contact.phone}`, contact)]),
      ]);
      const answers = await Promise.all([call(ledger, contact), call(ledger, contact)]);
      assert.deepEqual(answers.map(word).sort(), ['call_in_progress', 'ok']);
    }
    assert.ok(pooler.switches() > 40, `${pooler.switches()}`);
    const listening = await server.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND application_name = 'whatsapp-calling'`,
    );
    assert.deepEqual(listening, [{ n: 0 }], 'nothing may stay behind on connections that others use');
    assert.equal((await ledger.verifyAudit()).ok, true);
    stop();
    await ledger.close();
    await other.close();
    await pooler.close();
  });
});

describe('a PostgreSQL server that stops', () => {
  let server: PostgresServer;
  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
  });
  after(() => server.remove());

  it('at once, while it writes: what was acknowledged is there afterwards, and the chain is whole', async function () {
    this.timeout(120_000);
    const schema = freshSchema();
    const ledger = await open(server.url(), schema);
    const acknowledged: string[] = [];
    const reserved: string[] = [];
    for (let life = 0; life < 4; life++) {
      let stopping = false;
      const writers = Array.from({ length: 16 }, async (_, writer) => {
        for (let nr = 0; !stopping; nr++) {
          const id = `${life}-${writer}-${nr}`;
          const contact = { phone: `4915${life}${String(writer).padStart(2, '0')}${String(nr).padStart(6, '0')}` };
          try {
            await ledger.append([grant(id, contact)]);
            acknowledged.push(id);
            const reservation = await call(ledger, contact);
            if (reservation.ok) reserved.push(reservation.reservationId);
          } catch (error) {
            assert.equal((error as LedgerError).code, 'store_unavailable', inspect(error));
            return;
          }
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 400 + Math.random() * 200));
      await server.down('immediate');
      stopping = true;
      await Promise.all(writers);
      const started = performance.now();
      const [health] = await Promise.all([
        ledger.health(),
        assert.rejects(ledger.status(NUMBER.id, ANA), { code: 'store_unavailable' }),
      ]);
      assert.equal(health.ok, false);
      assert.ok(!JSON.stringify(health).includes(server.password));
      assert.ok(performance.now() - started < 15_000, 'it took long to say so');
      await server.up();
      assert.equal((await ledger.health()).ok, true, 'it connects again by itself');
    }
    const known = new Set((await ledger.undispatched(NUMBER.id)).map(({ event }) => event.id));
    assert.deepEqual(
      acknowledged.filter((id) => !known.has(id)),
      [],
    );
    assert.ok(acknowledged.length > 50, `${acknowledged.length}`);
    const calls = new Set((await ledger.liveCalls(NUMBER.id)).map(({ reservationId }) => reservationId));
    assert.deepEqual(
      reserved.filter((id) => !calls.has(id)),
      [],
    );
    const double = await server.query(`SELECT pair_id FROM ${schema}.call GROUP BY pair_id HAVING count(*) > 1`);
    assert.deepEqual(double, []);
    assert.equal((await ledger.verifyAudit()).ok, true);
    await ledger.close();
  });
});
