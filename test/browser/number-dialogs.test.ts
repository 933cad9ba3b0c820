import { strict as assert } from 'node:assert';
import type { Browser, Page } from 'playwright-core';
import { type FlowNode, TAB } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { freePort } from '../system/npm-start.ts';
import { launchChromium } from './chromium.ts';

const HOURS = {
  status: 'ENABLED',
  timezone_id: 'Europe/Lisbon',
  weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1230' }],
  holiday_schedule: [{ date: '2099-12-25', start_time: '0000', end_time: '2359' }],
};
const node = (id: string, type: string, more: object): FlowNode =>
  ({ id, type, z: TAB.id, x: 400, y: 200, config: 'number', wires: [], ...more }) as FlowNode;
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  node('settings', 'wa-call-settings', { action: 'change', from: 'dialog', wires: [[], []] }),
  node('template', 'wa-call-template', { action: 'create', from: 'ready', y: 300, wires: [[], [], []] }),
];

describe('the dialogs of the settings and the template node', function () {
  this.timeout(90_000);
  let red: NodeRedProcess;
  let browser: Browser;
  let page: Page;
  let graph: string;

  before(async () => {
    const port = await freePort();
    graph = `http://127.0.0.1:${port}/v25.0/334455667788990/settings`;
    red = await NodeRedProcess.start({
      flows: FLOWS,
      settings: { waCallConfigSimulator: { port, relay: false, pace: 0.01, accessToken: 'dialogs' } },
    });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1250, height: 1300 } });
    await page.goto(red.origin);
    await page.locator('[id="settings"]').waitFor({ timeout: 30_000 });
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });

  const field = (name: string) => page.locator(`.red-ui-tray #node-input-${name}`);
  const edit = async (id: string): Promise<void> => {
    await page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`);
    await field('action').waitFor();
  };
  const done = async (): Promise<void> => {
    await page.locator('#node-dialog-ok').click();
    await field('action').waitFor({ state: 'detached' });
  };
  const saved = (id: string, name: string): Promise<unknown> => page.evaluate(`RED.nodes.node('${id}').${name}`);
  const shot = async (name: string): Promise<void> => {
    if (process.env.WA_TEST_SHOTS) await page.screenshot({ path: `${process.env.WA_TEST_SHOTS}/${name}.png` });
  };

  it('load what the number has, edit one row of a table, and mark only that table to be written', async () => {
    const put = await fetch(graph, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer dialogs' },
      body: JSON.stringify({ calling: { call_hours: HOURS, sip: { status: 'ENABLED', servers: [] } } }),
    });
    assert.equal(put.status, 200);
    await edit('settings');
    await page.locator('#wa-call-settings-load').click();
    const answer = page.locator('#wa-call-settings-answer');
    await answer.getByText('SIP is switched on for this number').waitFor();
    assert.equal(await page.locator('#wa-call-settings-now-hours').innerText(), 'now: on');
    assert.equal(await field('timeZone').inputValue(), 'Europe/Lisbon');
    const dates = page.locator('.wa-call-settings-date');
    assert.equal(await dates.first().inputValue(), '2099-12-25');
    assert.deepEqual(
      [await field('changeWeek').isChecked(), await field('changeHolidays').isChecked()],
      [false, false],
    );
    await page.locator('.wa-call-settings-open').first().fill('08:30');
    await page.locator('.wa-call-settings-open').first().blur();
    assert.deepEqual([await field('changeWeek').isChecked(), await field('changeHolidays').isChecked()], [true, false]);
    await shot('settings');
    await done();
    assert.deepEqual(JSON.parse(String(await saved('settings', 'weekly'))), [
      { day: 'monday', open: '08:30', close: '12:30' },
    ]);
    assert.equal(await saved('settings', 'changeWeek'), true);
    assert.equal(await saved('settings', 'status'), 'keep');
    await edit('settings');
    assert.equal(
      await page.locator('.wa-call-settings-open').first().inputValue(),
      '08:30',
      'the table is there again',
    );
    await field('action').selectOption('read');
    assert.equal(await field('timeZone').isVisible(), false);
    await page.locator('#node-dialog-cancel').click();
    await field('action').waitFor({ state: 'detached' });
  });

  it('keep a table that is filled in when the number has no hours', async () => {
    const put = await fetch(graph, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer dialogs' },
      body: JSON.stringify({ calling: { call_hours: { ...HOURS, holiday_schedule: [] } } }),
    });
    assert.equal(put.status, 200);
    await edit('settings');
    await page.evaluate("$('#wa-call-settings-holidays').editableList('addItem', { date: '2099-01-01' })");
    await page.locator('#wa-call-settings-load').click();
    await page.locator('#wa-call-settings-answer').getByText('This is what the number has now').waitFor();
    assert.equal(await page.locator('.wa-call-settings-open').first().inputValue(), '09:00');
    const dates = await page
      .locator('.wa-call-settings-date')
      .evaluateAll((all) => all.map((field) => Reflect.get(field, 'value')));
    assert.ok(dates.includes('2099-01-01'), String(dates));
    await page.locator('#node-dialog-cancel').click();
    await field('action').waitFor({ state: 'detached' });
  });

  it('show a ready template, copy it, and say what is wrong with the copy', async () => {
    await edit('template');
    await page.locator('#wa-call-template-preview').getByText('may we call you on WhatsApp about {{2}}').waitFor();
    await field('readyLanguage').selectOption('de');
    await page.locator('#wa-call-template-preview').getByText('dürfen wir Sie per WhatsApp').waitFor();
    await shot('template-ready');
    await page.locator('#wa-call-template-copy').click();
    assert.equal(await field('from').inputValue(), 'own');
    assert.equal(await field('language').inputValue(), 'de');
    await page.locator('#wa-call-template-check').click();
    const answer = page.locator('#wa-call-template-answer');
    await answer.getByText('Nothing to object to.').waitFor();
    await field('examples').fill('[]');
    await field('body').fill('Guten Tag {{1}}, ein Rabatt für {{2}}!');
    await page.locator('#wa-call-template-check').click();
    await answer.getByText('There is no example for {{1}}, {{2}}').waitFor();
    await shot('template-check');
    await done();
    assert.equal(await saved('template', 'body'), 'Guten Tag {{1}}, ein Rabatt für {{2}}!');
    assert.equal(await saved('template', 'template'), 'call_permission_general');
  });
});
