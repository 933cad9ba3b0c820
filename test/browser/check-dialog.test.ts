import { strict as assert } from 'node:assert';
import { type FlowNode, TAB } from '../system/flows.ts';
import { Editor } from './editor.ts';

const MARKUP = '<img src=x onerror="window.marked = 1">';
const FLOWS: FlowNode[] = [
  TAB,
  { id: 'number', type: 'wa-call-config', name: 'Sales', provider: 'simulator', webhookPath: '/whatsapp-calling' },
  { id: 'check', type: 'wa-call-check', z: TAB.id, x: 300, y: 100, config: 'number', wires: [[], []] },
];

describe('the set-up check in the editor', function () {
  this.timeout(90_000);
  const editor = Editor.during(FLOWS, 'check');
  const open = async (id = 'number'): Promise<void> => {
    await editor.page.evaluate(`RED.editor.editConfig('', 'wa-call-config', '${id}')`);
    await editor.page.locator('#wa-call-config-check').waitFor();
  };
  const close = async (): Promise<void> => {
    await editor.page.evaluate('RED.tray.close()');
    await editor.page.locator('#wa-call-config-check').waitFor({ state: 'detached' });
  };
  const check = async (level: string): Promise<string[]> => {
    await editor.page.click('#wa-call-config-check');
    await editor.page.locator(`.wa-call-config-finding-${level}`).first().waitFor({ timeout: 30_000 });
    return editor.page.locator('.wa-call-config-finding').allInnerTexts();
  };

  it('shows in the dialog of the number that all is right, a line for each thing', async () => {
    await open();
    const lines = await check('ok');
    assert.ok(lines.length >= 12, lines.join('\n'));
    assert.equal(
      await editor.page.locator('.wa-call-config-finding-fail, .wa-call-config-finding-warn').count(),
      0,
      lines.join('\n'),
    );
    assert.ok(lines.includes('A signed probe came back through the public webhook address, unchanged.'));
    await close();
  });

  it('shows a fault first, with why and what to do, and takes what the provider wrote as text', async () => {
    const answer = await editor.control('account', {
      health: 'LIMITED',
      healthErrors: [{ error_code: 141010, error_description: MARKUP, possible_solution: 'Verify it.' }],
      fields: ['messages'],
    });
    assert.ok(answer.ok);
    await open();
    const [first = '', second = ''] = await check('fail');
    assert.match(first, /^The app does not get the webhook field "calls"\.\s+Without it .+\s+Subscribe "calls"/);
    assert.ok(second.includes(MARKUP), second);
    assert.equal(await editor.page.evaluate('window.marked'), undefined);
    await close();
  });

  it('says of a number that is not deployed what to do', async () => {
    await editor.page.evaluate("RED.editor.editConfig('', 'wa-call-config', '_ADD_')");
    await editor.page.locator('#wa-call-config-check').waitFor();
    assert.match((await check('fail'))[0] ?? '', /not deployed yet\.\s+Press "Done", deploy/);
    await close();
  });

  it('has a dialog of the node that keeps its settings', async () => {
    await editor.page.evaluate("RED.editor.edit(RED.nodes.node('check'))");
    await editor.page.locator('#node-input-from').waitFor();
    assert.equal(await editor.page.inputValue('#node-input-from'), 'warn');
    await editor.page.selectOption('#node-input-from', 'fail');
    await editor.page.fill('#node-input-publicUrl + .red-ui-typedInput-container input', 'not an address');
    await editor.page.click('#node-dialog-ok');
    const kept = await editor.page.evaluate(
      "(({ from, publicUrl, publicUrlType, valid }) => ({ from, publicUrl, publicUrlType, valid }))(RED.nodes.node('check'))",
    );
    assert.deepEqual(kept, { from: 'fail', publicUrl: 'not an address', publicUrlType: 'str', valid: false });
  });
});
