import { strict as assert } from 'node:assert';
import { request } from 'node:http';
import { ANA, Business, NUMBER, OFFER, WABA } from './business.ts';

describe('simulator: Graph API', () => {
  let business: Business;
  before(async () => {
    business = await Business.start();
    await business.allow();
  });
  after(() => business.close());
  const code = async (promise: Promise<{ body: { error?: { code: number } } }>) => (await promise).body.error?.code;

  it('any version, or none; other ids and edges do not exist', async () => {
    for (const path of ['/v25.0', '/v26.0', '/v17.0', '']) {
      const response = await fetch(
        `${business.simulator.graphUrl}${path}/${NUMBER}/call_permissions?user_wa_id=${ANA.phone}`,
        {
          headers: { Authorization: `Bearer ${business.simulator.settings.accessToken}` },
        },
      );
      assert.equal(response.status, 200, path);
      await response.arrayBuffer();
    }
    assert.equal(await code(business.graph('GET', '999999999999999/settings')), 100);
    assert.equal((await business.graph('GET', '999999999999999/settings')).body.error.error_subcode, 33);
    assert.equal(await code(business.graph('GET', `${NUMBER}/calls`)), 100);
    assert.equal(await code(business.graph('POST', `${NUMBER}/nonsense`, {})), 100);
    assert.equal(await code(business.graph('POST', `${NUMBER}/calls/more`, {})), 100);
  });

  it('no token, a wrong token: 401 with code 190, and no violation', async () => {
    for (const Authorization of [
      '',
      'Bearer wrong',
      'Basic abc',
      `Bearer ${business.simulator.settings.accessToken}x`,
    ]) {
      const { status, body } = await business.graph('GET', `${NUMBER}/settings`, undefined, { Authorization });
      assert.equal(status, 401);
      assert.equal(body.error.code, 190);
    }
    assert.equal((business.simulator.control.read('violations') as { total: number }).total, 0);
  });

  it('broken bodies are refused and nothing falls over', async () => {
    const bodies: [string, string][] = [
      ['{', 'application/json'],
      ['', 'application/json'],
      ['null', 'application/json'],
      ['[]', 'application/json'],
      ['"x"', 'application/json'],
      ['{}', 'application/json'],
      ['{"action":7}', 'application/json'],
      ['{"__proto__":{"action":"connect"},"constructor":1}', 'application/json'],
      ['a=b', 'application/x-www-form-urlencoded'],
      ['\u0000\uffff', 'application/json'],
      [`{"messaging_product":"whatsapp","action":"connect","to":{"a":1},"session":[]}`, 'application/json'],
      ['['.repeat(100_000), 'application/json'],
    ];
    for (const [body, type] of bodies)
      for (const path of ['calls', 'messages', 'settings', '']) {
        const answer = await business.graph('POST', `${NUMBER}/${path}`, body, { 'Content-Type': type });
        assert.equal(answer.status, 400, `${path} ${body.slice(0, 40)}`);
        assert.equal(typeof answer.body.error.code, 'number');
        assert.equal(typeof answer.body.error.error_data.details, 'string');
      }
    for (const path of ['message_templates', 'subscribed_apps'])
      assert.ok(
        (await business.graph('POST', `${WABA}/${path}`, '{"a":[1]}', { 'Content-Type': 'application/json' }))
          .status === 400,
      );
    assert.equal((await business.permissions()).status, 200);
  });

  it('a body over 1 MB gets 413, and the next request works', async () => {
    const huge = JSON.stringify({ messaging_product: 'whatsapp', filler: 'x'.repeat(1_100_000) });
    const { status } = await business
      .graph('POST', `${NUMBER}/messages`, huge, { 'Content-Type': 'application/json' })
      .catch(() => ({ status: 413 }));
    assert.equal(status, 413);
    assert.equal((await business.permissions()).status, 200);
  });

  it('a client that goes away in the middle harms nobody', async () => {
    await new Promise<void>((resolve) => {
      const half = request(`${business.simulator.graphUrl}/v25.0/${NUMBER}/calls`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': 1000,
          Authorization: `Bearer ${business.simulator.settings.accessToken}`,
        },
      });
      half.on('error', () => resolve());
      half.on('close', () => resolve());
      half.write('{"messaging');
      setTimeout(() => half.destroy(), 20);
    });
    assert.equal((await business.permissions()).status, 200);
  });

  it('connect: missing, wrong and unknown parameters are 100', async () => {
    const session = { sdp_type: 'offer', sdp: OFFER };
    for (const [name, extra] of [
      ['no product', { messaging_product: undefined }],
      ['other product', { messaging_product: 'messenger' }],
      ['no recipient', { to: undefined }],
      ['not a number', { to: 'Ana' }],
      ['no session', { session: undefined }],
      ['answer', { session: { ...session, sdp_type: 'answer' } }],
      ['empty sdp', { session: { ...session, sdp: '' } }],
      ['unknown action', { action: 'hold' }],
      ['misspelt', { biz_opaque_calback_data: 'x' }],
      ['513 characters', { biz_opaque_callback_data: 'x'.repeat(513) }],
      ['recording without purpose', { recording: { status: 'ENABLED' } }],
    ] as const) {
      const answer = await business.connect(extra);
      assert.equal(answer.body.error?.code, 100, name);
      assert.equal(answer.status, 400);
    }
    const { body } = await business.connect({
      session: { ...session, sdp: OFFER.replace(/a=fingerprint[^\r]*\r\n/, '') },
    });
    assert.equal(body.error.error_data.details, 'No fingerprint found in SDP');
  });

  it('512 characters of own data and a recording come through', async () => {
    const data = 'ç'.repeat(512);
    const recording = { status: 'ENABLED', purpose: 'delivery', announcement_language: 'pt' };
    const { status, body } = await business.connect({ biz_opaque_callback_data: data, recording });
    assert.equal(status, 200);
    assert.equal((await business.event('connect')).item.biz_opaque_callback_data, data);
    await business.terminate(body.calls[0].id);
  });

  it('terminate of a call nobody knows is 100', async () => {
    assert.equal(await code(business.terminate('wacid.none')), 100);
  });

  it('SIP enabled: calls are 131055', async () => {
    const sip = (status: string) => business.graph('POST', `${NUMBER}/settings`, { calling: { sip: { status } } });
    await sip('ENABLED');
    assert.equal(await code(business.connect()), 131055);
    await sip('DISABLED');
  });

  describe('templates', () => {
    const create = (more: object = {}) =>
      business.graph('POST', `${WABA}/message_templates`, {
        name: 'delivery_call',
        language: 'pt_BR',
        category: 'UTILITY',
        parameter_format: 'named',
        components: [
          { type: 'BODY', text: 'Oi {{first_name}}, entrega {{order}}?' },
          { type: 'call_permission_request' },
        ],
        ...more,
      });
    const send = (name: string, language: string, parameters: object[]) =>
      business.graph('POST', `${NUMBER}/messages`, {
        messaging_product: 'whatsapp',
        to: '351912000456',
        type: 'template',
        template: { name, language: { code: language }, components: [{ type: 'body', parameters }] },
      });
    const named = [
      { type: 'text', parameter_name: 'first_name', text: 'Rui' },
      { type: 'text', parameter_name: 'order', text: '4471' },
    ];

    it('PENDING, then APPROVED; only then it can be sent', async () => {
      const slow = await Business.start({ pace: 1 });
      try {
        const answer = await slow.graph('POST', `${WABA}/message_templates`, {
          name: 'a',
          language: 'en_US',
          category: 'UTILITY',
          components: [{ type: 'BODY', text: 'May we call?' }, { type: 'call_permission_request' }],
        });
        assert.equal(answer.body.status, 'PENDING');
        const template = { name: 'a', language: { code: 'en_US' } };
        const message = { messaging_product: 'whatsapp', to: ANA.phone, type: 'template', template };
        assert.equal((await slow.graph('POST', `${NUMBER}/messages`, message)).body.error.code, 132001);
        await slow.advance(3);
        assert.equal((await slow.event('message_template_status_update')).item.event, 'APPROVED');
        assert.equal((await slow.graph('POST', `${NUMBER}/messages`, message)).status, 200);
      } finally {
        await slow.close();
      }
    });

    it('wrong ones are refused', async () => {
      for (const wrong of [
        { name: 'Delivery Call' },
        { category: 'AUTHENTICATION' },
        { components: [{ type: 'call_permission_request' }] },
        { components: [{ type: 'BODY', text: ' ' }, { type: 'call_permission_request' }] },
        {
          components: [{ type: 'BODY', text: 'x' }, { type: 'call_permission_request' }, { type: 'BUTTONS' }],
          parameter_format: 'positional',
        },
        { parameter_format: 'positional' },
        { language: 'english' },
      ])
        assert.equal((await create(wrong)).body.error?.code, 100, JSON.stringify(wrong));
      assert.equal((await create()).status, 200);
      assert.equal((await create()).body.error.code, 100, 'twice');
    });

    it('language, number and names of parameters must fit', async () => {
      await business.event('message_template_status_update');
      assert.equal(await code(send('delivery_call', 'pt_PT', named)), 132001);
      assert.equal(await code(send('other', 'pt_BR', named)), 132001);
      assert.equal(await code(send('delivery_call', 'pt_BR', named.slice(1))), 132000);
      assert.equal(await code(send('delivery_call', 'pt_BR', [named[0] as object, named[0] as object])), 132012);
      assert.equal(
        await code(
          send(
            'delivery_call',
            'pt_BR',
            named.map(({ type, text }) => ({ type, text })),
          ),
        ),
        132012,
      );
      assert.equal(await code(send('delivery_call', 'pt_BR', named)), undefined);
    });

    it('can be listed by name and deleted', async () => {
      const list = async () => (await business.graph('GET', `${WABA}/message_templates?name=delivery_call`)).body.data;
      assert.equal((await list()).length, 1);
      assert.equal((await list())[0].status, 'APPROVED');
      await business.graph('DELETE', `${WABA}/message_templates?name=delivery_call`);
      assert.equal((await list()).length, 0);
      assert.equal(await code(business.graph('DELETE', `${WABA}/message_templates?name=delivery_call`)), 100);
    });
  });

  describe('settings', () => {
    const set = (calling: object) => business.graph('POST', `${NUMBER}/settings`, { calling });
    const get = async () => (await business.graph('GET', `${NUMBER}/settings`)).body.calling;
    const hours = (more: object = {}) => ({
      call_hours: {
        status: 'ENABLED',
        timezone_id: 'Europe/Lisbon',
        weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1230' }],
        ...more,
      },
    });

    it('a group that is sent replaces the old one whole, the others stay', async () => {
      const holiday_schedule = [{ date: '2099-12-25', start_time: '0000', end_time: '2359' }];
      assert.deepEqual((await set(hours({ holiday_schedule }))).body, { success: true });
      assert.equal((await get()).call_hours.holiday_schedule.length, 1);
      await set(hours());
      assert.equal('holiday_schedule' in (await get()).call_hours, false);
      await set({ audio: { additional_codecs: ['PCMU'] } });
      assert.equal((await get()).call_hours.status, 'ENABLED');
      assert.equal((await get()).status, 'ENABLED');
    });

    it('a change is told by account_settings_update, a repetition is not', async () => {
      const told = () => business.kinds().filter((kind) => kind === 'account_settings_update').length;
      const before = told();
      await set({ call_icon_visibility: 'DISABLE_ALL' });
      const { item } = await business.event('account_settings_update', before + 1);
      assert.equal(item.type, 'phone_number_settings');
      assert.equal(item.phone_number_settings.phone_number_id, NUMBER);
      assert.equal(item.phone_number_settings.calling.call_icon_visibility, 'DISABLE_ALL');
      await set({ call_icon_visibility: 'DISABLE_ALL' });
      await set({ call_icon_visibility: 'DEFAULT' });
      await business.event('account_settings_update', before + 2);
      assert.equal(told(), before + 2);
    });

    it('wrong values are 100 and change nothing', async () => {
      const range = { day_of_week: 'MONDAY', open_time: '0900', close_time: '1230' };
      const before = await get();
      for (const wrong of [
        { status: 'enabled' },
        { callback_permission_status: true },
        { colour: 'blue' },
        { call_icons: { restrict_to_user_countries: ['Portugal'] } },
        hours({ timezone_id: 'Mars/Olympus' }),
        hours({ weekly_operating_hours: [] }),
        hours({ weekly_operating_hours: [{ ...range, close_time: '0800' }] }),
        hours({ weekly_operating_hours: [range, { ...range, open_time: '1200', close_time: '1500' }] }),
        hours({ weekly_operating_hours: [range, range, range] }),
        hours({ holiday_schedule: [{ date: '2001-12-25', start_time: '0000', end_time: '2359' }] }),
        { audio: { additional_codecs: ['G722'] } },
      ])
        assert.equal((await set(wrong)).body.error?.code, 100, JSON.stringify(wrong));
      assert.deepEqual(await get(), before);
    });

    it('enabling needs a messaging limit of 2,000 and a subscribed app', async () => {
      await set({ status: 'DISABLED' });
      await business.simulator.control.do('number', { messagingLimit: 1000 });
      assert.equal((await set({ status: 'ENABLED' })).body.error.code, 138015);
      await business.simulator.control.do('number', { messagingLimit: 2000 });
      await business.graph('DELETE', `${WABA}/subscribed_apps`);
      assert.equal((await set({ status: 'ENABLED' })).body.error.code, 138018);
      await business.graph('POST', `${WABA}/subscribed_apps`);
      assert.equal((await set({ status: 'ENABLED' })).status, 200);
    });
  });

  describe('number and account', () => {
    it('fields of the number, and an error for those it has not', async () => {
      const { body } = await business.graph(
        'GET',
        `${NUMBER}?fields=id,display_phone_number,verified_name,status,account_mode`,
      );
      assert.deepEqual(body, {
        id: NUMBER,
        display_phone_number: '351211000100',
        verified_name: 'Example Business',
        status: 'CONNECTED',
        account_mode: 'LIVE',
      });
      assert.equal(await code(business.graph('GET', `${NUMBER}?fields=shoe_size`)), 100);
      assert.equal((await business.graph('GET', `${WABA}/phone_numbers`)).body.data[0].id, NUMBER);
      assert.equal((await business.graph('GET', `${WABA}/subscribed_apps`)).body.data.length, 1);
    });

    it('a webhook address of the number goes before the app’s, after its handshake', async () => {
      const other = await Business.start();
      try {
        const set = (webhook_configuration: object) => business.graph('POST', NUMBER, { webhook_configuration });
        const wrong = { override_callback_uri: other.webhookUrl, verify_token: 'wrong' };
        assert.equal((await set(wrong)).body.error.error_subcode, 2200);
        const verify_token = other.simulator.settings.verifyToken;
        assert.equal((await set({ override_callback_uri: other.webhookUrl, verify_token })).status, 200);
        const before = business.received.length;
        await business.simulator.control.do('message', { user: ANA.phone, text: 'to the other one' });
        await other.event('text');
        assert.equal(business.received.length, before);
        const { body } = await business.graph('GET', `${NUMBER}?fields=webhook_configuration`);
        assert.equal(body.webhook_configuration.phone_number, other.webhookUrl);
        await set({ override_callback_uri: '' });
        await business.simulator.control.do('message', { user: ANA.phone, text: 'and back' });
        await business.until('back', () => business.received.length > before);
      } finally {
        await other.close();
      }
    });
  });

  it('the request log holds no token, SDP or whole number', async () => {
    await business.connect({ to: '351912000456' });
    const log = JSON.stringify([
      business.simulator.control.read('requests'),
      business.simulator.control.read('violations'),
    ]);
    assert.ok(log.includes('/calls'));
    for (const secret of [business.simulator.settings.accessToken, 'ice-pwd', '351912000456', ANA.phone])
      assert.equal(log.includes(secret), false, secret);
  });
});
