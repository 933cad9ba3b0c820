import { strict as assert } from 'node:assert';
import type { Browser, Page } from 'playwright-core';
import { type FlowNode, TAB } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { freePort } from '../system/npm-start.ts';
import { launchChromium } from './chromium.ts';

const MARKUP = '<img src=x onerror="window.marked = 1">';
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  { id: 'check', type: 'wa-call-check', z: TAB.id, x: 300, y: 100, config: 'number', wires: [[], []] },
];

describe('the set-up check in the editor', function () {
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
    await page.locator('[id="check"]').waitFor({ timeout: 30_000 });
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });
  const open = async (id = 'number'): Promise<void> => {
    await page.evaluate(`RED.editor.editConfig('', 'wa-call-config', '${id}')`);
    await page.locator('#wa-call-config-check').waitFor();
  };
  const close = async (): Promise<void> => {
    await page.evaluate('RED.tray.close()');
    await page.locator('#wa-call-config-check').waitFor({ state: 'detached' });
  };
  const check = async (level: string): Promise<string[]> => {
    await page.click('#wa-call-config-check');
    await page.locator(`.wa-call-config-finding-${level}`).first().waitFor({ timeout: 30_000 });
    return page.locator('.wa-call-config-finding').allInnerTexts();
  };

  it('shows in the dialog of the number that all is right, a line for each thing', async () => {
    await open();
    const lines = await check('ok');
    assert.ok(lines.length >= 12, lines.join('\n'));
    assert.equal(
      await page.locator('.wa-call-config-finding-fail, .wa-call-config-finding-warn').count(),
      0,
      lines.join('\n'),
    );
    assert.ok(lines.includes('A signed probe came back through the public webhook address, unchanged.'));
    await close();
  });

  it('shows a fault first, with why and what to do, and takes what the provider wrote as text', async () => {
    const answer = await fetch(`${simulator}/control/account`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        health: 'LIMITED',
        healthErrors: [{ error_code: 141010, error_description: MARKUP, possible_solution: 'Verify it.' }],
        fields: ['messages'],
      }),
    });
    assert.ok(answer.ok);
    await open();
    const [first = '', second = ''] = await check('fail');
    assert.match(first, /^The app does not get the webhook field "calls"\.\s+Without it .+\s+Subscribe "calls"/);
    assert.ok(second.includes(MARKUP), second);
    assert.equal(await page.evaluate('window.marked'), undefined);
    await close();
  });

  it('says of a number that is not deployed what to do', async () => {
    await page.evaluate("RED.editor.editConfig('', 'wa-call-config', '_ADD_')");
    await page.locator('#wa-call-config-check').waitFor();
    assert.match((await check('fail'))[0] ?? '', /not deployed yet\.\s+Press "Done", deploy/);
    await close();
  });

  it('has a dialog of the node that keeps its settings', async () => {
    await page.evaluate("RED.editor.edit(RED.nodes.node('check'))");
    await page.locator('#node-input-from').waitFor();
    assert.equal(await page.inputValue('#node-input-from'), 'warn');
    await page.selectOption('#node-input-from', 'fail');
    await page.fill('#node-input-publicUrl + .red-ui-typedInput-container input', 'not an address');
    await page.click('#node-dialog-ok');
    const kept = await page.evaluate(
      "(({ from, publicUrl, publicUrlType, valid }) => ({ from, publicUrl, publicUrlType, valid }))(RED.nodes.node('check'))",
    );
    assert.deepEqual(kept, { from: 'fail', publicUrl: 'not an address', publicUrlType: 'str', valid: false });
  });
});
