import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { longEvent } from '../../../lib/ledger/sqlite/short-event.ts';
import { lengthen } from '../../../lib/ledger/sqlite/short-json.ts';
import { ANA, NUMBER, Stand, temporaryFolder } from './stand.ts';

describe('the audit', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  async function filled(): Promise<void> {
    const stand = await Stand.open({ path: folder.file });
    await stand.asked('wamid.1');
    await stand.granted(ANA, { contextId: 'wamid.1' });
    await stand.conversation('wacid.1');
    await stand.call();
    await stand.call();
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'keyword' });
    await stand.ledger.settle('nobody', { state: 'released', why: 'x' }).catch(() => undefined);
    await stand.ledger.close();
  }

  it('tells the whole story of a contact in order, with the number masked, in pages', async () => {
    await filled();
    const stand = await Stand.open({ path: folder.file });
    const rows = await stand.ledger.audit({ businessNumberId: NUMBER.id, contact: ANA });
    assert.deepEqual(
      rows.map(({ event }) => event),
      [
        'request_reserved',
        'request_sent',
        'permission_granted',
        'call_reserved',
        'call_placed',
        'call_accepted',
        'call_connected',
        'call_terminated',
        'call_reserved',
        'call_refused',
        'do_not_call_listed',
        // The second call was left behind by the process before.
        'call_unknown',
      ],
    );
    for (const row of rows) assert.equal(row.contact, '+55119…0123');
    assert.ok(!JSON.stringify(rows).includes(ANA.phone ?? '-'));
    const { reservationId, ...detail } = (rows[0]?.detail ?? {}) as Record<string, unknown>;
    assert.match(String(reservationId), /^[a-z0-9]{24}$/);
    assert.deepEqual(detail, { purpose: 'your order', via: 'template' });
    const page = await stand.ledger.audit({ afterSeq: rows[1]?.seq ?? 0, limit: 3 });
    assert.deepEqual(page, rows.slice(2, 5));
    assert.deepEqual(await stand.ledger.audit({ businessNumberId: 'other' }), []);
    await stand.ledger.close();
  });

  it('is a chain: every row names the hash of the one before, whatever was rolled back between', async () => {
    await filled();
    const db = new DatabaseSync(folder.file);
    const rows = db.prepare('SELECT a.*, p.audit_key FROM audit a LEFT JOIN pair p USING (pair_id) ORDER BY seq').all();
    let prev: Buffer = Buffer.alloc(32);
    for (const [index, row] of rows.entries()) {
      assert.equal(row.seq, index + 1);
      // What can be worked out is not stored.
      assert.deepEqual(
        [row.prev, row.digest].map((bytes) => (bytes as Uint8Array).length),
        [0, 0],
      );
      const key = (row.audit_key as Uint8Array | null) ?? new Uint8Array(16);
      const digest = createHash('sha256')
        .update(key)
        .update(lengthen(String(row.detail)))
        .digest();
      const text = `${row.seq}|${row.at}|${row.number_id ?? ''}|${row.pair_id ?? ''}|${longEvent(String(row.event))}|`;
      prev = createHash('sha256').update(prev).update(text).update(digest).digest();
      assert.deepEqual(Buffer.from(row.hash as Uint8Array), prev);
    }
    assert.ok(rows.length > 10);
    db.close();
  });

  it('cannot be changed or shortened', async () => {
    await filled();
    const db = new DatabaseSync(folder.file);
    assert.throws(() => db.exec("UPDATE audit SET event = 'x' WHERE seq = 1"), /append-only/);
    assert.throws(() => db.exec('DELETE FROM audit WHERE seq = 1'), /append-only/);
    db.close();
  });
});
