import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { dedupeKey } from '../../lib/ledger/dedupe-key.ts';
import { createProvider } from '../../lib/provider/meta/create.ts';
import { seeded } from '../browser/audio.ts';
import { Cloud, type SimulatedCall } from './cloud.ts';
import { type FlowNode, logNode, TAB } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';
import { readLedger } from './stored-calls.ts';

const KILLS = 20;
/** Real seconds per second of WhatsApp's. The way from the request to the hang-up then takes about two seconds. */
const PACE = 0.25;

/** Stations of that way. A kill comes at a random time after one of them, however slow the machine is. */
const STATIONS = ['request', 'asked', 'replied', 'placed', 'ringing', 'picked up', 'ended'] as const;
/** Reaches from about one station to the next. */
const LATEST_MS = 200;

interface Round {
  phone: string;
  station: (typeof STATIONS)[number];
  /** ms */
  killAfter: number;
  answer: 'temporary' | 'reject';
  script: { script: 'answers' | 'declines' | 'no_answer'; talkSeconds?: number };
}

/** The same every time. Only who is killed after the end has a call that ends by itself; the others would go on. */
function rounds(): Round[] {
  const random = seeded(20_261_121);
  return Array.from({ length: KILLS }, (_, index) => {
    const station = STATIONS[index % STATIONS.length] ?? 'request';
    const early = station === 'request' || station === 'asked' || station === 'replied';
    const lasting = station === 'ringing' && random() < 0.5 ? 'no_answer' : 'answers';
    const over = random() < 0.5 ? ({ script: 'declines' } as const) : ({ script: 'answers', talkSeconds: 2 } as const);
    return {
      phone: `55119777${String(10_000 + index)}`,
      station,
      killAfter: random() * LATEST_MS,
      answer: early && random() < 0.5 ? 'reject' : 'temporary',
      script: station === 'ended' ? over : { script: lasting },
    };
  });
}

/** Asks for permission, calls whoever grants it, plays the greeting, and says in the log what it heard. */
function campaign(config: FlowNode): FlowNode[] {
  const z = TAB.id;
  const common = { z, name: '', config: config.id, x: 100, y: 100 };
  const person = { contact: 'contact', contactType: 'msg', purpose: 'a test', purposeType: 'str' };
  return [
    TAB,
    config,
    { id: 'in', type: 'http in', z, x: 1, y: 1, url: '/ask', method: 'post', wires: [['response', 'unpack']] },
    { id: 'response', type: 'http response', z, x: 1, y: 1, wires: [] },
    {
      ...{ id: 'unpack', type: 'function', z, x: 1, y: 1, outputs: 1, wires: [['ask']] },
      func: 'return { contact: msg.payload.contact };',
    },
    {
      ...{ ...common, ...person, id: 'ask', type: 'wa-call-request-permission', kind: 'template' },
      ...{ template: 'call_permission', templateType: 'str', language: 'en_US' },
      ...{ parameters: '["Ana", "a test"]', parametersType: 'json', wires: [['asked'], ['again'], ['blocked']] },
    },
    {
      ...{ ...common, id: 'replies', type: 'wa-call-permission-in', contact: '' },
      wires: [['granted', 'initiate'], ['denied'], ['denied']],
    },
    {
      ...{ ...common, ...person, id: 'initiate', type: 'wa-call-initiate', ringSeconds: 45, maxSeconds: 600 },
      wires: [['play', 'answered'], ['ended'], ['refused'], ['refused']],
    },
    { ...common, id: 'play', type: 'wa-call-media', call: 'call.id', callType: 'msg', action: 'play', wires: [[], []] },
    ...['asked', 'again', 'blocked', 'granted', 'denied', 'answered', 'ended', 'refused'].map((name) => ({
      ...logNode(name, name),
      ...{ x: 1, y: 1 },
      func: `const { contact, call, reason } = msg; node.log(${JSON.stringify(`[test:${name}] `)} + JSON.stringify({ contact, call, reason })); return null;`,
    })),
  ];
}

const placedBefore = (time: number) => (call: SimulatedCall) => call.placedAt <= time;

describe('kill -9 during a call', function () {
  this.timeout(240_000);
  const plan = rounds();
  let cloud: Cloud;
  let red: NodeRedProcess;
  /** How many of the kills met what, for the reader of the log. */
  const met: Record<string, number> = {};
  let slowest = 0;
  let ended = 0;

  before(async () => {
    cloud = await Cloud.start({
      people: plan.map(({ phone }) => ({ phone })),
      pace: PACE,
      // Longer than any restart: a call that rings on would be seen.
      ringSeconds: 600,
    });
    for (const { phone: user, answer: permissionAnswer, script } of plan)
      await cloud.simulator.control.do('script', { user, afterSeconds: 2, permissionAnswer, ...script });
    red = await NodeRedProcess.start({ flows: campaign(cloud.config()) });
    await cloud.serve(red);
  });
  after(async () => {
    await red?.stop();
    await cloud?.close();
  });

  const ask = async (contact: string): Promise<void> => {
    const answer = await fetch(`${red.origin}/ask`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ contact }),
    });
    if (!answer.ok) throw new Error(`POST /ask: HTTP ${answer.status}`);
  };
  const toldIds = (): string[] =>
    red.log
      .filter((line) => line.includes('[test:ended]'))
      .map(
        (line) => (JSON.parse(line.slice(line.indexOf('{'))) as { call: { correlationId: string } }).call.correlationId,
      );
  const toldCount = (call: SimulatedCall): number => toldIds().filter((id) => id === call.opaque).length;

  it(`${KILLS} times at random moments: nothing acknowledged is lost, no call goes on, no limit is passed`, async () => {
    for (const { phone, station, killAfter } of plan) {
      await ask(phone);
      await cloud.until(`${station} of ${phone}`, () => isAt(phone, station), red);
      await sleep(killAfter);
      await red.kill('SIGKILL');
      const call = cloud.callTo(phone);
      const moment = call?.state ?? 'no call yet';
      met[moment] = (met[moment] ?? 0) + 1;
      await nothingAcknowledgedIsLost();

      const victims = cloud.live();
      const killedAt = Date.now();
      await red.restart();
      const started = performance.now();
      await cloud.until('no call of the killed process goes on', () => !cloud.live().some(placedBefore(killedAt)), red);
      const seconds = (performance.now() - started) / 1000;
      slowest = Math.max(slowest, seconds);
      for (const { id } of victims) {
        const { outcome } = cloud.calls().find((one) => one.id === id) ?? {};
        if (cloud.requests('terminate', id).length > 0) ended += 1;
        // Where Node-RED was away for so long that the person missed our voice, WhatsApp itself gave up.
        else assert.equal(outcome, 'failed', `the call that was ${moment} was not ended by us`);
      }
      assert.ok(seconds < 10, `a call went on for ${seconds} s after the restart`);
      // A flow that tries again after the crash: the limits know of everything before it.
      await ask(phone);
      await cloud.until('the second request is decided', () => decided(phone), red);
      assert.deepEqual(cloud.violations(), []);
    }
    console.log(
      `      killed: ${JSON.stringify(met)}; ${ended} calls ended by the next start, in ${slowest.toFixed(2)} s or less`,
    );
    assert.ok(ended >= KILLS / 4, 'many kills must meet a call that goes on');
  });

  it('the flow hears of the end of every call, and of every answer', async () => {
    // Calls that the second requests led to are nobody's victims: people end them.
    await cloud.until('nobody talks any more', async () => {
      for (const { userId: user } of cloud.live()) await cloud.simulator.control.do('call/hangup', { user });
      return cloud.live().length === 0;
    });
    for (const call of cloud.calls())
      await cloud.until(`the end of ${call.opaque} is told`, () => toldCount(call) > 0, red);
    const calls = cloud.calls();
    assert.ok(calls.length >= KILLS / 4, `only ${calls.length} calls: the kills prove little`);
    const twice = calls.filter((call) => toldCount(call) > 1).length;
    console.log(`      ${calls.length} calls, ${toldIds().length} ends told, ${twice} of them twice`);
    assert.deepEqual(cloud.violations(), []);
    await red.kill('SIGKILL');
    await nothingAcknowledgedIsLost();
  });

  function isAt(phone: string, station: Round['station']): boolean {
    const call = cloud.callTo(phone);
    if (station === 'request') return true;
    if (station === 'asked') return cloud.permissionRequests(phone) > 0;
    if (station === 'replied')
      return cloud.answered.some(
        ({ status, body }) => status === 200 && body.includes(phone) && body.includes('call_permission_reply'),
      );
    if (station === 'placed') return call !== undefined;
    if (station === 'ringing') return call?.state === 'ringing' || call?.pickedUpAt !== undefined;
    if (station === 'picked up') return call?.pickedUpAt !== undefined;
    return call?.state === 'ended';
  }

  /** The second request of a person has come to an output, whatever became of the first. */
  function decided(phone: string): boolean {
    const from = red.log.findLastIndex((line) => line.includes('Started flows'));
    return red.log.slice(from).some((line) => /\[test:(asked|again|blocked)\]/.test(line) && line.includes(phone));
  }

  /** Compares the ledger that the killed process left behind with what it answered 200 to, and with WhatsApp's own state. */
  async function nothingAcknowledgedIsLost(): Promise<void> {
    const { settings, url } = cloud.simulator;
    const provider = createProvider({
      ...{ profile: 'custom', baseUrl: url, accessToken: settings.accessToken, appSecrets: [settings.appSecret] },
      ...{ phoneNumberId: settings.phoneNumberId, wabaId: settings.wabaId, verifyToken: settings.verifyToken },
    });
    const acknowledged = cloud.answered.filter(({ status }) => status === 200);
    const events = acknowledged.flatMap(({ body }) => provider.parseWebhook(body));
    await readLedger(red, (rows) => {
      for (const event of events) {
        const [row] = rows('SELECT 1 FROM heard WHERE key = ?', dedupeKey(event.id));
        assert.ok(row, `${event.type} was answered 200 and is not in the ledger`);
        if (event.type === 'permission.replied') {
          const [pair] = rows('SELECT status FROM pair WHERE phone = ?', event.contact.phone ?? '');
          // A person replies once here; unanswered calls take nothing away before there are four of them.
          assert.equal(pair?.status, event.response === 'accept' ? 'granted' : 'denied');
        }
        if (event.type === 'call.terminated') {
          const [call] = rows('SELECT outcome, live FROM call WHERE call_id = ?', event.callId);
          const simulated = cloud.calls().find(({ id }) => id === event.callId);
          assert.equal(call?.live, 0);
          assert.equal(call?.outcome, simulated?.outcome);
        }
      }
    });
  }
});
