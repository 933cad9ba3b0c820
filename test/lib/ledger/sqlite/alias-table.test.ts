import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from '../../../../lib/ledger/sqlite/schema.ts';
import type { Contact } from '../../../../lib/permission/model.ts';
import { strayNames } from '../proof.ts';
import { ANA, DAY, NUMBER, Stand, TestClock, temporaryFolder } from '../stand.ts';

const BOTH: Contact = { phone: '5511955500123', userId: 'BR.1' };

describe('the names of a pair in the file', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());
  /** Names in the file, with how many of them only the index by pair knows. */
  const inFile = (): { names: string[]; extra: number; stray: unknown[] } => {
    const db = new DatabaseSync(folder.file);
    const rows = db.prepare('SELECT value, extra FROM alias ORDER BY value').all();
    const found = {
      names: rows.map(({ value }) => String(value)),
      extra: rows.filter(({ extra }) => extra === 1).length,
      stray: strayNames((sql) => db.prepare(sql).all()),
    };
    db.close();
    return found;
  };

  it('are all found, whichever of them stand in it: learned, given up, merged, erased, gone by retention', async () => {
    const clock = new TestClock();
    let stand = await Stand.open({ path: folder.file, clock });
    const hello = (contact: Contact) => stand.ledger.append([stand.message({ contact, text: 'hello' })]);
    await stand.granted(ANA);
    await stand.granted({ userId: 'BR.1' });
    // One person after all.
    await hello(BOTH);
    // Their number goes to somebody else, who has a number more.
    await hello({ phone: ANA.phone ?? '', userId: 'BR.2' });
    await hello({ phone: '5511955500999', userId: 'BR.2' });
    await stand.ledger.close();
    const full = inFile();
    assert.deepEqual(full.names, ['p5511955500123', 'p5511955500999', 'uBR.1', 'uBR.2']);
    assert.deepEqual(full.stray, []);
    assert.ok(full.extra >= 1, 'a former number is known as well');
    stand = await Stand.open({ path: folder.file, clock });
    await stand.ledger.erase(NUMBER.id, { userId: 'BR.2' });
    assert.equal((await stand.ledger.status(NUMBER.id, { userId: 'BR.1' })).status, 'granted');
    await stand.ledger.close();
    const erased = inFile();
    assert.deepEqual(
      erased.names.filter((name) => !name.startsWith('#')),
      ['uBR.1'],
    );
    assert.deepEqual([erased.names.length, erased.stray], [4, []]);
    clock.pass(60 * DAY);
    stand = await Stand.open({ path: folder.file, clock, retentionDays: 10 });
    for (let nr = 0; nr < 6; nr++) {
      await stand.ledger.sweep();
      clock.pass(12 * DAY);
    }
    await stand.ledger.close();
    assert.deepEqual(inFile(), { names: [], extra: 0, stray: [] });
  });

  it('of an older file are told apart when it is opened', () => {
    const db = new DatabaseSync(':memory:');
    for (const step of MIGRATIONS.slice(0, 6)) db.exec(step);
    db.exec("INSERT INTO number(number_id, id) VALUES(1, 'n')");
    db.exec(`INSERT INTO pair(pair_id, number_id, phone, user_id, status, audit_key)
      VALUES(1, 1, '5511', 'BR.1', 'granted', x'00'), (2, 1, '5522', NULL, 'granted', x'00')`);
    db.exec("INSERT INTO alias VALUES(1, 'p5511', 1, 1), (1, 'uBR.1', 1, 1), (1, 'p5500', 1, 1), (1, 'p5522', 2, 0)");
    db.exec(MIGRATIONS[6] ?? '');
    assert.deepEqual(
      db
        .prepare('SELECT value FROM alias WHERE extra = 1')
        .all()
        .map(({ value }) => value),
      ['p5500'],
    );
    assert.deepEqual(
      strayNames((sql) => db.prepare(sql).all()),
      [],
    );
    db.close();
  });
});
