import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { greetingWav } from '../../lib/runtime/greeting.ts';
import { correlate, decodeWav, loudness, resample, speechLike, writeWav } from '../browser/audio.ts';
import { checkout } from '../checkout.mts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';
type Told = Record<string, Record<string, unknown> | undefined>;

describe('the examples with calls of people', function () {
  this.timeout(120_000);
  let cloud: Cloud;
  let red: NodeRedProcess;
  let folder: string;
  let flow: FlowNode[];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wa-call-incoming-'));
    cloud = await Cloud.start({ pace: 0.3 });
    red = await NodeRedProcess.start();
  });
  after(async () => {
    await red?.stop();
    await cloud?.close();
    await rm(folder, { recursive: true });
  });

  /** The example as it is imported, with the simulator of the test behind its number and a log behind each debug node. */
  async function begin(name: string, change: (node: FlowNode) => FlowNode = (node) => node): Promise<void> {
    const nodes = JSON.parse(await readFile(path.join(checkout, 'examples', `${name}.json`), 'utf8')) as FlowNode[];
    flow = nodes.map((node) => {
      if (node.type === 'wa-call-config') return { ...cloud.config(), id: node.id };
      if (node.type !== 'debug') return change(node);
      const func = `node.log('[told:${String(node.name)}] ' + JSON.stringify(msg)); return null;`;
      return { ...node, type: 'function', outputs: 0, func };
    });
    await red.deploy(flow);
    await cloud.serve(red);
  }
  /** @param holding a part of the line, where the same node tells several times */
  const told = async (name: string, holding = ''): Promise<Told> => {
    const line = await red.waitForLog(new RegExp(`\\[told:${name.replace(/[^\w ]/g, '\\$&')}\\] \\{.*${holding}.*\\}`));
    return JSON.parse(line.slice(line.indexOf('{', line.indexOf('[told:')))) as Told;
  };
  const press = (name: string) => red.inject(flow.find((node) => node.name === name)?.id ?? '');
  const ring = (voice: object) => cloud.simulator.control.do('call/start', { user: ANA, voice } as never);
  const hangUp = () => cloud.simulator.control.do('call/hangup', { user: ANA });

  it('13: a call is answered and greeted, and both voices are in the file, each on its side', async () => {
    const person = { sampleRate: 16_000, channels: [speechLike({ seconds: 30, sampleRate: 16_000, seed: 7 })] };
    const file = path.join(folder, 'person.wav');
    await writeWav(file, person);
    await begin('13 Answer calls');
    await ring({ kind: 'wav', file });
    assert.match(String((await told('it rings: who')).contact?.phone), /^\+55119/);
    await cloud.until('the call is up', () => cloud.callTo(ANA)?.state === 'in_call', red);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await hangUp();
    const { call } = await told('ended: outcome');
    assert.deepEqual([call?.outcome, call?.endedBy, call?.direction], ['completed', 'them', 'inbound']);
    const { recording } = await told('path of the recording');
    const { channels, sampleRate } = decodeWav(await readFile(String(recording?.file)));
    const [left = new Float32Array(), right = new Float32Array()] = channels;
    assert.ok(loudness(left) > 0.01 && loudness(right) > 0.001, `${loudness(left)} ${loudness(right)}`);
    const second = (samples: Float32Array, from: number) =>
      samples.subarray(from * sampleRate, (from + 1) * sampleRate);
    const said = resample(person.channels[0] ?? left, 16_000, sampleRate);
    const greeted = decodeWav(Buffer.from(greetingWav()));
    const greeting = resample(greeted.channels[0] ?? right, greeted.sampleRate, sampleRate);
    assert.ok(correlate(second(left, 2), said, sampleRate).score > 0.5, 'left is the person');
    assert.ok(correlate(second(greeting, 1), right, sampleRate).score > 0.5, 'right is what we said');
    assert.deepEqual(cloud.violations(), [], 'and nothing was sent before the reply to accept');

    await ring({ kind: 'silence' });
    await told('it rings: who', 'ringing');
    await hangUp();
    assert.ok(await told('missed: why', '"outcome":"cancelled"'));
  });

  it('14: outside the hours: a message and an entry; so is a button', async () => {
    const closed = Object.fromEntries(['monday', 'tuesday', 'wednesday', 'thursday', 'friday'].map((day) => [day, '']));
    await begin('14 Outside the hours', (node) =>
      node.type === 'wa-call-answer' ? { ...node, ...closed, holidays: '' } : node,
    );
    await ring({ kind: 'silence' });
    const { reason, callback, call } = await told('refused or missed: why');
    assert.deepEqual([call?.outcome, reason?.code, callback?.source], ['declined', 'outside_hours', 'outside_hours']);
    const sent = () => JSON.stringify(cloud.simulator.control.read('requests')).includes('We are closed now');
    await cloud.until('the message', sent, red);
    await cloud.simulator.control.do('message', { user: '351912000456', text: ' call me BACK! ' });
    await cloud.until('it arrived', () => cloud.answered.some(({ body }) => body.includes('call me BACK')), red);
    await press('Who is waiting');
    const { payload } = await told('people to be called back');
    const sources = (payload as unknown as { source: string }[]).map(({ source }) => source);
    assert.deepEqual(sources, ['outside_hours', 'message']);
    await cloud.simulator.control.do('message', { user: '351912000456', text: 'stop calls' });
    await cloud.until('it arrived', () => cloud.answered.some(({ body }) => body.includes('stop calls')), red);
    assert.deepEqual(cloud.violations(), []);
  });

  it('15: entries are worked off one by one: asked for permission first, then called; a conversation completes one', async () => {
    await begin('15 Call back');
    await cloud.simulator.control.do('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 60 });
    // The other one on the list has opted out meanwhile, which cancels the entry.
    await press('Note Ana');
    await told('noted');
    await press('Call the next one');
    await told('asked for permission', '"status":"pending"');
    await cloud.simulator.control.do('permission', { user: ANA, answer: 'temporary' });
    await cloud.until('the grant', () => cloud.answered.some(({ body }) => body.includes('user_action')), red);
    await told('put back');
    await press('Call the next one');
    const { call, callback } = await told('called back');
    assert.deepEqual([call?.outcome, call?.direction], ['completed', 'outbound']);
    assert.equal(callback?.state, 'claimed');
    await press('Call the next one');
    assert.equal((await told('nobody is waiting')).reason?.code, 'nothing_due');

    await press('Plan a call in an hour');
    await told('noted', '"purpose":"your delivery at three"');
    await cloud.simulator.control.do('message', { user: ANA, text: 'Please, no calls' });
    await cloud.until('it arrived', () => cloud.answered.some(({ body }) => body.includes('Please, no calls')), red);
    await press('What is planned?');
    const planned = (await told('planned, or cancelled')).payload as unknown as { state: string; purpose?: string }[];
    assert.deepEqual(
      planned.filter(({ purpose }) => purpose !== undefined).map(({ state }) => state),
      ['cancelled'],
    );
    assert.deepEqual(cloud.violations(), []);
  });
});
