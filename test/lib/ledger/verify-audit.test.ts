import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import type { AuditVerdict } from '../../../lib/ledger/ledger.ts';
import { longEvent } from '../../../lib/ledger/sqlite/short-event.ts';
import { makeOldStore } from './old-store.ts';
import { digestOf, linkOf } from './proof.ts';
import { ANA, NOON, NUMBER, Stand, temporaryFolder } from './stand.ts';

const BEN = { phone: '4915112345678' };
interface Row {
  seq: number;
  number_id: number | null;
  pair_id: number | null;
  event: string;
  at: number;
  detail: string | null;
  hash: Uint8Array;
}

describe('checking the audit', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** Some twenty rows of two people. */
  async function filled(): Promise<number> {
    const stand = await Stand.open({ path: folder.file });
    await stand.asked('wamid.1');
    await stand.granted(ANA, { contextId: 'wamid.1' });
    await stand.conversation('wacid.1');
    await stand.granted(BEN);
    await stand.conversation('wacid.2', BEN);
    await stand.ledger.doNotCall(NUMBER.id, BEN, { listed: true, source: 'keyword' });
    const verdict = await stand.ledger.verifyAudit();
    await stand.ledger.close();
    assert.ok(verdict.ok);
    return verdict.last;
  }

  /** What the check says after somebody with the file and SQL has been at it. */
  async function checkedAfter(tamper: (db: DatabaseSync) => void): Promise<AuditVerdict> {
    const db = new DatabaseSync(folder.file);
    db.exec("INSERT INTO meta(k, v) VALUES('maintenance', 1)");
    tamper(db);
    db.exec("DELETE FROM meta WHERE k = 'maintenance'");
    db.close();
    const stand = await Stand.open({ path: folder.file });
    const verdict = await stand.ledger.verifyAudit();
    await stand.ledger.close();
    return verdict;
  }

  const found = (verdict: AuditVerdict): unknown => (verdict.ok ? 'ok' : [verdict.what, verdict.seq]);
  /** With the event's name, which is what is hashed; the store takes it either way. */
  const withEvent = (row: Row): Row => ({ ...row, event: longEvent(row.event) });
  const rowAt = (db: DatabaseSync, seq: number): Row =>
    withEvent(db.prepare('SELECT * FROM audit WHERE seq = ?').get(seq) as unknown as Row);
  const write = (db: DatabaseSync, row: Row, seq = row.seq): unknown =>
    db
      .prepare('UPDATE audit SET at=?, number_id=?, pair_id=?, event=?, detail=?, hash=? WHERE seq=?')
      .run(row.at, row.number_id, row.pair_id, row.event, row.detail, row.hash, seq);
  /** The row's own hash, as the store would have made it of what stands there now, after the row before. */
  const resealed = (
    db: DatabaseSync,
    row: Row,
    prev = row.seq === 1 ? new Uint8Array(32) : rowAt(db, row.seq - 1).hash,
  ): Row => {
    const audit_key = db.prepare('SELECT audit_key FROM pair WHERE pair_id = ?').get(row.pair_id)?.audit_key ?? null;
    return { ...row, hash: linkOf(prev, { ...row, digest: digestOf({ ...row, audit_key }) }) };
  };

  it('an empty and an untouched audit hold', async () => {
    const stand = await Stand.open();
    assert.deepEqual(await stand.ledger.verifyAudit(), {
      ok: true,
      rows: 0,
      first: 0,
      last: 0,
      head: '0'.repeat(64),
      erased: 0,
    });
    await stand.ledger.close();
    const last = await filled();
    const verdict = await checkedAfter(() => undefined);
    assert.ok(verdict.ok);
    assert.deepEqual([verdict.rows, verdict.first, verdict.last, verdict.erased], [last, 1, last, 0]);
    const again = await Stand.open({ path: folder.file });
    const rows = await again.ledger.audit({});
    assert.equal(rows.at(-1)?.hash, verdict.head);
    await again.ledger.close();
  });

  const edits: [string, (db: DatabaseSync, last: number) => void, (last: number) => [string, number]][] = [
    [
      'another event',
      (db) => db.exec("UPDATE audit SET event = 'permission_granted' WHERE seq = 4"),
      () => ['edited', 4],
    ],
    ['another time', (db) => db.exec('UPDATE audit SET at = at - 60000 WHERE seq = 5'), () => ['edited', 5]],
    ['another number', (db) => db.exec('UPDATE audit SET number_id = 7 WHERE seq = 2'), () => ['edited', 2]],
    ['another person', (db) => db.exec('UPDATE audit SET pair_id = 2 WHERE seq = 3'), () => ['edited', 3]],
    [
      'another detail',
      (db) => db.exec(`UPDATE audit SET detail = replace(detail, 'your order', 'a prize') WHERE seq = 1`),
      () => ['edited', 1],
    ],
    [
      'a detail taken out as if its person were erased',
      (db) => db.exec('UPDATE audit SET detail = NULL WHERE seq = 6'),
      () => ['edited', 6],
    ],
    ['the first row gone', (db) => db.exec('DELETE FROM audit WHERE seq = 1'), () => ['missing', 2]],
    ['rows in the middle gone', (db) => db.exec('DELETE FROM audit WHERE seq IN (5, 6)'), () => ['missing', 7]],
    [
      'the last row gone',
      (db, last) => db.prepare('DELETE FROM audit WHERE seq = ?').run(last),
      (last) => ['truncated', last],
    ],
    ['every row gone', (db) => db.exec('DELETE FROM audit'), () => ['truncated', 1]],
    [
      'two rows swapped',
      (db) => {
        const [a, b] = [rowAt(db, 6), rowAt(db, 7)];
        write(db, a, 7);
        write(db, b, 6);
      },
      () => ['reordered', 6],
    ],
    [
      'two distant rows swapped',
      (db) => {
        const [a, b] = [rowAt(db, 3), rowAt(db, 9)];
        write(db, a, 9);
        write(db, b, 3);
      },
      () => ['reordered', 3],
    ],
    [
      'a row written anew with its own hash',
      (db) => write(db, resealed(db, { ...rowAt(db, 8), event: 'permission_granted' })),
      // The first row that does not fit any more is the one after it; the sentence names both.
      () => ['edited', 9],
    ],
    [
      'the last row written anew with its own hash',
      (db, last) => write(db, resealed(db, { ...rowAt(db, last), event: 'do_not_call_released' })),
      (last) => ['edited', last],
    ],
    [
      'a row put in at the end',
      (db, last) => {
        const row = rowAt(db, last);
        const { hash } = resealed(db, { ...row, seq: last + 1 });
        db.prepare(
          'INSERT INTO audit SELECT ?, at, number_id, pair_id, event, detail, digest, prev, ? FROM audit WHERE seq = ?',
        ).run(last + 1, hash, last);
      },
      (last) => ['edited', last + 1],
    ],
    [
      'the note of the head gone',
      (db) => db.exec("DELETE FROM meta WHERE k = 'audit_head'"),
      (last) => ['truncated', last],
    ],
  ];
  for (const [name, tamper, expected] of edits) {
    it(`finds ${name}`, async () => {
      const last = await filled();
      const verdict = await checkedAfter((db) => tamper(db, last));
      assert.deepEqual(found(verdict), expected(last));
      assert.ok(!verdict.ok && verdict.why.startsWith(`Row ${verdict.seq}`));
    });
  }

  it('a head kept elsewhere shows that the whole chain was written anew', async () => {
    await filled();
    const untouched = await checkedAfter(() => undefined);
    const verdict = await checkedAfter((db) => {
      let prev: Uint8Array = new Uint8Array(32);
      const rows = db
        .prepare('SELECT * FROM audit ORDER BY seq')
        .all()
        .map((row) => withEvent(row as unknown as Row));
      for (const row of rows) {
        const anew = resealed(db, { ...row, at: row.at + 1 }, prev);
        write(db, anew);
        prev = anew.hash;
      }
      const head = JSON.stringify({ seq: rows.length, hash: Buffer.from(prev).toString('hex') });
      db.prepare("UPDATE meta SET v = ? WHERE k = 'audit_head'").run(head);
    });
    assert.ok(untouched.ok && verdict.ok);
    assert.notEqual(verdict.head, untouched.head);
  });

  it('a store of an older format, which kept no head, gets one when it is opened', async () => {
    makeOldStore(folder.file, 30, NOON);
    const stand = await Stand.open({ path: folder.file });
    const verdict = await stand.ledger.verifyAudit();
    assert.deepEqual([verdict.ok, verdict.ok && verdict.last], [true, 30]);
    await stand.granted(BEN);
    await stand.ledger.close();
    assert.deepEqual(found(await checkedAfter((db) => db.exec('DELETE FROM audit WHERE seq > 29'))), ['truncated', 30]);
  });

  it('goes through a long audit in parts, while others are answered and rows are added', async () => {
    const stand = await Stand.open({ path: folder.file });
    for (let part = 0; part < 5; part++) {
      const people = Array.from({ length: 700 }, (_, index) => `+49151${part}${String(index).padStart(7, '0')}`);
      await stand.ledger.importDoNotCall(NUMBER.id, people, { source: 'list' });
    }
    let answered = 0;
    const checking = stand.ledger.verifyAudit();
    const others = (async () => {
      for (let index = 0; index < 5; index++) {
        await stand.asked(`wamid.${index}`, { phone: `55119555${10_000 + index}` });
        answered++;
      }
    })();
    const verdict = await checking;
    assert.ok(verdict.ok && verdict.rows > 3_500, JSON.stringify(verdict));
    assert.ok(answered >= 1, 'nobody was answered meanwhile');
    await others;
    const end = await stand.ledger.verifyAudit();
    assert.ok(end.ok && end.rows > verdict.rows - 1);
    await stand.ledger.close();
  });
});
