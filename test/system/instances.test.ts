import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshSchema, postgresServer } from '../postgres.ts';
import { Cloud } from './cloud.ts';
import { type FlowNode, logNode, TAB } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';
const BOB = '5511955500777';
/** 30 s of silence until an instance is dead, 10 s until somebody looks, and a slow machine. */
const DEAD_SECONDS = 60;

/** Calls whom it is told to, and writes down what becomes of it. */
function flows(config: FlowNode, connection: string, schema: string): FlowNode[] {
  const at = { z: TAB.id, x: 1, y: 1 };
  const log = (name: string): FlowNode => ({
    ...logNode(name, name),
    ...at,
    func: `const { call, reason, topic } = msg; node.log(${JSON.stringify(`[test:${name}] `)} + JSON.stringify({ call, reason, topic })); return null;`,
  });
  return [
    TAB,
    { ...config, store: 'store' },
    { id: 'store', type: 'wa-call-permission-store', engine: 'postgres', schema, credentials: { connection } },
    { id: 'in', type: 'http in', ...at, url: '/call', method: 'post', wires: [['response', 'unpack']] },
    { id: 'response', type: 'http response', ...at, wires: [] },
    {
      ...{ id: 'unpack', type: 'function', ...at, outputs: 1, wires: [['initiate']] },
      func: 'return { contact: msg.payload.contact, purpose: "a test" };',
    },
    {
      ...{ id: 'initiate', type: 'wa-call-initiate', ...at, config: config.id, ringSeconds: 300, maxSeconds: 600 },
      wires: [['answered'], ['ended'], ['refused'], ['refused']],
    },
    { id: 'replies', type: 'wa-call-permission-in', ...at, config: config.id, wires: [['granted'], [], ['lost']] },
    ...['answered', 'ended', 'refused', 'granted', 'lost'].map(log),
  ];
}

describe('two Node-REDs on one number and one PostgreSQL', function () {
  this.timeout(240_000);
  let cloud: Cloud;
  let a: NodeRedProcess;
  let b: NodeRedProcess;

  before(async () => {
    cloud = await Cloud.start({ people: [{ phone: ANA }, { phone: BOB }], pace: 0.25, ringSeconds: 2_000 });
    const program = flows(cloud.config(), (await postgresServer()).url(), freshSchema());
    a = await NodeRedProcess.start({ flows: program });
    b = await NodeRedProcess.start({ flows: program });
    await cloud.until('A listens', async () => (await fetch(`${a.origin}/whatsapp-calling`)).status !== 404, a);
    // Every webhook goes to B.
    await cloud.serve(b);
    for (const user of [ANA, BOB])
      await cloud.simulator.control.do('permission', { user, answer: 'profile_permanent' });
    await cloud.until('both have allowed it', () => said(b, 'granted') === 2, b);
  });
  after(async () => {
    await a?.stop();
    await b?.stop();
    await cloud?.close();
  });

  const said = (red: NodeRedProcess, name: string, text = ''): number =>
    red.log.filter((line) => line.includes(`[test:${name}]`) && line.includes(text)).length;
  async function call(red: NodeRedProcess, contact: string): Promise<void> {
    const answer = await fetch(`${red.origin}/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ contact }),
    });
    assert.equal(answer.status, 200);
  }

  it('a call placed by A is answered and ended by webhooks that B gets, and told at A alone', async () => {
    await cloud.simulator.control.do('script', { user: ANA, script: 'answers', afterSeconds: 2, talkSeconds: 8 });
    await call(a, ANA);
    await cloud.until('answered', () => said(a, 'answered') === 1, a);
    await cloud.until('ended', () => said(a, 'ended') === 1, a);
    assert.equal(said(a, 'ended', '"outcome":"completed"'), 1, a.tail());
    assert.deepEqual([said(b, 'answered'), said(b, 'ended'), said(a, 'granted')], [0, 0, 0]);
    assert.equal(cloud.requests('terminate').length, 0);
  });

  it('A is killed while it rings: B ends the call, once, places nothing, and tells the end', async () => {
    await cloud.simulator.control.do('script', { user: BOB, script: 'no_answer' });
    await call(a, BOB);
    await cloud.until('it rings', () => cloud.callTo(BOB)?.state === 'ringing', a);
    await a.kill('SIGKILL');
    const killed = Date.now();
    while (cloud.live().length > 0) {
      assert.ok(Date.now() - killed < DEAD_SECONDS * 1_000, `nobody ended it:\n${b.tail()}`);
      await sleep(50);
    }
    const seconds = (Date.now() - killed) / 1_000;
    console.log(`      from kill -9 to the end of the call: ${seconds.toFixed(1)} s`);
    await cloud.until('told', () => said(b, 'ended') === 1, b);
    await sleep(1_500);
    const placed = cloud.callTo(BOB);
    assert.ok(placed);
    assert.equal(cloud.requests('connect').length, 2);
    assert.equal(cloud.requests('terminate', placed.id).length, 1);
    assert.equal(said(b, 'ended'), 1);
    assert.deepEqual(cloud.violations(), []);
  });

  it('A comes back and leaves a call that B holds alone', async () => {
    await call(b, BOB);
    await cloud.until('it rings', () => cloud.callTo(BOB)?.state === 'ringing', b);
    await a.restart();
    await cloud.until('A listens', async () => (await fetch(`${a.origin}/whatsapp-calling`)).status !== 404, a);
    await sleep(2_000);
    assert.equal(cloud.callTo(BOB)?.state, 'ringing');
    const ringing = cloud.callTo(BOB);
    assert.ok(ringing);
    assert.equal(cloud.requests('terminate', ringing.id).length, 0);
    await b.stop();
    assert.equal(cloud.live().length, 0);
  });
});
