import { strict as assert } from 'node:assert';
import { helper, Inbox, until } from './helper.ts';
import { type Answer, type Message, Questions, type ReasonSeen } from './questions.ts';
import { CONFIG, RealNumber } from './real-number.ts';

const at = { z: 'tab', x: 1, y: 1 };
const WAYS: Record<string, object> = {
  lookup: {},
  list: { status: 'message', limit: 2 },
  refresh: {},
  release: {},
  doNotCall: {},
  importDoNotCall: { country: 'BR' },
  export: { contact: 'contact' },
  verify: {},
  erase: {},
  statistics: {},
};
const ask = { id: 'ask', type: 'wa-call-request-permission', ...at, config: 'number', text: 'May we call you?' };
const FLOW: object[] = [
  { id: 'tab', type: 'tab', label: 'Test' },
  CONFIG,
  ...Object.entries(WAYS).map(([action, more]) => ({
    id: action,
    type: 'wa-call-permission',
    ...at,
    config: 'number',
    action,
    wires: [['result'], ['not']],
    ...more,
  })),
  {
    ...ask,
    template: 'call_permission',
    parameters: '["Ana", "your delivery"]',
    wires: [['asked'], ['have'], ['refused']],
  },
  { id: 'events', type: 'wa-call-permission-in', ...at, config: 'number', wires: [['granted'], ['denied'], ['over']] },
  {
    id: 'call',
    type: 'wa-call-initiate',
    ...at,
    config: 'number',
    wires: [['answered'], ['ended'], ['needs'], ['blocked']],
  },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['result', 'not', 'asked', 'have', 'refused', 'granted', 'denied', 'over', 'caught'].map((id) => ({
    id,
    type: 'helper',
    ...at,
    wires: [],
  })),
  ...['answered', 'ended', 'needs', 'blocked'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];
interface Verdict {
  allowed: boolean;
  text: string;
  reason?: ReasonSeen;
  limits: { used: number; allowed: number; full: boolean; freesAt?: string; rule: { id: string; date: string } }[];
}
type Told = Record<'call' | 'request', Verdict>;

/** The node on the real ledger, switchboard and simulator. */
describe('the permission node, with everything real', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  let questions: Questions;
  let people: number;

  beforeEach(async () => {
    people = 0;
    await number.start({ relay: false, pace: 0.01 });
    await number.load(FLOW);
    await number.ready();
    questions = new Questions(
      (FLOW as { id: string; type: string }[]).filter(({ type }) => type === 'helper').map(({ id }) => id),
    );
  });
  afterEach(async () => {
    assert.deepEqual((await number.read('violations')).violations, []);
    await helper.unload();
    await number.stop();
  });

  const person = async (): Promise<string> => {
    const phone = `55119555${String(10_000 + people++)}`;
    await number.control('people', { phone });
    return phone;
  };
  const tell = (action: string, msg: object = {}): Promise<Answer> =>
    questions.ask(action, msg, ['result', 'not', 'caught']);
  const result = async (action: string, msg: object = {}): Promise<Message> => {
    const answer = await tell(action, msg);
    assert.equal(answer.output, 'result', JSON.stringify(answer.msg.error ?? answer.msg.reason));
    return answer.msg;
  };
  const refused = async (action: string, msg: object = {}): Promise<string> => {
    const answer = await tell(action, msg);
    assert.equal(answer.output, 'not', JSON.stringify(answer.msg.error));
    return (answer.msg.reason as ReasonSeen).code;
  };
  const statusOf = async (contact: string): Promise<string> =>
    ((await result('lookup', { contact })).permission as { status: string }).status;
  const request = (contact: string, purpose = 'delivery 4471') =>
    questions.ask('ask', { contact, purpose }, ['asked', 'have', 'refused', 'caught']);
  const answers = async (user: string, answer: string): Promise<void> => {
    const box = questions.box({ reject: 'denied', revoke: 'over' }[answer] ?? 'granted');
    const before = box.messages.length;
    await number.control('permission', { user, answer });
    await box.at(before);
  };
  const call = async (contact: string): Promise<Answer> =>
    questions.ask('call', { contact, purpose: 'delivery 4471' }, ['ended', 'needs', 'blocked', 'caught']);
  const talks = async (user: string): Promise<void> => {
    await number.control('script', { user, script: 'answers', afterSeconds: 2, talkSeconds: 3 });
    assert.equal(((await call(user)).msg.call as { outcome: string }).outcome, 'completed');
  };
  const exported = async (msg: object = {}): Promise<Record<string, unknown>[]> =>
    String((await result('export', msg)).payload)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('R15: counts what a known week came to, beside the targets', async () => {
    const [ana, rui, bia, gil, zoe] = await Promise.all([person(), person(), person(), person(), person()]);
    for (const phone of [ana, rui, bia, gil]) assert.equal((await request(phone)).output, 'asked');
    for (const phone of [ana, rui, bia]) await answers(phone, 'temporary');
    await answers(gil, 'reject');
    assert.equal((await request(zoe, 'another campaign')).output, 'asked');
    await talks(ana);
    await talks(rui);
    await number.control('script', { user: bia, script: 'declines', afterSeconds: 1 });
    assert.equal(((await call(bia)).msg.call as { outcome: string }).outcome, 'declined');
    await number.control('message', { user: bia, text: 'stop calling me' });
    await until(() => questions.box('over').messages.length > 0);

    const { payload } = await result('statistics', { purpose: 'delivery 4471' });
    const {
      requests,
      granted,
      denied,
      calls,
      answered,
      completed,
      people: seen,
      optedOut,
      rates,
      met,
    } = payload as Record<string, unknown>;
    assert.deepEqual(
      { requests, granted, denied, calls, answered, completed, seen, optedOut },
      { requests: 4, granted: 3, denied: 1, calls: 3, answered: 2, completed: 2, seen: 4, optedOut: 1 },
    );
    assert.deepEqual(rates, { grant: 3 / 4, answer: 2 / 3, completion: 1, optOut: 1 / 4 });
    assert.deepEqual(met, { grant: true, answer: false, completion: true, optOut: false });
    const all = (await result('statistics')).payload as { requests: number; rates: { grant: number } };
    assert.deepEqual([all.requests, all.rates.grant], [5, 3 / 5]);
  });

  it('knows the four words, and says the same as the nodes that block and as the dialog', async () => {
    const ana = await person();
    const look = async () => (await result('lookup', { contact: ana })).explanation as Told;
    const dialog = async () => {
      const { body } = await helper
        .request()
        .post('/wa-call-permission/lookup')
        .send({ config: 'number', contact: ana });
      return (body as { explanation: Told }).explanation;
    };
    /** Message, dialog and the blocked nodes. */
    const agree = async (output: string): Promise<void> => {
      const [told, shown, blocked] = [await look(), await dialog(), await call(ana)];
      assert.equal(blocked.output, output);
      assert.deepEqual(told.call.reason, blocked.msg.reason);
      assert.deepEqual([shown.call, shown.request], [told.call, told.request]);
      assert.equal(told.call.text, (blocked.msg.reason as ReasonSeen).text);
    };
    assert.equal(await statusOf(ana), 'not_requested');
    await agree('needs');
    await request(ana);
    assert.equal(await statusOf(ana), 'pending');
    await agree('needs');
    const again = await request(ana);
    assert.equal(again.output, 'refused');
    const { request: told } = await look();
    assert.deepEqual(told.reason, again.msg.reason);
    const [day] = told.limits;
    assert.deepEqual([day?.used, day?.allowed, day?.full, day?.rule.id], [1, 1, true, 'request-day']);
    assert.equal(day?.freesAt, (again.msg.reason as ReasonSeen).nextAllowedAt);
    await answers(ana, 'reject');
    assert.equal(await statusOf(ana), 'denied');
    await agree('needs');
    await answers(ana, 'temporary');
    assert.equal(await statusOf(ana), 'granted');
    const { call: may } = await look();
    assert.deepEqual([may.allowed, may.text, may.reason], [true, 'This person may be called now.', undefined]);
    await talks(ana);
    assert.equal((await look()).call.limits.find(({ rule }) => rule.id === 'connected-day')?.used, 1);
  });

  it('lists by status in pages that are complete and disjoint', async () => {
    const phones: string[] = [];
    for (let index = 0; index < 5; index += 1) phones.push(await person());
    for (const phone of phones) await request(phone);
    for (const phone of phones.slice(0, 3)) await answers(phone, 'temporary');
    const pages: Message[] = [await result('list', { status: 'Granted' })];
    while (pages.at(-1)?.next !== undefined) pages.push(await result('list', pages.at(-1)));
    const listed = pages.flatMap(
      ({ payload }) => payload as { contact: { phone: string }; permission: { canCall: boolean } }[],
    );
    assert.deepEqual(
      listed.map(({ contact, permission }) => [contact.phone, permission.canCall]),
      phones.slice(0, 3).map((phone) => [`+${phone}`, true]),
    );
    assert.deepEqual(
      pages.map(({ payload }) => (payload as unknown[]).length),
      [2, 1],
    );
    const pending = (await result('list', { status: 'pending' })).payload as unknown[];
    assert.equal(pending.length, 2);
  });

  it('R7: puts on the list, and only an explicit release with a reason lifts it', async () => {
    const ana = await person();
    await request(ana);
    await answers(ana, 'permanent');
    const listed = await result('doNotCall', { contact: ana, source: 'Maria' });
    assert.deepEqual((listed.permission as { status: string; canCall: boolean }).canCall, false);
    assert.equal((await call(ana)).output, 'blocked');
    assert.equal(
      ((await result('list', { status: 'denied' })).payload as { doNotCall?: object }[])[0]?.doNotCall !== undefined,
      true,
    );
    assert.equal((await tell('release', { contact: ana })).output, 'caught');
    await result('release', { contact: ana, source: 'Maria: asked for calls again' });
    assert.equal(await refused('release', { contact: ana, source: 'x' }), 'not_on_list');
    const rows = await exported({ contact: ana });
    assert.ok(JSON.stringify(rows).includes('Maria: asked for calls again'), 'who and why is in the audit');
    assert.ok(!JSON.stringify(rows).includes(ana), 'masked');
  });

  it('imports a CSV, tells bad lines by number, and repeats without effect', async () => {
    const csv = 'number,name\r\n+55 11 95550-0177,Rui\r\n"(11) 95550-0178";Bia\r\n\r\nnobody\r\n';
    const first = (await result('importDoNotCall', { payload: csv })).payload as Record<string, unknown>;
    assert.deepEqual([first.listed, first.already], [2, 0]);
    assert.deepEqual(
      (first.bad as { line: number }[]).map(({ line }) => line),
      [1, 5],
    );
    const second = (await result('importDoNotCall', { payload: csv })).payload as Record<string, unknown>;
    assert.deepEqual([second.listed, second.already], [0, 2]);
    assert.equal((await call('+5511955500178')).output, 'blocked');
  });

  it('refreshes from WhatsApp what a lost webhook did not tell', async () => {
    const ana = await person();
    await request(ana);
    await number.control('faults', { lose: ['permission'] });
    await number.control('permission', { user: ana, answer: 'temporary' });
    assert.equal(await statusOf(ana), 'pending');
    const told = await result('refresh', { contact: ana });
    const { status, canCall } = told.permission as { status: string; canCall: boolean };
    assert.deepEqual([status, canCall], ['granted', true]);
    assert.equal((told.differences as string[]).length, 1, JSON.stringify(told.differences));
    assert.deepEqual((await result('refresh', { contact: ana })).differences, []);
    await talks(ana);
  });

  it('erases a person: the audit stays whole, and an opt-out stays in force', async () => {
    const [ana, rui] = [await person(), await person()];
    for (const phone of [ana, rui]) {
      await request(phone);
      await answers(phone, 'temporary');
    }
    await result('doNotCall', { contact: ana, source: 'Maria' });
    assert.equal(await refused('erase', { contact: ana }), 'confirmation_missing');
    const { payload } = await result('erase', { contact: ana, confirm: true });
    assert.equal((payload as { keepsDoNotCall: boolean }).keepsDoNotCall, true);
    assert.equal(await refused('erase', { contact: '+5511955509999', confirm: true }), 'contact_unknown');
    const verdict = (await result('verify')).payload as { ok: boolean; erased: number; rows: number };
    assert.ok(verdict.ok && verdict.erased > 0);
    assert.equal((await exported()).length, verdict.rows, 'every row of the audit is exported');
    assert.equal(((await call(ana)).msg.reason as ReasonSeen).code, 'do_not_call');
    assert.equal(await statusOf(rui), 'granted');
  });

  it('goes on after a deploy, with what was stored', async () => {
    const ana = await person();
    await request(ana);
    await answers(ana, 'temporary');
    const changed = FLOW.map((node) => ((node as { id: string }).id === 'lookup' ? { ...node, name: 'anew' } : node));
    await helper.setFlows(changed, 'nodes');
    questions = new Questions(['result', 'not', 'caught']);
    assert.equal(await statusOf(ana), 'granted');
    await helper.setFlows([...changed, { ...CONFIG, id: 'other', webhookPath: '/x', provider: 'meta' }], 'full');
    await number.ready();
    questions = new Questions(['result', 'not', 'caught']);
    assert.equal(await statusOf(ana), 'granted');
    assert.equal(new Inbox('caught').messages.length, 0);
  });
});
