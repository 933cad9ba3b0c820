import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { sharedMediaEngine } from '../../lib/media/engine.ts';
import { mediaTasks } from '../../lib/runtime/media-tasks.ts';
import { helper, Inbox, until } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const at = { z: 'tab', x: 1, y: 1, config: 'number' };
const inbox = (id: string): object => ({ id, type: 'helper', ...at, wires: [] });
const FLOW = [
  { id: 'tab', type: 'tab', label: 'Test' },
  CONFIG,
  {
    ...{ id: 'ask', type: 'wa-call-request-permission', ...at, template: 'call_permission' },
    ...{ parameters: '["Ana", "your delivery"]', wires: [['asked'], [], []] },
  },
  { id: 'granted', type: 'wa-call-permission-in', ...at, wires: [['grants'], [], []] },
  { id: 'call', type: 'wa-call-initiate', ...at, wires: [['answered', 'record', 'greet'], ['ended'], [], ['blocked']] },
  { id: 'record', type: 'wa-call-media', ...at, action: 'record', fileName: '{id}', wires: [['recorded'], []] },
  { id: 'greet', type: 'wa-call-media', ...at, action: 'play', times: 0, wires: [[], []] },
  { id: 'hangup', type: 'wa-call-terminate', ...at, wires: [['hung']] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['asked', 'grants', 'answered', 'ended', 'blocked', 'recorded', 'hung', 'caught'].map(inbox),
];
const DELIVERY = { contact: ANA, purpose: 'delivery 4471' };
/** What the media's end may look like to a node that had something to do with it. */
const CODES =
  /^(media_worker_died|media_not_connected|media_lost|call_(unknown|ended|over|not_connected|media_missing))$/;

/** When it is killed: at once, at known moments, at any. */
const MOMENTS = ['placed', 'answered', 'recording', 'random', 'random'] as const;

/** Each worker of the media that starts while this listens. */
function mediaWorkers(): { all: Worker[]; off(): void } {
  const all: Worker[] = [];
  const listener = (worker: Worker): void => {
    if ((worker as Worker & { threadName?: string | null }).threadName === 'media') all.push(worker);
  };
  process.on('worker', listener);
  return { all, off: () => process.off('worker', listener) };
}

describe('the media worker dies during calls, seen by the flow', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  const box: Record<string, Inbox> = {};
  let workers: ReturnType<typeof mediaWorkers>;

  before(async () => {
    // Other tests of this process may have started one.
    await sharedMediaEngine().close();
    Reflect.deleteProperty(globalThis, Symbol.for('whatsapp-calling.media-engine'));
    workers = mediaWorkers();
    await number.start({ pace: 0.1 });
    await number.load(FLOW);
    await number.ready();
    for (const node of FLOW as { id: string; type: string }[])
      if (node.type === 'helper') box[node.id] = new Inbox(node.id);
    helper.getNode('ask').receive(DELIVERY);
    await inboxOf('asked').at(0);
    await number.control('permission', { user: '5511955500123', answer: 'temporary' });
    await inboxOf('grants').at(0);
  });
  after(async () => {
    workers?.off();
    await helper.unload();
    await number.stop();
  });

  const inboxOf = (name: string): Inbox => box[name] ?? assert.fail(name);
  const messages = (name: string): number => inboxOf(name).messages.length;
  const callOf = (message: object): Record<string, unknown> => (message as { call: Record<string, unknown> }).call;
  const open = async (): Promise<unknown[]> => {
    const { calls = [] } = (await number.read('state')) as { calls?: { state?: string }[] };
    return calls.filter(({ state }) => state !== 'ended');
  };

  it('each call ends once and at WhatsApp too, nothing stays behind, and the next call has a new worker', async () => {
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 1 });
    for (const moment of MOMENTS) {
      const [ended, answered, caught] = [messages('ended'), messages('answered'), messages('caught')];
      const before = workers.all.length;
      helper.getNode('call').receive({ ...DELIVERY, moment });
      // The former one is dead, so this call must have a new one.
      await until(() => workers.all.length > before && sharedMediaEngine().legs() > 0);
      if (moment === 'answered') await inboxOf('answered').at(answered);
      if (moment === 'recording') await until(() => mediaTasks.count('record') === 1);
      if (moment === 'random') await sleep(Math.random() * 600);
      await workers.all.at(-1)?.terminate();
      // Before the request has left there is no call that could end: the node reports the fault instead.
      await until(() => messages('ended') > ended || messages('caught') > caught);
      const wasAnswered = messages('answered') > answered;
      assert.ok(wasAnswered || moment === 'placed' || moment === 'random', moment);
      if (wasAnswered) {
        const last = callOf(await inboxOf('ended').at(ended));
        assert.ok(['completed', 'failed'].includes(String(last.outcome)), `${moment}: ${JSON.stringify(last)}`);
        assert.equal(last.state, 'ended');
      }
      await until(async () => (await open()).length === 0);
      await until(() => mediaTasks.count('record') === 0 && mediaTasks.count('greet') === 0);
      assert.equal(sharedMediaEngine().legs(), 0);
      assert.ok(messages('ended') - ended <= 1, 'told once');
    }
    for (const { error } of inboxOf('caught').messages)
      assert.match((error as { code: string }).code, CODES, JSON.stringify(error));

    // And now one that nobody disturbs.
    const [ended, recorded] = [messages('ended'), messages('recorded')];
    helper.getNode('call').receive(DELIVERY);
    const { id } = callOf(await inboxOf('answered').at(messages('answered')));
    await until(() => mediaTasks.count('record') === 1);
    await sleep(500);
    helper.getNode('hangup').receive({ call: { id } });
    assert.equal(callOf(await inboxOf('ended').at(ended)).outcome, 'completed');
    assert.ok(existsSync(String((await inboxOf('recorded').at(recorded)).payload)));
    assert.equal(workers.all.length, MOMENTS.length + 1, 'a new worker for each call');
    const { calls } = (await number.read('state')) as { calls: { state: string }[] };
    assert.ok(calls.length >= 3 && calls.every(({ state }) => state === 'ended'), JSON.stringify(calls));
    assert.deepEqual(inboxOf('blocked').messages, []);
    assert.deepEqual((await number.read('violations')).violations, []);
  });
});
