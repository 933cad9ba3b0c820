import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { createProvider, type ProviderSettings } from '../../../../lib/provider/meta/create.ts';
import { type Provider, ProviderError } from '../../../../lib/provider/provider.ts';
import { type FaultServer, json, metaError, type Reply, serve } from '../fault-server.ts';
import { SDP } from './payloads.ts';

const PHONE = '4915700000042';
const USER = 'DE.77310264955180027716';
const TOKEN = 'token-of-the-test';
const base = { phoneNumberId: '7246', accessToken: TOKEN, appSecrets: ['app-secret'], verifyToken: 'verify-me' };

let server: FaultServer;
async function start(reply: Reply, settings: Partial<ProviderSettings> = {}): Promise<Provider> {
  server = await serve(reply);
  return createProvider(
    { profile: 'simulator', baseUrl: server.url, ...base, ...settings },
    { sleep: async () => undefined },
  );
}
const body = (at = 0): unknown => JSON.parse(server.seen[at]?.body ?? 'null');
async function failure(run: Promise<unknown>): Promise<ProviderError> {
  const error = await run.then(
    (value) => assert.fail(`no failure but ${inspect(value)}`),
    (e: unknown) => e,
  );
  assert(error instanceof ProviderError);
  return error;
}
const called = json(200, { messaging_product: 'whatsapp', success: true, calls: [{ id: 'wacid.1' }], more: 1 });
const sent = json(200, {
  messaging_product: 'whatsapp',
  contacts: [{ input: PHONE, wa_id: PHONE, user_id: USER, parent_user_id: 'DE.ENT.4' }],
  messages: [{ id: 'wamid.1', message_status: 'accepted' }],
});

describe('create: requests on the wire', () => {
  afterEach(() => server.close());

  it('connect', async () => {
    const provider = await start(called);
    const reply = await provider.placeCall({ contact: { phone: PHONE }, offer: SDP, correlationId: 'r-1' });
    assert.deepEqual(reply, { callId: 'wacid.1' });
    assert.equal(server.seen[0]?.url, '/v25.0/7246/calls');
    assert.equal(server.seen[0]?.headers['content-type'], 'application/json');
    assert.deepEqual(body(), {
      messaging_product: 'whatsapp',
      to: PHONE,
      action: 'connect',
      session: { sdp_type: 'offer', sdp: SDP },
      biz_opaque_callback_data: 'r-1',
    });
  });
  it('connect by user id; the number wins if both are known', async () => {
    const provider = await start(called);
    const call = { offer: SDP, correlationId: 'r' };
    await provider.placeCall({ contact: { userId: USER }, ...call });
    await provider.placeCall({ contact: { parentUserId: 'DE.ENT.4' }, ...call });
    await provider.placeCall({ contact: { phone: PHONE, userId: USER }, ...call });
    const addressed = server.seen.map((seen) => {
      const { to, recipient } = JSON.parse(seen.body) as { to?: string; recipient?: string };
      return { to, recipient };
    });
    assert.deepEqual(addressed, [
      { to: undefined, recipient: USER },
      { to: undefined, recipient: 'DE.ENT.4' },
      { to: PHONE, recipient: undefined },
    ]);
  });
  it('pre_accept, accept, reject, terminate', async () => {
    const provider = await start(json(200, { success: true }));
    await provider.answerCall('wacid.1', SDP, { preAccept: true, correlationId: 'r' });
    await provider.answerCall('wacid.1', SDP, { preAccept: false, correlationId: 'r' });
    await provider.answerCall('wacid.1', SDP, { preAccept: false });
    await provider.rejectCall('wacid.1');
    await provider.terminateCall('wacid.1');
    const head = { messaging_product: 'whatsapp', call_id: 'wacid.1' };
    const session = { sdp_type: 'answer', sdp: SDP };
    assert.deepEqual(
      server.seen.map((_, at) => body(at)),
      [
        { ...head, action: 'pre_accept', session },
        { ...head, action: 'accept', session, biz_opaque_callback_data: 'r' },
        { ...head, action: 'accept', session },
        { ...head, action: 'reject' },
        { ...head, action: 'terminate' },
      ],
    );
  });
  it('tells why a call of a person cannot be answered, where its state says so; a reject of what is over is done', async () => {
    const cases = [
      ['The call has been terminated already.', 'provider_call_over'],
      ['Call is no longer active', 'provider_call_over'],
      ['The call is in progress already.', 'provider_call_in_progress'],
      ['Call already accepted', 'provider_call_in_progress'],
      ['SDP mismatch between pre_accept and accept', undefined],
    ] as const;
    for (const [details, code] of cases) {
      const provider = await start(metaError(400, 100, { error_data: { details } }));
      const error = await failure(provider.answerCall('wacid.1', SDP, { preAccept: false }));
      assert.deepEqual([error.providerCode, error.outcome], ['100', 'refused'], details);
      if (code === undefined) assert.ok(!error.code.startsWith('provider_call_'), error.code);
      else assert.equal(error.code, code, details);
      assert.equal(server.seen.length, 1, 'an answer is never repeated by itself');
      if (code === 'provider_call_over') await provider.rejectCall('wacid.1');
      else await assert.rejects(provider.rejectCall('wacid.1'));
      await server.close();
    }
    await start(called);
  });
  it('a free-form request, with and without text', async () => {
    const provider = await start(sent);
    const reply = await provider.requestPermission({
      contact: { phone: PHONE },
      via: 'freeform',
      text: ' May we call? ',
    });
    assert.deepEqual(reply, {
      requestId: 'wamid.1',
      contact: { phone: PHONE, userId: USER, parentUserId: 'DE.ENT.4' },
    });
    await provider.requestPermission({ contact: { userId: USER }, via: 'freeform' });
    const interactive = { type: 'call_permission_request', action: { name: 'call_permission_request' } };
    const head = { messaging_product: 'whatsapp', recipient_type: 'individual', type: 'interactive' };
    assert.deepEqual(body(0), { ...head, to: PHONE, interactive: { ...interactive, body: { text: 'May we call?' } } });
    assert.deepEqual(body(1), { ...head, recipient: USER, interactive });
    assert.equal(server.seen[0]?.url, '/v25.0/7246/messages');
  });
  it('a template with named, numbered and no parameters', async () => {
    const provider = await start(sent);
    const send = (parameters?: Record<string, string> | string[]) =>
      provider.requestPermission({
        contact: { phone: PHONE },
        via: 'template',
        template: { name: 'ask', language: 'pt_BR', ...(parameters ? { parameters } : {}) },
      });
    await send({ first_name: 'Ana', order: '4471' });
    await send(['Ana', '4471']);
    await send();
    const templates = server.seen.map(
      (seen) => (JSON.parse(seen.body) as { template: { components?: unknown } }).template,
    );
    const head = { name: 'ask', language: { code: 'pt_BR' } };
    assert.deepEqual(templates, [
      {
        ...head,
        components: [
          {
            type: 'body',
            parameters: [
              { type: 'text', parameter_name: 'first_name', text: 'Ana' },
              { type: 'text', parameter_name: 'order', text: '4471' },
            ],
          },
        ],
      },
      {
        ...head,
        components: [
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'Ana' },
              { type: 'text', text: '4471' },
            ],
          },
        ],
      },
      head,
    ]);
  });
  it('a text', async () => {
    const provider = await start(sent);
    assert.deepEqual(await provider.sendText({ phone: PHONE }, 'Hello'), { messageId: 'wamid.1' });
    assert.deepEqual(body(), {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: PHONE,
      type: 'text',
      text: { preview_url: false, body: 'Hello' },
    });
  });
  it('input that cannot be sent is refused before anything is sent', async () => {
    const provider = await start(called);
    const contact = { phone: PHONE };
    const call = { contact, offer: SDP, correlationId: 'r' };
    const bad: Promise<unknown>[] = [
      provider.placeCall({ ...call, contact: {} }),
      provider.placeCall({ ...call, contact: { phone: 'abc' } }),
      provider.placeCall({ ...call, contact: { userId: '../x' } }),
      provider.placeCall({ contact, correlationId: 'r' }),
      provider.placeCall({ ...call, offer: '' }),
      provider.placeCall({ ...call, correlationId: '' }),
      provider.placeCall({ ...call, correlationId: 'x'.repeat(513) }),
      provider.placeCall({ ...call, offer: `v=0${'x'.repeat(300_000)}` }),
      provider.answerCall('', SDP, { preAccept: false }),
      provider.answerCall('wacid.1', '', { preAccept: false }),
      provider.terminateCall(''),
      provider.rejectCall(undefined as never),
      provider.requestPermission({ contact, via: 'template' }),
      provider.requestPermission({ contact, via: 'template', template: { name: 'x', language: '' } }),
      provider.requestPermission({
        contact,
        via: 'template',
        template: { name: 'x', language: 'de', parameters: [''] },
      }),
      provider.requestPermission({ contact, via: 'freeform', text: 'x'.repeat(1025) }),
      provider.sendText(contact, ' '),
      provider.sendText(contact, 'x'.repeat(4097)),
      provider.queryPermission({}),
    ];
    for (const run of bad) {
      const error = await failure(run);
      assert.deepEqual([error.code, error.kind, error.outcome], ['provider_input_invalid', 'never', 'not_sent']);
    }
    assert.equal(server.seen.length, 0);
  });
});

describe('create: replies', () => {
  afterEach(() => server.close());
  const contact = { phone: PHONE };

  it('the permission with its limits', async () => {
    const provider = await start(
      json(200, {
        messaging_product: 'whatsapp',
        permission: { status: 'temporary', expiration_time: 1795780800 },
        actions: [
          {
            action_name: 'send_call_permission_request',
            can_perform_action: false,
            limits: [
              { time_period: 'PT24H', max_allowed: 1, current_usage: 1, limit_expiration_time: 1795259400 },
              { time_period: 'P7D', max_allowed: '2', current_usage: '1' },
              { nonsense: true },
            ],
          },
          { action_name: 'dance', can_perform_action: true },
          {
            action_name: 'start_call',
            can_perform_action: true,
            limits: [{ time_period: 'PT24H', max_allowed: 100, current_usage: 3 }],
          },
        ],
      }),
    );
    assert.deepEqual(await provider.queryPermission(contact), {
      status: 'temporary',
      expiresAt: 1795780800000,
      request: {
        allowed: false,
        limits: [
          { period: 'PT24H', allowed: 1, used: 1, freesAt: 1795259400000 },
          { period: 'P7D', allowed: 2, used: 1 },
        ],
      },
      call: { allowed: true, limits: [{ period: 'PT24H', allowed: 100, used: 3 }] },
    });
  });
  it('the other name of the expiry, permanent, none, and words that we do not know', async () => {
    const read = async (permission: object, actions?: unknown) => {
      const provider = await start(json(200, { permission, ...(actions === undefined ? {} : { actions }) }));
      try {
        return await provider.queryPermission(contact);
      } finally {
        await server.close();
      }
    };
    assert.equal((await read({ status: 'temporary', expiration: '1795780800' })).expiresAt, 1795780800000);
    const permanent = await read({ status: 'PERMANENT', expiration_time: 1795780800 });
    assert.deepEqual(permanent, {
      status: 'permanent',
      request: { allowed: false, limits: [] },
      call: { allowed: true, limits: [] },
    });
    for (const status of ['no_permission', 'granted', 'yes', '']) {
      const none = await read({ status });
      assert.deepEqual([none.status, none.call.allowed], ['none', false]);
    }
    const odd = await read({ status: 'temporary', expiration_time: 'x' }, 'nonsense');
    assert.equal('expiresAt' in odd, false);
  });
  it('a reply that lacks what it must have: unknown, since the provider may have acted', async () => {
    for (const reply of [
      {},
      { calls: [] },
      { calls: [{}] },
      { calls: 'x' },
      { messages: [{ id: '' }] },
      [],
      5,
      null,
      'ok',
    ]) {
      const provider = await start(json(200, JSON.stringify(reply)));
      const runs = [
        provider.placeCall({ contact, offer: SDP, correlationId: 'r' }),
        provider.requestPermission({ contact, via: 'freeform' }),
        provider.queryPermission(contact),
      ];
      for (const run of runs) {
        const error = await failure(run);
        assert.deepEqual([error.code, error.outcome], ['provider_reply_unreadable', 'unknown']);
      }
      await server.close();
    }
  });
  it('ids as numbers, contacts that are odd or differ from what was dialled', async () => {
    let provider = await start(json(200, { calls: [{ id: 5 }] }));
    assert.deepEqual(await provider.placeCall({ contact, offer: SDP, correlationId: 'r' }), { callId: '5' });
    await server.close();
    for (const [contacts, expected] of [
      [[{ input: '5511955500123', wa_id: '551155500123' }], { phone: '551155500123' }],
      [[{ input: PHONE }], { phone: PHONE }],
      [[{ input: USER, user_id: USER }], { userId: USER }],
      ['x', undefined],
      [[5], undefined],
      [[], undefined],
    ] as const) {
      provider = await start(json(200, { messages: [{ id: 'wamid.1' }], contacts }));
      assert.deepEqual((await provider.requestPermission({ contact, via: 'freeform' })).contact, expected);
      await server.close();
    }
  });
  it('a confirmation that does not confirm', async () => {
    const provider = await start(json(200, { success: false }));
    assert.equal((await failure(provider.terminateCall('wacid.1'))).code, 'provider_reply_unreadable');
  });
  it('terminate of a call that is over counts as done', async () => {
    for (const [code, details] of [
      [100, 'Call already ended'],
      [138000 + 4, 'The call is not in progress'],
      [100, 'Invalid call_id'],
      [138010, 'Call has been terminated by the user'],
      [100, 'The call wacid.1 does not exist'],
    ] as const) {
      const provider = await start(metaError(400, code, { error_data: { details } }));
      await provider.terminateCall('wacid.1');
      assert.equal(server.seen.length, 1);
      await server.close();
    }
  });
  it('terminate that failed for another reason is an error: the call may still go on', async () => {
    for (const [status, code, details] of [
      [400, 100, 'Parameter messaging_product is required'],
      [400, 100, undefined],
      [401, 190, 'The session has already ended'],
      [401, 138000, 'Calling not enabled'],
      [500, 138004, 'The call already ended'],
    ] as const) {
      const provider = await start(metaError(status, code, details ? { error_data: { details } } : {}));
      await failure(provider.terminateCall('wacid.1'));
      await server.close();
    }
  });
});

describe('create: profiles and settings', () => {
  it('360dialog: own header, own paths, person in the path', async () => {
    const provider = await start(json(200, { permission: { status: 'permanent' }, calls: [{ id: 'w' }] }), {
      profile: '360dialog',
    });
    await provider.queryPermission({ phone: PHONE });
    await provider.placeCall({ contact: { phone: PHONE }, offer: SDP, correlationId: 'r' });
    assert.deepEqual(
      server.seen.map(
        ({ method, url, headers }) => `${method} ${url} ${headers['d360-api-key']} ${headers.authorization}`,
      ),
      [`GET /calling/permissions/${PHONE} ${TOKEN} undefined`, `POST /calling/calls ${TOKEN} undefined`],
    );
    const header = (value: string) =>
      provider.verifyWebhook({
        rawBody: Buffer.from('{}'),
        header: (n) => (n === 'authorization' ? value : undefined),
      });
    assert.equal(header('app-secret'), true);
    assert.equal(header('other'), false);
    await server.close();
  });
  it('Kapso: own header, own version, own signature', async () => {
    const provider = await start(json(200, { permission: { status: 'permanent' } }), { profile: 'kapso' });
    await provider.queryPermission({ userId: USER });
    assert.equal(server.seen[0]?.url, `/v24.0/7246/call_permissions?recipient=${USER}`);
    assert.equal(server.seen[0]?.headers['x-api-key'], TOKEN);
    const rawBody = Buffer.from('{}');
    const hex = createHmac('sha256', 'app-secret').update(rawBody).digest('hex');
    assert.equal(
      provider.verifyWebhook({ rawBody, header: (n) => (n === 'x-webhook-signature' ? hex : undefined) }),
      true,
    );
    await server.close();
  });
  it('others: everything that differs can be given', async () => {
    const provider = await start(called, {
      profile: 'custom',
      baseUrl: undefined as never,
      ...{},
    }).catch((error: unknown) => error);
    assert(provider instanceof ProviderError);
    assert.match(provider.message, /base address is missing/);
    await server.close();
    server = await serve(called);
    const own = createProvider({
      profile: 'custom',
      ...base,
      baseUrl: `${server.url}/api/`,
      overrides: {
        authHeader: 'X-Key',
        authPrefix: 'Key ',
        paths: { calls: '/calling/calls/{number}' },
        webhook: { header: 'X-Sig', prefix: 'v1=', algorithm: 'sha512' },
      },
    });
    await own.placeCall({ contact: { phone: PHONE }, offer: SDP, correlationId: 'r' });
    assert.equal(server.seen[0]?.url, '/api/calling/calls/7246');
    assert.equal(server.seen[0]?.headers['x-key'], `Key ${TOKEN}`);
    const rawBody = Buffer.from('{}');
    const hex = createHmac('sha512', 'app-secret').update(rawBody).digest('hex');
    assert.equal(own.verifyWebhook({ rawBody, header: (n) => (n === 'X-Sig' ? `v1=${hex}` : undefined) }), true);
    await server.close();
  });
  it('a version in the address is not doubled', async () => {
    server = await serve(called);
    const provider = createProvider({
      profile: 'simulator',
      ...base,
      baseUrl: `${server.url}/v22.0`,
      apiVersion: 'v25.0',
    });
    await provider.placeCall({ contact: { phone: PHONE }, offer: SDP, correlationId: 'r' });
    assert.equal(server.seen[0]?.url, '/v22.0/7246/calls');
    await server.close();
  });
  it('says what is missing or wrong, without quoting secrets', () => {
    const good: ProviderSettings = { profile: 'meta', ...base };
    const cases: [unknown, RegExp][] = [
      [undefined, /not set up/],
      [null, /not set up/],
      [{}, /profile must be one of/],
      [{ ...good, accessToken: undefined }, /the access token is missing/],
      [{ ...good, accessToken: '' }, /the access token is missing/],
      [{ ...good, accessToken: '  ' }, /the access token is missing/],
      [{ ...good, accessToken: 'canary canary' }, /the access token holds spaces/],
      [{ ...good, accessToken: 'canary\r\nx-evil: 1' }, /the access token holds spaces/],
      [{ ...good, accessToken: 'canärytoken' }, /the access token holds/],
      [{ ...good, phoneNumberId: undefined }, /the phone number id is missing/],
      [{ ...good, phoneNumberId: '+49 157' }, /the phone number id must be/],
      [{ ...good, phoneNumberId: '../x' }, /the phone number id must be/],
      [{ ...good, profile: 'whatsapp' }, /profile must be one of/],
      [{ ...good, profile: '__proto__' }, /profile must be one of/],
      [{ ...good, apiVersion: '25' }, /must look like v25\.0/],
      [{ ...good, baseUrl: 'graph.facebook.com' }, /must begin with https/],
      [{ ...good, baseUrl: 'ftp://x' }, /must begin with https/],
      [{ ...good, baseUrl: 'http://graph.facebook.com' }, /in clear/],
      [{ ...good, baseUrl: 'https://canary:canary@x.invalid' }, /no login/],
      [{ ...good, baseUrl: 'https://x.invalid/?access_token=canary' }, /no login, query/],
      [{ ...good, profile: 'custom' }, /base address is missing/],
      [{ ...good, profile: 'simulator' }, /base address is missing/],
      [{ ...good, timeoutMs: 1 }, /at least 100 ms/],
      [{ ...good, timeoutMs: 1e9 }, /at most 55 s/],
      [{ ...good, overrides: { authHeader: 'Host' } }, /cannot carry/],
      [{ ...good, overrides: { authHeader: 'a b' } }, /no header name/],
      [{ ...good, overrides: { paths: { calls: 'https://evil.invalid' } } }, /must begin with a slash/],
      [{ ...good, overrides: { paths: { calls: '/x?y' } } }, /must begin with a slash/],
      [{ ...good, overrides: { webhook: { algorithm: 'sha1' } } }, /SHA-1 is refused/],
    ];
    for (const [settings, expected] of cases) {
      assert.throws(
        () => createProvider(settings as ProviderSettings),
        (error: unknown) => {
          assert(error instanceof ProviderError, inspect(error));
          assert.equal(error.code, 'provider_settings_invalid');
          assert.match(error.message, expected);
          assert(!inspect(error, { depth: 20 }).includes('canary'));
          return true;
        },
      );
    }
    assert.equal(createProvider({ ...good, baseUrl: '', apiVersion: '', verifyToken: '' }).name, 'meta');
    assert.equal(
      createProvider({ ...good, baseUrl: 'http://proxy.invalid', overrides: { allowPlainHttp: true } }).name,
      'meta',
    );
  });
  it('shows no secret when it is looked at', () => {
    const provider = createProvider({ profile: 'meta', ...base });
    const seen = inspect(provider, { depth: 20, showHidden: true }) + JSON.stringify(provider) + String(provider);
    for (const secret of [TOKEN, 'app-secret', 'verify-me']) assert(!seen.includes(secret));
  });
  it('never believes a webhook without a secret', () => {
    const provider = createProvider({ profile: 'meta', ...base, appSecrets: ['', ' '] });
    const rawBody = Buffer.from('{}');
    for (const secret of ['', ' ']) {
      const value = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
      assert.equal(provider.verifyWebhook({ rawBody, header: () => value }), false);
    }
  });
  it('answers the handshake only to those who know the token', () => {
    const provider = createProvider({ profile: 'meta', ...base });
    const query = { 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': 'verify-me' };
    assert.equal(provider.verifySubscription(query), '1158201444');
    for (const odd of [
      {},
      { ...query, 'hub.mode': 'unsubscribe' },
      { ...query, 'hub.verify_token': 'other' },
      { ...query, 'hub.verify_token': undefined },
      { ...query, 'hub.verify_token': ['verify-me'] },
      { ...query, 'hub.challenge': undefined },
      { ...query, 'hub.challenge': '' },
      { ...query, 'hub.challenge': '<script>alert(1)</script>' },
      { ...query, 'hub.challenge': 'x'.repeat(257) },
      { ...query, 'hub.challenge': ['1'] },
    ]) {
      assert.equal(provider.verifySubscription(odd), undefined);
    }
    const { verifyToken: _, ...without } = base;
    const closed = createProvider({ profile: 'meta', ...without });
    assert.equal(closed.verifySubscription({ ...query, 'hub.verify_token': '' }), undefined);
    assert.equal(closed.verifySubscription({ ...query, 'hub.verify_token': undefined }), undefined);
  });
  it('a body that is no JSON is a ProviderError without the body', () => {
    const provider = createProvider({ profile: 'meta', ...base });
    assert.throws(
      () => provider.parseWebhook(Buffer.from('canary')),
      (error: unknown) => error instanceof ProviderError && !inspect(error).includes('canary'),
    );
  });
});
