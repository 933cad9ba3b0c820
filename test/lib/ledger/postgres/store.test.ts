import { strict as assert } from 'node:assert';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { NUMBER } from '../stand.ts';

describe('a PostgreSQL ledger and the commit', () => {
  let server: PostgresServer;
  let ledger: PostgresEngine | undefined;
  let schema: string;
  before(async () => {
    server = await postgresServer();
  });
  const open = async (connection: string): Promise<void> => {
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    schema = freshSchema();
    ledger = await PostgresEngine.open({ connection, schema, profile });
  };
  afterEach(() => ledger?.close());
  const request = () => {
    assert.ok(ledger);
    const intent = { contact: { phone: '5511955500123' }, purpose: 'x', via: 'template', hasTemplate: true } as const;
    return ledger.reserveRequest({ businessNumber: NUMBER, ...intent });
  };
  /** What happens when a request is written: the body of a trigger. */
  const onRequest = async (timing: string, body: string): Promise<void> => {
    await server.query(`CREATE FUNCTION ${schema}.seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$`);
    await server.query(
      `CREATE CONSTRAINT TRIGGER seen AFTER INSERT ON ${schema}.request ${timing}
       FOR EACH ROW EXECUTE FUNCTION ${schema}.seen()`,
    );
  };

  it('nothing is answered before it: what fails there was not reserved', async () => {
    await open(server.url());
    await onRequest('DEFERRABLE INITIALLY DEFERRED', `RAISE EXCEPTION 'the disk is gone';`);
    await assert.rejects(request(), { code: 'store_unavailable' });
    assert.deepEqual(await server.query(`SELECT * FROM ${schema}.request`), []);
    await server.query(`DROP TRIGGER seen ON ${schema}.request`);
    assert.equal((await request()).ok, true);
  });

  it('waits for the disk, also for a user whose commits do not', async () => {
    const user = `lazy_${freshSchema()}`;
    await server.query(`CREATE ROLE ${user} SUPERUSER LOGIN PASSWORD '${server.password}'`);
    await server.query(`ALTER ROLE ${user} SET synchronous_commit = off`);
    await open(server.url(user));
    await server.query(`CREATE TABLE ${schema}.commits(how text)`);
    const note = `INSERT INTO ${schema}.commits VALUES(current_setting('synchronous_commit')); RETURN NULL;`;
    await onRequest('', note);
    assert.equal((await request()).ok, true);
    assert.deepEqual(await server.query(`SELECT how FROM ${schema}.commits`), [{ how: 'on' }]);
  });
});
