import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import express from 'express';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { WebhookEndpoint } from '../../../lib/webhook/endpoint.ts';
import { bindWebhook, type RoutableApp } from '../../../lib/webhook/express-route.ts';
import { routerOf } from '../../../lib/webhook/raw-body.ts';
import * as p from '../provider/meta/payloads.ts';
import { listen, send } from './listening.ts';

const SECRET = 'route-secret';

function nodeRed(httpNodeRoot: string) {
  const root = express();
  const admin = express();
  const httpNode = express();
  admin.use(express.json({ limit: '5mb' }));
  root.use('/', admin);
  root.use(httpNodeRoot, httpNode);
  return { root, httpNode };
}
function listening() {
  const stored: ProviderEvent[] = [];
  const endpoint = new WebhookEndpoint();
  endpoint.add({
    businessNumberId: p.NUMBER,
    provider: createProvider({
      profile: 'meta',
      phoneNumberId: p.NUMBER,
      accessToken: 't',
      appSecrets: [SECRET],
      verifyToken: 'v',
    }),
    append: async (events) => {
      stored.push(...events);
      return events.map((event) => ({ event, fresh: true, effects: [] }));
    },
    handle: async () => undefined,
  });
  return { endpoint, stored };
}
const signed = (body: Buffer) => ({
  'content-type': 'application/json',
  'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
});
/** As Meta writes: other letters and slashes escaped, and with spaces of its own. */
const ESCAPED = Buffer.from(
  JSON.stringify(
    p.envelope(
      'calls',
      p.value({ contacts: [{ ...p.contactEntry, profile: { name: 'Zoë 📞 a/b' } }], calls: [p.connectItem] }),
    ),
  )
    .replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')
    .replace('"entry":', '"entry" : '),
);

describe('webhook route', () => {
  for (const [root, prefix] of [
    ['/', ''],
    ['/api', '/api'],
  ] as const) {
    it(`events and handshake at httpNodeRoot ${root}`, async () => {
      const { root: app, httpNode } = nodeRed(root);
      const { endpoint, stored } = listening();
      const close = bindWebhook(httpNode as unknown as RoutableApp, '/whatsapp-calling', endpoint);
      const server = await listen(app);
      const path = `${prefix}/whatsapp-calling`;
      try {
        const answer = await send(server.port, path, ESCAPED, signed(ESCAPED));
        assert.deepEqual([answer.status, answer.body], [200, 'ok']);
        const [event] = stored;
        assert(event?.type === 'call.connect');
        assert.equal(event.contact?.name, 'Zoë 📞 a/b');

        const again = Buffer.from(JSON.stringify(JSON.parse(ESCAPED.toString())));
        for (const [body, headers] of [
          [again, signed(ESCAPED)],
          [ESCAPED, { 'content-type': 'application/json' }],
          [
            ESCAPED,
            { ...signed(ESCAPED), 'X-Hub-Signature-256': [signed(ESCAPED)['X-Hub-Signature-256'], 'sha256=0'] },
          ],
        ] as const) {
          assert.equal((await send(server.port, path, body, headers as never)).status, 401);
        }
        assert.equal(stored.length, 1);
        assert.equal((await send(server.port, path, Buffer.alloc(4 * 1024 * 1024), {})).status, 413);

        const query = '?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=';
        const handshake = await send(server.port, `${path}${query}v`, undefined, {}, 'GET');
        assert.deepEqual([handshake.status, handshake.body], [200, '1158201444']);
        assert.match(handshake.headers['content-type'] ?? '', /^text\/plain/);
        assert.equal(handshake.headers['x-content-type-options'], 'nosniff');
        assert.equal((await send(server.port, `${path}${query}w`, undefined, {}, 'GET')).status, 403);
        assert.equal((await send(server.port, path, undefined, {}, 'GET')).status, 403);

        close();
        assert.equal((await send(server.port, path, ESCAPED, signed(ESCAPED))).status, 404);
      } finally {
        await server.close();
      }
    });
  }

  it('takes away its own routes and no others, and can be opened again', () => {
    const { httpNode } = nodeRed('/');
    const mine = () => undefined;
    httpNode.get('/hook', mine);
    httpNode.post('/hook', mine);
    const routes = () => (routerOf(httpNode)?.stack ?? []).filter((layer) => 'route' in layer && layer.route).length;
    for (let n = 0; n < 3; n += 1) {
      const closes = [1, 2].map(() => bindWebhook(httpNode as unknown as RoutableApp, '/hook', new WebhookEndpoint()));
      assert.equal(routes(), 6);
      closes[0]?.();
      closes[0]?.();
      assert.equal(routes(), 4);
      closes[1]?.();
      assert.equal(routes(), 2);
    }
  });

  it('middleware runs first, and may refuse', async () => {
    const { root, httpNode } = nodeRed('/');
    const { endpoint, stored } = listening();
    const seen: string[] = [];
    bindWebhook(httpNode as unknown as RoutableApp, '/hook', endpoint, [
      (request, _response, next) => {
        seen.push(request.method);
        next();
      },
      (request, response, next) => (request.headers['x-stop'] ? response.status(418).end() : next()),
    ]);
    const server = await listen(root);
    try {
      assert.equal((await send(server.port, '/hook', ESCAPED, { ...signed(ESCAPED), 'x-stop': '1' })).status, 418);
      assert.equal(stored.length, 0);
      assert.equal((await send(server.port, '/hook', ESCAPED, signed(ESCAPED))).status, 200);
      assert.equal((await send(server.port, '/hook', undefined, {}, 'GET')).status, 403);
      assert.deepEqual(seen, ['POST', 'POST', 'GET']);
    } finally {
      await server.close();
    }
  });

  it('a body that others have read is not called a forgery', async () => {
    const app = express();
    const { endpoint, stored } = listening();
    const close = bindWebhook(app as unknown as RoutableApp, '/hook', endpoint);
    // Something in front of everything, put there after us.
    const stack = routerOf(app)?.stack ?? [];
    app.use(express.json());
    stack.unshift(...stack.splice(stack.length - 1, 1));
    const server = await listen(app);
    try {
      assert.equal((await send(server.port, '/hook', ESCAPED, signed(ESCAPED))).status, 500);
      assert.equal(stored.length, 0);
    } finally {
      await server.close();
      close();
    }
  });
});
