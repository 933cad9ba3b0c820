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

/** A call with somebody who is allowed to be called. */
const calling = (contact: string): FlowNode[] => [
  injectNode('dial', ['call'], { contact, purpose: '=delivery' }),
  { id: 'call', type: 'wa-call-initiate', z: TAB.id, config: 'c0a1f2b3d4e50001', wires: [[], [], [], []] },
];

/** The examples about what is stored, as they are imported and their buttons pressed: what comes out at their debug nodes. */
describe('the examples of the nodes permission and call records', function () {
  this.timeout(90_000);
  let red: NodeRedProcess;
  let ear: EditorEar;
  let flows: FlowNode[];
  let simulator: string;

  before(async () => {
    const port = await freePort();
    simulator = `http://127.0.0.1:${port}`;
    const who = await example('06 Who may I call');
    const numbers = await example('07 Weekly numbers and the audit');
    const records = await example("18 Yesterday's calls every morning");
    // They bring the same number along; the editor keeps one of several equal configurations.
    const others = [...numbers, ...records].filter(({ type }) => type !== 'wa-call-config');
    flows = [...who, ...others, ...asking(RUI), ...calling(RUI)];
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

  it('18: shows each call as it ends, and those of today when asked', async () => {
    await control('script', { user: RUI, script: 'answers', talkSeconds: 61 });
    const heard = (name: string) =>
      ear
        .topic('debug')
        .map(({ data }) => data as { id: string; msg: string })
        .filter(({ id }) => id === named('debug', name));
    await red.inject('dial');
    for (let tries = 0; heard('each call').length === 0; tries += 1) {
      assert.ok(tries < 400, red.tail());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const record = JSON.parse(heard('each call')[0]?.msg ?? '') as Record<string, unknown>;
    assert.deepEqual(
      [record.outcome, record.direction, (record.contact as { phone: string }).phone],
      ['completed', 'outbound', '+55119…0177'],
    );
    assert.equal(record.billedPulses, Math.ceil(Number(record.durationSeconds) / 6));
    assert.deepEqual(await press('Calls of today', 'calls of today'), [record]);
  });

  it('18: writes the calls of yesterday into a file with its date, with the names of the columns even if there were none', async () => {
    const yesterday = new Date();
    yesterday.setDate(yesterday.getDate() - 1);
    const date = [yesterday.getFullYear(), yesterday.getMonth() + 1, yesterday.getDate()]
      .map((part) => String(part).padStart(2, '0'))
      .join('-');
    const text = String(await press('Mornings at 6, or now', 'the file'));
    assert.match(text, /^id,providerCallId,direction,.*,callbackId,score\r\n$/);
    const file = path.join(red.userDir, `whatsapp-calls-${date}.csv`);
    let written = '';
    for (let tries = 0; written === '' && tries < 100; tries += 1) {
      written = await readFile(file, 'utf8').catch(() => '');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(written, text);
  });

  it('leave no error in the log', () => {
    assert.deepEqual(
      red.log.filter((line) => /\[error\]|\[warn\].*(wa-call|change|file)/.test(line)),
      [],
    );
  });
});
