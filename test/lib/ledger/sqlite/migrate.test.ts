import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { dedupeKey } from '../../../../lib/ledger/dedupe-key.ts';
import { MIGRATIONS } from '../../../../lib/ledger/sqlite/schema.ts';
import { makeOldStore, oldPhone } from '../old-store.ts';
import { ANA, NOON, NUMBER, Stand, TestClock, temporaryFolder } from '../stand.ts';

/** A store as version 6 left it, with one event that was handed out and one that was not. */
function makeVersionSix(path: string, waiting: object): void {
  makeOldStore(path, 30, NOON);
  const db = new DatabaseSync(path);
  for (const step of MIGRATIONS.slice(1, 6)) db.exec(step);
  db.exec('PRAGMA user_version=6');
  const event = db.prepare('INSERT INTO inbox(key, at, number, event, done) VALUES(?, ?, ?, ?, ?)');
  event.run(dedupeKey('handed out'), NOON, NUMBER.id, null, 1);
  event.run(dedupeKey('waiting'), NOON, NUMBER.id, JSON.stringify(waiting), 0);
  db.close();
}

describe('a file of version 6', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  it('knows the same events and people afterwards, hands out what waited, and its audit is one chain with what follows', async () => {
    const clock = new TestClock();
    const other = await Stand.open({ clock });
    const waiting = other.reply('accept', { id: 'waiting' });
    await other.ledger.close();
    makeVersionSix(folder.file, waiting);
    const stand = await Stand.open({ path: folder.file, clock });
    const { ledger } = stand;
    assert.deepEqual(
      (await ledger.undispatched(NUMBER.id)).map(({ event }) => event),
      [waiting],
    );
    for (const id of ['handed out', 'waiting']) {
      assert.equal((await ledger.append([stand.reply('reject', { id })]))[0]?.fresh, false, id);
    }
    await ledger.dispatched(['waiting']);
    assert.deepEqual(await ledger.undispatched(NUMBER.id), []);
    await stand.granted(ANA);
    assert.equal((await ledger.status(NUMBER.id, { phone: oldPhone(7) })).status, 'granted');
    // Also what was written before is erased in the manner of today.
    const { auditRows } = await ledger.erase(NUMBER.id, { phone: oldPhone(7) });
    assert.equal(auditRows, 1);
    const verdict = await ledger.verifyAudit();
    assert.deepEqual([verdict.ok, verdict.ok && verdict.rows, verdict.ok && verdict.erased], [true, 32, 1]);
    assert.equal((await ledger.nextLapse()) !== undefined, true);
    await ledger.close();
  });
});
