import { strict as assert } from 'node:assert';
import { type FlowNode, TAB } from '../system/flows.ts';
import { Editor } from './editor.ts';

const at = { z: TAB.id, x: 400, config: 'number' };
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  {
    ...at,
    id: 'answer',
    type: 'wa-call-answer',
    y: 120,
    answer: 'automatic',
    preAccept: true,
    wires: [[], [], [], []],
  },
  { ...at, id: 'list', type: 'wa-call-callbacks', y: 220, action: 'add', wires: [[], []] },
];
const TAKEN = ['maxSeconds', 'preAccept', 'callbackMissed'];
const WEEK = ['monday', 'sunday', 'timeZone', 'holidays', 'closedText', 'callbackClosed'];
const OF_ACTION: Record<string, string[]> = {
  add: ['contact', 'purpose', 'due', 'note'],
  list: ['contact', 'state', 'limit'],
  claim: ['callback', 'leaseSeconds'],
  done: ['callback', 'note'],
  retry: ['callback', 'note'],
  cancel: ['callback', 'note'],
  cancelAll: ['contact', 'note'],
  message: ['contact', 'purpose', 'due', 'note', 'state', 'limit', 'callback', 'leaseSeconds'],
};

describe('the dialogs of the nodes for calls of people', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'answer');

  const field = (name: string) => editor.page.locator(`.red-ui-tray #node-input-${name}`);
  const row = (name: string) =>
    editor.page.locator('.red-ui-tray .form-row').filter({ has: editor.page.locator(`#node-input-${name}`) });
  const visible = async (names: string[], wanted: (name: string) => boolean, what: string) => {
    for (const name of names) assert.equal(await row(name).isVisible(), wanted(name), `${name}: ${what}`);
  };
  const open = async (id: string) => {
    await editor.page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`);
    await field('name').waitFor();
  };
  const close = async (button: 'ok' | 'cancel') => {
    await editor.page.click(`#node-dialog-${button}`);
    await field('name').waitFor({ state: 'detached' });
  };
  const shot = async (name: string) => {
    if (process.env.WA_TEST_SHOTS) await editor.page.screenshot({ path: `${process.env.WA_TEST_SHOTS}/${name}.png` });
  };

  it('answer: shows what the way of answering and the hours need, says what is wrong, and saves', async () => {
    await open('answer');
    await visible(WEEK, () => false, 'at any time');
    assert.equal(await row('afterSeconds').isVisible(), true);
    await field('answer').selectOption('flow');
    await visible(['afterSeconds', ...TAKEN], (name) => name !== 'afterSeconds', 'when the flow says so');
    await field('answer').selectOption('reject');
    await visible(['afterSeconds', ...TAKEN], () => false, 'never');
    await field('answer').selectOption('automatic');
    await field('hours').selectOption('week');
    await visible(WEEK, () => true, 'in these hours');
    await field('timeZone').fill('Mars/Olympus');
    await field('monday').fill('9 to 5');
    await field('holidays').fill('Christmas');
    await close('ok');
    const valid = () => editor.page.evaluate("RED.nodes.node('answer').valid");
    assert.equal(await valid(), false);
    await open('answer');
    for (const name of ['timeZone', 'monday', 'holidays'])
      assert.match((await field(name).getAttribute('class')) ?? '', /input-error/, name);
    await field('timeZone').fill('Europe/Lisbon');
    await field('monday').fill('09:00-12:30, 14:00-18:00');
    await field('holidays').fill('2026-12-25\n2026-12-24 09:00-12:00 # half a day');
    await field('closedText').fill('We are closed.');
    await field('callbackClosed').check();
    await shot('answer');
    await close('ok');
    assert.equal(await valid(), true);
    const saved = (await editor.page.evaluate(
      "(({ monday, saturday, hours, callbackClosed, preAccept }) => ({ monday, saturday, hours, callbackClosed, preAccept }))(RED.nodes.node('answer'))",
    )) as object;
    assert.deepEqual(saved, {
      ...{ monday: '09:00-12:30, 14:00-18:00', saturday: '', hours: 'week', callbackClosed: true, preAccept: true },
    });
  });

  it('callbacks: shows what the action needs, and saves', async () => {
    await open('list');
    const all = [...new Set(Object.values(OF_ACTION).flat())];
    for (const [action, wanted] of Object.entries(OF_ACTION)) {
      await field('action').selectOption(action);
      await visible(all, (name) => wanted.includes(name), action);
    }
    await field('action').selectOption('claim');
    await field('leaseSeconds').fill('300');
    await field('words').fill('Call me back');
    await shot('callbacks');
    await close('ok');
    const saved = (await editor.page.evaluate(
      "(({ action, leaseSeconds, words, valid }) => ({ action, leaseSeconds, words, valid }))(RED.nodes.node('list'))",
    )) as object;
    assert.deepEqual(saved, { action: 'claim', leaseSeconds: '300', words: 'Call me back', valid: true });
  });
});
