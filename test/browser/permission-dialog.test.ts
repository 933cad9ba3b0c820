import { strict as assert } from 'node:assert';
import { type FlowNode, injectNode, TAB } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { Editor } from './editor.ts';

const ANA = '5511955500123';
const MARKUP = '<img src=x onerror="window.marked = 1"> delivery';
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  injectNode('press', ['ask'], { contact: ANA, purpose: MARKUP }),
  {
    id: 'ask',
    type: 'wa-call-request-permission',
    z: TAB.id,
    config: 'number',
    contact: 'contact',
    contactType: 'msg',
    purpose: 'purpose',
    purposeType: 'msg',
    text: 'May we call?',
    template: 'call_permission',
    parameters: '["Ana", "your delivery"]',
    wires: [[], [], []],
  },
  {
    id: 'node',
    type: 'wa-call-permission',
    z: TAB.id,
    x: 400,
    y: 200,
    config: 'number',
    action: 'lookup',
    contact: 'contact',
    contactType: 'msg',
    wires: [[], []],
  },
];
/** Somebody who may read, and somebody who may only see the flows. The password is the name. */
const LOGIN = `
const people = { reader: ['read'], visitor: ['flows.read'] };
const find = (name) => Promise.resolve(people[name] ? { username: name, permissions: people[name] } : null);
module.exports.adminAuth = { type: 'credentials', users: find, authenticate: (name, word) => find(name === word ? name : '') };
`;

describe('the dialog of the permission node', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'node', { pace: 0.01 });
  beforeEach(async () => {
    await editor.page.evaluate("RED.editor.edit(RED.nodes.node('node'))");
    await editor.page.locator('#wa-call-permission-number').waitFor();
  });
  afterEach(async () => {
    await editor.page.evaluate('RED.tray.close()');
    await editor.page.locator('#wa-call-permission-number').waitFor({ state: 'detached' });
  });

  const answer = () => editor.page.locator('#wa-call-permission-answer');
  /** Types a number, looks it up, and waits until the answer tells of what is expected. */
  const lookUp = async (number: string, expected: string): Promise<string> => {
    await editor.page.fill('#wa-call-permission-number', number);
    await editor.page.click('#wa-call-permission-look-up');
    await answer().getByText(expected, { exact: true }).first().waitFor({ timeout: 15_000 });
    return answer().innerText();
  };
  const texts = (selector: string) => answer().locator(selector).allInnerTexts();

  it('shows status, why not and when next of a number that is typed, masked, with every limit', async () => {
    const never = await lookUp('+55 11 95550-0123', 'Not requested');
    assert.match(never, /May not be called now\s+This person has not been asked/);
    assert.match(never, /May be asked for permission now/);
    assert.match(never, /^\+55119…0123/);

    await editor.red.inject('press');
    await editor.red.waitForLog(/\[wa-call-request-permission|Started flows/);
    for (let tries = 0; tries < 50 && !(await texts('.wa-call-permission-badge')).includes('Pending'); tries += 1) {
      await editor.page.press('#wa-call-permission-number', 'Enter');
      await editor.page.waitForTimeout(100);
    }
    const pending = await answer().innerText();
    assert.match(pending, /May not be called now\s+This person has been asked for permission/);
    assert.match(
      pending,
      /May not be asked for permission now\s+This person was asked already: 1 permission request per 24 h/,
    );
    assert.match(pending, /Next time: \w+/);
    assert.ok(!pending.includes('95550'), 'masked');
    // Two verdicts, and each limit with what is used and where the rule comes from.
    assert.equal(await answer().locator('.wa-call-permission-verdict').count(), 2);
    const rules = await texts('.wa-call-permission-rule');
    assert.ok(rules.length >= 7 && rules.every((rule) => /, 20\d\d-\d\d-\d\d$/.test(rule)), rules.join('\n'));
    assert.deepEqual(await texts('.wa-call-permission-full .wa-call-permission-name'), [
      '1 permission request per 24 h and contact',
    ]);
    assert.ok((await texts('td.wa-call-permission-used')).includes('1 of 2'));
  });

  it('takes what strangers and flows wrote as text, never as markup', async () => {
    const told = await lookUp(ANA, 'Pending');
    assert.ok(told.includes(MARKUP), told);
    assert.equal(await answer().locator('img').count(), 0);
    assert.equal(await editor.page.evaluate('window.marked'), undefined);
  });

  it('shows a grant as soon as it is there', async () => {
    const response = await editor.control('permission', { user: ANA, answer: 'temporary' });
    assert.ok(response.ok);
    await editor.page.fill('#wa-call-permission-number', ANA);
    for (let tries = 0; tries < 50 && !(await texts('.wa-call-permission-badge')).includes('Granted'); tries += 1) {
      await editor.page.press('#wa-call-permission-number', 'Enter');
      await editor.page.waitForTimeout(100);
    }
    assert.match(await answer().innerText(), /Granted\s*until [\s\S]*May be called now/);
    // Asked by the keyboard, and the dialog is still open.
    assert.ok(await editor.page.locator('#node-dialog-ok').isVisible());
  });

  it('says what is wrong with a number, and what to do about one that is not deployed', async () => {
    await editor.page.click('#wa-call-permission-look-up');
    await answer().getByText('Enter a phone number').waitFor();
    await editor.page.fill('#wa-call-permission-number', 'somebody');
    await editor.page.press('#wa-call-permission-number', 'Enter');
    await answer().getByText('neither a phone number nor a WhatsApp user id').waitFor();
    await editor.page.evaluate("$('#node-input-config').append('<option value=\"new\">new</option>').val('new')");
    await editor.page.fill('#wa-call-permission-number', ANA);
    await editor.page.press('#wa-call-permission-number', 'Enter');
    await answer().getByText('Deploy and try again.').waitFor();
  });

  it('shows the fields of the action that is chosen, and keeps what is set', async () => {
    const shown = async (): Promise<string[]> => {
      const labels = editor.page.locator('.form-row:visible label[for^="node-input-"]:visible');
      const ids = await labels.evaluateAll((all) =>
        all.map((label) => (label.getAttribute('for') ?? '').replace('node-input-', '')),
      );
      return ids.filter((id) => !['name', 'config', 'action'].includes(id));
    };
    const wanted: Record<string, string[]> = {
      lookup: ['contact', 'purpose'],
      list: ['status', 'limit'],
      statistics: ['purpose', 'template', 'period'],
      refresh: ['contact', 'purpose'],
      doNotCall: ['contact', 'source'],
      release: ['contact', 'source'],
      importDoNotCall: ['list', 'country', 'source'],
      export: ['contact', 'period', 'format', 'unmasked'],
      verify: [],
      erase: ['contact', 'confirm'],
    };
    for (const [action, fields] of Object.entries(wanted)) {
      await editor.page.selectOption('#node-input-action', action);
      assert.deepEqual(await shown(), fields, action);
    }
    await editor.page.selectOption('#node-input-action', 'export');
    await editor.page.selectOption('#node-input-period', 'range');
    assert.deepEqual(await shown(), ['contact', 'period', 'from', 'to', 'format', 'unmasked']);
    await editor.page.selectOption('#node-input-action', 'message');
    assert.equal((await shown()).length, 14);
    await editor.page.selectOption('#node-input-action', 'list');
    await editor.page.selectOption('#node-input-status', 'granted');
    await editor.page.fill('#node-input-limit', '25');
    await editor.page.click('#node-dialog-ok');
    const kept = (await editor.page.evaluate(
      "(({ action, status, limit, contact, contactType, confirm }) => ({ action, status, limit, contact, contactType, confirm }))(RED.nodes.node('node'))",
    )) as object;
    assert.deepEqual(kept, {
      action: 'list',
      status: 'granted',
      limit: '25',
      contact: 'contact',
      contactType: 'msg',
      confirm: false,
    });
    await editor.page.evaluate("RED.editor.edit(RED.nodes.node('node'))");
    await editor.page.locator('#wa-call-permission-number').waitFor();
  });
});

describe('looking people up where users log in', function () {
  this.timeout(60_000);
  let red: NodeRedProcess;
  before(async () => {
    red = await NodeRedProcess.start({ settingsCode: LOGIN });
  });
  after(() => red?.stop());

  const lookUp = async (user?: string, scope = ''): Promise<number> => {
    let authorization = '';
    if (user !== undefined) {
      const body = { client_id: 'node-red-admin', grant_type: 'password', scope, username: user, password: user };
      const told = await red.admin('/auth/token', { method: 'POST', body: JSON.stringify(body) });
      authorization = `Bearer ${((await told.json()) as { access_token: string }).access_token}`;
    }
    const answer = await red.admin('/wa-call-permission/lookup', {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ config: 'number', contact: ANA }),
    });
    return answer.status;
  };

  it('is for those who may read', async () => {
    assert.equal(await lookUp(), 401);
    assert.equal(await lookUp('visitor', 'flows.read'), 401);
    // There is no such number in this Node-RED: the question was heard.
    assert.equal(await lookUp('reader', 'read'), 404);
  });
});
