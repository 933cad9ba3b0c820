import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { type AuditQuery, type AuditRow, type Explanation, LedgerError } from '../../lib/ledger/ledger.ts';
import type { Contact } from '../../lib/permission/model.ts';
import { ReportableError } from '../../lib/runtime/reportable-error.ts';
import type { Switchboard } from '../../lib/switchboard/switchboard.ts';
import permission from '../../nodes/permission.ts';
import { ANA, FakeNumber } from './fake-number.ts';
import { helper, Inbox, until } from './helper.ts';

const AT = Date.UTC(2026, 10, 20, 17, 45);
const DO_NOT_CALL = {
  code: 'do_not_call',
  text: 'This person asked not to be called.',
  nextStep: 'Do not call.',
} as const;
const rule = { id: 'r', limit: '1 a day', source: 'a page', date: '2026-06-26' };
const at = { z: 'tab', x: 1, y: 1 };
const flowOf = (node: object): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'number', type: 'wa-call-config' },
  { id: 'node', type: 'wa-call-permission', ...at, config: 'number', wires: [['result'], ['refused']], ...node },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['result', 'refused', 'caught'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];

/** A person as the switchboard explains them: on the do-not-call list or granted. */
const explained = (contact: Contact, listed = false): Explanation => ({
  contact,
  permission: listed
    ? { status: 'denied', ended: 'opt_out', endedAt: AT }
    : { status: 'granted', kind: 'temporary', grantedAt: AT, expiresAt: AT + 1000, purpose: 'delivery' },
  canRequest: !listed,
  canCall: !listed,
  ...(listed && { callReason: DO_NOT_CALL, requestReason: DO_NOT_CALL }),
  requestLimits: [{ rule, allowed: 1, used: 0 }],
  callLimits: [{ rule, allowed: 100, used: 3 }],
});

/** The node's code, with a switchboard that the test plays. */
describe('the permission node', () => {
  let number: FakeNumber;
  /** What the switchboard was asked: method and arguments. */
  let heard: unknown[][];
  let listed: boolean;
  const boxes: Record<string, Inbox> = {};
  const box = (id: string): Inbox => boxes[id] ?? assert.fail(id);

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    number = new FakeNumber();
    heard = [];
    listed = false;
    number.more = {
      explain: async (contact, purpose) => {
        heard.push(['explain', contact, ...(purpose === undefined ? [] : [purpose])]);
        return explained(contact, listed);
      },
      doNotCall: async (contact, entry) => {
        heard.push(['doNotCall', contact, entry]);
        listed = entry.listed;
      },
      importDoNotCall: async (list, options) => {
        heard.push(['importDoNotCall', list, options]);
        return { listed: 2, already: 1, bad: [{ line: 1, why: 'This is no phone number.' }] };
      },
    } as Partial<Switchboard>;
  });
  afterEach(() => helper.unload());

  const load = async (node: object = {}, more: object = {}): Promise<void> => {
    Object.assign(number.more, more);
    await helper.load([number.register, permission], flowOf(node));
    for (const id of ['result', 'refused', 'caught']) boxes[id] = new Inbox(id);
  };
  const send = (msg: object): void => helper.getNode('node').receive(msg);
  const code = async (index = 0): Promise<unknown> => ((await box('caught').at(index)).error as { code: string }).code;
  const status = (): { text?: string; fill?: string } | undefined => {
    const { status: spy } = helper.getNode('node') as unknown as {
      status: { lastCall?: { args: [{ text?: string; fill?: string }] } };
    };
    return spy.lastCall?.args[0];
  };
  const shows = (key: string, fill: string): Promise<void> =>
    until(() => status()?.text === `wa-call-permission.status.${key}` && status()?.fill === fill);

  describe('look up', () => {
    it('gives permission and explanation, and passes the message on', async () => {
      await load();
      send({ contact: '+55 11 95550-0123', purpose: ' delivery ', order: 4471, payload: 'mine' });
      const msg = await box('result').at(0);
      assert.deepEqual(heard, [['explain', ANA, 'delivery']]);
      assert.deepEqual([msg.order, msg.payload, msg.contact], [4471, 'mine', { phone: '+5511955500123' }]);
      assert.deepEqual(msg.permission, {
        status: 'granted',
        kind: 'temporary',
        grantedAt: '2026-11-20T17:45:00.000Z',
        expiresAt: '2026-11-20T17:45:01.000Z',
        purpose: 'delivery',
        canRequest: true,
        canCall: true,
      });
      const { call, request } = msg.explanation as Record<string, { allowed: boolean; limits: { used: number }[] }>;
      assert.deepEqual([call?.allowed, call?.limits[0]?.used, request?.allowed], [true, 3, true]);
      assert.equal(msg.reason, undefined);
      await shows('granted', 'green');
    });

    it('takes the contact from where the dialog says', async () => {
      await load({ contact: 'BR.48219037716650284417', contactType: 'str', purpose: '' });
      send({ contact: 'somebody else', purpose: 'x' });
      await box('result').at(0);
      assert.deepEqual(heard, [['explain', { userId: 'BR.48219037716650284417' }]]);
    });

    for (const [what, msg] of Object.entries<object>({
      'no contact': {},
      'an empty contact': { contact: '' },
      'ten million characters': { contact: '5'.repeat(10_000_000) },
      'a word': { contact: 'somebody' },
      'a list': { contact: [ANA.phone] },
      'a prototype': JSON.parse('{"contact":{"__proto__":{"phone":"5511955500123"}}}'),
    })) {
      it(`refuses ${what}, by the second output and without asking`, async () => {
        await load();
        send({ ...msg, order: 1 });
        const { reason, order } = await box('refused').at(0);
        const { code: found, text, nextStep } = reason as Record<string, string>;
        assert.deepEqual([found, order], ['contact_invalid', 1]);
        assert.ok(text && nextStep && text.length < 200);
        assert.deepEqual(heard, []);
        await shows('refused', 'yellow');
      });
    }

    it('gives Catch nodes the fault of the store, and the next message is answered', async () => {
      let broken = true;
      const explain = async (contact: Contact) => {
        if (broken) throw new ReportableError('store_full', 'The disk is full.');
        return explained(contact);
      };
      await load({}, { explain });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'store_full');
      await shows('failed', 'red');
      broken = false;
      send({ contact: ANA.phone });
      await box('result').at(0);
    });
  });

  describe('refresh', () => {
    it('asks the provider first, then explains, and tells the differences', async () => {
      const differences = ['WhatsApp says granted until tomorrow, the store said denied.'];
      const refresh = async (contact: Contact) => {
        heard.push(['refresh', contact]);
        return { permission: { status: 'granted' }, canRequest: true, canCall: true, differences };
      };
      await load({ action: 'refresh' }, { refresh });
      send({ contact: ANA.phone, order: 1 });
      const msg = await box('result').at(0);
      assert.deepEqual(heard, [
        ['refresh', ANA],
        ['explain', ANA],
      ]);
      assert.deepEqual([msg.differences, msg.order], [differences, 1]);
      assert.equal((msg.permission as { status: string }).status, 'granted');
      await shows('granted', 'green');
    });

    it('is a fault if the provider cannot be asked', async () => {
      const refresh = async () => {
        throw new ReportableError('provider_unreachable', 'No answer.');
      };
      await load({ action: 'refresh' }, { refresh });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'provider_unreachable');
    });
  });

  describe('what the message says to do', () => {
    it('is done if the node leaves it to the message, and only then', async () => {
      await load({ action: 'message' });
      send({ action: 'importDoNotCall', payload: 'x' });
      await box('result').at(0);
      assert.equal(heard[0]?.[0], 'importDoNotCall');
      await helper.unload();
      heard = [];
      await load({ action: 'lookup' });
      send({ action: 'erase', confirm: true, contact: ANA.phone });
      await box('result').at(0);
      assert.equal(heard[0]?.[0], 'explain');
    });

    for (const action of [
      '',
      undefined,
      'Erase everything',
      '__proto__',
      'constructor',
      7,
      {},
      'x'.repeat(10_000_000),
    ]) {
      it(`is a fault if it is ${inspect(action, { maxStringLength: 20 })}`, async () => {
        await load({ action: 'message' });
        send({ action, contact: ANA.phone });
        assert.equal(await code(), 'action_unknown');
        const { message } = (await box('caught').at(0)).error as { message: string };
        assert.ok(message.length < 400 && message.includes('importDoNotCall'));
        assert.deepEqual(heard, []);
      });
    }
  });

  describe('do not call, and release', () => {
    it('lists a person with who and why, and shows what follows', async () => {
      await load({ action: 'doNotCall' });
      send({ contact: ANA.phone, source: ' Maria, by phone ' });
      const msg = await box('result').at(0);
      assert.deepEqual(heard[0], ['doNotCall', ANA, { listed: true, source: 'Maria, by phone' }]);
      assert.deepEqual((msg.permission as { canCall: boolean }).canCall, false);
      const { call } = msg.explanation as { call: { reason: unknown } };
      assert.deepEqual(call.reason, DO_NOT_CALL);
      await shows('on_list', 'grey');
    });

    it('releases a person only if somebody stands for it', async () => {
      listed = true;
      await load({ action: 'release' });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'source_missing');
      assert.ok(!heard.some(([method]) => method === 'doNotCall'));
      send({ contact: ANA.phone, source: 'Maria: asked to be called again' });
      const msg = await box('result').at(0);
      assert.deepEqual(
        heard.find(([method]) => method === 'doNotCall'),
        ['doNotCall', ANA, { listed: false, source: 'Maria: asked to be called again' }],
      );
      assert.equal((msg.permission as { canCall: boolean }).canCall, true);
      await shows('released', 'grey');
    });

    it('says if the person is not on the list', async () => {
      await load({ action: 'release', source: 'Maria', sourceType: 'str' });
      send({ contact: ANA.phone });
      const { reason, permission: told } = await box('refused').at(0);
      assert.equal((reason as { code: string }).code, 'not_on_list');
      assert.equal((told as { status: string }).status, 'granted');
      assert.ok(!heard.some(([method]) => method === 'doNotCall'));
    });

    it('refuses a source that cannot be kept', async () => {
      await load({ action: 'doNotCall' });
      send({ contact: ANA.phone, source: 'x'.repeat(10_000_000) });
      assert.equal(await code(), 'source_invalid');
    });
  });

  describe('import', () => {
    it('takes a text, a Buffer and a list, and tells what was not understood', async () => {
      await load({ action: 'importDoNotCall', country: 'br' });
      send({ payload: 'number\n+55 11 95550-0123' });
      const msg = await box('result').at(0);
      assert.deepEqual(heard[0], [
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
        heard.slice(1).map((call) => call[1]),
        ['+5511', '+5511', [{ phone: '+5511' }, 5511]],
      );
      assert.deepEqual(heard[3]?.[2], { source: 'crm', defaultCountry: 'BR' });
    });

    for (const payload of [undefined, '', ' \n ', [], {}, 7, null, Buffer.alloc(0)]) {
      it(`is a fault if there is nothing: ${inspect(payload)}`, async () => {
        await load({ action: 'importDoNotCall' });
        send({ payload });
        assert.equal(await code(), 'list_missing');
        assert.deepEqual(heard, []);
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
        heard.push(['list', query]);
        const entries = [{ contact: ANA, permission: { status: 'granted' }, doNotCall: { since: AT, source: 'crm' } }];
        return query.after === undefined ? { entries, next: 7 } : { entries: [] };
      },
    };

    it('gives pages that follow each other, each person with what may be done', async () => {
      await load({ action: 'list', status: 'granted', limit: '1' }, pages);
      send({ order: 1 });
      const first = await box('result').at(0);
      assert.deepEqual(heard[0], ['list', { status: 'granted', limit: 1 }]);
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
      assert.deepEqual(heard.at(-1), ['list', { status: 'granted', after: 7, limit: 1 }]);
      assert.deepEqual([second.payload, 'next' in second, second.order], [[], false, 1]);
    });

    it('takes the status from the message, in the words that people see', async () => {
      await load({ action: 'list', status: 'message' }, pages);
      for (const wanted of ['Not requested', 'granted', undefined]) send({ status: wanted });
      await box('result').at(2);
      assert.deepEqual(
        heard.filter(([method]) => method === 'list').map(([, query]) => (query as { status?: string }).status),
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
        assert.deepEqual(heard, []);
      });
    }
  });

  describe('statistics', () => {
    const figures = {
      statistics: async (query: object) => {
        heard.push(['statistics', query]);
        const counts = {
          requests: 2,
          granted: 1,
          denied: 1,
          calls: 0,
          answered: 0,
          completed: 0,
          people: 2,
          optedOut: 0,
        };
        const targets = { grant: 0.6, answer: 0.75, completion: 0.9, optOut: 0.05 };
        return { ...counts, rates: { grant: 0.5, optOut: 0 }, targets };
      },
    };
    const asked = (): { from?: number; to?: number } => heard[0]?.[1] as { from?: number; to?: number };

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
      heard = [];
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

  describe('erase', () => {
    let known: boolean;
    const eraser = {
      erase: async (contact: Contact) => {
        heard.push(['erase', contact]);
        return { known, auditRows: 5, requests: 2, calls: 1, keepsDoNotCall: true };
      },
    };
    beforeEach(() => {
      known = true;
    });

    for (const confirm of [undefined, false, 'true', 1, {}]) {
      it(`asks for a confirmation: ${inspect(confirm)} is none`, async () => {
        await load({ action: 'erase' }, eraser);
        send({ contact: ANA.phone, confirm });
        assert.equal(((await box('refused').at(0)).reason as { code: string }).code, 'confirmation_missing');
        assert.deepEqual(heard, []);
      });
    }

    it('forgets with a confirmation of the message, which is used up by it', async () => {
      await load({ action: 'erase' }, eraser);
      send({ contact: ANA.phone, confirm: true });
      const msg = await box('result').at(0);
      assert.deepEqual(heard, [['erase', ANA]]);
      assert.deepEqual(msg.payload, { auditRows: 5, requests: 2, calls: 1, keepsDoNotCall: true });
      assert.equal('confirm' in msg, false);
      await shows('erased', 'grey');
    });

    it('is refused while a call with the person goes on', async () => {
      const erase = async () => {
        throw new LedgerError(
          'call_in_progress',
          'A call with this person is going on.',
          'Erase them when it is over.',
        );
      };
      await load({ action: 'erase' }, { erase });
      send({ contact: ANA.phone, confirm: true });
      assert.deepEqual((await box('refused').at(0)).reason, {
        code: 'call_in_progress',
        text: 'A call with this person is going on.',
        nextStep: 'Erase them when it is over.',
      });
    });

    it('forgets without one if the dialog says so, and tells if nobody was known', async () => {
      known = false;
      await load({ action: 'erase', confirm: true }, eraser);
      send({ contact: ANA.phone });
      assert.equal(((await box('refused').at(0)).reason as { code: string }).code, 'contact_unknown');
      assert.deepEqual(heard, [['erase', ANA]]);
    });
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
        heard.push(['audit', query]);
        return all.filter(({ seq }) => seq > (query.afterSeq ?? 0)).slice(0, query.limit ?? 1_000);
      },
    });

    const queried = (): AuditQuery => (heard[0] ?? [])[1] as AuditQuery;

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
      assert.deepEqual(heard, []);
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

  describe('the dialog’s look up', () => {
    const ask = (body: object | string) =>
      helper.request().post('/wa-call-permission/lookup').set('content-type', 'application/json').send(body);

    it('answers what the message says, about a masked person', async () => {
      await load();
      send({ contact: ANA.phone });
      const { explanation } = await box('result').at(0);
      const { status: http, headers, text } = await ask({ config: 'number', contact: '+55 11 95550-0123' });
      assert.deepEqual([http, headers['cache-control']], [200, 'no-store']);
      const body = JSON.parse(text) as { contact: string; explanation: object };
      assert.equal(body.contact, '+55119…0123');
      const timeless = (told: unknown): object => ({ ...(told as object), at: '' });
      assert.deepEqual(timeless(body.explanation), timeless(explanation));
      assert.ok(!text.includes('95550'), text);
    });

    for (const [what, [body, expected, words]] of Object.entries<[object | string, number, string]>({
      'a number that is none': [{ config: 'number', contact: 'nobody' }, 422, 'contact_invalid'],
      'a number that is not deployed': [{ config: 'other', contact: ANA.phone }, 404, 'number_not_deployed'],
      'a node that is no number': [{ config: 'node', contact: ANA.phone }, 404, 'number_not_deployed'],
      'a long text': [{ config: 'number', contact: '5'.repeat(100_000) }, 400, 'question_invalid'],
      'other types': [{ config: 7, contact: {} }, 400, 'question_invalid'],
      'a prototype': ['{"__proto__":{"config":"number","contact":"5511955500123"}}', 400, 'question_invalid'],
      'an empty question': [[], 400, 'question_invalid'],
    })) {
      it(`says what is wrong with ${what}`, async () => {
        await load();
        const answer = await ask(body);
        const { code: found, text } = answer.body as { code: string; text: string };
        assert.deepEqual([answer.status, found], [expected, words]);
        assert.match(text, /^[A-Z].*\.$/);
        assert.deepEqual(heard, []);
      });
    }

    it('says why a number is not ready', async () => {
      number.state = { name: 'failed', error: new ReportableError('store_locked', 'Another program uses the file.') };
      await load();
      const answer = await ask({ config: 'number', contact: ANA.phone });
      const body = { code: 'store_locked', text: 'Another program uses the file.' };
      assert.deepEqual([answer.status, answer.body], [503, body]);
    });
  });

  it('has a red status and an error for every message if its settings cannot be used', async () => {
    await load({ limit: '5000' });
    send({ contact: ANA.phone });
    assert.equal(await code(), 'config_invalid');
    assert.deepEqual([status()?.text, status()?.fill], ['wa-call-permission.status.bad_config', 'red']);
  });
});
