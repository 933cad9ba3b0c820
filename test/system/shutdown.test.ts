import { strict as assert } from 'node:assert';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readWav } from '../browser/audio.ts';
import { callFlow, placeCall, recordingsOf, written } from './call-flow.ts';
import { Cloud } from './cloud.ts';
import { type FlowNode, TAB } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';
import { readLedger } from './stored-calls.ts';

const ANA = '5511955500123';

interface Ending {
  title: string;
  /** Does what ends the line; resolves when Node-RED has done it. */
  act(red: NodeRedProcess, flows: FlowNode[]): Promise<void>;
  /** Brings the flow back, if it is still there to hear *ended*. */
  back?: { after: 'at once' | 'the kill'; act(red: NodeRedProcess): Promise<void> };
}

const signal = (name: 'SIGTERM' | 'SIGINT'): Ending => ({
  title: `${name} ends the process`,
  act: async (red) => {
    const { code } = await red.kill(name);
    assert.equal(code, 0, `it ended with ${code}`);
  },
  back: { after: 'the kill', act: (red) => red.restart() },
});

const ENDINGS: Ending[] = [
  {
    title: 'the number is changed',
    act: (red, flows) =>
      red.deploy(
        flows.map((node) => (node.id === 'config' ? moved(node) : node)),
        'nodes',
      ),
    back: { after: 'at once', act: async () => {} },
  },
  {
    title: 'the number is removed',
    act: (red, flows) => red.deploy(flows.filter(({ id }) => id !== 'config')),
  },
  {
    title: "the number's tab is disabled",
    act: (red, flows) =>
      red.deploy(
        flows.map((node) => (node.id === TAB.id ? { ...node, disabled: true } : node)),
        'flows',
      ),
  },
  {
    title: 'the flows are stopped',
    act: (red) => setState(red, 'stop'),
    back: { after: 'at once', act: (red) => setState(red, 'start') },
  },
  signal('SIGTERM'),
  signal('SIGINT'),
];

const moved = (config: FlowNode): FlowNode => ({ ...config, webhookPath: '/second' });

async function setState(red: NodeRedProcess, state: 'start' | 'stop'): Promise<void> {
  const response = await red.admin('/flows/state', { method: 'POST', body: JSON.stringify({ state }) });
  if (!response.ok) throw new Error(`${state}: HTTP ${response.status}`);
}

describe('a call when its line goes away', function () {
  this.timeout(60_000);

  for (const { title, act, back } of ENDINGS) {
    it(`is ended at the provider first, and whole on disk, when ${title}`, async () => {
      const cloud = await Cloud.start({ pace: 0.3 });
      // Node-RED offers to stop flows only if it is told to.
      const red = await NodeRedProcess.start({ settings: { runtimeState: { enabled: true } } });
      try {
        const log = path.join(red.userDir, 'told.jsonl');
        const told = async (what: string) => (await written(log)).filter((line) => line.what === what);
        const flows = callFlow(cloud.config({ z: TAB.id }), log);
        await red.deploy(flows);
        await cloud.serve(red);
        await cloud.simulator.control.do('permission', { user: ANA, answer: 'profile_permanent' });
        await cloud.simulator.control.do('script', { user: ANA, script: 'answers', afterSeconds: 2 });
        await cloud.until('the grant arrived', () => cloud.answered.some(({ status }) => status === 200), red);
        await placeCall(red, ANA, title);
        await cloud.until('the call is recorded', async () => (await told('answered')).length > 0, red);
        const call = cloud.live()[0] ?? assert.fail('no call');
        const begun = (await cloud.packets(call.id)).fromBusiness;
        await cloud.until('it goes on', async () => (await cloud.packets(call.id)).fromBusiness > begun + 75, red);
        assert.deepEqual(cloud.requests('terminate'), []);

        const opened = newLine(red);
        await act(red, flows);
        const [terminate, ...more] = cloud.requests('terminate', call.id);
        assert.ok(terminate !== undefined, 'the provider was asked to end the call before it was over here');
        assert.deepEqual(more, []);
        assert.equal(terminate.status, 200);
        assert.equal(cloud.callTo(ANA)?.state, 'ended');
        if (title === 'the number is changed') {
          const at = await opened.at;
          assert.ok(Date.parse(terminate.at) <= at, `terminate at ${terminate.at}, new line at ${at}`);
        }
        opened.stop();

        const hear = async (): Promise<void> => {
          await back?.act(red);
          await cloud.until('*ended* is told', async () => (await told('ended')).length > 0, red);
        };
        if (back?.after === 'at once') await hear();
        // Whatever is not on disk by now will not be there after this.
        if (red.pid !== undefined) await red.kill('SIGKILL');
        const files = await readdir(recordingsOf(red));
        assert.equal(files.length, 1);
        assert.match(files[0] ?? '', /\.wav$/);
        const { sampleRate, channels } = await readWav(path.join(recordingsOf(red), files[0] ?? ''));
        assert.ok((channels[0]?.length ?? 0) / sampleRate > 1.2, 'all of it');
        const stored = await readLedger(red, (rows) =>
          rows('SELECT reservation_id, outcome, live, ended_at FROM call'),
        );
        assert.equal(stored.length, 1);
        assert.equal(stored[0]?.reservation_id, call.opaque);
        assert.equal(stored[0]?.outcome, 'completed');
        assert.equal(stored[0]?.live, 0);
        assert.ok(Number(stored[0]?.ended_at) > 0);
        if (back?.after === 'the kill') await hear();
        const ended = await told('ended');
        assert.deepEqual(
          ended.map((line) => line.call?.id),
          back === undefined ? [] : [call.opaque],
        );
        assert.deepEqual(cloud.violations(), []);
      } finally {
        await red.stop();
        await cloud.close();
      }
    });
  }
});

/** Watches for the line that takes the place of the old one: the moment at which its webhook opens. */
function newLine(red: NodeRedProcess): { at: Promise<number>; stop(): void } {
  let over = false;
  const watch = async (): Promise<number> => {
    while (!over) {
      const status = await fetch(`${red.origin}/second`).then(
        (response) => response.status,
        () => 404,
      );
      if (status !== 404) return Date.now();
      await sleep(5);
    }
    return 0;
  };
  return {
    at: watch(),
    stop: () => {
      over = true;
    },
  };
}
