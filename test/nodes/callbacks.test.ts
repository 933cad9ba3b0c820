import { strict as assert } from 'node:assert';
import { helper, Inbox, until } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const at = { z: 'tab', x: 1, y: 1 };
const WAYS: Record<string, object> = {
  add: { words: 'Call me back, Ligue-me' },
  list: {},
  claim: { name: 'the desk' },
  done: {},
  retry: {},
  cancel: {},
  cancelAll: {},
};
const node = (id: string, more: object): object => ({
  ...{ id, type: 'wa-call-callbacks', ...at, config: 'number', action: id },
  ...more,
  wires: [['result'], ['nothing']],
});
const FLOW: object[] = [
  { id: 'tab', type: 'tab', label: 'Test' },
  CONFIG,
  ...Object.entries(WAYS).map(([id, more]) => node(id, more)),
  node('over', { action: 'list', state: 'cancelled' }),
  node('any', { action: 'message', state: 'any', limit: 1 }),
  { id: 'stop', type: 'wa-call-permission', ...at, config: 'number', action: 'doNotCall', wires: [['listed'], []] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['result', 'nothing', 'listed', 'caught'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];
const BOB = '+351 912 000 456';

interface Entry {
  id: string;
  state: string;
  source: string;
  purpose?: string;
  note?: string;
  dueAt?: string;
  claimedBy?: string;
  attempts: number;
  contact: { phone?: string };
}

describe('nodes/callbacks with the ledger and the simulator', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  const boxes: Record<string, Inbox> = {};
  let seen: Record<string, number> = {};

  before(async () => {
    await number.start({ orderedWebhooks: true });
    await number.load(FLOW);
    await number.ready();
    for (const id of ['result', 'nothing', 'listed', 'caught']) boxes[id] = new Inbox(id);
    seen = {};
  });
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  /** Sends a message and returns the next one that comes out there. */
  async function ask(id: string, msg: object, box = 'result'): Promise<Record<string, unknown>> {
    helper.getNode(id).receive(msg);
    const index = seen[box] ?? 0;
    seen[box] = index + 1;
    return (boxes[box] as Inbox).at(index);
  }
  const entry = (message: object): Entry => (message as { callback: Entry }).callback;
  const reason = (message: object): string => (message as { reason: { code: string } }).reason.code;
  const error = (message: object): string | undefined => (message as { error: { code?: string } }).error.code;

  it('adds a person once, whatever comes a second time, and keeps the properties of the message', async () => {
    const first = await ask('add', { contact: ANA, note: 'price of a delivery', order: 7 });
    assert.deepEqual([first.added, first.order, entry(first).state], [true, 7, 'open']);
    assert.deepEqual([entry(first).source, entry(first).note], ['flow', 'price of a delivery']);
    const second = await ask('add', { contact: { phone: ANA }, note: 'again' });
    assert.deepEqual([second.added, entry(second).id, entry(second).note], [false, entry(first).id, entry(first).note]);
  });

  it('lists, page by page, by state and person', async () => {
    await ask('add', { contact: BOB, due: '2099-01-01T00:00:00Z' });
    const all = await ask('list', { contact: '' });
    assert.deepEqual(
      (all.payload as Entry[]).map(({ contact }) => contact.phone),
      ['+5511955500123', '+351912000456'],
    );
    assert.equal((all.payload as Entry[])[1]?.dueAt, '2099-01-01T00:00:00.000Z');
    const one = await ask('list', { contact: BOB });
    assert.equal((one.payload as Entry[]).length, 1);
    const page = await ask('any', { action: 'list', contact: '' });
    assert.equal((page.payload as Entry[])[0]?.contact.phone, '+5511955500123');
    const rest = await ask('any', { action: 'list', contact: '', next: page.next });
    assert.equal((rest.payload as Entry[])[0]?.contact.phone, '+351912000456');
  });

  it('gives the oldest that is due to one flow, takes it back, and ends it', async () => {
    const claimed = await ask('claim', {});
    assert.deepEqual([entry(claimed).contact.phone, entry(claimed).claimedBy], ['+5511955500123', 'the desk']);
    assert.equal((claimed.contact as { phone: string }).phone, '+5511955500123', 'ready for the call node');
    assert.equal(reason(await ask('claim', {}, 'nothing')), 'nothing_due', 'the other one is not due');
    const back = await ask('retry', { callback: claimed.callback, note: 'no answer' });
    assert.deepEqual([entry(back).state, entry(back).note, entry(back).attempts], ['open', 'no answer', 1]);
    const again = await ask('claim', {});
    assert.deepEqual([entry(again).id, entry(again).attempts], [entry(claimed).id, 2]);
    const done = await ask('done', { callback: entry(again).id });
    assert.equal(entry(done).state, 'done');
    assert.equal(entry(await ask('done', { callback: entry(again).id })).state, 'done', 'a second time is harmless');
    const byName = await ask('claim', { callback: { id: (await listed(BOB))[0]?.id } });
    assert.equal(entry(byName).contact.phone, '+351912000456', 'by its id, due or not');
    assert.equal(entry(await ask('cancel', byName)).state, 'cancelled');
    assert.deepEqual(await listed(''), []);
  });

  it('keeps planned calls, gives each with its purpose when it is due, and cancels all of a person', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const today = await ask('add', { contact: BOB, purpose: 'delivery 4471', due: Date.now() });
    const later = await ask('add', { contact: BOB, purpose: 'delivery 4471', due: tomorrow });
    await ask('add', { contact: ANA, purpose: 'invoice 7', due: tomorrow });
    assert.deepEqual([today.added, later.added, entry(later).dueAt], [true, true, tomorrow]);
    const claimed = await ask('claim', { purpose: 'whatever the flow said' });
    assert.deepEqual(
      [entry(claimed).id, claimed.purpose],
      [entry(today).id, 'delivery 4471'],
      'ready for the call node',
    );
    assert.equal(reason(await ask('claim', {}, 'nothing')), 'nothing_due');
    assert.equal(reason(await ask('cancelAll', {}, 'nothing')), 'contact_invalid');
    const all = await ask('cancelAll', { contact: BOB, note: 'moved away' });
    assert.deepEqual(
      (all.payload as Entry[]).map(({ id, state, purpose, note }) => [id, state, purpose, note]),
      [today, later].map((one) => [entry(one).id, 'cancelled', 'delivery 4471', 'moved away']),
    );
    assert.deepEqual((await ask('cancelAll', { contact: BOB })).payload, []);
    const [ana, ...more] = await listed('');
    assert.deepEqual([ana?.purpose, more.length], ['invoice 7', 0]);
    await ask('cancel', { callback: ana });
  });

  it('hears buttons and words, once per message, and not of people who have opted out', async () => {
    await number.control('message', { user: '5511955500123', text: 'ligue-me!' });
    await number.control('message', { user: '5511955500123', text: 'LIGUE-ME' });
    await number.control('message', { user: '351912000456', text: 'call me maybe' });
    for (;;) {
      const [one, ...more] = await listed('');
      if (one === undefined) continue;
      assert.deepEqual([one.source, one.contact.phone, more.length], ['message', '+5511955500123', 0]);
      break;
    }
    const minute = 60_000;
    for (const after of [30 * minute, 59 * minute, 1_440 * minute])
      await ask('add', { contact: BOB, purpose: 'appointment', due: new Date(Date.now() + after).toISOString() });
    assert.equal((await listed(BOB)).length, 3);
    await number.control('message', { user: '351912000456', text: 'please stop calls' });
    await until(async () => (await listed(BOB)).length === 0);
    const { payload } = await ask('over', { contact: BOB });
    const cancelled = (payload as Entry[]).filter(({ purpose }) => purpose === 'appointment');
    assert.equal(cancelled.length, 3, 'due within the hour or later');
    for (const { id } of cancelled)
      assert.equal(reason(await ask('claim', { callback: id }, 'nothing')), 'nothing_due');
    assert.equal(reason(await ask('add', { contact: BOB, purpose: 'appointment' }, 'nothing')), 'do_not_call');
    await ask('stop', { contact: ANA }, 'listed');
    assert.deepEqual(await listed(''), [], 'an opt-out cancels it');
    assert.equal(reason(await ask('add', { contact: ANA }, 'nothing')), 'do_not_call');
  });

  it('says what is wrong', async () => {
    assert.equal(reason(await ask('add', { contact: '12' }, 'nothing')), 'contact_invalid');
    assert.equal(reason(await ask('list', { contact: 'nobody' }, 'nothing')), 'contact_invalid');
    assert.equal(reason(await ask('done', { callback: 'nothing-like-it' }, 'nothing')), 'callback_unknown');
    assert.equal(error(await ask('done', {}, 'caught')), 'callback_missing');
    assert.equal(error(await ask('add', { contact: BOB, due: 'tomorrow' }, 'caught')), 'property_invalid');
    assert.equal(error(await ask('add', { contact: BOB, note: 'x'.repeat(1_001) }, 'caught')), 'note_invalid');
    assert.equal(error(await ask('add', { contact: BOB, purpose: 'x'.repeat(1_001) }, 'caught')), 'purpose_invalid');
    assert.equal(error(await ask('any', { action: 'dance' }, 'caught')), 'action_unknown');
    assert.equal(error(await ask('any', { action: 'list', next: 7 }, 'caught')), 'next_invalid');
    assert.equal(error(await ask('any', {}, 'caught')), 'action_unknown');
  });

  async function listed(contact: string): Promise<Entry[]> {
    return (await ask('list', { contact })).payload as Entry[];
  }
});
