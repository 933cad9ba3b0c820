import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CheckedLedger } from '../../../lib/ledger/checked-ledger.ts';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import { postgresServer } from '../../postgres.ts';
import { INPUT, WITHOUT_INPUT } from './contract-input.ts';
import { HUGE, type Spoiled, spoiled } from './spoiled.ts';
import { ANA, type EngineName, NUMBER, onEveryEngine, Stand, schemaOf, TestClock, temporaryFolder } from './stand.ts';

const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).sort();

type Method = (...args: unknown[]) => Promise<unknown>;

/** Every row of every table, as one digest each. Time alone may go on. */
async function dump(engine: EngineName, path: string): Promise<Record<string, string>> {
  return engine === 'sqlite' ? dumpFile(path) : dumpSchema(schemaOf(path));
}

async function dumpSchema(schema: string): Promise<Record<string, string>> {
  const server = await postgresServer();
  const tables = await server.query('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1', [schema]);
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    // Who is alive, and the clock, go on by themselves.
    if (name === 'meta' || name === 'instance') continue;
    const rows = await server.query(`SELECT t::text FROM "${schema}"."${name}" t ORDER BY 1`);
    digests[String(name)] = `${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
  }
  return digests;
}

function dumpFile(path: string): Record<string, string> {
  const db = new DatabaseSync(path);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const digests = tables.map(({ name }) => {
    const rows = db.prepare(`SELECT * FROM "${name}" ${name === 'meta' ? "WHERE k <> 'last_at'" : ''}`).all();
    return [name, `${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`];
  });
  db.close();
  return Object.fromEntries(digests);
}

/** What is wrong with how a method took it; nothing if it refused it as it should. */
async function complaint(method: Method, { args, field, value }: Spoiled): Promise<string | undefined> {
  let error: unknown;
  try {
    await method(...args);
    return 'was taken';
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof LedgerError)) return `threw ${String(error).slice(0, 100)}`;
  if (error.code !== 'bad_input') return `${error.code}: ${error.message.slice(0, 100)}`;
  if (error.nextStep.length < 20) return 'no next step';
  if (error.message.length > 300) return 'too long';
  if (field !== '' && !error.message.includes(field)) return `does not name ${field}: ${error.message}`;
  const told = typeof value === 'string' && value.length > 3 ? value : undefined;
  if (told !== undefined && told !== '__proto__' && error.message.includes(told)) return 'repeats the value';
  return undefined;
}

onEveryEngine('wrong arguments of the ledger', (engine) => {
  const folder = temporaryFolder();
  let stand: Stand;
  let whole: Record<string, string>;
  const clock = new TestClock();
  const method = (name: string): Method => {
    const ledger = stand.ledger as unknown as Record<string, Method>;
    return (...args) => (ledger[name] as Method).apply(ledger, args);
  };

  before(async () => {
    stand = await Stand.open({ engine, path: folder.file, clock });
    await stand.granted();
    await stand.conversation('wacid.seed');
    await stand.asked('wamid.seed', { phone: '4915112345678' });
    await stand.ledger.doNotCall(NUMBER.id, { phone: '4915112345679' }, { listed: true, source: 'seed' });
    const seed = { phone: '4915112345670' };
    await stand.ledger.addCallback({ businessNumberId: NUMBER.id, contact: seed, source: 'flow', key: 'k' });
    await stand.ledger.close();
    whole = await dump(engine, folder.file);
    assert.ok(Object.keys(whole).length > 6);
    stand = await Stand.open({ engine, path: folder.file, clock });
  });
  after(async () => {
    await stand.ledger.close();
    assert.deepEqual(await dump(engine, folder.file), whole, 'something was written');
    folder.remove();
  });

  it('there is a row for every method', () => {
    const methods = Object.getOwnPropertyNames(CheckedLedger.prototype).filter((name) => name !== 'constructor');
    const rows: string[] = [...INPUT.map(([name]) => name), ...WITHOUT_INPUT];
    assert.deepEqual(
      methods.filter((name) => !rows.includes(name)),
      [],
    );
  });

  for (const [nr, [name, shapes]] of INPUT.entries()) {
    it(`${name} (${nr + 1}): everything wrong in every place is refused with the name of the field`, async function () {
      this.timeout(60_000);
      const wrong: string[] = [];
      let tried = 0;
      for (const one of spoiled(shapes)) {
        tried++;
        const said = await complaint(method(name), one);
        if (said !== undefined) wrong.push(`${one.name}: ${said}`);
      }
      assert.deepEqual(wrong, []);
      assert.ok(tried >= 10);
    });
  }

  it('names that reach into prototypes change none, and what is beside them counts', async () => {
    const hostile = JSON.parse(
      `{"phone":"${ANA.phone}","__proto__":{"phone":"1","polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
    );
    assert.equal((await stand.ledger.status(NUMBER.id, hostile)).status, 'granted');
    for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
      assert.equal((await stand.ledger.status(name, ANA)).status, 'not_requested');
      assert.equal(await stand.ledger.findCall({ reservationId: name }), undefined);
      assert.deepEqual((await stand.ledger.list({ businessNumberId: name })).entries, []);
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), PROTOTYPE);
  });

  it('hundreds of huge texts leave nothing in memory', async function () {
    this.timeout(60_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const used = process.memoryUsage().rss;
    for (let nr = 0; nr < 300; nr++) {
      const phone = `${nr}${HUGE.slice(nr)}`;
      await assert.rejects(stand.ledger.status(NUMBER.id, { phone }), { code: 'bad_input' });
    }
    collect();
    assert.ok(process.memoryUsage().rss - used < 300_000_000);
  });
});
