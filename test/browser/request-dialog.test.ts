import { strict as assert } from 'node:assert';
import { type FlowNode, TAB } from '../system/flows.ts';
import { Editor } from './editor.ts';

const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  {
    id: 'node',
    type: 'wa-call-request-permission',
    z: TAB.id,
    x: 400,
    y: 200,
    config: 'number',
    kind: 'template',
    template: 'template.name',
    templateType: 'msg',
    language: 'pt_BR',
    wires: [[], [], []],
  },
];

describe('the dialog of the request node', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'node');
  beforeEach(async () => {
    await editor.page.evaluate("RED.editor.edit(RED.nodes.node('node'))");
    await button().waitFor();
  });
  afterEach(async () => {
    await editor.page.evaluate('RED.tray.close()');
    await button().waitFor({ state: 'detached' });
  });

  const button = () => editor.page.locator('#wa-call-request-permission-choose');
  const choices = () => editor.page.locator('#wa-call-request-permission-choices');
  const kept = () =>
    editor.page.evaluate(
      "JSON.stringify(['template', 'templateType', 'language'].map((name) => $('#node-input-' + name).val()))",
    );

  it('lets a template be chosen, with its language, and says which variables are to be filled in', async () => {
    await button().click();
    const row = choices().locator('button');
    await row.first().waitFor();
    assert.match(
      await row.first().innerText(),
      /^call_permission · en_US\s+Hello \{\{1\}\}, may we call you about \{\{2\}\}\?$/,
    );
    await row.first().click();
    assert.equal(await kept(), JSON.stringify(['call_permission', 'str', 'en_US']));
    assert.match(await choices().innerText(), /these variables: 1, 2/);
  });

  it('shows what cannot be sent, and does not let it be chosen', async () => {
    const paused = { name: 'call_permission', status: 'PAUSED' };
    const set = (change: object) => editor.control('template', change);
    assert.equal((await set(paused)).status, 200);
    await button().click();
    const row = choices().locator('button');
    await row.first().waitFor();
    assert.match(await row.first().innerText(), /^call_permission · en_US · paused/);
    assert.ok(await row.first().isDisabled());
    await set({ ...paused, status: 'APPROVED' });
  });

  it('says what to do about a number that is not deployed', async () => {
    await editor.page.evaluate("$('#node-input-config').append($('<option>').val('nobody')).val('nobody')");
    await button().click();
    await choices().getByText('This number is not deployed yet. Deploy and try again.').waitFor();
  });
});
