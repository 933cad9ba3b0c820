import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { LIMIT, racePair } from './race-pair.ts';

const CLIENTS = 64;
const PROCESSES = 3;
/** Fewer where it has to be quick: WA_RACE_PAIRS=100. */
const PAIRS = Number(process.env.WA_RACE_PAIRS ?? 1_000);

describe(`${CLIENTS} racing clients in ${PROCESSES} processes on ${PAIRS} pairs`, () => {
  let server: PostgresServer;
  before(async function () {
    this.timeout(60_000);
    server = await postgresServer();
  });

  it('get exactly as many calls as the rules allow on every pair, and the audit is one chain', async function () {
    this.timeout(300_000);
    const schema = freshSchema();
    const profile = findProfile('meta-2026', LIMIT);
    assert.ok(profile);
    const ledger = await PostgresEngine.open({ connection: server.url(), schema, profile });
    const now = Date.now();
    for (let start = 0; start < PAIRS; start += 200) {
      await ledger.append(
        Array.from({ length: Math.min(200, PAIRS - start) }, (_, index) => ({
          type: 'permission.replied' as const,
          id: `grant-${start + index}`,
          at: now,
          businessNumberId: racePair(start + index).businessNumber.id,
          contact: racePair(start + index).contact,
          response: 'accept' as const,
          permanent: true,
          source: 'user_action' as const,
        })),
      );
    }
    const share = (index: number): number => Math.floor(CLIENTS / PROCESSES) + (index < CLIENTS % PROCESSES ? 1 : 0);
    const racers = Array.from({ length: PROCESSES }, (_, index) =>
      racer(server.url(), schema, String(share(index)), String(PAIRS)),
    );
    await Promise.all(racers.map(({ ready }) => ready));
    const started = performance.now();
    for (const { child } of racers) child.stdin?.write('go\n');
    const results = await Promise.all(racers.map(({ result }) => result));
    const seconds = (performance.now() - started) / 1_000;
    assert.equal(
      results.reduce((sum, { allowed }) => sum + allowed, 0),
      PAIRS,
    );
    const calls = await server.query(
      `SELECT pair_id, count(*)::int AS n FROM ${schema}.call WHERE direction = 0 AND state <> 2 GROUP BY pair_id`,
    );
    assert.equal(calls.length, PAIRS);
    assert.deepEqual(
      calls.filter(({ n }) => n !== 1),
      [],
    );
    const audit = await server.query(
      `SELECT event, count(*)::int AS n FROM ${schema}.audit WHERE event LIKE 'call%' GROUP BY event ORDER BY event`,
    );
    assert.deepEqual(audit, [
      { event: 'call_refused', n: (CLIENTS - 1) * PAIRS },
      { event: 'call_reserved', n: PAIRS },
    ]);
    assert.equal((await ledger.verifyAudit()).ok, true);
    await ledger.close();
    if (process.env.WA_RACE_FIGURES) {
      console.log(`      ${Math.round((CLIENTS * PAIRS) / seconds)} reservations/s, ${seconds.toFixed(1)} s`);
    }
  });

  it('a single statement that counts while it locks lets more through: what the order of our statements is for', async function () {
    this.timeout(60_000);
    const schema = freshSchema();
    await server.query(`CREATE SCHEMA ${schema}`);
    await server.query(`CREATE TABLE ${schema}.pair(pair_id int PRIMARY KEY)`);
    await server.query(`CREATE TABLE ${schema}.call(pair_id int)`);
    await server.query(`INSERT INTO ${schema}.pair SELECT generate_series(1, 10)`);
    const naive = `WITH p AS (SELECT pair_id FROM ${schema}.pair WHERE pair_id = $1 FOR UPDATE)
      INSERT INTO ${schema}.call SELECT pair_id FROM p WHERE (SELECT count(*) FROM ${schema}.call c WHERE c.pair_id = $1) < 1`;
    const { default: pg } = await import('pg');
    const clients = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const client = new pg.Client({ connectionString: server.url() });
        await client.connect();
        return client;
      }),
    );
    for (let pair = 1; pair <= 10; pair++) await Promise.all(clients.map((client) => client.query(naive, [pair])));
    await Promise.all(clients.map((client) => client.end()));
    const [{ most } = {}] = await server.query(
      `SELECT max(n)::int AS most FROM (SELECT count(*) AS n FROM ${schema}.call GROUP BY pair_id) counted`,
    );
    assert.ok(Number(most) > 1, 'a limit of 1 was kept by luck');
  });
});

interface Racer {
  child: ChildProcess;
  ready: Promise<unknown>;
  result: Promise<{ allowed: number }>;
}

function racer(...args: string[]): Racer {
  const file = resolve('test/lib/ledger/postgres/race-client.ts');
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  const lines: ((line: string) => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      lines.shift()?.(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
  const line = (): Promise<string> =>
    Promise.race([
      new Promise<string>((resolve) => lines.push(resolve)),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`a racer ended with ${code}`))),
    ]);
  const [ready, result] = [line(), line()];
  result.catch(() => undefined);
  return { child, ready, result: result.then((found) => JSON.parse(found) as { allowed: number }) };
}
