import { strict as assert } from 'node:assert';
import { type AuditFormat, auditLines } from '../../../lib/ledger/audit-export.ts';
import type { AuditQuery, Ledger } from '../../../lib/ledger/ledger.ts';
import { ANA, DAY, HOUR, NUMBER, onEveryEngine, Stand } from './stand.ts';

const BEN = { phone: '4915112345678' };
const WAMID = `wamid.${Buffer.from('HBgN5511955500123').toString('base64')}`;

interface AuditExport extends AuditQuery {
  format: AuditFormat;
}

onEveryEngine('exporting the audit', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  async function lines(query: AuditExport, ledger: Pick<Ledger, 'audit'> = stand.ledger): Promise<string[]> {
    const all: string[] = [];
    const { format, ...what } = query;
    for await (const line of auditLines((page) => ledger.audit(page), what, format)) all.push(line);
    return all;
  }

  it('refuses nonsense before the first row', async () => {
    for (const bad of [
      { contact: { phone: 'x' } },
      { from: Number.NaN },
      { to: 'yesterday' },
      { businessNumberId: 7 },
    ]) {
      await assert.rejects(lines({ format: 'jsonl', ...bad } as unknown as AuditExport), { code: 'bad_input' });
    }
  });

  it('writes JSON Lines in order, masked, with the links of the chain', async () => {
    await stand.asked(WAMID);
    await stand.granted(BEN);
    const text = await lines({ format: 'jsonl' });
    assert.ok(text.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1));
    const rows = text.map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ seq, event, contact }) => [seq, event, contact]),
      [
        [1, 'request_reserved', '+55119…0123'],
        [2, 'request_sent', '+55119…0123'],
        [3, 'permission_granted', '+49151…5678'],
      ],
    );
    assert.equal(rows[0].at, '2026-11-20T12:00:00.000Z');
    const verdict = await stand.ledger.verifyAudit();
    assert.ok(verdict.ok);
    assert.deepEqual([rows.at(-1).seq, rows.at(-1).hash], [verdict.last, verdict.head]);
    for (const secret of [ANA.phone, BEN.phone, WAMID]) assert.ok(!text.join('').includes(String(secret)));
  });

  it('names people and ids where it was asked to, of one person or of a period', async () => {
    await stand.asked(WAMID);
    stand.clock.pass(2 * DAY);
    await stand.granted(ANA);
    await stand.granted(BEN);
    const ana = await lines({ format: 'jsonl', businessNumberId: NUMBER.id, contact: ANA, unmasked: true });
    assert.equal(ana.length, 3);
    assert.ok(ana.every((line) => JSON.parse(line).contact === ANA.phone) && ana[1]?.includes(WAMID));
    assert.equal((await lines({ format: 'jsonl', to: stand.now - HOUR })).length, 2);
    assert.equal((await lines({ format: 'jsonl', from: stand.now - HOUR })).length, 2);
    assert.deepEqual(await lines({ format: 'jsonl', contact: { phone: '351911111111' } }), []);
  });

  it('writes CSV as RFC 4180 says, and nothing that a spreadsheet would run', async () => {
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: '=HYPERLINK("http://evil","a, b")\r\nnext' });
    const [header, row, ...none] = await lines({ format: 'csv' });
    assert.equal(header, 'seq,at,businessNumberId,contact,event,detail,hash\r\n');
    assert.deepEqual(none, []);
    const cells = parseCsv(row ?? '');
    assert.deepEqual(cells.slice(0, 5), ['1', '2026-11-20T12:00:00.000Z', 'pn1', "'+55119…0123", 'do_not_call_listed']);
    assert.deepEqual(JSON.parse(cells[5] ?? ''), { source: '=HYPERLINK("http://evil","a, b")\r\nnext' });
    assert.match(cells[6] ?? '', /^[0-9a-f]{64}$/);
    for (const start of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      const ledger = {
        audit: async () => [{ seq: 1, at: 0, event: start, detail: null, businessNumberId: `${start},"` }],
      };
      const [, line] = await lines({ format: 'csv' }, ledger);
      const [, , number, , event] = parseCsv(line ?? '');
      assert.deepEqual([number, event], [`'${start},"`, `'${start}`]);
    }
  });

  it('goes through a long audit page by page, and leaves no line out or twice', async () => {
    const people = Array.from({ length: 1_234 }, (_, index) => `+49151${String(index).padStart(8, '0')}`);
    await stand.ledger.importDoNotCall(NUMBER.id, people, { source: 'list' });
    const rows = (await lines({ format: 'jsonl' })).map((line) => JSON.parse(line).seq);
    assert.deepEqual(
      rows,
      rows.map((_, index) => index + 1),
    );
    assert.equal(rows.length, 1_234 + 7);
  });

  it('shows of an erased person that something was, and not what', async () => {
    await stand.asked(WAMID);
    await stand.ledger.erase(NUMBER.id, ANA);
    const [, first, , erased] = (await lines({ format: 'csv', unmasked: true })).map(parseCsv);
    assert.deepEqual(first?.slice(2, 6), ['pn1', '', 'request_reserved', '']);
    assert.deepEqual(erased?.slice(2, 5), ['pn1', '', 'person_erased']);
  });
});

/** Reads one record, independently of how it was written. */
function parseCsv(line: string): string[] {
  assert.ok(line.endsWith('\r\n'));
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n$)/gy;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    cells.push((match[1] ?? '').replaceAll('""', '"') || (match[2] ?? ''));
  }
  return cells;
}
