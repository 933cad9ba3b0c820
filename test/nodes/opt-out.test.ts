import { strict as assert } from 'node:assert';
import type { AccountNode } from '../../lib/runtime/account.ts';
import type { Switchboard } from '../../lib/switchboard/switchboard.ts';
import { helper, Inbox, until } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const USER = '5511955500123';
const at = { z: 'tab', x: 1, y: 1 };
const BOXES = [
  'granted',
  'denied',
  'over',
  'answered',
  'ended',
  'needs',
  'blocked',
  'asked',
  'have',
  'refused',
  'logged',
  'caught',
];
const flow = (config: object = {}, store: object = {}): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  { ...CONFIG, store: 'store', ...config },
  { id: 'store', type: 'wa-call-permission-store', ...store },
  { id: 'events', type: 'wa-call-permission-in', ...at, config: 'number', wires: [['granted'], ['denied'], ['over']] },
  {
    id: 'call',
    type: 'wa-call-initiate',
    ...at,
    config: 'number',
    wires: [['answered'], ['ended'], ['needs'], ['blocked']],
  },
  {
    id: 'ask',
    type: 'wa-call-request-permission',
    ...at,
    config: 'number',
    kind: 'freeform',
    text: 'May we call?',
    wires: [['asked'], ['have'], ['refused']],
  },
  { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];
interface Logged {
  at: string;
  path: string;
  body?: { type?: string; action?: string; text?: { body?: string }; to?: string };
}

describe('opt-out, end to end', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  const inboxes: Record<string, Inbox> = {};
  const box = (name: string): Inbox => inboxes[name] ?? assert.fail(name);

  const open = async (config: object = {}, store: object = {}, simulator: object = {}): Promise<void> => {
    await number.start({ pace: 0.2, ...simulator });
    await number.load(flow(config, store));
    await number.ready();
    for (const id of BOXES) inboxes[id] = new Inbox(id);
  };
  afterEach(async () => {
    await helper.unload();
    await number.stop();
  });

  /** As the phone page does it. */
  const phone = async (action: string, body: object): Promise<void> => {
    const answer = await fetch(`${helper.url()}/whatsapp-calling/phone/api/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: USER, ...body }),
    });
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
  };
  const switchboard = async (): Promise<Switchboard> =>
    (await (helper.getNode('number') as unknown as AccountNode).account?.switchboard()) ?? assert.fail('no number');
  const place = () => helper.getNode('call').receive({ contact: ANA, purpose: 'delivery 4471', keep: 'me' });
  const requests = async (): Promise<Logged[]> => (await number.read('requests')).requests as Logged[];
  const texts = async () => (await requests()).flatMap(({ body }) => (body?.type === 'text' ? [body.text?.body] : []));
  const terminates = async () => (await requests()).filter(({ body }) => body?.action === 'terminate');
  const allow = async (): Promise<void> => {
    const before = box('granted').messages.length;
    await number.control('permission', { user: USER, answer: 'profile_permanent' });
    await box('granted').at(before);
  };
  const rings = async (): Promise<void> => {
    const ringing = () => box('logged').messages.filter(({ topic }) => topic === 'ringing').length;
    const before = ringing();
    place();
    await until(() => ringing() > before);
  };
  const codeOf = (msg: object): string => (msg as { reason: { code: string } }).reason.code;

  it('R7: "Pare de me ligar!!" while the phone rings: hung up, listed, told, confirmed once; only a release lifts it', async () => {
    await open();
    await allow();
    await number.control('script', { user: USER, script: 'no_answer' });
    await rings();

    const started = Date.now();
    await phone('message', { text: 'Pare de me ligar!!' });
    await until(async () => (await terminates()).length > 0);
    const [terminate] = await terminates();
    const took = Date.parse(terminate?.at ?? '') - started;
    console.log(`      from the message to the terminate request: ${took} ms`);
    assert.ok(took < 5_000, `${took} ms`);
    const ended = await box('ended').at(0);
    assert.deepEqual(
      [(ended.call as { outcome: string }).outcome, ended.keep, codeOf(ended)],
      ['cancelled', 'me', 'do_not_call'],
    );
    const over = await box('over').at(0);
    const { status, ended: why, canCall, canRequest } = over.permission as Record<string, unknown>;
    assert.deepEqual([over.payload, status, why, canCall, canRequest], ['opt_out', 'denied', 'opt_out', false, false]);
    await until(async () => (await texts()).length > 0);
    assert.match((await texts())[0] ?? '', /Não vamos mais ligar/);

    // Said again: nothing more is told or sent.
    await phone('message', { text: 'PARE' });
    await phone('message', { text: 'stop calling me' });
    place();
    assert.equal(codeOf(await box('blocked').at(0)), 'do_not_call');
    helper.getNode('ask').receive({ contact: ANA, purpose: 'x' });
    assert.equal(codeOf(await box('refused').at(0)), 'do_not_call');

    // A later grant does not lift it: nobody hears of it, and nothing can be done with it.
    const granted = box('granted').messages.length;
    await number.control('permission', { user: USER, answer: 'profile_permanent' });
    const line = await switchboard();
    // Nor does importing the person again.
    assert.deepEqual(await line.importDoNotCall([ANA], { source: 'crm' }), { listed: 0, already: 1, bad: [] });
    await phone('message', { text: 'hello?' });
    await until(async () => ((await number.read('state')).undelivered as number) === 0);
    place();
    assert.equal(codeOf(await box('blocked').at(1)), 'do_not_call');
    assert.equal(box('granted').messages.length, granted);

    await line.doNotCall({ phone: USER }, { listed: false, source: 'operator' });
    await allow();
    await rings();
    assert.equal(box('over').messages.length, 1);
    assert.equal((await texts()).length, 1, 'one confirmation in a day');
    await number.control('call/decline', { user: USER });
    await box('ended').at(1);
    assert.equal(box('ended').messages[1]?.reason, undefined);
    assert.deepEqual(
      box('caught').messages.map(({ error }) => error),
      [],
    );
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('R7: pressing the key during a call does the same', async () => {
    await open({ optOutDigit: '9', optOutText: 'Done. Bye.' });
    await number.control('message', { user: USER, text: 'Olá' });
    await allow();
    await number.control('script', { user: USER, script: 'answers', afterSeconds: 2 });
    place();
    await box('answered').at(0);
    await phone('call/digit', { digit: '1' });
    await until(() => box('logged').messages.some(({ topic }) => topic === 'digit'));
    await phone('call/digit', { digit: '9' });
    const ended = await box('ended').at(0);
    assert.deepEqual([(ended.call as { outcome: string }).outcome, codeOf(ended)], ['completed', 'do_not_call']);
    assert.equal((await box('over').at(0)).payload, 'opt_out');
    await until(async () => (await texts()).length > 0);
    assert.deepEqual(await texts(), ['Done. Bye.']);
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('hears a person who shows no phone number, confirms to the user id, and listens to the words of the store', async () => {
    const hidden = { phone: '5511955500199', userId: 'BR.77700000000000000001', hidePhone: true };
    await open(
      {},
      { optOutAdded: 'basta de llamarme ya, cancelar', optOutRemoved: 'sair, STOP' },
      { relay: false, pace: 0.01 },
    );
    await number.control('people', hidden);
    await number.control('message', { user: hidden.userId, text: 'Sair' });
    await number.control('message', { user: hidden.userId, text: 'stop' });
    await number.control('message', { user: hidden.userId, text: 'please call me, don’t stop' });
    await number.control('message', { user: hidden.userId, text: 'Cancelar!' });
    const over = await box('over').at(0);
    assert.deepEqual(
      [over.payload, (over.contact as { userId?: string; phone?: string }).userId],
      ['opt_out', hidden.userId],
    );
    assert.equal((over.contact as { phone?: string }).phone, undefined);
    await until(async () => (await texts()).length > 0);
    helper.getNode('call').receive({ contact: hidden.userId, purpose: 'x' });
    assert.equal(codeOf(await box('blocked').at(0)), 'do_not_call');
    assert.deepEqual([(await texts()).length, box('over').messages.length], [1, 1]);
    assert.deepEqual((await number.read('violations')).violations, []);
  });

  it('confirms nothing where that is switched off', async () => {
    await open({ optOutConfirm: false }, {}, { relay: false, pace: 0.01 });
    await number.control('message', { user: USER, text: 'stop' });
    await box('over').at(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(await texts(), []);
  });
});
