import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mediaTasks } from '../../lib/runtime/media-tasks.ts';
import { checkout } from '../checkout.mts';
import { helper, Inbox, until } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1 };
const inbox = (id: string): object => ({ id, type: 'helper', ...at, wires: [] });
const FLOW = [
  TAB,
  CONFIG,
  {
    id: 'ask',
    type: 'wa-call-request-permission',
    ...at,
    config: 'number',
    text: 'May we call you?',
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
    data: '{"order":4471}',
    wires: [['answered', 'record', 'greet'], ['ended'], ['needs'], ['blocked']],
  },
  { id: 'record', type: 'wa-call-media', ...at, config: 'number', action: 'record', wires: [['recorded'], []] },
  { id: 'greet', type: 'wa-call-media', ...at, config: 'number', action: 'play', wires: [['greeted', 'hangup'], []] },
  { id: 'hangup', type: 'wa-call-terminate', ...at, config: 'number', wires: [['hung']] },
  { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['asked', 'have', 'refused', 'granted', 'denied', 'over', 'answered', 'ended', 'needs', 'blocked'].map(inbox),
  ...['recorded', 'greeted', 'hung', 'logged', 'caught'].map(inbox),
];
const contact = { contact: ANA, purpose: 'delivery 4471' };
const call = (message: object): Record<string, unknown> => (message as { call: Record<string, unknown> }).call;
const reason = (message: object): string => (message as { reason: { code: string } }).reason.code;

describe('nodes, ledger, switchboard, media and simulator together', function () {
  this.timeout(20_000);
  const number = new RealNumber();
  const inboxes: Record<string, Inbox> = {};
  const box = (name: string): Inbox => inboxes[name] ?? assert.fail(name);

  beforeEach(async () => {
    await number.start();
    await number.load(FLOW);
    await number.ready();
    for (const node of FLOW as { id: string; type: string }[]) {
      if (node.type === 'helper') inboxes[node.id] = new Inbox(node.id);
    }
  });
  afterEach(async () => {
    await helper.unload();
    await number.stop();
  });

  const send = (node: string, msg: object): void => helper.getNode(node).receive(msg);
  const grant = async (): Promise<void> => {
    send('ask', contact);
    await box('asked').at(0);
    await number.control('permission', { user: '5511955500123', answer: 'temporary' });
    await box('granted').at(0);
  };

  it('asks, is allowed, calls, greets, records both voices and hangs up', async () => {
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 2 });
    send('call', contact);
    assert.equal(reason(await box('needs').at(0)), 'permission_not_requested');
    await grant();
    const granted = await box('granted').at(0);
    const { status, canCall } = granted.permission as { status: string; canCall: boolean };
    assert.deepEqual([status, canCall, granted.purpose], ['granted', true, 'delivery 4471']);
    send('ask', contact);
    await box('have').at(0);

    send('call', { ...contact, keep: 'me' });
    const answered = await box('answered').at(0);
    assert.deepEqual([answered.keep, call(answered).state, answered.data], ['me', 'answered', { order: 4471 }]);
    const greeted = await box('greeted').at(0);
    assert.deepEqual((greeted.media as { result: string }).result, 'whole');
    const ended = await box('ended').at(0);
    assert.deepEqual([call(ended).outcome, call(ended).endedBy, ended.keep], ['completed', 'us', 'me']);
    const recorded = await box('recorded').at(0);
    const wav = readFileSync(String(recorded.payload));
    assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
    assert.ok(wav.length > 48_000 * 4 * 2, 'at least two seconds of stereo');
    assert.ok(String(recorded.payload).startsWith(join(number.userDir, 'whatsapp-calling', 'recordings')));
    await box('hung').at(0);
    const topics = box('logged').messages.map((message) => message.topic);
    assert.equal(topics.filter((topic) => topic === 'ended').length, 1);
    assert.deepEqual(box('caught').messages, []);
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('keeps limits and tells by which rule: the simulator is not even asked', async () => {
    send('ask', contact);
    await box('asked').at(0);
    send('ask', contact);
    const refused = await box('refused').at(0);
    assert.ok(['request_in_progress', 'request_limit_day'].includes(reason(refused)), reason(refused));
    await number.control('permission', { user: '5511955500123', answer: 'reject' });
    await box('denied').at(0);
    send('ask', contact);
    const limited = await box('refused').at(1);
    const { code, nextAllowedAt, rule } = limited.reason as { code: string; nextAllowedAt: string; rule: object };
    assert.equal(code, 'request_limit_day');
    assert.ok(Date.parse(nextAllowedAt) > Date.now());
    assert.ok('source' in rule && 'date' in rule);
    send('ask', { contact: ANA, purpose: ' ' });
    assert.equal(reason(await box('refused').at(2)), 'purpose_missing');
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('hears a revocation', async () => {
    await grant();
    await number.control('permission', { user: '5511955500123', answer: 'revoke' });
    assert.equal((await box('over').at(0)).payload, 'revoked');
    send('call', contact);
    assert.equal(reason(await box('needs').at(0)), 'permission_revoked');
  });

  it('tells how calls end that nobody takes', async () => {
    await grant();
    await number.control('script', { user: '5511955500123', script: 'declines', afterSeconds: 2 });
    send('call', contact);
    assert.equal(call(await box('ended').at(0)).outcome, 'declined');
    assert.deepEqual(box('answered').messages, []);
  });

  it('a deploy that leaves the number alone leaves the call alone, and ends it once', async () => {
    await grant();
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 2 });
    const flow = FLOW.map((node) => ({
      ...node,
      ...('id' in node && node.id === 'greet' && { wires: [['greeted'], []] }),
    }));
    await helper.setFlows(flow, 'full');
    for (const name of Object.keys(inboxes)) inboxes[name] = new Inbox(name);
    send('call', { ...contact, keep: 'me' });
    const { id } = call(await box('answered').at(0)) as { id: string };
    // What was sent before the deploy must be under way: Node-RED drops messages on their way to a node that it replaces.
    await until(() => mediaTasks.count('record') === 1 && mediaTasks.count('greet') === 1);
    for (const type of ['full', 'nodes', 'full'] as const) {
      await helper.setFlows(
        flow.map((node) => ({ ...node, name: `${type}-${Math.random()}` })),
        type,
      );
    }
    for (const name of Object.keys(inboxes)) inboxes[name] = new Inbox(name);
    const state = (await number.read('state')) as { calls?: { state?: string }[] };
    assert.ok(JSON.stringify(state).includes('in_call'), JSON.stringify(state.calls));
    send('hangup', { call: { id } });
    const ended = await box('ended').at(0);
    assert.deepEqual([call(ended).id, ended.keep, call(ended).outcome], [id, 'me', 'completed']);
    const recorded = await box('recorded').at(0);
    assert.equal((recorded.recording as { result: string }).result, 'call_ended');
    assert.equal(box('ended').messages.length, 1);
  });

  it('ends the call at WhatsApp before the deploy that changes the number is over', async () => {
    await grant();
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 2 });
    send('call', contact);
    await box('answered').at(0);
    await helper.setFlows(
      FLOW.map((node) =>
        'type' in node && node.type === 'wa-call-config'
          ? { ...node, mediaPortMin: '20000', mediaPortMax: '20100' }
          : node,
      ),
      'full',
    );
    const { requests } = (await number.read('requests')) as { requests: { body?: { action?: string } }[] };
    assert.ok(
      JSON.stringify(requests).includes('terminate'),
      'terminate reached the provider before the deploy was over',
    );
  });

  it('shows the phone at the editor’s own address', async () => {
    const page = await fetch(`${helper.url()}/whatsapp-calling/phone/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /text\/html/);
    const people = await fetch(`${helper.url()}/whatsapp-calling/phone/api/people`);
    assert.match(JSON.stringify(await people.json()), /Ana Lima/);
    const bare = await fetch(`${helper.url()}/whatsapp-calling/phone`, { redirect: 'manual' });
    assert.deepEqual([bare.status, bare.headers.get('location')], [302, 'phone/']);
  });

  it('takes no webhook without a valid signature', async () => {
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [] });
    for (const headers of [{}, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }]) {
      const answer = await fetch(`${helper.url()}/whatsapp-calling`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      assert.equal(answer.status, 401);
    }
  });
});

describe('the first example', function () {
  this.timeout(20_000);
  const number = new RealNumber();
  before(() => number.start());
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  it('runs from the button to the path of a recording', async () => {
    const example = JSON.parse(readFileSync(join(checkout, 'examples', '01 First call.json'), 'utf8')) as {
      type: string;
      name?: string;
      id: string;
    }[];
    // The helper knows no inject, comment and debug nodes: its own take their places.
    const flow = example
      .filter(({ type }) => type !== 'comment')
      .map((node) => (['inject', 'debug'].includes(node.type) ? { ...node, type: 'helper' } : node));
    await number.load(flow);
    const id = (name: string): string => example.find((node) => node.name === name)?.id ?? assert.fail(name);
    await number.ready('c0a1f2b3d4e50001');
    const asked = new Inbox(id('asked: look at the phone'));
    const ended = new Inbox(id('ended: outcome'));
    const recorded = new Inbox(id('path of the recording'));
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 2, talkSeconds: 8 });
    (helper.getNode(id('Ask and call')) as unknown as { send(msg: object): void }).send({
      contact: ANA,
      purpose: 'your delivery 4471',
    });
    await asked.at(0);
    await number.control('permission', { user: '5511955500123', answer: 'temporary' });
    assert.equal(call(await ended.at(0)).outcome, 'completed');
    assert.ok(readFileSync(String((await recorded.at(0)).payload)).length > 10_000);
  });
});
