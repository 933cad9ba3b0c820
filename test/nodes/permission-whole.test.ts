import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import type { AuditQuery, AuditRow } from '../../lib/ledger/ledger.ts';
import { ReportableError } from '../../lib/runtime/reportable-error.ts';
import { ANA } from './fake-number.ts';
import { helper, until } from './helper.ts';
import { AT, PermissionBench } from './permission-bench.ts';

/** Lists, figures and the audit. */
describe('the permission node, about everybody', () => {
  const bench = PermissionBench.here();
  const { load, send, box, code, shows } = bench;

  describe('import', () => {
    it('takes a text, a Buffer and a list, and tells what was not understood', async () => {
      await load({ action: 'importDoNotCall', country: 'br' });
      send({ payload: 'number\n+55 11 95550-0123' });
      const msg = await box('result').at(0);
      assert.deepEqual(bench.heard[0], [
        'importDoNotCall',
        'number\n+55 11 95550-0123',
        { source: 'import', defaultCountry: 'BR' },
      ]);
      assert.deepEqual(msg.payload, { listed: 2, already: 1, bad: [{ line: 1, why: 'This is no phone number.' }] });
      send({ payload: Buffer.from('+5511', 'utf8'), source: 'crm' });
      send({ payload: Buffer.from('\ufeff+5511', 'utf16le'), source: 'crm' });
      send({ payload: [{ phone: '+5511' }, 5511], source: 'crm' });
      await box('result').at(3);
      assert.deepEqual(
        bench.heard.slice(1).map((call) => call[1]),
        ['+5511', '+5511', [{ phone: '+5511' }, 5511]],
      );
      assert.deepEqual(bench.heard[3]?.[2], { source: 'crm', defaultCountry: 'BR' });
    });

    for (const payload of [undefined, '', ' \n ', [], {}, 7, null, Buffer.alloc(0)]) {
      it(`is a fault if there is nothing: ${inspect(payload)}`, async () => {
        await load({ action: 'importDoNotCall' });
        send({ payload });
        assert.equal(await code(), 'list_missing');
        assert.deepEqual(bench.heard, []);
      });
    }

    it('is a fault if the list is too long for one message', async () => {
      await load({ action: 'importDoNotCall' });
      send({ payload: '5'.repeat(25_000_001) });
      assert.equal(await code(), 'list_too_long');
    });
  });

  describe('list', () => {
    const pages = {
      list: async (query: { after?: number; limit?: number }) => {
        bench.heard.push(['list', query]);
        const entries = [{ contact: ANA, permission: { status: 'granted' }, doNotCall: { since: AT, source: 'crm' } }];
        return query.after === undefined ? { entries, next: 7 } : { entries: [] };
      },
    };

    it('gives pages that follow each other, each person with what may be done', async () => {
      await load({ action: 'list', status: 'granted', limit: '1' }, pages);
      send({ order: 1 });
      const first = await box('result').at(0);
      assert.deepEqual(bench.heard[0], ['list', { status: 'granted', limit: 1 }]);
      assert.deepEqual(first.payload, [
        {
          contact: { phone: '+5511955500123' },
          permission: { status: 'granted', canRequest: true, canCall: true },
          doNotCall: { since: '2026-11-20T17:45:00.000Z', source: 'crm' },
        },
      ]);
      assert.equal(first.next, 7);
      send(first);
      const second = await box('result').at(1);
      assert.deepEqual(bench.heard.at(-1), ['list', { status: 'granted', after: 7, limit: 1 }]);
      assert.deepEqual([second.payload, 'next' in second, second.order], [[], false, 1]);
    });

    it('takes the status from the message, in the words that people see', async () => {
      await load({ action: 'list', status: 'message' }, pages);
      for (const wanted of ['Not requested', 'granted', undefined]) send({ status: wanted });
      await box('result').at(2);
      assert.deepEqual(
        bench.heard.filter(([method]) => method === 'list').map(([, query]) => (query as { status?: string }).status),
        ['not_requested', 'granted', undefined],
      );
    });

    for (const [bad, msg] of Object.entries({
      status_unknown: { status: 'maybe' },
      next_invalid: { next: 'two' },
    })) {
      it(`is a fault: ${bad}`, async () => {
        await load({ action: 'list', status: 'message' }, pages);
        send(msg);
        assert.equal(await code(), bad);
        assert.deepEqual(bench.heard, []);
      });
    }
  });

  describe('statistics', () => {
    const figures = {
      statistics: async (query: object) => {
        bench.heard.push(['statistics', query]);
        const counts = {
          requests: 2,
          granted: 1,
          denied: 1,
          calls: 0,
          answered: 0,
          completed: 0,
          scored: 0,
          scoreSum: 0,
          people: 2,
          optedOut: 0,
        };
        const targets = { grant: 0.6, answer: 0.75, completion: 0.9, satisfaction: 4, optOut: 0.05 };
        return { ...counts, rates: { grant: 0.5, optOut: 0 }, targets };
      },
    };
    const asked = (): { from?: number; to?: number } => bench.heard[0]?.[1] as { from?: number; to?: number };

    it('has rates, targets and whether they are met', async () => {
      await load({ action: 'statistics' }, figures);
      send({ purpose: 'delivery' });
      const { payload } = (await box('result').at(0)) as { payload: Record<string, unknown> };
      assert.deepEqual(asked(), { purpose: 'delivery' });
      assert.deepEqual(
        [payload.rates, payload.met],
        [
          { grant: 0.5, optOut: 0 },
          { grant: false, optOut: true },
        ],
      );
      assert.equal(payload.purpose, 'delivery');
    });

    it('is about the last days, or from one moment to another', async () => {
      await load({ action: 'statistics', period: 'week', template: 'call_permission' }, figures);
      send({});
      await box('result').at(0);
      const { from = 0, to = 0 } = asked();
      assert.equal(to - from, 7 * 86_400_000);
      assert.ok(Math.abs(to - Date.now()) < 60_000);
      assert.equal((asked() as { template?: string }).template, 'call_permission');
      await helper.unload();
      bench.heard = [];
      await load({ action: 'statistics', period: 'range', template: 'template', templateType: 'msg' }, figures);
      send({ from: '2026-11-01T00:00:00Z', to: Date.UTC(2026, 10, 8), template: '' });
      await box('result').at(0);
      assert.deepEqual(asked(), { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 8), template: '' });
    });

    for (const [bad, msg] of Object.entries<object>({
      property_invalid: { from: 'yesterday' },
      period_invalid: { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' },
    })) {
      it(`is a fault: ${bad}`, async () => {
        await load({ action: 'statistics', period: 'range' }, figures);
        send(msg);
        assert.equal(await code(), bad);
      });
    }
  });

  describe('verify', () => {
    it('tells a whole audit by the first output and a broken one by the second', async () => {
      let ok = true;
      const verifyAudit = async () =>
        ok
          ? { ok, rows: 3, first: 1, last: 3, head: 'ab', erased: 0 }
          : { ok, seq: 2, what: 'edited', why: 'Row 2 is not what was written.' };
      await load({ action: 'verify' }, { verifyAudit });
      send({});
      assert.deepEqual((await box('result').at(0)).payload, {
        ok: true,
        rows: 3,
        first: 1,
        last: 3,
        head: 'ab',
        erased: 0,
      });
      ok = false;
      send({});
      const { reason, payload } = await box('refused').at(0);
      assert.deepEqual([(reason as { code: string }).code, (payload as { seq: number }).seq], ['audit_broken', 2]);
      assert.match((reason as { text: string }).text, /Row 2/);
      await shows('broken', 'red');
    });
  });

  describe('export', () => {
    const rows = (count: number): AuditRow[] =>
      Array.from({ length: count }, (_, index) => ({
        seq: index + 1,
        at: AT,
        contact: '+55119…0123',
        event: 'permission_requested',
        detail: { purpose: 'x'.repeat(200) },
        hash: 'ab',
      }));
    const audited = (all: AuditRow[]) => ({
      audit: async (query: AuditQuery) => {
        bench.heard.push(['audit', query]);
        return all.filter(({ seq }) => seq > (query.afterSeq ?? 0)).slice(0, query.limit ?? 1_000);
      },
    });

    const queried = (): AuditQuery => (bench.heard[0] ?? [])[1] as AuditQuery;

    it('is one message for a short audit', async () => {
      await load({ action: 'export' }, audited(rows(2)));
      send({ order: 1 });
      const msg = await box('result').at(0);
      const lines = String(msg.payload).trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as AuditRow).seq),
        [1, 2],
      );
      assert.ok(String(msg.payload).endsWith('\n'));
      const { index, count, type, ch } = msg.parts as Record<string, unknown>;
      assert.deepEqual([index, count, type, ch, msg.order], [0, 1, 'string', '', 1]);
      assert.notEqual(queried().unmasked, true);
    });

    it('is several for a long one, which together are the whole', async () => {
      await load({ action: 'export', contact: '' }, audited(rows(3_000)));
      send({ parts: { id: 'outer', index: 0 } });
      await until(() => box('result').messages.some((msg) => (msg.parts as { count?: number }).count !== undefined));
      const messages = box('result').messages;
      assert.ok(messages.length > 2, `${messages.length} messages`);
      const parts = messages.map((msg) => msg.parts as { id: string; index: number; count?: number; parts?: object });
      assert.deepEqual(
        parts.map(({ index }) => index),
        messages.map((_, index) => index),
      );
      assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
      assert.deepEqual([parts.at(-1)?.count, parts[0]?.count], [messages.length, undefined]);
      assert.deepEqual(parts[0]?.parts, { id: 'outer', index: 0 });
      const lines = messages
        .map((msg) => String(msg.payload))
        .join('')
        .trimEnd()
        .split('\n');
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as AuditRow).seq),
        rows(3_000).map(({ seq }) => seq),
      );
    });

    it('is about one person and a period if asked so, as CSV, unmasked only if the dialog says so', async () => {
      await load({ action: 'export', format: 'message', period: 'range', unmasked: 'true' }, audited(rows(1)));
      send({ contact: ANA.phone, from: AT, format: 'csv' });
      const { payload } = await box('result').at(0);
      assert.equal(String(payload).trimEnd().split(/\r?\n/).length, 2);
      const { contact, from, unmasked } = queried();
      assert.deepEqual([contact, from, unmasked], [ANA, AT, true]);
    });

    it('refuses a person who cannot be read, rather than export everybody', async () => {
      await load({ action: 'export' }, audited(rows(1)));
      send({ contact: 'nobody' });
      assert.equal(((await box('refused').at(0)).reason as { code: string }).code, 'contact_invalid');
      assert.deepEqual(bench.heard, []);
    });

    it('is a fault with an unknown format, or if the store fails on the way', async () => {
      await load(
        { action: 'export', format: 'message' },
        {
          audit: async () => {
            throw new ReportableError('store_unavailable', 'Gone.');
          },
        },
      );
      send({ format: 'xlsx' });
      assert.equal(await code(0), 'format_unknown');
      send({ format: 'csv' });
      assert.equal(await code(1), 'store_unavailable');
    });
  });
});
