import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import type { WebhookRequest } from '../../../lib/provider/provider.ts';
import { WebhookEndpoint } from '../../../lib/webhook/endpoint.ts';
import { Stand } from '../ledger/stand.ts';
import * as p from '../provider/meta/payloads.ts';

const SECRET = 'secret';
const seconds = (at: number) => String(Math.floor(at / 1000));

/** Signed, and so the provider's own; but nothing that the ledger can take as it is. */
const STRANGE: Record<string, (at: string) => { field: string; value: object }> = {
  'a status of 10,000 letters': () => ({
    field: 'messages',
    value: { statuses: [{ id: 'wamid.x', recipient_id: p.PHONE, status: 's'.repeat(10_000) }] },
  }),
  'an error code of 1,000 digits': () => ({
    field: 'messages',
    value: {
      statuses: [{ id: 'wamid.y', recipient_id: p.PHONE, status: 'failed', errors: [{ code: '7'.repeat(1_000) }] }],
    },
  }),
  'a session description of 1 MB': (timestamp) => ({
    field: 'calls',
    value: {
      calls: [
        {
          id: 'wacid.sdp',
          to: p.PHONE,
          event: 'connect',
          direction: 'BUSINESS_INITIATED',
          timestamp,
          session: { sdp_type: 'answer', sdp: 'v'.repeat(1_000_000) },
        },
      ],
    },
  }),
  'opaque data that is not ours': (timestamp) => ({
    field: 'calls',
    value: {
      calls: [
        {
          id: 'wacid.opaque',
          to: p.PHONE,
          event: 'terminate',
          direction: 'BUSINESS_INITIATED',
          timestamp,
          biz_opaque_callback_data: 'o'.repeat(5_000),
        },
      ],
    },
  }),
  'a restriction with a long name': () => ({
    field: 'account_update',
    value: {
      event: 'ACCOUNT_RESTRICTION',
      phone_number: '351211000100',
      restriction_info: [{ restriction_type: 'R'.repeat(20_000) }],
    },
  }),
  'more items than a provider ever sends': () => ({
    field: 'messages',
    value: { messages: Array.from({ length: 12_000 }, (_, nr) => nr) },
  }),
};

describe('events that the ledger refuses', () => {
  let stand: Stand;
  let endpoint: WebhookEndpoint;
  const notes: string[] = [];

  beforeEach(async () => {
    stand = await Stand.open();
    notes.length = 0;
    endpoint = new WebhookEndpoint();
    endpoint.add({
      businessNumberId: p.NUMBER,
      phone: '351211000100',
      provider: createProvider({ profile: 'meta', phoneNumberId: p.NUMBER, accessToken: 't', appSecrets: [SECRET] }),
      append: (events) => stand.ledger.append(events),
      handle: (appended) => stand.ledger.dispatched(appended.map(({ event }) => event.id)),
      note: (text) => notes.push(text),
    });
  });
  afterEach(() => stand.ledger.close());

  function request(changes: { field: string; value: object }[]): WebhookRequest {
    const metadata = { display_phone_number: '351211000100', phone_number_id: p.NUMBER };
    const entry = changes.map(({ field, value }) => ({ id: '1', changes: [{ field, value: { metadata, ...value } }] }));
    const rawBody = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
    const signature = `sha256=${createHmac('sha256', SECRET).update(rawBody).digest('hex')}`;
    return { rawBody, header: (name) => (name === 'x-hub-signature-256' ? signature : undefined) };
  }
  const grant = (id: string, from: string) => ({
    field: 'messages',
    value: {
      contacts: [{ profile: { name: 'Jana' }, wa_id: from }],
      messages: [
        {
          id,
          from,
          timestamp: seconds(stand.now),
          type: 'interactive',
          interactive: {
            type: 'call_permission_reply',
            call_permission_reply: { response: 'accept', is_permanent: true, response_source: 'user_action' },
          },
        },
      ],
    },
  });

  for (const [name, strange] of Object.entries(STRANGE)) {
    it(`${name}: kept raw, answered 200, and no grant beside it waits for it`, async () => {
      const changes = [
        grant('wamid.before', '4915100000001'),
        strange(seconds(stand.now)),
        grant('wamid.after', '4915100000002'),
      ];
      assert.deepEqual(await endpoint.post(request(changes)), { status: 200, body: 'ok' });
      for (const phone of ['4915100000001', '4915100000002']) {
        assert.equal((await stand.ledger.status(p.NUMBER, { phone })).status, 'granted');
      }
      // Again, as providers do: nothing twice.
      const rows = (await stand.ledger.audit({ limit: 100_000 })).length;
      assert.equal((await endpoint.post(request(changes))).status, 200);
      assert.equal((await stand.ledger.audit({ limit: 100_000 })).length, rows);
      assert.ok(notes.every((note) => note.length < 400));
    });
  }

  it('a user id in the place of another kind of id is read as what it is', async () => {
    const message = (id: string, ids: object) => ({
      field: 'messages',
      value: { messages: [{ id, timestamp: seconds(stand.now), type: 'text', text: { body: 'Hi' }, ...ids }] },
    });
    const changes = [
      message('wamid.1', { from_user_id: 'DE.ENT.400288' }),
      message('wamid.2', { from: '4915100000003', from_parent_user_id: 'DE.400289' }),
      grant('wamid.3', '4915100000003'),
    ];
    assert.equal((await endpoint.post(request(changes))).status, 200);
    const events = (await stand.ledger.undispatched(p.NUMBER)).map(({ event }) => event);
    const contacts = events.map((event) => ('contact' in event ? event.contact : undefined));
    assert.deepEqual(contacts.slice(0, 2), [{ parentUserId: 'DE.ENT.400288' }, { phone: '4915100000003' }]);
    assert.deepEqual(notes, []);
  });

  it('a store that is away is no refusal: 503, and nothing of it is kept', async () => {
    await stand.ledger.close();
    assert.equal((await endpoint.post(request([grant('wamid.4', '4915100000004')]))).status, 503);
  });
});
