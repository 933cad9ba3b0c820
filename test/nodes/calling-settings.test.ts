import { strict as assert } from 'node:assert';
import { helper, Inbox, until } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab' };
const KEEP = {
  id: 'node',
  z: TAB.id,
  x: 1,
  y: 1,
  type: 'wa-call-settings',
  config: CONFIG.id,
  wires: [['settings'], ['refused']],
};
const END = ['settings', 'refused', 'caught', 'blocked', 'called'].map((id) => ({
  id,
  z: TAB.id,
  type: 'helper',
  x: 1,
  y: 1,
}));
const CATCH = { id: 'catch', z: TAB.id, type: 'catch', scope: null, x: 1, y: 1, wires: [['caught']] };
const WEEK = JSON.stringify([
  { day: 'monday', open: '09:00', close: '12:30' },
  { day: 'monday', open: '14:00', close: '18:00' },
  { day: 'friday', open: '09:00', close: '12:00' },
]);

describe('the settings node', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  before(() => number.start({ relay: false, accessToken: 'real-number' }));
  after(() => number.stop());
  afterEach(() => helper.unload());

  const load = async (properties: object, more: object[] = []): Promise<void> => {
    await number.load([TAB, CONFIG, { ...KEEP, ...properties }, ...END, ...more]);
    await number.ready();
  };
  // biome-ignore lint/suspicious/noExplicitAny: settings are looked at field by field
  const calling = async (): Promise<any> => ((await number.read('state')).number as { calling: object }).calling;
  /** What comes out for a message, at either output. */
  const answer = (msg: object): Promise<Record<string, unknown>> => {
    const [good, bad] = [new Inbox('settings'), new Inbox('refused')];
    helper.getNode('node').receive(msg);
    return Promise.race([good.at(0).then((one) => ({ ...one, at: 1 })), bad.at(0).then((one) => ({ ...one, at: 2 }))]);
  };

  describe('refuses', () => {
    it('a change with mistakes, and names each; nothing is written', async () => {
      await load({ action: 'change', from: 'message' });
      const before = await calling();
      const told = await answer({
        settings: { status: 'on', hours: { weekly: { monday: [{ open: '18:00', close: '9:00' }] } } },
        kept: 1,
      });
      assert.deepEqual([told.at, told.kept], [2, 1]);
      const reason = told.reason as { code: string; text: string };
      assert.equal(reason.code, 'settings_invalid');
      assert.match(reason.text, /status must be enabled or disabled/);
      assert.deepEqual(await calling(), before);
    });

    it('SIP, with the reason', async () => {
      await load({ action: 'change', from: 'message' });
      const { reason } = (await answer({ settings: { sip: { status: 'enabled' } } })) as { reason: { text: string } };
      assert.match(reason.text, /with SIP on, calls cannot be made or taken through the API/);
    });

    it('what WhatsApp refuses, in its words', async () => {
      await load({ action: 'change', status: 'enabled' });
      await number.control('number', { messagingLimit: 250 });
      await number.graphSettings({ status: 'DISABLED' });
      const told = await answer({});
      const reason = told.reason as { code: string; provider: { code: string } };
      assert.deepEqual([told.at, reason.code, reason.provider.code], [2, 'provider_messaging_limit_low', '138015']);
      await number.control('number', { messagingLimit: 2000 });
      await number.graphSettings({ status: 'ENABLED' });
    });

    it('an action that it does not know: an error with a code', async () => {
      await load({ action: 'message' }, [CATCH]);
      const caught = new Inbox('caught');
      helper.getNode('node').receive({ action: 'wipe' });
      assert.equal(((await caught.at(0)).error as { code?: string }).code, 'action_unknown');
    });

    it('WhatsApp’s own faults: an error with a code', async () => {
      await load({ action: 'read' }, [CATCH]);
      await number.control('faults', { graph: [{ kind: 'error', status: 401, code: 190, path: 'settings' }] });
      const caught = new Inbox('caught');
      helper.getNode('node').receive({});
      assert.equal(((await caught.at(0)).error as { code?: string }).code, 'provider_token_invalid');
    });
  });

  it('reads, with what stands in the way', async () => {
    await load({ action: 'read' });
    await number.graphSettings({ sip: { status: 'ENABLED', servers: [{ hostname: 'sip.example.com' }] } });
    const told = (await answer({ kept: 1 })) as unknown as {
      settings: { status: string; sip: object };
      notices: { code: string }[];
      kept: number;
    };
    assert.deepEqual([told.settings.status, told.settings.sip, told.kept], ['enabled', { status: 'enabled' }, 1]);
    assert.deepEqual(
      told.notices.map(({ code }) => code),
      ['sip_enabled'],
    );
  });

  it('switches SIP off, and keeps the server', async () => {
    await load({ action: 'change', sip: 'disabled' });
    const { changes } = (await answer({})) as unknown as { changes: object[] };
    assert.deepEqual(changes, [{ path: 'sip.status', before: 'enabled', after: 'disabled', asked: true }]);
    assert.deepEqual((await calling()).sip, { status: 'DISABLED', servers: [{ hostname: 'sip.example.com' }] });
  });

  it('writes the week and the dates of its tables, and nothing that is left as it is', async () => {
    const holidays = JSON.stringify([{ date: '2099-12-25', from: '00:00', to: '23:59' }]);
    await load({
      action: 'change',
      hours: 'enabled',
      changeWeek: true,
      timeZone: 'Europe/Lisbon',
      weekly: WEEK,
      changeHolidays: true,
      holidays,
    });
    const { changes, settings } = (await answer({})) as unknown as {
      changes: { path: string }[];
      settings: { hours: object };
    };
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['hours.status', 'hours.timeZone', 'hours.weekly.monday', 'hours.weekly.friday', 'hours.holidays'],
    );
    assert.deepEqual(settings.hours, {
      status: 'enabled',
      timeZone: 'Europe/Lisbon',
      weekly: {
        monday: [
          { open: '09:00', close: '12:30' },
          { open: '14:00', close: '18:00' },
        ],
        friday: [{ open: '09:00', close: '12:00' }],
      },
      holidays: [{ date: '2099-12-25', from: '00:00', to: '23:59' }],
    });
  });

  it('a partial change by message leaves holidays, hours, icon and voicemail alone; what it gives out can come back in', async () => {
    await load({ action: 'message', from: 'message' });
    const before = await calling();
    const read = await answer({ action: 'read' });
    const settings = read.settings as { hours: { weekly: Record<string, unknown> } };
    settings.hours.weekly.friday = [{ open: '10:00', close: '11:00' }];
    const { changes } = (await answer({ action: 'change', settings })) as unknown as { changes: { path: string }[] };
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['hours.weekly.friday'],
    );
    const after = await calling();
    assert.deepEqual(after.call_hours.holiday_schedule, before.call_hours.holiday_schedule);
    assert.deepEqual({ ...after, call_hours: null }, { ...before, call_hours: null });
  });

  it('a restriction that it reads blocks calls and requests until its end, though no webhook told of it', async () => {
    const request = {
      id: 'ask',
      z: TAB.id,
      type: 'wa-call-request-permission',
      config: CONFIG.id,
      wires: [['called'], ['called'], ['blocked']],
    };
    await load({ action: 'read' }, [request]);
    const until_ = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
    await number.control('number', { restricted: { seconds: 3_600, silent: true } });
    const told = (await answer({})) as unknown as {
      settings: { restrictions: { type: string; until: string; outgoing: boolean }[] };
      notices: { code: string; until: string }[];
    };
    const [restriction] = told.settings.restrictions;
    assert.deepEqual([restriction?.type, restriction?.outgoing], ['RESTRICTED_BUSINESS_INITIATED_CALLING', true]);
    assert.ok(Math.abs(Date.parse(restriction?.until ?? '') - until_) < 60_000);
    assert.equal(told.notices.find(({ code }) => code === 'calls_restricted')?.until, restriction?.until);
    const blocked = new Inbox('blocked');
    helper.getNode('ask').receive({ contact: ANA, purpose: 'your delivery 4471' });
    const reason = (await blocked.at(0)).reason as { code: string; nextAllowedAt: string };
    assert.equal(reason.code, 'number_restricted');
    assert.ok(Date.parse(reason.nextAllowedAt) >= Date.parse(restriction?.until ?? ''));
    const { violations } = await number.read('violations');
    assert.deepEqual(violations, []);
    await number.control('number', { restricted: null });
  });

  it('answers its dialog, to those who may read', async () => {
    await load({});
    const ask = (config: string) => helper.request().post('/wa-call-settings/load').send({ config });
    const good = await ask(CONFIG.id).expect(200);
    assert.equal(good.body.settings.hours.timeZone, 'Europe/Lisbon');
    assert.ok(Array.isArray(good.body.notices));
    assert.equal((await ask('nobody').expect(404)).body.code, 'number_not_deployed');
    await helper.request().post('/wa-call-settings/load').send({}).expect(400);
  });
});

describe('a restriction that comes by webhook', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  before(() => number.start({ relay: false, accessToken: 'real-number' }));
  after(() => number.stop());

  it('blocks calls, and one of incoming calls alone does not', async () => {
    const request = {
      id: 'ask',
      z: TAB.id,
      type: 'wa-call-permission',
      action: 'lookup',
      config: CONFIG.id,
      wires: [['settings'], ['refused']],
    };
    await number.load([TAB, CONFIG, request, ...END]);
    await number.ready();
    const code = async (): Promise<string | undefined> => {
      const heard = new Inbox('settings');
      helper.getNode('ask').receive({ contact: ANA, purpose: 'x' });
      const { explanation } = (await heard.at(0)) as unknown as {
        explanation: { request: { reason?: { code: string } } };
      };
      return explanation.request.reason?.code;
    };
    await number.control('number', { restricted: { seconds: 3_600, type: 'RESTRICTED_USER_INITIATED_CALLING' } });
    const delivered = async (): Promise<number> =>
      ((await number.read('webhooks')).deliveries as { status?: number }[]).filter(({ status }) => status === 200)
        .length;
    await until(async () => (await delivered()) > 0);
    assert.equal(await code(), undefined);
    await number.control('number', {
      restricted: { seconds: 3_600, type: 'RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING' },
    });
    await until(async () => (await code()) === 'number_restricted');
    await helper.unload();
  });
});
