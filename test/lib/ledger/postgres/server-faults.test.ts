import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { LedgerError } from '../../../../lib/ledger/ledger.ts';
import { asLedgerError } from '../../../../lib/ledger/postgres/faults.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { ANA, NUMBER, word } from '../stand.ts';
import { call, grant, open } from './ledgers.ts';
import { TripWire } from './trip-wire.ts';

const RUI = { phone: '351912000456' };

describe('a PostgreSQL server in trouble', () => {
  let server: PostgresServer;
  before(async () => {
    server = await postgresServer();
  });

  const fails = async (asked: Promise<unknown>, code: string, ...words: string[]): Promise<void> => {
    const error: unknown = await asked.then(
      () => assert.fail('it worked'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof LedgerError, inspect(error));
    assert.equal(error.code, code, error.message);
    for (const expected of words) assert.match(`${error.message} ${error.nextStep}`, new RegExp(expected));
    assert.ok(!inspect(error, { depth: 20 }).includes(server.password), 'the password is in the error');
  };
  /** A user of its own, so that what is done to it happens to nobody else: other processes may use the same server. */
  const newUser = async (): Promise<string> => {
    const name = `user_${freshSchema()}`;
    await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${server.password}'`);
    await server.query(`GRANT CREATE ON DATABASE postgres TO ${name}`);
    return name;
  };
  const disconnect = (name: string): Promise<unknown> =>
    server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [name]);

  it('whose disk is full acknowledges nothing, writes nothing by half, and goes on when there is space', async () => {
    const schema = freshSchema();
    const ledger = await open(server.url(), schema);
    await ledger.append([grant('before')]);
    // The last table that is written to: everything before it was written already.
    await server.query(`CREATE FUNCTION ${schema}.full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
    await server.query(`CREATE TRIGGER full_disk BEFORE INSERT ON ${schema}.audit EXECUTE FUNCTION ${schema}.full()`);
    const rows = `SELECT (SELECT count(*) FROM ${schema}.pair)::int AS pairs, (SELECT count(*) FROM ${schema}.call)::int AS calls,
      (SELECT count(*) FROM ${schema}.inbox)::int AS events`;
    const before = await server.query(rows);
    await fails(call(ledger), 'store_full', 'no space left', 'Nothing was lost');
    await fails(ledger.append([grant('during', RUI)]), 'store_full', 'not acknowledged');
    assert.deepEqual(await server.query(rows), before);
    // What only reads goes on.
    assert.equal((await ledger.status(NUMBER.id, ANA)).status, 'granted');
    await server.query(`DROP TRIGGER full_disk ON ${schema}.audit`);
    assert.equal((await ledger.append([grant('during', RUI)]))[0]?.fresh, true, 'what is sent again is new');
    assert.equal(word(await call(ledger)), 'ok');
    assert.equal((await ledger.verifyAudit()).ok, true);
    await ledger.close();
  });

  it('that has become a standby is left, and found again once it is the primary server', async () => {
    const user = await newUser();
    const url = server.url(user);
    const schema = freshSchema();
    const ledger = await open(url, schema);
    await ledger.append([grant('g')]);
    const standby = (on: boolean): Promise<unknown> =>
      server.query(`ALTER ROLE ${user} SET default_transaction_read_only = ${on ? 'on' : 'off'}`);
    await standby(true);
    await disconnect(user);
    await fails(call(ledger), 'store_unavailable', 'cannot be written to', 'primary server');
    assert.equal((await ledger.status(NUMBER.id, ANA)).status, 'granted', 'what only reads is answered');
    await fails(open(url, schema), 'store_unavailable', 'primary server');
    await standby(false);
    // Without anybody cutting the connections to the former standby: they are given up by themselves.
    assert.equal(await call(ledger).then(word, String), 'ok');
    await ledger.close();
  });

  it('without a connection to spare says how many are needed', async () => {
    const user = await newUser();
    const url = server.url(user);
    await server.query(`ALTER ROLE ${user} CONNECTION LIMIT 0`);
    await fails(open(url), 'store_unavailable', 'no connection left', 'max_connections');
    await server.query(`ALTER ROLE ${user} CONNECTION LIMIT -1`);
    const ledger = await open(url);
    assert.equal(word(await call(ledger)), 'permission_not_requested');
    await ledger.close();
  });

  it('that loses rights while it is used names the GRANT, and stores nothing', async () => {
    const user = await newUser();
    const schema = freshSchema();
    const ledger = await open(server.url(user), schema);
    await ledger.append([grant('g')]);
    await server.query(`REASSIGN OWNED BY ${user} TO postgres`);
    await server.query(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${user}`);
    await fails(call(ledger), 'store_unavailable', `GRANT ALL ON ALL TABLES IN SCHEMA ${schema}`);
    await server.query(`GRANT ALL ON SCHEMA ${schema} TO ${user}`);
    await server.query(`GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
    await server.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA ${schema} TO ${user}`);
    assert.equal(word(await call(ledger)), 'ok');
    await ledger.close();
  });

  it('that has lost tables is said to be broken, not away', async () => {
    const schema = freshSchema();
    const ledger = await open(server.url(), schema);
    await server.query(`DROP SCHEMA ${schema} CASCADE`);
    await fails(call(ledger), 'store_corrupt', 'lost tables', 'backup');
    await ledger.close();
  });

  it('older than version 13 is refused with its version, and nothing is made on it', async () => {
    const wire = await TripWire.to(server.port);
    const [found] = await server.query('SHOW server_version_num');
    const real = String(found?.server_version_num);
    wire.rewrite = (answer) => Buffer.from(answer.toString('latin1').replaceAll(real, '120022'), 'latin1');
    const schema = freshSchema();
    await fails(open(server.url('postgres', 'postgres', wire.port), schema), 'store_unavailable', '13 or newer', '12');
    assert.deepEqual(await server.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]), []);
    wire.close();
  });

  it('is not blamed for a mistake of ours', () => {
    const error = asLedgerError(new TypeError('x is not a function'), 'db.example/wa', 'wa');
    assert.match(`${error.message} ${error.nextStep}`, /could not finish an operation.*report this/);
    assert.doesNotMatch(error.message, /reached/);
  });
});
