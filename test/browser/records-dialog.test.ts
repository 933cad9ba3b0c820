import { strict as assert } from 'node:assert';
import { type FlowNode, TAB } from '../system/flows.ts';
import { Editor } from './editor.ts';

const at = { z: TAB.id, x: 400, config: 'number' };
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  { ...at, id: 'records', type: 'wa-call-records', y: 120, contactType: 'str', format: 'array', wires: [[], []] },
  // As a flow of an earlier version has it.
  {
    ...{ ...at, id: 'call', type: 'wa-call-initiate', y: 220, contact: 'contact', contactType: 'msg' },
    ...{ purpose: 'purpose', purposeType: 'msg', ringSeconds: 45, maxSeconds: 0, data: '', dataType: 'json' },
    wires: [[], [], [], []],
  },
];

describe('the dialogs about records and recordings', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'records');

  const field = (name: string) => editor.page.locator(`.red-ui-tray #node-input-${name}`);
  const shown = (names: string[]) =>
    Promise.all(
      names.map((name) =>
        editor.page
          .locator('.red-ui-tray .form-row')
          .filter({ has: editor.page.locator(`#node-input-${name}`) })
          .isVisible(),
      ),
    );
  const open = async (id: string) => {
    await editor.page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`);
    await field('name').waitFor();
  };
  const save = async () => {
    await editor.page.click('#node-dialog-ok');
    await field('name').waitFor({ state: 'detached' });
  };
  const saved = (id: string, names: string[]) =>
    editor.page.evaluate(
      ([node, list]) => {
        const { RED } = globalThis as unknown as { RED: { nodes: { node(id: string): Record<string, unknown> } } };
        return list.map((name) => RED.nodes.node(node)[name]);
      },
      [id, names] as const,
    );

  it('call records: shows what period and format need, says what is wrong, and saves', async () => {
    const names = ['from', 'to', 'timeZone', 'limit'];
    await open('records');
    assert.deepEqual(await shown(names), [false, false, false, true]);
    await field('action').selectOption('score');
    assert.deepEqual(await shown([...names, 'contact', 'call', 'score', 'full', 'each']), [
      ...[false, false, false, false, false, true, true, true, true],
    ]);
    await field('action').selectOption('read');
    assert.deepEqual(await shown([...names, 'contact', 'call', 'score']), [
      ...[false, false, false, true, true, false, false],
    ]);
    await field('period').selectOption('range');
    assert.deepEqual(await shown(names), [true, true, false, true]);
    await field('period').selectOption('yesterday');
    await field('format').selectOption('csv');
    assert.deepEqual(await shown(names), [false, false, true, false]);
    await field('timeZone').fill('not a zone');
    await save();
    assert.deepEqual(await saved('records', ['valid']), [false]);
    await open('records');
    await field('timeZone').fill('America/Sao_Paulo');
    await field('each').check();
    if (process.env.WA_TEST_SHOTS)
      await editor.page.screenshot({ path: `${process.env.WA_TEST_SHOTS}/call-records.png` });
    await save();
    assert.deepEqual(await saved('records', ['valid', 'period', 'format', 'timeZone', 'each', 'full', 'contact']), [
      ...[true, 'yesterday', 'csv', 'America/Sao_Paulo', true, false, ''],
    ]);
  });

  it('call: asks for the words of an announcement only where WhatsApp records or transcribes', async () => {
    const names = ['capturePurpose', 'captureLanguage'];
    await open('call');
    assert.deepEqual(await shown(names), [false, false]);
    await field('captureTranscript').check();
    assert.deepEqual(await shown(names), [true, true]);
    assert.equal(await editor.page.locator('#wa-call-initiate-languages option').count(), 18);
    await field('captureLanguage').fill('Portuguese');
    await save();
    assert.deepEqual(await saved('call', ['valid']), [false]);
    await open('call');
    await field('captureLanguage').fill('pt');
    await save();
    assert.deepEqual(await saved('call', ['valid', 'captureRecording', 'captureTranscript', 'captureLanguage']), [
      ...[true, false, true, 'pt'],
    ]);
  });
});
