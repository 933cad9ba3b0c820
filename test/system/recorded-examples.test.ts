import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeWav } from '../browser/audio.ts';
import { checkout } from '../checkout.mts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';

/** The examples as they are imported, with the simulator of the test behind their number and a log behind each debug node. */
async function example(name: string, cloud: Cloud): Promise<FlowNode[]> {
  const nodes = JSON.parse(await readFile(path.join(checkout, 'examples', name), 'utf8')) as FlowNode[];
  return nodes.map((node) => {
    if (node.type === 'wa-call-config') return { ...cloud.config(), id: node.id };
    if (node.type !== 'debug') return node;
    const func = `node.log('[told:${String(node.name)}] ' + JSON.stringify(msg)); return null;`;
    return { ...node, type: 'function', outputs: 0, func };
  });
}

describe('the examples with recordings and keys', function () {
  this.timeout(120_000);
  let cloud: Cloud;
  let red: NodeRedProcess;

  before(async () => {
    cloud = await Cloud.start({ pace: 0.3 });
    red = await NodeRedProcess.start();
  });
  after(async () => {
    await red?.stop();
    await cloud?.close();
  });

  const told = async (name: string): Promise<Record<string, Record<string, unknown>>> => {
    const escaped = name.replace(/[^\w ]/g, '\\$&');
    const line = await red.waitForLog(new RegExp(`\\[told:${escaped}\\] \\{.*\\}`));
    return JSON.parse(line.slice(line.indexOf('{', line.indexOf('[told:')))) as never;
  };
  const press = (digit: string) => cloud.simulator.control.do('call/digit', { user: ANA, digit });
  const inCall = () =>
    cloud.until('the call is up', () => JSON.stringify(cloud.callTo(ANA) ?? {}).includes('in_call'), red);

  async function begin(name: string): Promise<void> {
    const flow = await example(name, cloud);
    await red.deploy(flow);
    await cloud.serve(red);
    const before = cloud.answered.length;
    await cloud.simulator.control.do('permission', { user: ANA, answer: 'profile_permanent' });
    await cloud.until('the grant arrived', () => cloud.answered.length > before, red);
    await cloud.simulator.control.do('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 60 });
    await red.inject(flow.find(({ type }) => type === 'inject')?.id ?? '');
    await inCall();
  }

  it('08: what is said between * and # is not in the file', async () => {
    await begin('08 Record without the card number.json');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await press('*');
    assert.deepEqual((await told('paused')).media, { action: 'pause', recordings: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await press('#');
    assert.deepEqual((await told('resumed')).media, { action: 'resume', recordings: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await cloud.simulator.control.do('call/hangup', { user: ANA });
    const { recording } = await told('path of the recording');
    const { file, pausedSeconds } = recording as { file: string; pausedSeconds: number };
    assert.match(file, /-55119_0123-your-delivery-4471\.wav$/);
    assert.ok(pausedSeconds > 1.2 && pausedSeconds < 20, `${pausedSeconds}`);
    const { channels, sampleRate } = decodeWav(await readFile(file));
    // What we sent is a greeting that goes on all the time, with rests of half a second: the long silence is the pause.
    const [, sent = new Float32Array()] = channels;
    let [longest, run] = [0, 0];
    for (const sample of sent) {
      run = sample === 0 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    assert.ok(Math.abs(longest / sampleRate - pausedSeconds) < 0.5, `${longest / sampleRate} s of ${pausedSeconds}`);
    assert.deepEqual(cloud.violations(), []);
  });

  it('09: a key interrupts the menu, 1 answers, 2 hangs up', async () => {
    await begin('09 Menu with keys.json');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await press('1');
    const { prompt } = await told('answer 1 played');
    assert.equal(prompt?.result, 'whole');
    await press('2');
    const { call } = await told('ended: outcome');
    assert.deepEqual([call?.outcome, call?.endedBy], ['completed', 'us']);
    assert.ok(await told('2: hung up'));
    assert.deepEqual(cloud.violations(), []);
  });
});
