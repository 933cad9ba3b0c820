import { strict as assert } from 'node:assert';
import { readyTemplate } from '../../lib/template/ready.ts';
import { helper, Inbox } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const AT = { z: 'tab', x: 1, y: 1 };
const TAB = { id: 'tab', type: 'tab' };
const BOXES = ['result', 'refused', 'news', 'caught', 'asked', 'have', 'blocked', 'way'];
const END = BOXES.map((id) => ({ id, ...AT, type: 'helper', wires: [] }));
const CATCH = { id: 'catch', ...AT, type: 'catch', scope: null, wires: [['caught']] };
const ASK = {
  id: 'ask',
  ...AT,
  type: 'wa-call-request-permission',
  config: CONFIG.id,
  kind: 'template',
  template: 'template.name',
  templateType: 'msg',
  parameters: '["Ana", "your delivery"]',
  wires: [['asked'], ['have'], ['blocked']],
};
const WAY = {
  id: 'events',
  ...AT,
  type: 'wa-call-permission-in',
  config: CONFIG.id,
  deliveries: 'failed',
  wires: [[], [], [], ['way']],
};
const QUICK = {
  name: 'call_me',
  language: 'en_US',
  category: 'utility',
  body: 'Hello {{1}}, may we call you on WhatsApp about {{2}}? It is free.',
  examples: ['Ana', 'your delivery'],
  asksPermission: false,
  quickReplies: ['Yes, call me'],
};
type Reason = { code: string; text: string; nextStep: string; provider?: { code: string } };

describe('the template node', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  const boxes: Record<string, Inbox> = {};
  before(() => number.start({ relay: false, accessToken: 'real-number', pace: 0.01 }));
  after(() => number.stop());
  afterEach(() => helper.unload());

  const load = async (properties: object, more: object[] = []): Promise<void> => {
    const wires = [['result'], ['refused'], ['news']];
    const node = { id: 'node', ...AT, type: 'wa-call-template', config: CONFIG.id, ...properties, wires };
    await number.load([TAB, CONFIG, node, CATCH, ...END, ...more]);
    for (const id of BOXES) boxes[id] = new Inbox(id);
    await number.ready();
  };
  const box = (id: string): Inbox => boxes[id] ?? assert.fail(id);
  const receive = (msg: object, node = 'node'): void => helper.getNode(node).receive(msg);
  const reasonOf = async (id: string, at = 0): Promise<Reason> => (await box(id).at(at)).reason as Reason;

  describe('refuses', () => {
    it('a template whose buttons grant nothing, and says why', async () => {
      await load({ action: 'create', from: 'message' });
      receive({ template: QUICK, kept: 1 });
      const msg = await box('refused').at(0);
      const reason = msg.reason as Reason;
      assert.deepEqual([reason.code, msg.kept], ['template_unfit', 1]);
      assert.match(reason.text, /Yes, call me.*grants no permission/);
      assert.ok((msg.findings as { rule: string }[]).some(({ rule }) => rule === 'grants_nothing'));
    });

    it('one without examples, one that cannot be read, one that is there already, one that nobody knows', async () => {
      await load({ action: 'message', from: 'message' });
      receive({ action: 'create', template: { ...readyTemplate('general', 'en_US'), examples: [] } });
      assert.match((await reasonOf('refused', 0)).text, /no example for \{\{1\}\}, \{\{2\}\}/);
      receive({ action: 'create', template: { name: 'Big Name' } });
      assert.equal((await reasonOf('refused', 1)).code, 'template_invalid');
      receive({ action: 'create', template: { ...readyTemplate('general', 'en_US'), name: 'call_permission' } });
      const there = await box('refused').at(2);
      assert.equal((there.reason as Reason).code, 'template_exists');
      assert.equal((there.template as { canAsk: boolean }).canAsk, true);
    });

    it('a state or a deletion of what is not there, or without a name', async () => {
      await load({ action: 'message', template: 'name', templateType: 'msg' });
      for (const [at, msg, code] of [
        [0, { action: 'status', name: 'nowhere' }, 'template_unknown'],
        [1, { action: 'delete', name: 'nowhere' }, 'template_unknown'],
        [2, { action: 'delete' }, 'template_invalid'],
      ] as const) {
        receive(msg);
        assert.equal((await reasonOf('refused', at)).code, code);
      }
    });

    it('hints too, if it is strict', async () => {
      await load({ action: 'create', from: 'message', strict: true });
      receive({
        template: { ...readyTemplate('general', 'en_US'), name: 'short', body: 'Hi {{1}}, may we call about {{2}}?' },
      });
      assert.equal((await reasonOf('refused')).code, 'template_unfit');
    });

    it('faults of WhatsApp and unknown actions are errors with a code', async () => {
      await load({ action: 'message' });
      receive({ action: 'burn' });
      assert.equal(((await box('caught').at(0)).error as Reason).code, 'action_unknown');
      await number.control('faults', { graph: [{ kind: 'error', status: 403, code: 10, path: 'message_templates' }] });
      receive({ action: 'list' });
      assert.equal(((await box('caught').at(1)).error as Reason).code, 'provider_grants_missing');
    });
  });

  it('checks without sending', async () => {
    await load({ action: 'check', from: 'ready', ready: 'appointment', readyLanguage: 'de' });
    receive({});
    const msg = await box('result').at(0);
    assert.deepEqual([msg.payload, msg.findings], [true, []]);
  });

  it('creates, and a request waits for the approval; afterwards it is sent', async () => {
    await load({ action: 'create', from: 'ready', ready: 'general', readyLanguage: 'en_US' }, [ASK]);
    await number.control('number', { templateReview: 'hold' });
    receive({ contact: ANA, purpose: 'your delivery' });
    const created = await box('result').at(0);
    assert.deepEqual(
      [created.payload, (created.template as { name: string }).name],
      ['pending', 'call_permission_general'],
    );
    receive({ ...created }, 'ask');
    const reason = await reasonOf('blocked');
    assert.equal(reason.code, 'template_not_approved');
    assert.match(reason.text, /still being reviewed/);
    assert.deepEqual(await sentTemplates(), []);
    await number.control('template', { name: 'call_permission_general', status: 'APPROVED' });
    const news = await box('news').at(0);
    assert.deepEqual([news.topic, news.payload], ['template.approved', 'approved']);
    receive({ ...created }, 'ask');
    await box('asked').at(0);
    assert.deepEqual(await sentTemplates(), ['call_permission_general']);
    await number.control('number', { templateReview: 'approve' });
  });

  it('what WhatsApp pauses or rejects is told, and not sent', async () => {
    await load({ action: 'status', template: 'call_permission_general' }, [ASK]);
    for (const [at, status] of ['PAUSED', 'REJECTED', 'DISABLED'].entries()) {
      const verdict = { name: 'call_permission_general', status, ...(status === 'REJECTED' ? { reason: 'TAG' } : {}) };
      await number.control('template', verdict);
      const news = await box('news').at(at);
      assert.equal(news.payload, status.toLowerCase());
      receive(
        { contact: '+55 11 95550-0124', purpose: 'your delivery', template: { name: 'call_permission_general' } },
        'ask',
      );
      assert.equal((await reasonOf('blocked', at)).code, 'template_not_approved', status);
      receive({});
      const { template } = (await box('result').at(at)) as unknown as { template: { status: string; canAsk: boolean } };
      assert.deepEqual([template.status, template.canAsk], [status.toLowerCase(), false]);
    }
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('an approved one without the permission request is not sent either', async () => {
    await load({ action: 'list', template: 'quick_reply_only' }, [ASK]);
    await number.graph('POST', '209876543210987/message_templates', {
      name: 'quick_reply_only',
      language: 'en_US',
      category: 'UTILITY',
      components: [
        { type: 'BODY', text: 'May we call you about it?' },
        { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Allow calls' }] },
      ],
    });
    await box('news').at(0);
    receive({ contact: '+55 11 95550-0124', purpose: 'your delivery', template: { name: 'quick_reply_only' } }, 'ask');
    const reason = await reasonOf('blocked');
    assert.equal(reason.code, 'template_grants_nothing');
    assert.match(reason.text, /Allow calls/);
  });

  it('lists and deletes', async () => {
    await load({ action: 'message' });
    receive({ action: 'list' });
    const names = ((await box('result').at(0)).payload as { name: string }[]).map(({ name }) => name);
    assert.ok(names.includes('call_permission') && names.includes('call_permission_general'));
    await helper.unload();
    await load({ action: 'delete', template: 'call_permission_general' });
    receive({});
    assert.equal((await box('result').at(0)).payload, 1);
  });

  it('a request that cannot be delivered is told with the reason, and shown with the person', async () => {
    const lookup = {
      id: 'look',
      ...AT,
      type: 'wa-call-permission',
      action: 'lookup',
      config: CONFIG.id,
      wires: [['result'], ['refused']],
    };
    await load({ action: 'list' }, [ASK, WAY, lookup]);
    const nobody = '+351 912 000 099';
    await number.control('people', { phone: '351912000099', onWhatsApp: false });
    receive({ contact: nobody, purpose: 'your delivery', template: { name: 'call_permission' } }, 'ask');
    const { requestId } = await box('asked').at(0);
    const news = await box('way').at(0);
    assert.deepEqual(
      [news.topic, news.payload, news.requestId, news.purpose],
      ['request.failed', 'failed', requestId, 'your delivery'],
    );
    const reason = news.reason as Reason;
    assert.deepEqual([reason.code, reason.provider?.code], ['provider_undeliverable', '131026']);
    receive({ contact: nobody }, 'look');
    const { permission } = (await box('result').at(0)) as unknown as {
      permission: { status: string; delivery: object };
    };
    assert.equal(permission.status, 'not_requested');
    assert.deepEqual(permission.delivery, {
      ...permission.delivery,
      requestId,
      status: 'failed',
      template: 'call_permission',
    });
  });

  it('all that happens to a request on its way is told, if wanted', async () => {
    await load({ action: 'list' }, [ASK, { ...WAY, deliveries: 'all' }]);
    receive({ contact: '+351 912 000 456', purpose: 'your delivery', template: { name: 'call_permission' } }, 'ask');
    const told = [await box('way').at(0), await box('way').at(1), await box('way').at(2)];
    assert.deepEqual(
      told.map(({ payload }) => payload),
      ['sent', 'delivered', 'read'],
    );
  });

  it('serves its dialog: ready templates, and the linter', async () => {
    await load({});
    const ready = await helper.request().get('/wa-call-template/ready').expect(200);
    assert.equal(ready.body.length, 16);
    const check = (draft: object) => helper.request().post('/wa-call-template/check').send(draft).expect(200);
    assert.deepEqual((await check(readyTemplate('support', 'es'))).body, { fit: true, findings: [] });
    assert.equal((await check(QUICK)).body.fit, false);
    assert.equal((await check({})).body.fit, false);
  });

  async function sentTemplates(): Promise<string[]> {
    const { requests } = (await number.read('requests')) as {
      requests: { path: string; body?: { template?: { name: string } } }[];
    };
    return requests.flatMap(({ path, body }) => (path.endsWith('/messages') ? [body?.template?.name ?? ''] : []));
  }
});
