import { strict as assert } from 'node:assert';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { openLedger } from '../../../lib/ledger/open.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { createSwitchboard } from '../../../lib/switchboard/create.ts';
import type { LiveCheck } from '../../../lib/switchboard/deps.ts';
import type { CallChange, PermissionChange, Switchboard } from '../../../lib/switchboard/switchboard.ts';
import type { SimulatorOptions } from '../../../simulator/simulator.ts';
import { ANA, Business, NUMBER, OFFER } from '../../simulator/business.ts';
import { sleep, until } from './bench.ts';
import { FakeMedia } from './fake-media.ts';

const DAY = 86_400_000;
const CALL = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
const ASK = {
  contact: ANA,
  purpose: 'p',
  via: 'template' as const,
  template: { name: 'call_permission', language: 'en_US', parameters: ['Ana', 'your delivery'] },
};

/** Our switchboard and the simulated WhatsApp, with webhooks that can be lost and another system on the same number. */
class Line {
  readonly business: Business;
  readonly switchboard: Switchboard;
  readonly ledger: Ledger;
  readonly changes: CallChange[] = [];
  readonly permissions: PermissionChange[] = [];
  readonly log: string[] = [];
  readonly #release: () => Promise<void>;
  readonly #parse: (raw: Buffer) => ReturnType<ReturnType<typeof createProvider>['parseWebhook']>;
  #heard = 0;

  private constructor(business: Business, lease: Awaited<ReturnType<typeof openLedger>>, liveCheck: LiveCheck) {
    const { accessToken, appSecret, verifyToken, phoneNumberId, businessNumber } = business.simulator.settings;
    const provider = createProvider({
      profile: 'simulator',
      baseUrl: business.simulator.graphUrl,
      apiVersion: 'v25.0',
      phoneNumberId,
      accessToken,
      appSecrets: [appSecret],
      verifyToken,
    });
    const media = new FakeMedia();
    media.onCreate = async (leg) => {
      leg.onOffer = async () => OFFER;
    };
    this.business = business;
    this.ledger = lease.ledger;
    this.#release = lease.release;
    this.#parse = (raw) => provider.parseWebhook(raw);
    this.switchboard = createSwitchboard({
      businessNumber: { id: phoneNumberId, phone: businessNumber.replace(/\D/g, '') },
      ledger: lease.ledger,
      provider,
      media,
      legOptions: {},
      owner: lease.owner,
      liveCheck,
      now: Date.now,
      log: (level, text) => this.log.push(`${level}: ${text}`),
    });
    this.switchboard.onCall((change) => this.changes.push(change));
    this.switchboard.onPermission((change) => this.permissions.push(change));
  }
  static async open(liveCheck: LiveCheck, options: SimulatorOptions = {}): Promise<Line> {
    const line = new Line(
      await Business.start(options),
      await openLedger({ engine: 'sqlite', path: ':memory:' }),
      liveCheck,
    );
    await line.switchboard.start();
    return line;
  }
  /** Takes in what WhatsApp has sent by now. */
  async hear(only: (raw: string) => boolean = () => true): Promise<void> {
    const { received } = this.business;
    for (; this.#heard < received.length; this.#heard += 1) {
      const raw = received[this.#heard]?.raw as Buffer;
      if (only(raw.toString())) await this.switchboard.handle(await this.ledger.append(this.#parse(raw)));
    }
  }
  /** What WhatsApp has sent by now is lost. */
  lose(): Promise<void> {
    return this.hear(() => false);
  }
  person(answer: 'revoke' | 'profile_permanent'): Promise<unknown> {
    return this.business.simulator.control.do('permission', { user: ANA.phone, answer });
  }
  /** Calls that reached WhatsApp. */
  connects(): number {
    const log = JSON.stringify(this.business.simulator.control.read('requests'));
    return log.split('"action":"connect"').length - 1;
  }
  /** How often WhatsApp was asked about a permission. */
  questions(): number {
    return JSON.stringify(this.business.simulator.control.read('requests')).split('/call_permissions').length - 1;
  }
  /** Places a call that is picked up, and hears it end. */
  async talk(): Promise<Awaited<ReturnType<Switchboard['place']>>['outcome']> {
    const before = this.ended();
    const { outcome } = await this.switchboard.place(CALL);
    if (outcome !== 'placed') return outcome;
    for (let waited = 0; this.ended() === before; waited += 2) {
      if (waited > 20_000) throw new Error('the call does not end');
      await sleep(2);
      await this.hear();
    }
    return outcome;
  }
  ended(): number {
    return this.changes.filter(({ event }) => event === 'ended').length;
  }
  violations(): unknown {
    return this.business.simulator.control.read('violations');
  }
  async close(): Promise<void> {
    await this.switchboard.close('shutdown', 0);
    await this.#release();
    await this.business.close();
  }
}

describe('what WhatsApp contradicts', function () {
  this.timeout(30_000);
  let line: Line;
  afterEach(() => line.close());

  it('138006: a permission that was taken back unheard is missing from then on, and flows hear it', async () => {
    line = await Line.open('never');
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.hear();
    await line.person('revoke');
    await line.business.event('reply:reject');
    await line.lose();
    const result = await line.switchboard.place(CALL);
    assert.ok(result.outcome === 'needs_permission');
    assert.deepEqual([result.reason.code, result.reason.provider?.code], ['permission_missing_at_provider', '138006']);
    assert.equal(result.permission.ended, 'provider_says_none');
    await until('told', () => line.permissions.some(({ why }) => why === 'provider_says_none'));
    const again = await line.switchboard.place(CALL);
    assert.ok(again.outcome === 'needs_permission' && again.reason.provider === undefined, 'the store knows it now');
    assert.deepEqual(await line.ledger.liveCalls(NUMBER), []);
  });

  it('138017: a permission for good that was given unheard is known once it is asked for, and calls go', async () => {
    line = await Line.open('never');
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.lose();
    assert.equal((await line.switchboard.place(CALL)).outcome, 'needs_permission');
    const asked = await line.switchboard.ask(ASK);
    assert.ok(asked.outcome === 'already_granted', JSON.stringify(asked));
    assert.equal(asked.permission.kind, 'permanent');
    await until('told', () => line.permissions.some(({ change }) => change === 'granted'));
    assert.equal((await line.switchboard.place(CALL)).outcome, 'placed');
  });

  it('138009: what another system asked counts, until the moment that WhatsApp names', async () => {
    line = await Line.open('never');
    assert.equal((await line.business.ask()).status, 200);
    const began = Date.now();
    const result = await line.switchboard.ask(ASK);
    assert.ok(result.outcome === 'blocked');
    assert.deepEqual([result.reason.code, result.reason.provider?.code], ['request_limit_day', '138009']);
    const at = result.reason.nextAllowedAt ?? 0;
    assert.ok(Math.abs(at - (began + DAY)) < 60_000, new Date(at).toISOString());
    const { canRequest, requestReason, requestLimits } = await line.switchboard.explain(ANA);
    assert.deepEqual([canRequest, requestReason?.code, requestLimits[0]?.used], [false, 'request_limit_day', 0]);
    assert.ok((requestReason?.nextAllowedAt ?? 0) >= at);
  });

  it('138012: calls that another system had answered count, until the moment that WhatsApp names', async () => {
    line = await Line.open('never', { limits: { connectedPerDay: 1 } });
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.hear();
    await line.business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 1 });
    assert.equal((await line.business.connect()).status, 200);
    await line.business.event('terminate');
    await line.lose();
    const result = await line.switchboard.place(CALL);
    assert.ok(result.outcome === 'blocked', JSON.stringify(result));
    assert.deepEqual([result.reason.code, result.reason.provider?.code], ['connected_call_limit', '138012']);
    assert.ok(Math.abs((result.reason.nextAllowedAt ?? 0) - (Date.now() + DAY)) < 120_000);
    const again = await line.switchboard.place(CALL);
    assert.ok(again.outcome === 'blocked' && again.reason.provider === undefined, 'the store knows it now');
    const [limit] = (await line.switchboard.explain(ANA)).callLimits;
    assert.deepEqual([limit?.allowed, limit?.used], [1, 0], 'also how large the limit is');
  });

  it('an automatic revoke by webhook ends the permission, whosever calls went unanswered', async () => {
    line = await Line.open('never');
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.hear();
    await line.business.simulator.control.do('script', { user: ANA.phone, script: 'declines' });
    for (let count = 1; count <= 4; count += 1) {
      assert.equal((await line.business.connect()).status, 200);
      await line.business.event('terminate', count);
    }
    await line.business.event('reply:reject');
    await line.hear((raw) => raw.includes('call_permission_reply'));
    const known = await line.ledger.status(NUMBER, ANA);
    assert.deepEqual([known.status, known.ended], ['denied', 'automatic']);
    assert.ok(line.permissions.some(({ change, why }) => change === 'ended' && why === 'automatic'));
    const before = line.connects();
    const result = await line.switchboard.place(CALL);
    assert.ok(result.outcome === 'needs_permission' && result.reason.code === 'permission_revoked');
    assert.equal(line.connects(), before);
  });

  it('allows 200 calls a day: the 101st goes, because WhatsApp was asked before the last one that the rules know', async () => {
    line = await Line.open('unsure', { limits: { connectedPerDay: 200 } });
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.hear();
    await line.business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 1 });
    for (let nr = 1; nr <= 99; nr += 1) assert.equal(await line.talk(), 'placed', `call ${nr}`);
    assert.equal(line.questions(), 0);
    const { callLimits } = await line.switchboard.explain(ANA);
    assert.deepEqual([callLimits[0]?.allowed, callLimits[0]?.used], [100, 99]);
    assert.equal(await line.talk(), 'placed', 'call 100');
    assert.equal(await line.talk(), 'placed', 'call 101');
    assert.equal(line.questions(), 1);
    const after = (await line.switchboard.explain(ANA)).callLimits[0];
    assert.deepEqual([after?.allowed, after?.used], [200, 101]);
    assert.match(after?.rule.source ?? '', /^WhatsApp's own answer/);
    assert.equal(after?.rule.date, new Date().toISOString().slice(0, 10));
    const told = line.log.filter((text) => text.includes('WhatsApp allows 200'));
    assert.equal(told.length, 1, line.log.join('\n'));
    assert.equal((line.violations() as { total: number }).total, 0, JSON.stringify(line.violations()));
  });

  it('allows 3 calls a day: the fourth is blocked here, until the moment at which WhatsApp has room', async () => {
    line = await Line.open('always', { limits: { connectedPerDay: 3 } });
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.hear();
    await line.business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 1 });
    for (let nr = 1; nr <= 3; nr += 1) assert.equal(await line.talk(), 'placed', `call ${nr}`);
    const [questions, sent] = [line.questions(), line.connects()];
    const fourth = await line.switchboard.place(CALL);
    assert.ok(fourth.outcome === 'blocked', JSON.stringify(fourth));
    const { code, rule, nextAllowedAt = 0 } = fourth.reason;
    assert.deepEqual([code, rule?.limit], ['connected_call_limit', '3 connected calls per 24 h and contact']);
    assert.match(rule?.source ?? '', /^WhatsApp's own answer.*instead of: 100 connected calls/);
    assert.deepEqual([line.questions(), line.connects(), sent], [questions, 3, 3], 'nothing was sent');
    const live = (await line.business.graph('GET', `${NUMBER}/call_permissions?user_wa_id=${ANA.phone}`)).body;
    const free = live.actions[1].limits[0].limit_expiration_time * 1_000;
    // We keep a minute's distance from the edge, and count from when we heard.
    assert.ok(nextAllowedAt >= free && nextAllowedAt <= free + 65_000, `${nextAllowedAt - free} ms later`);
    assert.equal((line.violations() as { total: number }).total, 0, JSON.stringify(line.violations()));
  });

  it('is found before it is sent where every call asks: no refused request reaches WhatsApp', async () => {
    line = await Line.open('always', { limits: { connectedPerDay: 1 } });
    await line.person('profile_permanent');
    await line.business.event('reply:accept');
    await line.lose();
    // Granted unheard: the call goes all the same.
    const placed = await line.switchboard.place(CALL);
    assert.ok(placed.outcome === 'placed');
    await line.switchboard.terminate(placed.call.id, 'flow');
    await line.business.event('terminate');
    await line.hear();
    // Another system uses up the day.
    await line.business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 1 });
    assert.equal((await line.business.connect()).status, 200);
    await line.business.event('terminate', 2);
    await line.lose();
    const sent = line.connects();
    const full = await line.switchboard.place(CALL);
    assert.ok(full.outcome === 'blocked' && full.reason.code === 'connected_call_limit', JSON.stringify(full));
    await line.person('revoke');
    await line.business.event('reply:reject');
    await line.lose();
    const { differences, canCall, permission } = await line.switchboard.refresh(ANA);
    assert.deepEqual([canCall, permission.ended], [false, 'provider_says_none']);
    assert.match(differences.join('\n'), /there is no permission, the store has a permanent permission/);
    assert.equal((await line.switchboard.place(CALL)).outcome, 'needs_permission');
    assert.equal(line.connects(), sent);
    assert.equal((line.violations() as { total: number }).total, 0, JSON.stringify(line.violations()));
    await sleep(10);
  });
});
