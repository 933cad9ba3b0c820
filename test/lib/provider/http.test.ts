import { strict as assert } from 'node:assert';
import net from 'node:net';
import { inspect } from 'node:util';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { type Provider, ProviderError } from '../../../lib/provider/provider.ts';
import { closedPort, FAULTS, type FaultServer, json, metaError, type Reply, serve } from './fault-server.ts';

const TOKEN = 'EAAGcanaryTokenQ7w8e9r0t1y2u3i4o5p6';
const SECRETS = ['canaryAppSecretNumberOne', 'canaryAppSecretNumberTwo'];
const VERIFY = 'canaryVerifyTokenXyz';
const ICE = 'canaryIcePasswordAbcdef';
const PHONE = '5511955500123';
const OFFER = `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=ice-pwd:${ICE}\r\n`;
const contact = { phone: PHONE };

type Policy = 'never' | 'when_unsent' | 'idempotent';
const METHODS: { name: string; policy: Policy; run(provider: Provider): Promise<unknown> }[] = [
  { name: 'placeCall', policy: 'never', run: (p) => p.placeCall({ contact, offer: OFFER, correlationId: 'r1' }) },
  { name: 'answerCall pre_accept', policy: 'never', run: (p) => p.answerCall('wacid.1', OFFER, { preAccept: true }) },
  { name: 'answerCall accept', policy: 'never', run: (p) => p.answerCall('wacid.1', OFFER, { preAccept: false }) },
  { name: 'requestPermission', policy: 'when_unsent', run: (p) => p.requestPermission({ contact, via: 'freeform' }) },
  { name: 'sendText', policy: 'when_unsent', run: (p) => p.sendText(contact, 'hello') },
  { name: 'rejectCall', policy: 'idempotent', run: (p) => p.rejectCall('wacid.1') },
  { name: 'terminateCall', policy: 'idempotent', run: (p) => p.terminateCall('wacid.1') },
  { name: 'queryPermission', policy: 'idempotent', run: (p) => p.queryPermission(contact) },
];

/** What is expected of each fault: our code, whether it can have had effect, and how often each kind of request is made. */
type Expected = [code: string, outcome: ProviderError['outcome'], idempotent: number, whenUnsent: number];
const EXPECTED: Record<keyof typeof FAULTS, Expected> = {
  'reset before the reply': ['provider_connection_lost', 'unknown', 4, 1],
  'reset in the middle of the reply': ['provider_connection_lost', 'unknown', 4, 1],
  'half a reply, then silence': ['provider_timeout', 'unknown', 4, 1],
  silence: ['provider_timeout', 'unknown', 4, 1],
  'drop by drop': ['provider_timeout', 'unknown', 4, 1],
  'not HTTP': ['provider_reply_unreadable', 'unknown', 1, 1],
  'status 500 with Meta error': ['provider_connection_error', 'unknown', 4, 1],
  'status 503 with Meta error 131016': ['provider_server_error', 'unknown', 4, 4],
  'status 500 empty': ['provider_server_error', 'unknown', 4, 1],
  'status 502 HTML': ['provider_server_error', 'unknown', 4, 1],
  'status 429 with Retry-After': ['provider_throughput', 'refused', 4, 4],
  'status 429 HTML': ['provider_rate_limit', 'refused', 4, 4],
  'status 429 far away': ['provider_account_rate_limit', 'refused', 1, 1],
  'status 401 code 190': ['provider_token_invalid', 'refused', 1, 1],
  'status 401 in another shape': ['provider_token_invalid', 'refused', 1, 1],
  'status 400 code 138006': ['provider_no_permission', 'refused', 1, 1],
  'status 400 HTML': ['provider_refused', 'unknown', 1, 1],
  'status 404 HTML': ['provider_not_found', 'unknown', 1, 1],
  'status 407': ['provider_proxy_refused', 'not_sent', 1, 1],
  'status 200 HTML': ['provider_reply_unreadable', 'unknown', 1, 1],
  'status 200 truncated JSON': ['provider_reply_unreadable', 'unknown', 1, 1],
  'status 200 empty': ['provider_reply_unreadable', 'unknown', 1, 1],
  'status 200 with an error inside': ['provider_server_error', 'unknown', 1, 4],
  'status 200 nested 200,000 deep': ['provider_reply_unreadable', 'unknown', 1, 1],
  '100 MB': ['provider_reply_too_large', 'unknown', 1, 1],
  'gzip bomb': ['provider_reply_too_large', 'unknown', 1, 1],
  'brotli bomb': ['provider_reply_too_large', 'unknown', 1, 1],
  'broken gzip': ['provider_reply_unreadable', 'unknown', 1, 1],
};

function provider(baseUrl: string, waits: number[] = [], timeoutMs = 20_000): Provider {
  return createProvider(
    {
      profile: 'custom',
      baseUrl,
      phoneNumberId: '334455667788990',
      accessToken: TOKEN,
      appSecrets: SECRETS,
      verifyToken: VERIFY,
      timeoutMs,
    },
    {
      sleep: async (ms) => {
        waits.push(ms);
      },
      random: () => 1,
    },
  );
}

let induced = 0;

/** Every way in which somebody may look at an error. */
function views(error: unknown): string {
  const properties = Object.getOwnPropertyNames(error).map((key) => String((error as Record<string, unknown>)[key]));
  return [
    (error as Error).message,
    (error as Error).stack,
    JSON.stringify(error),
    inspect(error, { depth: 20, showHidden: true }),
    String(error),
    ...properties,
  ].join('\n');
}

async function failure(run: Promise<unknown>): Promise<ProviderError> {
  let result: unknown;
  try {
    result = await run;
  } catch (error) {
    induced += 1;
    assert(error instanceof ProviderError, `not a ProviderError: ${error}`);
    assert.equal('cause' in error, false);
    assert(error.nextStep.length > 10 && error.message.length > 10);
    const seen = views(error);
    for (const canary of [TOKEN, ...SECRETS, VERIFY, ICE, PHONE, Buffer.from(TOKEN).toString('base64').slice(0, 40)]) {
      assert(!seen.includes(canary), `${canary} leaks: ${seen}`);
    }
    assert(!seen.includes(TOKEN.slice(5, 25)), `a piece of the token leaks: ${seen}`);
    assert(!/user_wa_id|127\.0\.0\.1:\d+\//.test(seen), `the address leaks: ${seen}`);
    return error;
  }
  assert.fail(`no failure but ${inspect(result)}`);
}

describe('http: every fault of a network, for every request', () => {
  for (const [fault, reply] of Object.entries(FAULTS) as [keyof typeof FAULTS, Reply][]) {
    it(fault, async () => {
      const [code, outcome, idempotent, whenUnsent] = EXPECTED[fault];
      // Only where the time limit is what is tested; elsewhere a busy machine must not make a timeout of another fault.
      const limit = code === 'provider_timeout' ? 1000 : 20_000;
      const probe = async (method: (typeof METHODS)[number]): Promise<void> => {
        const server = await serve(reply);
        try {
          const error = await failure(method.run(provider(server.url, [], limit)));
          assert.equal(error.code, code, method.name);
          assert.equal(error.outcome, outcome, method.name);
          const tries = { never: 1, when_unsent: whenUnsent, idempotent }[method.policy];
          assert.equal(server.seen.length, tries, `${method.name} on the wire`);
          assert(server.sentBytes() < 40 * 1024 * 1024, 'the large body was taken in whole');
        } finally {
          await server.close();
        }
      };
      await Promise.all(METHODS.map(probe));
    });
  }

  it('nobody listens: surely not sent', async () => {
    const port = await closedPort();
    for (const method of METHODS) {
      const waits: number[] = [];
      const error = await failure(method.run(provider(`http://127.0.0.1:${port}`, waits)));
      assert.equal(error.code, 'provider_unreachable');
      assert.equal(error.outcome, 'not_sent');
      assert.equal(waits.length, method.policy === 'never' ? 0 : 3, method.name);
    }
  });

  it('a name that does not exist: surely not sent', async () => {
    for (const method of METHODS) {
      const error = await failure(method.run(provider('https://nobody.invalid', [], 5000)));
      // Behind a proxy the name is the proxy's business, and then it is unreachable.
      assert.match(error.code, /^provider_(host_unknown|unreachable|timeout|proxy_refused)$/);
      assert.equal(error.outcome, 'not_sent');
    }
  });

  it('no TLS at the other end: surely not sent, and not tried again', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      for (const method of METHODS) {
        const error = await failure(method.run(provider(`https://127.0.0.1:${port}`)));
        assert.match(error.code, /^provider_(tls_failed|unreachable)$/);
        assert.equal(error.outcome, 'not_sent');
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('a TLS handshake that never ends: surely not sent', async () => {
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      const error = await failure(
        provider(`https://127.0.0.1:${port}`, [], 300).placeCall({ contact, offer: OFFER, correlationId: 'r' }),
      );
      assert.equal(error.code, 'provider_timeout');
      assert.equal(error.outcome, 'not_sent');
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('a redirect is not followed, so the token does not travel', async () => {
    const other = await serve(json(200, { calls: [{ id: 'wacid.elsewhere' }], success: true }));
    const server = await serve((_request, response, seen) => {
      response.writeHead(seen.method === 'GET' ? 302 : 307, { location: `${other.url}/stolen` });
      response.end();
    });
    try {
      for (const method of METHODS) {
        const error = await failure(method.run(provider(server.url)));
        assert.equal(error.code, 'provider_redirect');
        assert.equal(error.outcome, 'unknown');
      }
      assert.equal(server.seen.length, METHODS.length);
      assert.equal(other.seen.length, 0);
    } finally {
      await server.close();
      await other.close();
    }
  });
});

describe('http: the token in what a provider says', () => {
  const echoes: Record<string, (headers: Record<string, unknown>) => object> = {
    message: (h) => ({ message: `Bad token ${h.authorization}`, code: 190 }),
    details: (h) => ({ message: 'x', code: 100, error_data: { details: `Got ${h.authorization} for ${PHONE}` } }),
    'in the middle of a word': () => ({ message: `abc${TOKEN}def`, code: 100 }),
    'cut off': () => ({ message: `token=${TOKEN.slice(0, 30)}…`, code: 100 }),
    'without its start': () => ({ message: `…${TOKEN.slice(5)}`, code: 100 }),
    base64: () => ({ message: Buffer.from(TOKEN).toString('base64'), code: 100 }),
    hex: () => ({ message: Buffer.from(TOKEN).toString('hex'), code: 100 }),
    'in a URL': () => ({ message: `GET /me?access_token=${encodeURIComponent(TOKEN)}&x=1`, code: 100 }),
    trace: () => ({ message: 'x', code: 100, fbtrace_id: `trace-${TOKEN}` }),
    code: () => ({ message: 'x', code: TOKEN }),
    subcode: () => ({ message: 'x', code: 100, error_subcode: TOKEN }),
    secrets: () => ({ message: `${SECRETS.join(' and ')} ${VERIFY}`, code: 100 }),
    'session description': () => ({ message: OFFER, code: 138008, error_data: { details: `Bad line: ${OFFER}` } }),
    'after 100 kB': (h) => ({ message: `${'x'.repeat(100_000)}${h.authorization}`, code: 100 }),
    'across the cut': (h) => ({ message: `${'y '.repeat(235)}${h.authorization}`, code: 100 }),
    'over several lines': (h) => ({ message: `a\r\nb\u0000c\n${h.authorization}\n`, code: 100 }),
    'in a name': () => ({ message: 'x', code: 100, [TOKEN]: TOKEN }),
  };
  for (const [where, error] of Object.entries(echoes)) {
    it(where, async () => {
      for (const status of [400, 401, 403, 500]) {
        const server = await serve((request, response, seen, count) =>
          json(status, { error: error(request.headers) }, { 'x-echo': TOKEN, 'set-cookie': TOKEN })(
            request,
            response,
            seen,
            count,
          ),
        );
        try {
          for (const method of METHODS) {
            const failed = await failure(method.run(provider(server.url)));
            assert((failed.details ?? '').length <= 500);
            // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
            assert.doesNotMatch(failed.details ?? '', /[\u0000-\u001f]/);
          }
        } finally {
          await server.close();
        }
      }
    });
  }

  it('the canary test has really looked at hundreds of failures', () => {
    assert(induced >= 700, `${induced}`);
  });
});

describe('http: what is on the wire', () => {
  let server: FaultServer;
  afterEach(() => server.close());

  it('carries the token in the header and nowhere else', async () => {
    server = await serve(json(200, { permission: { status: 'no_permission' } }));
    await provider(server.url).queryPermission(contact);
    const [seen] = server.seen;
    assert.equal(seen?.headers.authorization, `Bearer ${TOKEN}`);
    assert.equal(seen?.url, `/334455667788990/call_permissions?user_wa_id=${PHONE}`);
  });

  it('reads what a provider says of an error', async () => {
    const details = 'Call limit reached, next call allowed after 1795259400';
    server = await serve(metaError(400, 138012, { error_subcode: 2593006, error_data: { details } }));
    const error = await failure(provider(server.url).placeCall({ contact, offer: OFFER, correlationId: 'r' }));
    assert.equal(error.providerCode, '138012');
    assert.equal(error.subcode, '2593006');
    assert.equal(error.details, details);
    assert.equal(error.traceId, 'AxYzTrace');
    assert.equal(error.httpStatus, 400);
    assert.equal(error.kind, 'wait');
  });

  it('waits as long as Retry-After says, otherwise 0.5 s × 2^n', async () => {
    server = await serve(metaError(429, 613, {}, { 'retry-after': '2' }));
    const asked: number[] = [];
    await failure(provider(server.url, asked).queryPermission(contact));
    assert.equal(asked.length, 3);
    for (const wait of asked) assert(wait >= 1900 && wait <= 2000 + 2000, `${wait}`);
    await server.close();
    server = await serve(json(500, ''));
    const own: number[] = [];
    await failure(provider(server.url, own).queryPermission(contact));
    assert.deepEqual(own, [500, 1000, 2000]);
  });

  it('does not sit out a long wait: the error says when', async () => {
    server = await serve(metaError(429, 613, {}, { 'retry-after': '3600' }));
    const waits: number[] = [];
    const error = await failure(provider(server.url, waits).queryPermission(contact));
    assert.deepEqual(waits, []);
    assert((error.retryAt ?? 0) > Date.now() + 3_500_000);
  });

  it('goes on after a fault that passes', async () => {
    let n = 0;
    server = await serve((request, response, seen, count) => {
      n += 1;
      const reply = n < 4 ? FAULTS['reset before the reply'] : json(200, { success: true });
      reply(request, response, seen, count);
    });
    await provider(server.url).terminateCall('wacid.1');
    assert.equal(n, 4);
  });

  it('gives each request that must not be repeated a connection of its own', async () => {
    const connections = new Set<unknown>();
    server = await serve((request, response, seen, count) => {
      connections.add(request.socket.remotePort);
      json(200, { calls: [{ id: 'wacid.1' }], success: true })(request, response, seen, count);
    });
    const p = provider(server.url);
    for (let n = 0; n < 3; n += 1) await p.placeCall({ contact, offer: OFFER, correlationId: 'r' });
    assert.equal(connections.size, 3);
    connections.clear();
    for (let n = 0; n < 3; n += 1) await p.terminateCall('wacid.1');
    assert.equal(connections.size, 1);
  });

  it('can be given up: before, during, and while waiting for the next try', async () => {
    const giveUp = new AbortController();
    server = await serve(() => giveUp.abort());
    const p = provider(server.url);
    const before = await failure(p.placeCall({ contact, offer: OFFER, correlationId: 'r' }, AbortSignal.abort()));
    assert.deepEqual([before.code, before.outcome], ['provider_aborted', 'not_sent']);
    assert.equal(server.seen.length, 0);
    const during = await failure(p.placeCall({ contact, offer: OFFER, correlationId: 'r' }, giveUp.signal));
    assert.deepEqual([during.code, during.outcome], ['provider_aborted', 'unknown']);
    await server.close();

    const stop = new AbortController();
    server = await serve((request, response, seen, count) => {
      json(500, '')(request, response, seen, count);
      setTimeout(() => stop.abort(), 100);
    });
    const patient = createProvider(
      { profile: 'custom', baseUrl: server.url, phoneNumberId: '1', accessToken: TOKEN, appSecrets: SECRETS },
      // The longest first wait is 500 ms.
      { random: () => 1 },
    );
    const waiting = failure(patient.queryPermission(contact, stop.signal));
    const error = await waiting;
    assert.equal(error.code, 'provider_server_error');
    assert(server.seen.length < 4);
  });

  it('ignores what others did to the shared HTTP library', async () => {
    server = await serve(json(200, { success: true }));
    const { default: axios } = await import('axios');
    const mine = axios.interceptors.request.use((config) => {
      config.headers.set('x-spy', 'yes');
      return config;
    });
    axios.defaults.headers.common['x-default'] = 'yes';
    try {
      await provider(server.url).terminateCall('wacid.1');
      assert.equal(server.seen[0]?.headers['x-spy'], undefined);
      assert.equal(server.seen[0]?.headers['x-default'], undefined);
    } finally {
      axios.interceptors.request.eject(mine);
      delete axios.defaults.headers.common['x-default'];
    }
  });
});
