import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { createSwitchboard } from '../../../lib/switchboard/create.ts';
import type { CallChange, PermissionChange } from '../../../lib/switchboard/switchboard.ts';
import { startSimulator } from '../../../simulator/simulator.ts';
import { until } from './bench.ts';

const ANA = { phone: '5511955500123', userId: 'BR.48219037716650284417' };

/** Everything real but Node-RED: a switchboard with its parts, and WhatsApp played on this machine. */
async function setUp() {
  const simulator = await startSimulator({ pace: 0.1 });
  const { accessToken, appSecret, verifyToken, phoneNumberId, businessNumber } = simulator.settings;
  const provider = createProvider({
    profile: 'simulator',
    baseUrl: simulator.graphUrl,
    apiVersion: 'v25.0',
    phoneNumberId,
    accessToken,
    appSecrets: [appSecret],
    verifyToken,
  });
  const folder = await mkdtemp(join(tmpdir(), 'whole-call-'));
  const { ledger, release } = await openLedger({ engine: 'sqlite', path: join(folder, 'ledger.db') });
  const media = createMediaEngine();
  const log: string[] = [];
  const switchboard = createSwitchboard({
    businessNumber: { id: phoneNumberId, phone: businessNumber },
    ledger,
    provider,
    media,
    legOptions: { bindAddress: '127.0.0.1', iceServers: [] },
    now: Date.now,
    log: (level, text) => log.push(`${level}: ${text}`),
  });
  const changes: CallChange[] = [];
  const permissions: PermissionChange[] = [];
  switchboard.onCall((change) => changes.push(change));
  switchboard.onPermission((change) => permissions.push(change));
  await switchboard.start();
  const webhook = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method === 'GET') {
      response.end(provider.verifySubscription(Object.fromEntries(url.searchParams)) ?? '');
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const rawBody = Buffer.concat(chunks);
    const header = (name: string) => request.headers[name.toLowerCase()]?.toString();
    if (!provider.verifyWebhook({ rawBody, header })) {
      response.writeHead(401).end();
      return;
    }
    const appended = await ledger.append(provider.parseWebhook(rawBody));
    response.end();
    await switchboard.handle(appended);
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  await simulator.setWebhook(`http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`, verifyToken);
  const close = async (): Promise<void> => {
    await switchboard.close('shutdown');
    await simulator.close();
    webhook.closeAllConnections();
    await new Promise((resolve) => webhook.close(resolve));
    await media.close();
    await release();
    await closeLingering();
    await rm(folder, { recursive: true });
  };
  return { simulator, switchboard, ledger, media, changes, permissions, log, close };
}

describe('lib/switchboard: a whole call over the simulator', () => {
  it('asks, is allowed, calls, is answered, and hangs up', async () => {
    const line = await setUp();
    const { simulator, switchboard, changes, permissions } = line;
    try {
      await simulator.control.do('message', { user: ANA.phone, text: 'Please call me.' });
      // It opens the service window, once its webhook is here.
      await until('message', () => JSON.stringify(simulator.control.read('webhooks')).includes('"delivered"'));
      const asked = await switchboard.ask({
        contact: ANA,
        purpose: 'your order',
        via: 'freeform',
        text: 'May we call?',
      });
      assert.equal(asked.outcome, 'requested', JSON.stringify(asked));
      await simulator.control.do('permission', { user: ANA.phone, answer: 'temporary' });
      await until('granted', () => permissions.some(({ change }) => change === 'granted'));
      assert.equal(permissions[0]?.permission.canCall, true);

      await simulator.control.do('script', { user: ANA.phone, script: 'answers', afterSeconds: 2 });
      const placed = await switchboard.place({
        contact: ANA,
        purpose: 'your order',
        ringSeconds: 30,
        maxSeconds: 0,
        origin: { nodeId: 'node-1' },
      });
      assert.ok(placed.outcome === 'placed');
      await until('answered', () => changes.some(({ event }) => event === 'answered'), 15_000);
      assert.equal(switchboard.leg(placed.call.id).state(), 'connected');
      const ended = await switchboard.terminate(placed.call.id, 'flow');
      assert.equal(ended.outcome, 'completed');
      assert.equal(ended.endedBy, 'us');
      assert.notEqual(ended.durationSeconds, undefined);
      assert.equal(changes.filter(({ event }) => event === 'ended').length, 1);
      assert.deepEqual(
        changes.map(({ event }) => event),
        ['placed', 'connect', 'ringing', 'accepted', 'answered', 'ended'],
      );
      assert.deepEqual(simulator.control.read('violations'), { total: 0, violations: [] });
      const stored = await line.ledger.findCall({ reservationId: placed.call.id });
      assert.equal(stored?.outcome, 'completed');
      assert.equal(stored?.callId, ended.providerCallId);
      assert.deepEqual(await line.ledger.undispatched(switchboard.businessNumber.id), []);
      assert.deepEqual(await line.ledger.liveCalls(switchboard.businessNumber.id), []);
    } finally {
      await line.close();
    }
  });

  it('tells a declined call, a ring that we cut short and a refused call apart', async () => {
    const line = await setUp();
    const { simulator, switchboard, changes, ledger } = line;
    const call = { contact: ANA, purpose: 'your order', maxSeconds: 0, origin: { nodeId: 'node-1' } };
    const ended = () => changes.filter(({ event }) => event === 'ended').map(({ call: view }) => view.outcome);
    try {
      const early = await switchboard.place({ ...call, ringSeconds: 30 });
      assert.equal(early.outcome, 'needs_permission');
      assert.equal(JSON.stringify(simulator.control.read('requests')).includes('connect'), false);

      await simulator.control.do('permission', { user: ANA.phone, answer: 'profile_permanent' });
      await until('granted', () => line.permissions.length === 1);
      await simulator.control.do('script', { user: ANA.phone, script: 'declines', afterSeconds: 2 });
      assert.equal((await switchboard.place({ ...call, ringSeconds: 30 })).outcome, 'placed');
      const busy = await switchboard.place({ ...call, ringSeconds: 30 });
      assert.ok(busy.outcome === 'blocked');
      assert.equal(busy.reason.code, 'call_in_progress');
      await until('declined', () => ended().length === 1, 15_000);

      await simulator.control.do('script', { user: ANA.phone, script: 'no_answer' });
      const rung = await switchboard.place({ ...call, ringSeconds: 0.5 });
      assert.ok(rung.outcome === 'placed');
      await until('rung out', () => ended().length === 2, 15_000);
      assert.deepEqual(ended(), ['declined', 'no_answer']);
      assert.equal((await ledger.findCall({ reservationId: rung.call.id }))?.outcome, 'no_answer');
      assert.deepEqual(simulator.control.read('violations'), { total: 0, violations: [] });
    } finally {
      await line.close();
    }
  });
});
