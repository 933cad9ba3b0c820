import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import type { Appended } from '../../../lib/ledger/ledger.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import type { WebhookRequest } from '../../../lib/provider/provider.ts';
import { type WebhookAccount, WebhookEndpoint } from '../../../lib/webhook/endpoint.ts';
import * as p from '../provider/meta/payloads.ts';

const SECRET = 'shared-app-secret';
const OTHER = '999000111';

interface Probe extends WebhookAccount {
  stored: ProviderEvent[];
  handled: Appended[];
  notes: string[];
}
function account(
  businessNumberId: string,
  more: Partial<WebhookAccount> & { secret?: string; verifyToken?: string } = {},
): Probe {
  const { secret = SECRET, verifyToken, ...rest } = more;
  const probe: Probe = {
    businessNumberId,
    stored: [],
    handled: [],
    notes: [],
    provider: createProvider({
      profile: 'meta',
      phoneNumberId: businessNumberId,
      accessToken: 't',
      appSecrets: [secret],
      ...(verifyToken ? { verifyToken } : {}),
    }),
    append: async (events) => {
      probe.stored.push(...events);
      return events.map((event) => ({ event, fresh: true, effects: [] }));
    },
    handle: async (appended) => {
      probe.handled.push(...appended);
    },
    note: (text) => {
      probe.notes.push(text);
    },
    ...rest,
  };
  return probe;
}
function request(body: unknown, secret = SECRET): WebhookRequest {
  const rawBody = Buffer.isBuffer(body) ? body : p.bytes(body);
  const value = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
  return { rawBody, header: (name) => (name === 'x-hub-signature-256' ? value : undefined) };
}
function endpointOf(...accounts: WebhookAccount[]): WebhookEndpoint {
  const endpoint = new WebhookEndpoint();
  for (const one of accounts) endpoint.add(one);
  return endpoint;
}
const ringing = (number = p.NUMBER) => p.envelope('calls', p.value({ statuses: [p.statusItem] }, number));
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('webhook endpoint', () => {
  it('stores, then says 200, then works', async () => {
    const order: string[] = [];
    let stored: () => void = () => undefined;
    const slow = account(p.NUMBER, {
      append: (events) =>
        new Promise((resolve) => {
          stored = () => {
            order.push('stored');
            resolve(events.map((event) => ({ event, fresh: true, effects: [] })));
          };
        }),
      handle: async () => {
        order.push('handled');
      },
    });
    const answer = endpointOf(slow)
      .post(request(ringing()))
      .then((reply) => {
        order.push(`replied ${reply.status}`);
      });
    await later();
    assert.deepEqual(order, []);
    stored();
    await answer;
    assert.deepEqual(order, ['stored', 'replied 200']);
    await later();
    assert.deepEqual(order, ['stored', 'replied 200', 'handled']);
  });

  it('unsigned, forged, serialised again: 401 and nothing changes', async () => {
    const one = account(p.NUMBER);
    const endpoint = endpointOf(one);
    const body = Buffer.from('{"entry" : [] , "x":"\\u00e7\\/"}');
    const good = request(body);
    const bad: WebhookRequest[] = [
      request(ringing(), 'wrong'),
      { rawBody: p.bytes(ringing()), header: () => undefined },
      { rawBody: p.bytes(ringing()), header: (name) => (name === 'x-hub-signature-256' ? '' : undefined) },
      { rawBody: p.bytes(JSON.parse(body.toString())), header: good.header },
      { rawBody: Buffer.alloc(0), header: good.header },
    ];
    for (const one of bad) assert.equal((await endpoint.post(one)).status, 401);
    await later();
    assert.deepEqual([one.stored, one.handled, one.notes], [[], [], []]);
    assert.equal(endpoint.statistics().refused, bad.length);
    assert.equal((await endpoint.post(good)).status, 200);
  });

  it('counts every forgery, whatever it says of itself, and no probe that proves to be our own', async () => {
    const one = account(p.NUMBER);
    const endpoint = endpointOf(one);
    const probe = (proof: string): WebhookRequest => {
      const { rawBody } = request(ringing());
      return { rawBody, header: (name) => (name === 'x-whatsapp-calling-check' ? proof : 'sha256=00') };
    };
    const right = request(ringing()).header('x-hub-signature-256') ?? '';
    for (const proof of ['1', '', right.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])
      assert.equal((await endpoint.post(probe(proof))).status, 401);
    assert.equal(endpoint.statistics().refused, 3);
    assert.equal((await endpoint.post(probe(right))).status, 401);
    assert.equal(endpoint.statistics().refused, 3);
    await later();
    assert.deepEqual([one.stored, one.handled], [[], []]);
  });

  it('routes by business number, also within one body', async () => {
    const [one, two] = [account(p.NUMBER), account(OTHER)];
    const body = {
      entry: [
        ...(ringing().entry as unknown[]),
        ...(ringing(OTHER).entry as unknown[]),
        ...(p.envelope('messages', p.value({ messages: [p.replyItem(p.temporary)] })).entry as unknown[]),
      ],
    };
    assert.equal((await endpointOf(one, two).post(request(body))).status, 200);
    await later();
    assert.deepEqual(
      one.stored.map(({ type }) => type),
      ['call.ringing', 'permission.replied'],
    );
    assert.deepEqual(
      two.stored.map(({ type }) => type),
      ['call.ringing'],
    );
    assert.equal(one.handled.length, 2);
  });

  it('only those whose signature fits get anything', async () => {
    const [one, two] = [account(p.NUMBER, { secret: 'a' }), account(OTHER, { secret: 'b' })];
    const endpoint = endpointOf(one, two);
    assert.equal((await endpoint.post(request(ringing(OTHER), 'b'))).status, 200);
    assert.deepEqual([one.stored.length, two.stored.length], [0, 1]);
    const everywhere = p.envelope('account_update', { event: 'ACCOUNT_DELETED' }, { time: p.T });
    assert.equal((await endpoint.post(request(everywhere, 'a'))).status, 200);
    assert.deepEqual([one.stored.length, two.stored.length], [1, 1]);
  });

  it('a number of ours under another number’s secret is not lost with a 200', async () => {
    const [mistyped, two] = [account(p.NUMBER, { secret: 'mistyped' }), account(OTHER)];
    const body = { entry: [...(ringing().entry as unknown[]), ...(ringing(OTHER).entry as unknown[])] };
    assert.equal((await endpointOf(mistyped, two).post(request(body))).status, 401);
    assert.deepEqual([mistyped.stored.length, two.stored.length], [0, 1]);
    assert.match(mistyped.notes[0] ?? '', /Check the app secret/);
    await later();
    assert.equal(two.handled.length, 1);
  });

  it('numbers that nobody has: 200, counted, told once', async () => {
    const one = account(p.NUMBER);
    const endpoint = endpointOf(one);
    for (let n = 0; n < 3; n += 1) assert.equal((await endpoint.post(request(ringing('888000222333')))).status, 200);
    assert.equal(endpoint.statistics().foreign, 3);
    assert.equal(one.notes.length, 1);
    assert.match(one.notes[0] ?? '', /8880…2333/);
    assert.equal(one.stored.length, 0);
  });

  it('the store is down: 503, and what others stored is worked on all the same', async () => {
    const down = account(p.NUMBER, {
      append: async () => {
        throw Object.assign(new Error('disk full, contact 4915700000042'), { code: 'store_full' });
      },
    });
    const up = account(OTHER);
    const endpoint = endpointOf(down, up);
    const body = { entry: [...(ringing().entry as unknown[]), ...(ringing(OTHER).entry as unknown[])] };
    assert.equal((await endpoint.post(request(body))).status, 503);
    await later();
    assert.deepEqual([down.handled.length, up.handled.length], [0, 1]);
    assert.match(down.notes[0] ?? '', /store_full/);
    assert(!down.notes.join().includes('4915700000042'));
    assert.equal(endpoint.statistics().storeFailures, 1);
    const throwing = account(p.NUMBER, {
      append: () => {
        throw new Error('at once');
      },
    });
    assert.equal((await endpointOf(throwing).post(request(ringing()))).status, 503);
  });

  it('a failure after the reply is told and never unhandled', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listener);
    try {
      const failing = [
        account(p.NUMBER, { handle: async () => Promise.reject(new Error('late')) }),
        account(p.NUMBER, {
          handle: () => {
            throw new Error('at once');
          },
        }),
        account(p.NUMBER, {
          handle: async () => Promise.reject(undefined),
          note: () => {
            throw new Error('the log is full');
          },
        }),
      ];
      assert.equal((await endpointOf(...failing).post(request(ringing()))).status, 200);
      await later();
      assert.match(failing[0]?.notes[0] ?? '', /could not be worked on\. late/);
      assert.match(failing[1]?.notes[0] ?? '', /at once/);
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });

  it('signed but unreadable: 200 and told, since another delivery would be no better', async () => {
    const one = account(p.NUMBER);
    const endpoint = endpointOf(one);
    const bodies = ['', 'hello', '{"entry":', '['.repeat(1000), '"'.padEnd(4 * 1024 * 1024, 'a')];
    for (const body of bodies) assert.equal((await endpoint.post(request(Buffer.from(body)))).status, 200);
    assert.equal(one.notes.length, bodies.length);
    assert.equal(endpoint.statistics().unreadable, bodies.length);
    assert.equal(one.stored.length, 0);
  });

  it('a restriction goes to the number it names, with that number’s id', async () => {
    const body = p.envelope('account_update', p.restriction, { id: '0', time: p.T });
    const [one, two] = [account(p.NUMBER, { phone: p.BUSINESS }), account(OTHER, { phone: '351210000000' })];
    assert.equal((await endpointOf(one, two).post(request(body))).status, 200);
    assert.deepEqual([one.stored.length, two.stored.length], [1, 0]);
    assert.equal(one.stored[0]?.businessNumberId, p.NUMBER);
    const [three, four] = [account(p.NUMBER), account(OTHER)];
    await endpointOf(three, four).post(request(body));
    assert.deepEqual([three.stored[0]?.businessNumberId, four.stored[0]?.businessNumberId], [p.NUMBER, OTHER]);
    assert.notEqual(three.stored[0]?.id, four.stored[0]?.id);
    const stranger = account(OTHER, { phone: '351210000000' });
    assert.equal((await endpointOf(stranger).post(request(body))).status, 200);
    assert.equal(stranger.stored.length, 0);
  });

  it('a thousand items in one body are one append', async () => {
    let appends = 0;
    const one = account(p.NUMBER, {
      append: async (events) => {
        appends += 1;
        return events.map((event) => ({ event, fresh: true, effects: [] }));
      },
    });
    const statuses = Array.from({ length: 1000 }, (_, n) => ({ ...p.statusItem, id: `wacid.${n}` }));
    const endpoint = endpointOf(one);
    assert.equal((await endpoint.post(request(p.envelope('calls', p.value({ statuses }))))).status, 200);
    await later();
    assert.deepEqual([appends, one.handled.length, endpoint.statistics().events], [1, 1000, 1000]);
  });

  it('nobody there: 503, so that it comes again', async () => {
    const endpoint = new WebhookEndpoint();
    assert.equal((await endpoint.post(request(ringing()))).status, 503);
    const one = account(p.NUMBER);
    const [remove, again] = [endpoint.add(one), endpoint.add(one)];
    assert.equal(endpoint.accounts(), 2);
    remove();
    remove();
    assert.equal(endpoint.accounts(), 1);
    assert.equal((await endpoint.post(request(ringing()))).status, 200);
    again();
    assert.equal(endpoint.accounts(), 0);
  });

  it('the handshake fits any of the numbers', () => {
    const endpoint = endpointOf(
      account('1', { verifyToken: 'one' }),
      account('2', { verifyToken: 'two' }),
      account('3'),
    );
    const query = (token: unknown) => ({ 'hub.mode': 'subscribe', 'hub.challenge': '42', 'hub.verify_token': token });
    for (const token of ['one', 'two']) {
      assert.deepEqual(endpoint.get(query(token)), { status: 200, body: '42', type: 'text/plain; charset=utf-8' });
    }
    for (const token of ['three', '', undefined, ['one'], {}]) assert.equal(endpoint.get(query(token)).status, 403);
    assert.equal(endpoint.get({}).status, 403);
  });
});
