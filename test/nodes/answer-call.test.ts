import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { AccountNode } from '../../lib/runtime/account.ts';
import { mediaTasks } from '../../lib/runtime/media-tasks.ts';
import { helper, Inbox, until } from './helper.ts';
import { CONFIG, RealNumber } from './real-number.ts';

const USER = '5511955500123';
const BOB = '351912000456';
const at = { z: 'tab', x: 1, y: 1 };
const inbox = (id: string): object => ({ id, type: 'helper', ...at, wires: [] });
const answer = (more: object, id = 'answer'): object => ({
  ...{ id, type: 'wa-call-answer', ...at, config: 'number', answer: 'flow' },
  ...more,
  wires: [['ringing'], ['answered', 'record', 'play', 'digits'], ['ended'], ['missed']],
});
const flow = (...nodes: object[]): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  CONFIG,
  ...nodes,
  { id: 'record', type: 'wa-call-media', ...at, config: 'number', action: 'record', wires: [['recorded'], []] },
  { id: 'play', type: 'wa-call-media', ...at, config: 'number', action: 'play', wires: [['played'], []] },
  {
    id: 'digits',
    type: 'wa-call-media',
    ...at,
    config: 'number',
    action: 'digits',
    maxDigits: 1,
    wires: [['pressed'], []],
  },
  { id: 'hangup', type: 'wa-call-terminate', ...at, config: 'number', wires: [['hung']] },
  { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
  { id: 'grants', type: 'wa-call-permission-in', ...at, config: 'number', wires: [['granted'], [], []] },
  { id: 'list', type: 'wa-call-callbacks', ...at, config: 'number', action: 'list', wires: [['listed'], []] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['ringing', 'answered', 'ended', 'missed', 'recorded', 'played', 'pressed', 'hung', 'logged', 'granted'].map(
    inbox,
  ),
  ...['listed', 'caught', 'other'].map(inbox),
];

interface Told {
  call: { id: string; state: string; direction: string; outcome?: string; endedBy?: string; durationSeconds?: number };
  reason?: { code: string };
  callback?: { id: string; source: string; dueAt?: string };
}
const told = (message: object): Told => message as unknown as Told;

describe('nodes/answer-call with the simulator', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  const inboxes: Record<string, Inbox> = {};
  const box = (name: string): Inbox => inboxes[name] ?? assert.fail(name);

  before(async () => {
    await number.start();
    await number.load(flow());
    await number.ready();
  });
  beforeEach(() => number.control('clear'));
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  /** The number stays as it is, so that its line stays open. */
  async function load(...nodes: object[]): Promise<void> {
    const made = flow(...nodes);
    await helper.setFlows(made, 'full');
    await number.ready();
    listen(made);
  }
  function listen(made: object[]): void {
    for (const node of made as { id: string; type: string }[]) {
      if (node.type === 'helper') inboxes[node.id] = new Inbox(node.id);
    }
  }
  const ring = (user = USER): Promise<Record<string, unknown>> =>
    number.control('call/start', { user, voice: { kind: 'tone' } });
  const send = (node: string, msg: object): void => helper.getNode(node).receive(msg);
  const actions = async (): Promise<string[]> => {
    const { requests } = (await number.read('requests')) as { requests: { body?: { action?: string } }[] };
    return requests.flatMap(({ body }) => body?.action ?? []);
  };
  const violations = async () => (await number.read('violations')).violations;

  it('rings, is accepted by the flow, records both voices, hears keys and hangs up', async () => {
    await load(answer({}));
    await ring();
    const ringing = await box('ringing').at(0);
    assert.deepEqual([told(ringing).call.direction, told(ringing).call.state], ['inbound', 'ringing']);
    assert.equal((ringing.contact as { phone: string }).phone, `+${USER}`);
    send('answer', { ...ringing, action: 'accept', keep: 'me' });
    const answered = await box('answered').at(0);
    assert.deepEqual([told(answered).call.state, answered.keep], ['answered', 'me']);
    assert.equal(((await box('played').at(0)).media as { result: string }).result, 'whole');
    await number.control('call/digit', { user: USER, digit: '5' });
    assert.equal((await box('pressed').at(0)).payload, '5');
    send('hangup', { call: told(answered).call });
    const ended = await box('ended').at(0);
    assert.deepEqual([told(ended).call.outcome, told(ended).call.endedBy, ended.keep], ['completed', 'us', 'me']);
    const recorded = await box('recorded').at(0);
    const { levels } = recorded.recording as { levels: { person: { rmsDbfs: number }; sent: { rmsDbfs: number } } };
    assert.ok(levels.person.rmsDbfs > -60 && levels.sent.rmsDbfs > -60, JSON.stringify(levels));
    assert.equal(readFileSync(String(recorded.payload)).toString('latin1', 0, 4), 'RIFF');
    assert.deepEqual(await violations(), [], 'the same description twice, and no sound before the reply to accept');
    assert.deepEqual((await actions()).slice(0, 2), ['pre_accept', 'accept']);
    assert.deepEqual(box('missed').messages, []);
    assert.deepEqual(box('caught').messages, []);
    const topics = box('logged').messages.map(({ topic }) => topic);
    assert.deepEqual(
      topics.filter((topic) => topic !== 'digit' && topic !== 'warning'),
      ['ringing', 'accepted', 'answered', 'ended'],
    );
  });

  it('answers by itself; the person hangs up; the call is in the records with its answer', async () => {
    await load(answer({ answer: 'automatic', afterSeconds: 0, preAccept: false }));
    await ring();
    const answered = await box('answered').at(0);
    await number.control('call/hangup', { user: USER });
    const ended = told(await box('ended').at(0));
    assert.deepEqual([ended.call.outcome, ended.call.endedBy], ['completed', 'them']);
    const switchboard = await (helper.getNode('number') as unknown as AccountNode).account?.switchboard();
    const { entries = [] } = (await switchboard?.callRecords({})) ?? {};
    const record = entries.at(-1);
    assert.deepEqual(
      [record?.id, record?.direction, record?.outcome, record?.missed],
      [told(answered).call.id, 'inbound', 'completed', undefined],
    );
    assert.ok(record?.answeredAt !== undefined);
    assert.deepEqual(
      (await actions()).filter((action) => action === 'pre_accept'),
      [],
    );
  });

  it('gives a call that two flows accept to one, and the other an error that says so', async () => {
    await load(answer({}), answer({}, 'second'));
    await ring();
    const ringing = await box('ringing').at(1);
    send('answer', { ...ringing, action: 'accept' });
    send('second', { ...ringing, payload: 'accept' });
    await box('answered').at(0);
    const caught = await box('caught').at(0);
    assert.equal(
      (caught.error as { code?: string }).code ?? (caught.error as { message: string }).message,
      'call_taken',
    );
    await number.control('call/hangup', { user: USER });
    await box('ended').at(0);
    assert.deepEqual([box('answered').messages.length, box('ended').messages.length], [1, 1]);
    assert.equal((await actions()).filter((action) => action === 'accept').length, 1);
  });

  it('R6: a missed call: told once, on the callback list, and an automatic permission where the setting says so', async () => {
    await load(answer({ callbackMissed: true }));
    const switchboard = await (helper.getNode('number') as unknown as AccountNode).account?.switchboard();
    await switchboard?.changeSettings({ callbackPermission: 'enabled' });
    await ring();
    const ringing = await box('ringing').at(0);
    await number.control('call/hangup', { user: USER });
    const missed = told(await box('missed').at(0));
    assert.deepEqual(
      [missed.call.outcome, missed.call.endedBy, missed.callback?.source],
      ['cancelled', 'them', 'missed_call'],
    );
    const { permission } = (await box('granted').at(0)) as unknown as {
      permission: { source: string; kind: string; canCall: boolean };
    };
    assert.deepEqual([permission.source, permission.kind, permission.canCall], ['callback', 'temporary', true]);
    send('answer', { ...ringing, action: 'accept' });
    assert.equal(((await box('caught').at(0)).error as { code?: string }).code, 'call_ended');
    send('list', {});
    const [entry] = (await box('listed').at(0)).payload as { id: string; contact: { phone: string } }[];
    assert.deepEqual([entry?.id, entry?.contact.phone], [missed.callback?.id, `+${USER}`]);
    assert.deepEqual([box('missed').messages.length, box('ended').messages.length], [1, 0]);
  });

  it('refuses outside the hours with a message and a callback that is due when it opens', async () => {
    await load(
      answer({
        hours: 'week',
        monday: '',
        tuesday: '',
        wednesday: '',
        thursday: '',
        friday: '',
        holidays: '2099-01-01',
        closedText: 'We are closed.',
        callbackClosed: true,
        timeZone: 'Europe/Lisbon',
      }),
    );
    await ring(BOB);
    const missed = told(await box('missed').at(0));
    assert.deepEqual(
      [missed.call.outcome, missed.reason?.code, missed.callback?.source],
      ['declined', 'outside_hours', 'outside_hours'],
    );
    await until(async () => JSON.stringify((await number.read('requests')).requests).includes('We are closed.'));
    assert.deepEqual(box('ringing').messages, []);
    assert.deepEqual(await violations(), []);
  });

  it('is set to refuse, is for another person, or is not there: refused, and left alone', async () => {
    await load(answer({ answer: 'reject', contact: `+${USER}` }));
    await ring();
    assert.equal(told(await box('missed').at(0)).reason?.code, 'refused');
    const { callId } = await ring(BOB);
    await until(async () => {
      const { calls } = (await number.read('state')) as { calls: { id: string; state: string }[] };
      return calls.some(({ id, state }) => id === callId && state === 'ringing');
    });
    await number.control('call/hangup', { user: BOB });
    assert.equal(box('missed').messages.length, 1);
    assert.deepEqual(await actions(), ['reject']);
  });

  it('a deploy in the middle of the ringing and of the call loses neither', async () => {
    const node = answer({ answer: 'automatic', afterSeconds: 2 });
    const made = flow(node);
    await load(node);
    await ring();
    const { id } = told(await box('ringing').at(0)).call;
    await helper.setFlows(
      made.map((node) => ({ ...node, name: 'again' })),
      'full',
    );
    listen(made);
    const answered = told(await box('answered').at(0));
    assert.equal(answered.call.id, id);
    await until(() => mediaTasks.count('record') === 1);
    await helper.setFlows(made, 'full');
    listen(made);
    await number.control('call/hangup', { user: USER });
    assert.deepEqual(told(await box('ended').at(0)).call.outcome, 'completed');
    assert.equal(box('ended').messages.length, 1);
  });

  it('says what is wrong: hours that cannot be read, a message without call or action', async () => {
    await load(answer({ hours: 'week', timeZone: 'Mars/Olympus' }), answer({}, 'second'));
    await ring();
    const ringing = await box('ringing').at(0);
    assert.equal(box('ringing').messages.length, 1, 'the node with wrong hours takes no calls');
    send('second', { payload: 'accept' });
    assert.equal(((await box('caught').at(0)).error as { code?: string }).code, 'call_missing');
    send('second', { call: ringing.call, payload: 'perhaps' });
    assert.equal(((await box('caught').at(1)).error as { code?: string }).code, 'action_unknown');
    send('second', { call: 'nothing', payload: 'accept' });
    assert.equal(((await box('caught').at(2)).error as { code?: string }).code, 'call_unknown');
    send('second', { call: ringing.call, action: 'reject' });
    assert.equal(told(await box('missed').at(0)).call.outcome, 'declined');
  });
});
