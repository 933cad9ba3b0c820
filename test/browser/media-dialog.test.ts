import { strict as assert } from 'node:assert';
import { type FlowNode, TAB } from '../system/flows.ts';
import { Editor } from './editor.ts';

/** As a flow of the first version has it: without what came later. */
const OLD = { source: '', sourceType: 'greeting', folder: '', fileName: '{date}-{time}-{id}.wav', sampleRate: '48000' };
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  {
    ...{
      id: 'node',
      type: 'wa-call-media',
      z: TAB.id,
      x: 400,
      y: 200,
      config: 'number',
      call: 'call.id',
      callType: 'msg',
    },
    ...OLD,
    ...{ action: 'play', maxSeconds: 0, remote: '', remoteType: 'str', localAddress: '127.0.0.1', localPort: 0 },
    ...{ payloadType: 111, target: 'all', wires: [[], []] },
  },
];
const FIELDS: Record<string, string[]> = {
  play: ['source', 'times', 'interruptBy', 'longestSeconds', 'largestMegabytes'],
  record: ['folder', 'fileName', 'layout', 'sampleRate', 'maxSeconds', 'split', 'startPaused'],
  pause: [],
  resume: [],
  stream: ['streamTo', 'interruptBy', 'streamRate', 'chunkMs'],
  digits: [
    ...['prompt', 'digitsLength', 'digitsLeast', 'terminator', 'allowedDigits', 'firstDigitSeconds'],
    ...['interDigitSeconds', 'tries', 'retryPrompt', 'secret'],
  ],
  speech: ['endMs', 'initialSilenceSeconds', 'longSilenceSeconds'],
  stop: ['target'],
};

describe('the dialog of the media node', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'node');

  const field = (name: string) => editor.page.locator(`.red-ui-tray #node-input-${name}`);
  const open = async () => {
    await editor.page.evaluate("RED.editor.edit(RED.nodes.node('node'))");
    await field('action').waitFor();
  };

  it('asks for the address and the token of an agent only when the sound goes to one', async () => {
    await open();
    await field('action').selectOption('stream');
    const ofAgent = ['agentToken', 'agentHeader', 'reconnectSeconds', 'allowedDestinations'];
    for (const name of ofAgent) assert.equal(await field(name).isVisible(), false, name);
    await field('streamTo').selectOption('agent');
    for (const name of ofAgent) assert.equal(await field(name).isVisible(), true, name);
    assert.equal(await field('agentToken').getAttribute('type'), 'password');
    if (process.env.WA_TEST_SHOTS) await editor.page.screenshot({ path: `${process.env.WA_TEST_SHOTS}/agent.png` });
    await field('action').selectOption('digits');
    for (const name of ofAgent) assert.equal(await field(name).isVisible(), false, name);
    if (process.env.WA_TEST_SHOTS) await editor.page.screenshot({ path: `${process.env.WA_TEST_SHOTS}/digits.png` });
    await editor.page.locator('#node-dialog-cancel').click();
    await field('action').waitFor({ state: 'detached' });
  });

  it('shows only what the chosen action needs', async () => {
    await open();
    for (const [action, wanted] of Object.entries(FIELDS)) {
      await field('action').selectOption(action);
      for (const name of Object.values(FIELDS).flat()) {
        const row = editor.page
          .locator('.red-ui-tray .form-row')
          .filter({ has: editor.page.locator(`#node-input-${name}`) });
        assert.equal(await row.isVisible(), wanted.includes(name), `${name} with ${action}`);
      }
      assert.equal(await field('splitAfter').isVisible(), false);
    }
    await field('action').selectOption('record');
    await field('split').selectOption('megabytes');
    assert.ok(await field('splitAfter').isVisible());
    await field('action').selectOption('play');
    assert.ok(!(await field('splitAfter').isVisible()));
    await editor.page.evaluate('RED.tray.close()');
    await field('action').waitFor({ state: 'detached' });
  });

  it('shows what is wrong in a row of another action, until it is right', async () => {
    await editor.page.evaluate("Object.assign(RED.nodes.node('node'), { times: 5000, action: 'record' })");
    await open();
    await field('times').waitFor();
    assert.equal(await field('longestSeconds').isVisible(), false);
    await field('action').selectOption('speech');
    assert.ok(await field('times').isVisible());
    await field('times').fill('');
    await field('action').selectOption('record');
    assert.equal(await field('times').isVisible(), false);
    await editor.page.locator('#node-dialog-cancel').click();
    await field('action').waitFor({ state: 'detached' });
    await editor.page.evaluate("Object.assign(RED.nodes.node('node'), { times: undefined, action: 'play' })");
  });

  it('fills in what a flow of an earlier version lacks, and saves it', async () => {
    await open();
    assert.deepEqual([await field('times').inputValue(), await field('interruptBy').inputValue()], ['1', 'nothing']);
    assert.deepEqual(
      [await field('longestSeconds').inputValue(), await field('layout').inputValue()],
      ['600', 'stereo'],
    );
    await field('times').fill('3');
    await field('interruptBy').selectOption('digit');
    await editor.page.click('#node-dialog-ok');
    await field('action').waitFor({ state: 'detached' });
    const saved = (await editor.page.evaluate(
      "(({ times, interruptBy, split, valid }) => ({ times, interruptBy, split, valid }))(RED.nodes.node('node'))",
    )) as object;
    assert.deepEqual(saved, { times: '3', interruptBy: 'digit', split: 'no', valid: true });
  });
});
