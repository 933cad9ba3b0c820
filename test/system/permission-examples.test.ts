import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { EditorEar } from './editor-ear.ts';
import { type FlowNode, injectNode, TAB } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';
import { freePort } from './npm-start.ts';

const ANA = '5511955500123';
const RUI = '5511955510177';
const example = async (name: string): Promise<FlowNode[]> =>
  JSON.parse(await readFile(path.join(checkout, 'examples', `${name}.json`), 'utf8')) as FlowNode[];

/** Something to count: asks one person by template. */
const asking = (contact: string): FlowNode[] => [
  TAB,
  injectNode('ask', ['request'], { contact, purpose: 'delivery' }),
  {
    id: 'request',
    type: 'wa-call-request-permission',
    z: TAB.id,
    config: 'c0a1f2b3d4e50001',
    template: 'call_permission',
    parameters: '["Rui", "your delivery"]',
    wires: [[], [], []],
  },
];

/** The examples about permission, as they are imported and their buttons pressed: what comes out at their debug nodes. */
describe('the examples of the permission node', function () {
  this.timeout(90_000);
  let red: NodeRedProcess;
  let ear: EditorEar;
  let flows: FlowNode[];
  let simulator: string;

  before(async () => {
    const port = await freePort();
    simulator = `http://127.0.0.1:${port}`;
    const [who, numbers] = [await example('06 Who may I call'), await example('07 Weekly numbers and the audit')];
    // Both bring the same number along; the editor keeps one of two equal configurations.
    flows = [...who, ...numbers.filter(({ type }) => type !== 'wa-call-config'), ...asking(RUI)];
    red = await NodeRedProcess.start({
      flows,
      settings: { waCallConfigSimulator: { port, relay: false, pace: 0.01 } },
    });
    ear = await EditorEar.open(red.origin);
  });
  after(async () => {
    ear?.close();
    await red?.stop();
  });

  const control = async (command: string, body: object): Promise<void> => {
    const answer = await fetch(`${simulator}/control/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${command}: ${answer.status} ${await answer.clone().text()}`);
  };
  const named = (type: string, name: string): string =>
    flows.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} "${name}"`);
  /** Presses a button. @returns what the debug node of this name says next */
  const press = async (button: string, debug: string): Promise<unknown> => {
    const heard = () =>
      ear
        .topic('debug')
        .map(({ data }) => data as { id: string; msg: string; format: string })
        .filter(({ id }) => id === named('debug', debug));
    const before = heard().length;
    await red.inject(named('inject', button));
    const deadline = Date.now() + 20_000;
    while (heard().length <= before) {
      assert.ok(Date.now() < deadline, `"${debug}" says nothing after "${button}"\n${red.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { msg, format } = heard()[before] ?? assert.fail();
    return format.startsWith('string') ? msg : JSON.parse(msg);
  };
  const mayCall = async (): Promise<{ contact: string }[]> =>
    (await press('Who may I call now?', 'to call')) as { contact: string }[];

  it('06: lists who may be called now, and nobody else', async () => {
    assert.deepEqual(await mayCall(), []);
    await control('permission', { user: ANA, answer: 'profile_permanent' });
    let listed = await mayCall();
    // The webhook may be on its way.
    for (let tries = 0; listed.length === 0 && tries < 100; tries += 1) listed = await mayCall();
    assert.deepEqual(
      listed.map(({ contact }) => contact),
      [`+${ANA}`],
    );
  });

  it('06: says why somebody may not be called, puts her on the list and releases her', async () => {
    const explained = async () =>
      (await press('Why can I not call Ana?', 'explanation')) as {
        call: { allowed: boolean; reason?: { code: string } };
      };
    assert.equal((await explained()).call.allowed, true);
    const listed = (await press('Ana says: do not call', 'permission now')) as { status: string; canCall: boolean };
    assert.deepEqual([listed.status, listed.canCall], ['denied', false]);
    assert.equal((await explained()).call.reason?.code, 'do_not_call');
    assert.deepEqual(await mayCall(), []);
    await press('Ana wants to be called again', 'permission now');
    assert.notEqual((await explained()).call.reason?.code, 'do_not_call');
    const refused = (await press('Ana wants to be called again', 'refused')) as { code: string };
    assert.equal(refused.code, 'not_on_list');
  });

  it('06: imports the CSV and tells which line was not understood', async () => {
    const told = (await press('Import a list', 'listed, and what was not understood')) as {
      listed: number;
      bad: { line: number }[];
    };
    assert.equal(told.listed, 2);
    assert.deepEqual(
      told.bad.map(({ line }) => line),
      [1, 4],
    );
  });

  it('07: says how the week went, in words, beside the targets', async () => {
    const week = async () => String(await press('Mondays at 8, or now', 'the week')).split('\n');
    assert.deepEqual(await week(), [
      'Permission granted: nothing counted (target more than 60 %)',
      'Calls answered: nothing counted (target more than 75 %)',
      'Calls completed: nothing counted (target more than 90 %)',
      'Opted out: nothing counted (target less than 5 %)',
    ]);
    await control('people', { phone: RUI });
    await red.inject('ask');
    let lines = await week();
    for (let tries = 0; lines[0]?.includes('nothing counted') && tries < 100; tries += 1) lines = await week();
    assert.equal(lines[0], 'Permission granted: 0.0 %, missed (target more than 60 %)');
    assert.equal(lines[3], 'Opted out: 0.0 %, good (target less than 5 %)');
    await control('permission', { user: RUI, answer: 'temporary' });
    for (let tries = 0; lines[0]?.includes('0.0 %, missed') && tries < 100; tries += 1) lines = await week();
    assert.equal(lines[0], 'Permission granted: 100.0 %, good (target more than 60 %)');
  });

  it('07: writes the audit into a file, each row a line, masked', async () => {
    const name = String(await press('Export the audit', 'written to'));
    assert.match(name, /^whatsapp-audit-\d{4}-\d\d-\d\d-\d{6}\.jsonl$/);
    assert.ok((await readdir(red.userDir)).includes(name));
    const text = await readFile(path.join(red.userDir, name), 'utf8');
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; event: string });
    assert.ok(rows.length > 5 && rows.every(({ seq }, index) => seq === index + 1));
    assert.ok(!text.includes(ANA) && text.includes('Maria: Ana asked for calls again by e-mail'));
    const verdict = (await press('Is the audit as it was written?', 'whole')) as { ok: boolean; rows: number };
    assert.deepEqual([verdict.ok, verdict.rows], [true, rows.length]);
  });

  it('leave no error in the log', () => {
    assert.deepEqual(
      red.log.filter((line) => /\[error\]|\[warn\].*(wa-call|change|file)/.test(line)),
      [],
    );
  });
});
