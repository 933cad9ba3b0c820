import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { EditorEar } from './editor-ear.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const example = async (name: string): Promise<FlowNode[]> =>
  JSON.parse(await readFile(path.join(checkout, 'examples', `${name}.json`), 'utf8')) as FlowNode[];

/** The examples about the number's settings and templates, as they are imported and their buttons pressed. */
describe('the examples of the settings and the template node', function () {
  this.timeout(90_000);
  let red: NodeRedProcess;
  let ear: EditorEar;
  let flows: FlowNode[];

  before(async () => {
    const [settings, templates] = [
      await example('16 Call hours and settings'),
      await example('17 Ask with a template'),
    ];
    // Both bring the same number along; the editor keeps one of two equal configurations.
    flows = [...settings, ...templates.filter(({ type }) => type !== 'wa-call-config')];
    red = await NodeRedProcess.start({ flows, settings: { waCallConfigSimulator: { relay: false, pace: 0.01 } } });
    ear = await EditorEar.open(red.origin);
  });
  after(async () => {
    ear?.close();
    await red?.stop();
  });

  /** In which of the two examples a name is looked for: both have a "refused". */
  let tab: string | undefined;
  const named = (type: string, name: string): string =>
    flows.find((node) => node.type === type && node.name === name && (tab === undefined || node.z === tab))?.id ??
    assert.fail(`no ${type} "${name}"`);
  const open = (label: string): void => {
    tab = flows.find((node) => node.type === 'tab' && node.label === label)?.id;
  };
  const heard = (debug: string): Record<string, unknown>[] =>
    ear
      .topic('debug')
      .map(({ data }) => data as { id: string; msg: string })
      .filter(({ id }) => id === named('debug', debug))
      .map(({ msg }) => JSON.parse(msg) as Record<string, unknown>);
  const wait = async (debug: string, at: number): Promise<Record<string, unknown>> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = heard(debug)[at];
      if (found !== undefined) return found;
      assert.ok(Date.now() < deadline, `"${debug}" says nothing\n${red.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const press = async (button: string, debug: string): Promise<Record<string, unknown>> => {
    const before = heard(debug).length;
    await red.inject(named('inject', button));
    return wait(debug, before);
  };
  const paths = (msg: Record<string, unknown>): string[] => (msg.changes as { path: string }[]).map((one) => one.path);

  it('16: hours, one date and the icon are set one after the other, and none takes another away', async () => {
    open('16 Call hours and settings');
    const first = await press('Read', 'settings');
    assert.equal((first.settings as { status: string }).status, 'enabled');
    const week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'].map((day) => `hours.weekly.${day}`);
    assert.deepEqual(paths(await press('Office hours', 'changed')), ['hours.status', 'hours.timeZone', ...week]);
    assert.deepEqual(paths(await press('Short day in a month', 'changed')), ['hours.holidays']);
    assert.deepEqual(paths(await press('Hide the icon', 'changed')), ['icons.visibility']);
    const { reason } = await press('A mistake', 'refused');
    assert.match((reason as { text: string }).text, /monday the hours 18:00 to 09:00 end before they begin/);
    const { settings } = (await press('Read', 'settings')) as unknown as {
      settings: { icons: object; hours: { weekly: { friday: object[] }; holidays: { from: string; to: string }[] } };
    };
    assert.deepEqual(settings.icons, { visibility: 'disable_all', countries: [] });
    assert.equal(settings.hours.weekly.friday.length, 2);
    assert.deepEqual(
      settings.hours.holidays.map(({ from, to }) => [from, to]),
      [['09:00', '12:00']],
    );
  });

  it('17: the template is created, approved, and asked with; the request is followed', async () => {
    open('17 Ask with a template');
    const early = await press('Ask too early', 'not asked');
    assert.equal((early.reason as { code: string }).code, 'template_not_approved');
    const buttons = await press('Buttons of my own', 'refused');
    assert.equal((buttons.reason as { code: string }).code, 'template_unfit');
    const submitted = await press('Create the template', 'submitted');
    assert.equal(submitted.payload, 'pending');
    const asked = await wait('asked', 0);
    assert.equal(typeof asked.requestId, 'string');
    for (const [at, status] of ['sent', 'delivered', 'read'].entries()) {
      const told = await wait('on its way', at);
      assert.deepEqual([told.payload, told.requestId], [status, asked.requestId]);
    }
    assert.equal((await press('State', 'state')).payload, 'approved');
    assert.equal((await press('Delete', 'state')).payload, 1);
    assert.equal(((await press('State', 'refused')).reason as { code: string }).code, 'template_unknown');
  });
});
