import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NUMBER, Stand, TestClock, temporaryFolder } from './stand.ts';

/** More for a night's run: WA_CRASH_LOOPS=500. */
const LOOPS = Number(process.env.WA_CRASH_LOOPS ?? 20);

/** Lets a writer work until it has acknowledged so many things, and some random moment more; then kills it. */
async function killedWriter(path: string, life: number, lines: number, extraMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [join('test', 'lib', 'ledger', 'crash-writer.ts'), path, String(life)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const enough = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.split('\n').length > lines) resolve();
    });
  });
  await Promise.race([enough, gone]);
  await new Promise((resolve) => setTimeout(resolve, extraMs));
  child.kill('SIGKILL');
  await gone;
  const acknowledged = output.split('\n').slice(0, -1);
  assert.ok(acknowledged.length >= lines, `the writer ended by itself: ${errors}`);
  return acknowledged;
}

describe(`a process killed ${LOOPS} times at random moments`, () => {
  it('loses nothing that was acknowledged, keeps the limits, and leaves a file that opens', async function () {
    this.timeout(LOOPS * 15_000);
    const folder = temporaryFolder();
    try {
      const all: string[] = [];
      for (let life = 0; life < LOOPS; life++) {
        const lines = 1 + Math.floor(Math.random() * 300);
        all.push(...(await killedWriter(folder.file, life, lines, Math.random() * 20)));
        await check(folder.file, all, life === LOOPS - 1 ? all.length : 400);
      }
      const hot = all.filter((line) => line.startsWith('hot '));
      assert.equal(new Set(hot).size, hot.length, 'a contact was asked twice in 24 h');
      assert.ok(all.length > LOOPS * 10);
    } finally {
      folder.remove();
    }
  });
});

/** Looks for the newest `count` acknowledged things, with the library and without it. */
async function check(path: string, acknowledged: string[], count: number): Promise<void> {
  const stand = await Stand.open({ path, clock: new TestClock(Date.now()) });
  const newest = acknowledged.slice(-count).map((line) => line.split(' ') as [string, string]);
  const rank = { reserved: 0, placed: 1, finished: 2 } as const;
  const found = await Promise.all(
    newest.map(async ([kind, id]) => {
      if (kind === 'event') {
        const again = { ...stand.message({ id }), at: Date.now() };
        return (await stand.ledger.append([again]))[0]?.fresh === false;
      }
      if (kind === 'opt_out') return (await stand.ledger.status(NUMBER.id, { phone: id })).ended === 'opt_out';
      if (kind === 'hot') {
        const { requestLimits } = await stand.ledger.explain(NUMBER, { phone: `55119777777${id}0` });
        return requestLimits[0]?.used === 1;
      }
      const call = await stand.ledger.findCall({ reservationId: id });
      if (call === undefined) return false;
      const level = rank[kind as keyof typeof rank];
      return (
        call.reservation !== 'reserved' &&
        (level < 1 || call.reservation === 'consumed') &&
        (level < 2 || call.outcome === 'failed')
      );
    }),
  );
  const lost = newest.filter((_, index) => !found[index]);
  await stand.ledger.close();
  assert.deepEqual(lost, []);

  const db = new DatabaseSync(path);
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
  const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
  // A reservation and its audit row are one: none without the other.
  const reservations = number('SELECT count(*) FROM call') + number('SELECT count(*) FROM request');
  assert.equal(number("SELECT count(*) FROM audit WHERE event IN ('call_reserved','request_reserved')"), reservations);
  const gaps = number(
    'SELECT count(*) FROM audit a LEFT JOIN audit b ON b.seq = a.seq - 1 WHERE a.seq > 1 AND b.hash IS NOT a.prev',
  );
  assert.equal(gaps, 0);
  db.close();
}
