import { strict as assert } from 'node:assert';
import type { Browser, Page } from 'playwright-core';
import { type FlowNode, TAB } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { freePort } from '../system/npm-start.ts';
import { launchChromium } from './chromium.ts';

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
  let red: NodeRedProcess;
  let browser: Browser;
  let page: Page;
  let simulator: string;

  before(async () => {
    const port = await freePort();
    simulator = `http://127.0.0.1:${port}`;
    red = await NodeRedProcess.start({ flows: FLOWS, settings: { waCallConfigSimulator: { port, relay: false } } });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1250, height: 1100 } });
    await page.goto(red.origin);
    await page.locator('[id="node"]').waitFor({ timeout: 30_000 });
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  beforeEach(async () => {
    await page.evaluate("RED.editor.edit(RED.nodes.node('node'))");
    await button().waitFor();
  });
  afterEach(async () => {
    await page.evaluate('RED.tray.close()');
    await button().waitFor({ state: 'detached' });
  });

  const button = () => page.locator('#wa-call-request-permission-choose');
  const choices = () => page.locator('#wa-call-request-permission-choices');
  const kept = () =>
    page.evaluate(
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
    const set = (change: object) =>
      fetch(`${simulator}/control/template`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(change),
      });
    assert.equal((await set(paused)).status, 200);
    await button().click();
    const row = choices().locator('button');
    await row.first().waitFor();
    assert.match(await row.first().innerText(), /^call_permission · en_US · paused/);
    assert.ok(await row.first().isDisabled());
    await set({ ...paused, status: 'APPROVED' });
  });

  it('says what to do about a number that is not deployed', async () => {
    await page.evaluate("$('#node-input-config').append($('<option>').val('nobody')).val('nobody')");
    await button().click();
    await choices().getByText('This number is not deployed yet. Deploy and try again.').waitFor();
  });
});
