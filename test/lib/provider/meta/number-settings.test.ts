import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { CallingSettingsPatch } from '../../../../lib/provider/calling-settings.ts';
import { DAYS } from '../../../../lib/provider/calling-settings.ts';
import { createProvider } from '../../../../lib/provider/meta/create.ts';
import { type Provider, ProviderError } from '../../../../lib/provider/provider.ts';
import { settingPaths } from '../../../../lib/provider/settings-difference.ts';
import { Business } from '../../../simulator/business.ts';
import { type FaultServer, json, metaError, type Reply, serve } from '../fault-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: groups are looked at field by field
type Groups = Record<string, any>;
const WEEK = [
  { day_of_week: 'MONDAY', open_time: '0900', close_time: '1230' },
  { day_of_week: 'MONDAY', open_time: '1400', close_time: '1800' },
];
const FULL: Groups = {
  status: 'ENABLED',
  call_icon_visibility: 'DEFAULT',
  call_icons: { restrict_to_user_countries: ['PT', 'BR'] },
  call_hours: {
    status: 'ENABLED',
    timezone_id: 'Europe/Lisbon',
    weekly_operating_hours: WEEK,
    holiday_schedule: [{ date: '2099-12-25', start_time: '0000', end_time: '2359' }],
  },
  callback_permission_status: 'ENABLED',
  srtp_key_exchange_protocol: 'DTLS',
  audio: { additional_codecs: ['PCMA'] },
  voicemail: {
    status: 'ENABLED',
    triggers: ['REJECT', 'TIMEOUT'],
    audio: { default: { announcement_media_id: 778899001122, timeout_seconds: 20 } },
  },
  sip: { status: 'DISABLED' },
};
const settings = { profile: 'simulator' as const, phoneNumberId: '7246', accessToken: 'token', appSecrets: ['secret'] };

/** WhatsApp's side as the reference has it: a group that is sent replaces the old one whole. */
class Meta {
  calling: Groups = structuredClone(FULL);
  readonly written: Groups[] = [];
  /** Happens before request number `n`, for instance somebody else's change. */
  meanwhile: (n: number) => void = () => undefined;
  spoil: Reply | undefined;
  server!: FaultServer;
  provider!: Provider;
  #requests = 0;

  async start(more: object = {}): Promise<this> {
    this.server = await serve((request, response, seen, count) => {
      this.#requests += 1;
      this.meanwhile(this.#requests);
      if (seen.method === 'GET')
        return json(200, { calling: this.calling, id: '7246' })(request, response, seen, count);
      const { calling } = JSON.parse(seen.body);
      if (this.spoil) return this.spoil(request, response, seen, count);
      this.take(calling);
      return json(200, { success: true })(request, response, seen, count);
    });
    this.provider = createProvider(
      { ...settings, baseUrl: this.server.url, ...more },
      { sleep: async () => undefined, now: () => Date.UTC(2026, 10, 20, 12) },
    );
    return this;
  }

  take(calling: Groups): void {
    this.written.push(calling);
    this.calling = { ...this.calling, ...calling };
  }

  change(patch: CallingSettingsPatch) {
    return this.provider.settings?.change(patch) ?? assert.fail('no settings');
  }
  read() {
    return this.provider.settings?.read() ?? assert.fail('no settings');
  }
}
const failure = async (run: Promise<unknown>): Promise<ProviderError> => {
  const error = await run.then(
    () => assert.fail('no failure'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof ProviderError, String(error));
  return error;
};

describe('call settings of a number', () => {
  let meta: Meta;
  beforeEach(async () => {
    meta = await new Meta().start();
  });
  afterEach(() => meta.server.close());

  describe('faults', () => {
    it('writes nothing if the change cannot be made, and names every mistake', async () => {
      const error = await failure(meta.change({ status: 'maybe', hours: { weekly: { monday: 'x' } } } as never));
      assert.deepEqual([error.code, error.outcome], ['provider_input_invalid', 'not_sent']);
      assert.match(error.message, /status must be enabled or disabled; hours.weekly.monday/);
      assert.equal(meta.server.seen.length, 0);
      const late = await failure(meta.change({ hours: { weekly: { monday: [{ open: '18:00', close: '09:00' }] } } }));
      assert.equal(late.code, 'provider_input_invalid');
      assert.deepEqual(meta.written, []);
    });

    it('a refusal is told in WhatsApp’s words', async () => {
      meta.spoil = metaError(400, 138015);
      const error = await failure(meta.change({ status: 'disabled' }));
      assert.deepEqual(
        [error.code, error.providerCode, error.outcome],
        ['provider_messaging_limit_low', '138015', 'refused'],
      );
    });

    it('a lost answer is no failure if the change got through, and one if it did not', async () => {
      meta.spoil = (request, _response, seen) => {
        meta.take(JSON.parse(seen.body).calling);
        request.socket.destroy();
      };
      const changed = await meta.change({ status: 'disabled' });
      assert.deepEqual(changed.changes, [{ path: 'status', before: 'enabled', after: 'disabled', asked: true }]);
      assert.equal(meta.written.length, 1);
      meta.spoil = (request) => void request.socket.destroy();
      const error = await failure(meta.change({ callbackPermission: 'disabled' }));
      assert.deepEqual([error.code, error.outcome], ['provider_connection_lost', 'unknown']);
    });

    it('an answer without settings is unreadable; one with strange contents is read as far as it goes', async () => {
      await meta.server.close();
      const odd = await serve(
        json(200, { calling: { status: 7, call_hours: { weekly_operating_hours: 'x' }, sip: [], audio: null } }),
      );
      const empty = await serve(json(200, { data: [] }));
      const at = (url: string) => createProvider({ ...settings, baseUrl: url }).settings;
      const read = await at(odd.url)?.read();
      assert.deepEqual([read?.status, read?.hours?.weekly, read?.sip.status], ['not_set', {}, 'not_set']);
      const error = await failure(at(empty.url)?.read() ?? assert.fail());
      assert.equal(error.code, 'provider_reply_unreadable');
      await Promise.all([odd.close(), empty.close()]);
    });

    it('an error never carries a SIP password that the answer holds', async () => {
      meta.calling.sip = {
        status: 'ENABLED',
        servers: [{ hostname: 'sip.example.com', sip_user_password: 'hush-hush-hush' }],
      };
      const read = await meta.read();
      assert.ok(!JSON.stringify(read).includes('hush'));
    });
  });

  it('reads everything in our words', async () => {
    meta.calling.restrictions = {
      restrictions_list: [
        { type: 'RESTRICTED_BUSINESS_INITIATED_CALLING', reason: 'LOW_QUALITY', expiration: 1795781400 },
        { type: 'RESTRICTED_USER_INITIATED_CALLING' },
        { nothing: true },
      ],
    };
    const read = await meta.read();
    assert.deepEqual(read, {
      status: 'enabled',
      icons: { visibility: 'default', countries: ['PT', 'BR'] },
      hours: {
        status: 'enabled',
        timeZone: 'Europe/Lisbon',
        weekly: {
          monday: [
            { open: '09:00', close: '12:30' },
            { open: '14:00', close: '18:00' },
          ],
        },
        holidays: [{ date: '2099-12-25', from: '00:00', to: '23:59' }],
      },
      callbackPermission: 'enabled',
      codecs: ['PCMA'],
      voicemail: {
        status: 'enabled',
        triggers: ['reject', 'timeout'],
        timeoutSeconds: 20,
        announcementMediaId: '778899001122',
      },
      sip: { status: 'disabled' },
      keyExchange: 'dtls',
      restrictions: [
        { type: 'RESTRICTED_BUSINESS_INITIATED_CALLING', reason: 'LOW_QUALITY', until: 1795781400_000, outgoing: true },
        { type: 'RESTRICTED_USER_INITIATED_CALLING', outgoing: false },
      ],
    });
  });

  const partial: [string, CallingSettingsPatch, string[]][] = [
    ['calling', { status: 'disabled' }, ['status']],
    ['the icon', { icons: { visibility: 'disable_all' } }, ['call_icon_visibility']],
    ['countries of the icon', { icons: { countries: [] } }, ['call_icons']],
    ['hours off', { hours: { status: 'disabled' } }, ['call_hours']],
    ['the zone', { hours: { timeZone: 'Atlantic/Azores' } }, ['call_hours']],
    ['one day', { hours: { weekly: { friday: [{ open: '10:00', close: '12:00' }] } } }, ['call_hours']],
    [
      'one more holiday',
      { hours: { addHolidays: [{ date: '2099-12-24', from: '09:00', to: '12:00' }] } },
      ['call_hours'],
    ],
    ['callback', { callbackPermission: 'disabled' }, ['callback_permission_status']],
    ['codecs', { codecs: ['PCMU'] }, ['audio']],
    ['how long voicemail waits', { voicemail: { timeoutSeconds: 5 } }, ['voicemail']],
    ['voicemail off', { voicemail: { status: 'disabled' } }, ['voicemail']],
  ];
  for (const [name, patch, groups] of partial) {
    it(`changes ${name} and nothing else`, async () => {
      const before = settingPaths(await meta.read());
      const { changes, notApplied } = await meta.change(patch);
      assert.deepEqual(meta.written.map(Object.keys), [groups]);
      assert.deepEqual(notApplied, []);
      assert.ok(changes.length === 1 && changes[0]?.asked, JSON.stringify(changes));
      const after = settingPaths(await meta.read());
      for (const [path, value] of before) if (path !== changes[0]?.path) assert.deepEqual(after.get(path), value, path);
      assert.notDeepEqual(after.get(changes[0]?.path ?? ''), before.get(changes[0]?.path ?? ''));
      const { changes: again } = await meta.change(patch);
      assert.deepEqual(again, []);
      assert.equal(meta.written.length, 1, 'what is so already is not written');
    });
  }

  it('keeps what it does not know of a group that it writes', async () => {
    meta.calling.call_hours.mood = 'friendly';
    meta.calling.call_hours.holiday_schedule[0].label = 'Christmas';
    meta.calling.voicemail.audio.night = { timeout_seconds: 3 };
    await meta.change({
      hours: { weekly: { monday: [], tuesday: [{ open: '09:00', close: '10:00' }] } },
      voicemail: { triggers: ['timeout'] },
    });
    assert.equal(meta.calling.call_hours.mood, 'friendly');
    assert.deepEqual(meta.calling.call_hours.holiday_schedule, [
      { date: '2099-12-25', start_time: '0000', end_time: '2359', label: 'Christmas' },
    ]);
    assert.deepEqual(meta.calling.voicemail.audio, { ...FULL.voicemail.audio, night: { timeout_seconds: 3 } });
  });

  it('leaves out holidays that have passed, since WhatsApp takes no list with one, and says so', async () => {
    meta.calling.call_hours.holiday_schedule.unshift({ date: '2026-11-19', start_time: '0000', end_time: '2359' });
    const { droppedHolidays, notApplied } = await meta.change({ hours: { status: 'disabled' } });
    assert.deepEqual(droppedHolidays, ['2026-11-19']);
    assert.deepEqual(notApplied, []);
    assert.deepEqual(meta.calling.call_hours.holiday_schedule, FULL.call_hours.holiday_schedule);
  });

  it('switches SIP off without forgetting the server, and without sending back what is only read', async () => {
    const server = { hostname: 'sip.example.com', port: 5061 };
    meta.calling.sip = { status: 'ENABLED', servers: [{ ...server, app_id: 1, sip_user_password: 'hush' }] };
    await meta.change({ sip: { status: 'disabled' } });
    assert.deepEqual(meta.written, [{ sip: { status: 'DISABLED', servers: [server] } }]);
    delete meta.calling.sip;
    assert.deepEqual((await meta.change({ sip: { status: 'disabled' } })).changes.length, 0);
  });

  it('does not wipe what somebody else changed a moment before, and tells it', async () => {
    // Before our last reading, and after it.
    meta.meanwhile = (n) => {
      if (n === 1) meta.calling.call_hours = { ...meta.calling.call_hours, timezone_id: 'Atlantic/Azores' };
      if (n === 2) meta.calling.callback_permission_status = 'DISABLED';
    };
    const { changes } = await meta.change({ hours: { weekly: { friday: [{ open: '10:00', close: '12:00' }] } } });
    assert.equal(meta.calling.call_hours.timezone_id, 'Atlantic/Azores');
    assert.deepEqual(
      changes.map(({ path, asked }) => [path, asked]),
      [
        ['hours.weekly.friday', true],
        ['callbackPermission', false],
      ],
    );
  });

  it('says what was not applied', async () => {
    meta.spoil = json(200, { success: true });
    const { changes, notApplied } = await meta.change({ status: 'disabled' });
    assert.deepEqual(changes, []);
    assert.deepEqual(notApplied, [{ path: 'status', wanted: 'disabled', found: 'enabled' }]);
  });

  it('two changes at once of the same group both hold', async () => {
    await Promise.all(
      DAYS.map((day) => meta.change({ hours: { weekly: { [day]: [{ open: '10:00', close: '11:00' }] } } })),
    );
    const { hours } = await meta.read();
    for (const day of DAYS) assert.deepEqual(hours?.weekly[day], [{ open: '10:00', close: '11:00' }], day);
  });

  it('uses the address that a provider in front of WhatsApp has', async () => {
    await meta.server.close();
    meta = await new Meta().start({ profile: '360dialog' });
    await meta.read();
    assert.equal(meta.server.seen[0]?.url, '/calling/settings');
  });
});

describe('call settings of the simulated number', function () {
  this.timeout(60_000);
  it('survive any series of partial changes: only what was named differs', async () => {
    const business = await Business.start();
    const { url, settings: played } = business.simulator;
    const provider = createProvider({
      profile: 'simulator',
      baseUrl: url,
      phoneNumberId: played.phoneNumberId,
      wabaId: played.wabaId,
      accessToken: played.accessToken,
      appSecrets: [played.appSecret],
    });
    const number = provider.settings ?? assert.fail();
    const onOff = fc.constantFrom('enabled' as const, 'disabled' as const);
    const range = fc.constantFrom({ open: '08:00', close: '12:00' }, { open: '13:00', close: '17:30' });
    const holiday = fc.record({
      date: fc.integer({ min: 1, max: 9 }).map((n) => `2099-05-0${n}`),
      from: fc.constant('09:00'),
      to: fc.constant('12:00'),
    });
    const patch = fc.oneof(
      fc.record({ status: onOff }),
      fc.record({ icons: fc.record({ visibility: fc.constantFrom('default' as const, 'disable_all' as const) }) }),
      fc.record({ icons: fc.record({ countries: fc.uniqueArray(fc.constantFrom('BR', 'PT', 'DE')) }) }),
      fc.record({ hours: fc.record({ status: onOff }) }),
      fc.record({
        hours: fc.record({ weekly: fc.constantFrom(...DAYS).chain((day) => range.map((one) => ({ [day]: [one] }))) }),
      }),
      fc.record({ hours: fc.record({ addHolidays: fc.array(holiday, { minLength: 1, maxLength: 1 }) }) }),
      fc.record({ callbackPermission: onOff }),
      fc.record({ codecs: fc.uniqueArray(fc.constantFrom('PCMA' as const, 'PCMU' as const)) }),
      fc.record({ voicemail: fc.record({ timeoutSeconds: fc.integer({ min: 0, max: 30 }) }) }),
    );
    try {
      await number.change({
        hours: {
          status: 'enabled',
          timeZone: 'Europe/Lisbon',
          weekly: { monday: [{ open: '09:00', close: '10:00' }] },
        },
        voicemail: { status: 'disabled', triggers: ['reject'] },
      });
      await fc.assert(
        fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 6 }), async (patches) => {
          for (const one of patches) {
            const before = settingPaths(await number.read());
            const { changes, notApplied, settings: after } = await number.change(one);
            const named = Object.keys(one)[0] as string;
            assert.deepEqual(notApplied, []);
            for (const [path, value] of settingPaths(after)) {
              const told = changes.find((change) => change.path === path);
              if (told) assert.ok(path.startsWith(named) && told.asked, `${path} by ${JSON.stringify(one)}`);
              else assert.deepEqual(value, before.get(path), path);
            }
          }
        }),
        { numRuns: 25 },
      );
    } finally {
      await business.close();
    }
  });
});
