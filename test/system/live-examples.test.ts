import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';

describe('the examples with an agent and with digits', function () {
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

  /** The first message of a debug node that says so. */
  const told = async (name: string, says = ''): Promise<Record<string, Record<string, unknown>>> => {
    const escaped = (text: string) => text.replace(/[^\w ]/g, '\\$&');
    const line = await red.waitForLog(new RegExp(`\\[told:${escaped(name)}\\] \\{.*${escaped(says)}.*\\}`));
    return JSON.parse(line.slice(line.indexOf('{', line.indexOf('[told:')))) as never;
  };

  async function begin(name: string): Promise<void> {
    const nodes = JSON.parse(await readFile(path.join(checkout, 'examples', name), 'utf8')) as FlowNode[];
    const agentUrl = `${red.origin.replace('http', 'ws')}/repeating-agent`;
    const flow = nodes.map((node) => {
      if (node.type === 'wa-call-config') return { ...cloud.config(), id: node.id };
      if (node.streamTo === 'agent') return { ...node, agentUrl };
      if (node.type !== 'debug') return node;
      const func = `node.log('[told:${String(node.name)}] ' + JSON.stringify(msg)); return null;`;
      return { ...node, type: 'function', outputs: 0, func };
    });
    await red.deploy(flow);
    await cloud.serve(red);
    const before = cloud.answered.length;
    await cloud.simulator.control.do('permission', { user: ANA, answer: 'profile_permanent' });
    await cloud.until('the grant arrived', () => cloud.answered.length > before, red);
    await cloud.simulator.control.do('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 60 });
    await red.inject(flow.find(({ type }) => type === 'inject')?.id ?? '');
    await cloud.until('the call is up', () => JSON.stringify(cloud.callTo(ANA) ?? {}).includes('in_call'), red);
  }
  const press = (digit: string) => cloud.simulator.control.do('call/digit', { user: ANA, digit });

  it('11: the agent is connected, hears the call, and its end', async () => {
    await begin('11 Voice agent.json');
    const { media } = await told('what happens', '"state":"connected"');
    assert.equal(media?.event, 'agent');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await cloud.simulator.control.do('call/hangup', { user: ANA });
    const { stream } = await told('stream is over');
    assert.equal(stream?.result, 'call_ended');
    assert.ok(Number(stream?.listenedMs) > 1000 && stream?.droppedMs === 0, JSON.stringify(stream));
    assert.deepEqual(cloud.violations(), []);
  });

  it('12: a wrong key is asked again, 1 answers and hangs up', async () => {
    await begin('12 Menu with retries.json');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await press('7');
    assert.equal((await told('each key')).digits?.digit, '7');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await press('1');
    const { digits } = await told('answer 1 played');
    assert.deepEqual(digits, { digits: '1', result: 'length', tries: 2 });
    await told('hung up');
    assert.deepEqual(cloud.violations(), []);
  });
});
