import { strict as assert } from 'node:assert';
import type { ProviderEvent } from '../../../../lib/provider/event.ts';
import { parseWebhook } from '../../../../lib/provider/meta/parse.ts';
import * as p from './payloads.ts';

const NOW = 1795300000000;
const parse = (body: unknown): ProviderEvent[] => parseWebhook(p.bytes(body), NOW);
const one = (body: unknown): ProviderEvent => {
  const events = parse(body);
  assert.equal(events.length, 1, JSON.stringify(events));
  return events[0] as ProviderEvent;
};
const call = (item: object, more: object = {}): ProviderEvent =>
  one(p.envelope('calls', p.value({ calls: [item], ...more })));
const message = (item: object, more: object = {}): ProviderEvent =>
  one(p.envelope('messages', p.value({ messages: [item], ...more })));
const without = (item: object, ...keys: string[]): object =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !keys.includes(key)));
const status = (item: object, field = 'calls', more: object = {}): ProviderEvent =>
  one(p.envelope(field, p.value({ statuses: [item], ...more })));

describe('parse: calls', () => {
  it('connect of a call that we placed', () => {
    assert.deepEqual(call(p.connectItem, { contacts: [p.contactEntry] }), {
      type: 'call.connect',
      id: `call:${p.CALL}:connect:${p.T}`,
      at: p.T * 1000,
      businessNumberId: p.NUMBER,
      callId: p.CALL,
      contact: p.joined,
      correlationId: 'reservation-7',
      direction: 'outbound',
      session: { type: 'answer', sdp: p.SDP },
    });
  });
  it('connect of a call to us', () => {
    const event = call(p.inboundItem);
    assert(event.type === 'call.connect');
    assert.equal(event.direction, 'inbound');
    assert.deepEqual(event.contact, { phone: p.PHONE, userId: p.USER });
    assert.equal(event.session?.type, 'offer');
    assert.equal('correlationId' in event, false);
  });
  it('a missing direction follows from the session, then from the numbers', () => {
    for (const [item, direction] of [
      [without(p.connectItem, 'direction'), 'outbound'],
      [without(p.inboundItem, 'direction'), 'inbound'],
      [without(p.connectItem, 'direction', 'session'), 'outbound'],
      [without(p.inboundItem, 'direction', 'session'), 'inbound'],
      [without(p.connectItem, 'direction', 'session', 'from', 'to'), 'outbound'],
      [without(p.inboundItem, 'direction', 'session', 'from', 'to'), 'inbound'],
      [{ ...p.connectItem, direction: 'business_initiated' }, 'outbound'],
    ] as const) {
      const event = call(item);
      assert(event.type === 'call.connect');
      assert.equal(event.direction, direction);
    }
  });
  it('a connect that tells no direction at all is kept raw', () => {
    assert.equal(call({ id: p.CALL, event: 'connect', timestamp: String(p.T) }).type, 'unknown');
  });
  it('a session in the old form; the new one wins', () => {
    const old = { webrtc: { sdp: JSON.stringify({ sdp: 'v=0 old', type: 'answer' }) } };
    const legacy = call({ ...without(p.connectItem, 'session'), connection: old });
    assert(legacy.type === 'call.connect');
    assert.deepEqual(legacy.session, { type: 'answer', sdp: 'v=0 old' });
    const both = call({ ...p.connectItem, connection: old });
    assert(both.type === 'call.connect');
    assert.equal(both.session?.sdp, p.SDP);
    const broken = call({ ...without(p.connectItem, 'session'), connection: { webrtc: { sdp: '{"sdp":' } } });
    assert(broken.type === 'call.connect');
    assert.equal('session' in broken, false);
  });
  it('a session with escaped line ends is passed on as it is', () => {
    const sdp = 'v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\n';
    const event = call({ ...p.connectItem, session: { sdp_type: 'ANSWER', sdp } });
    assert(event.type === 'call.connect');
    assert.deepEqual(event.session, { type: 'answer', sdp });
  });
  it('ringing, accepted, rejected, in any case and without their type', () => {
    for (const [name, type] of [
      ['RINGING', 'call.ringing'],
      ['Accepted', 'call.accepted'],
      ['rejected', 'call.rejected'],
    ] as const) {
      for (const item of [p.statusItem, without(p.statusItem, 'type')]) {
        for (const field of ['calls', 'messages']) {
          assert.deepEqual(status({ ...item, status: name }, field), {
            type,
            id: `call:${p.CALL}:status:${name.toLowerCase()}`,
            at: (p.T + 1) * 1000,
            businessNumberId: p.NUMBER,
            callId: p.CALL,
            contact: { phone: p.PHONE, userId: p.USER, parentUserId: p.PARENT },
            correlationId: 'reservation-7',
          });
        }
      }
    }
  });
  it('a status of calls that does not exist yet is kept raw', () => {
    const event = status({ ...p.statusItem, status: 'ON_HOLD' });
    assert(event.type === 'unknown');
    assert.equal((event.raw as { status: string }).status, 'ON_HOLD');
  });
  it('the end of a call that was picked up', () => {
    assert.deepEqual(call(p.terminateItem), {
      type: 'call.terminated',
      id: `call:${p.CALL}:terminate:${p.T + 90}`,
      at: (p.T + 90) * 1000,
      businessNumberId: p.NUMBER,
      callId: p.CALL,
      contact: { phone: p.PHONE, userId: p.USER },
      correlationId: 'reservation-7',
      direction: 'outbound',
      status: 'completed',
      startedAt: (p.T + 8) * 1000,
      endedAt: (p.T + 89) * 1000,
      durationSeconds: 81,
      errors: [],
    });
  });
  it('the end of a call that was not picked up has no times', () => {
    const event = call(without(p.terminateItem, 'start_time', 'end_time', 'duration'));
    assert(event.type === 'call.terminated');
    for (const key of ['startedAt', 'endedAt', 'durationSeconds']) assert.equal(key in event, false);
    assert.equal(event.status, 'completed');
  });
  it('nonsense as duration is no duration: it would count as picked up', () => {
    for (const duration of ['', 'abc', null, -1, {}, [], Number.NaN, '1e9', true]) {
      assert.equal('durationSeconds' in call({ ...p.terminateItem, duration }), false, String(duration));
    }
    const text = call({ ...p.terminateItem, duration: '81' });
    assert(text.type === 'call.terminated');
    assert.equal(text.durationSeconds, 81);
  });
  it('status in any case; errors beside and inside', () => {
    for (const named of ['FAILED', 'Failed', 'failed']) {
      const event = call(
        { ...p.terminateItem, status: named, errors: [{ code: '138020', title: 'Relay' }] },
        { errors: [p.mediaError] },
      );
      assert(event.type === 'call.terminated');
      assert.equal(event.status, 'failed');
      assert.deepEqual(event.errors, [
        { code: '138020', message: 'Relay' },
        { code: '138021', message: 'Media receive timeout', details: 'No media was received from the business.' },
      ]);
    }
    const unnamed = call(without(p.terminateItem, 'status'), { errors: [p.mediaError] });
    assert(unnamed.type === 'call.terminated');
    assert.equal(unnamed.status, 'failed');
    const completed = call({ ...p.terminateItem, status: 'Completed' });
    assert(completed.type === 'call.terminated');
    assert.equal(completed.status, 'completed');
  });
  it('an error beside several calls belongs to the one that failed', () => {
    const events = parse(
      p.envelope(
        'calls',
        p.value({
          calls: [p.terminateItem, { ...p.terminateItem, id: 'wacid.other', status: 'FAILED' }],
          errors: [p.mediaError],
        }),
      ),
    );
    assert.deepEqual(
      events.map((event) => (event.type === 'call.terminated' ? event.errors.length : -1)),
      [0, 1],
    );
  });
  it('what is not about our calls is kept raw', () => {
    for (const event of [
      'call_created',
      // Without a transcript in it.
      'call_transcription_available',
      'call_transcript_available',
      'call_hologram',
      5,
      null,
    ]) {
      const read = call({ ...p.recordingItem, event });
      assert(read.type === 'unknown');
      assert.equal(read.field, 'calls');
      assert.equal(read.businessNumberId, p.NUMBER);
      assert.equal(read.at, (p.T + 120) * 1000);
      assert.equal((read.raw as { id: string }).id, p.CALL);
    }
  });
  it('errors beside nothing are kept raw', () => {
    assert.equal(one(p.envelope('calls', p.value({ errors: [p.mediaError] }))).type, 'unknown');
  });
});

describe('parse: permission', () => {
  const id = `message:${p.REPLY}`;
  const base = { type: 'permission.replied', id, at: p.T * 1000, businessNumberId: p.NUMBER };
  const contact = { phone: p.PHONE, userId: p.USER };
  const scenarios: [string, object, object, object][] = [
    [
      'accepts for a week',
      p.temporary,
      {},
      {
        response: 'accept',
        permanent: false,
        expiresAt: (p.T + 604800) * 1000,
        source: 'user_action',
        contextId: p.REQUEST,
      },
    ],
    [
      'accepts for good',
      { response: 'accept', is_permanent: true, response_source: 'user_action' },
      {},
      { response: 'accept', permanent: true, source: 'user_action', contextId: p.REQUEST },
    ],
    [
      'allows in the profile',
      { response: 'accept', is_permanent: true, response_source: 'user_action' },
      { context: undefined },
      { response: 'accept', permanent: true, source: 'user_action' },
    ],
    [
      'declines',
      { response: 'reject', response_source: 'user_action' },
      {},
      { response: 'reject', permanent: false, source: 'user_action', contextId: p.REQUEST },
    ],
    [
      'calls us',
      { ...p.temporary, response_source: 'automatic' },
      { context: { from: p.PHONE, id: p.CALL } },
      {
        response: 'accept',
        permanent: false,
        expiresAt: (p.T + 604800) * 1000,
        source: 'automatic',
        contextId: p.CALL,
      },
    ],
    [
      'is revoked after unanswered calls',
      { response: 'reject', response_source: 'automatic' },
      { context: undefined },
      { response: 'reject', permanent: false, source: 'automatic' },
    ],
  ];
  for (const [name, reply, more, expected] of scenarios) {
    it(name, () =>
      assert.deepEqual(message(p.replyItem(reply as never, more as never)), { ...base, contact, ...expected }),
    );
  }
  it('expiry as text, number, milliseconds and ISO; nonsense is no expiry', () => {
    const expiry = p.T + 604800;
    const at = (expiration_timestamp: unknown) => {
      const event = message(p.replyItem({ ...p.temporary, expiration_timestamp }));
      assert(event.type === 'permission.replied');
      assert.equal(event.permanent, false);
      return event.expiresAt;
    };
    for (const form of [
      expiry,
      String(expiry),
      expiry * 1000,
      String(expiry * 1000),
      new Date(expiry * 1000).toISOString(),
      '2026-11-28T09:00:00.000+0000',
    ]) {
      assert.equal(at(form), expiry * 1000, String(form));
    }
    for (const form of ['soon', '', null, {}, -5, 0, Number.NaN, 9e15, true])
      assert.equal(at(form), undefined, String(form));
  });
  it('is strict where it would permit', () => {
    for (const reply of [
      { ...p.temporary, response: 'maybe' },
      { ...p.temporary, response: undefined },
      { ...p.temporary, response: true },
      {},
    ]) {
      assert.equal(message(p.replyItem(reply)).type, 'unknown');
    }
    for (const is_permanent of ['yes', 1, {}, null, undefined]) {
      const event = message(p.replyItem({ response: 'accept', is_permanent, response_source: 'user_action' }));
      assert(event.type === 'permission.replied');
      assert.equal(event.permanent, false);
    }
    const contradictory = message(p.replyItem({ ...p.temporary, is_permanent: true }));
    assert(contradictory.type === 'permission.replied');
    assert.equal(contradictory.permanent, false);
    assert.equal(message(p.replyItem(p.temporary, { timestamp: 'never' })).type, 'unknown');
    const denial = message(p.replyItem({ response: 'reject' }, { timestamp: undefined }));
    assert(denial.type === 'permission.replied');
    assert.equal(denial.at, NOW);
    assert.equal(message(p.replyItem(p.temporary, { interactive: { type: 'call_permission_reply' } })).type, 'unknown');
  });
  it('without its types, in other case, with a number as time', () => {
    const event = message(
      p.replyItem(p.temporary, {
        type: undefined,
        timestamp: p.T,
        interactive: { call_permission_reply: { ...p.temporary, response: 'ACCEPT', response_source: 'USER_ACTION' } },
      }),
    );
    assert.deepEqual(event, { ...base, contact, ...scenarios[0]?.[3] });
  });
  it('a person without a number', () => {
    const item = p.replyItem(p.temporary, { from: undefined });
    const event = message(item, { contacts: [{ profile: {}, user_id: p.USER }] });
    assert(event.type === 'permission.replied');
    assert.deepEqual(event.contact, { userId: p.USER });
  });
  it('nobody at all is kept raw', () => {
    assert.equal(message(p.replyItem(p.temporary, { from: undefined, from_user_id: undefined })).type, 'unknown');
  });
});

describe('parse: who it is', () => {
  const contactOf = (item: object, contacts?: unknown) => {
    const event = message(item, contacts === undefined ? {} : { contacts });
    return 'contact' in event ? event.contact : undefined;
  };
  const text = {
    from: p.PHONE,
    from_user_id: p.USER,
    id: 'wamid.x',
    timestamp: String(p.T),
    type: 'text',
    text: { body: 'hi' },
  };
  it('joins number and user id from wherever they stand', () => {
    assert.deepEqual(contactOf(text, [p.contactEntry]), p.joined);
    assert.deepEqual(contactOf(without(text, 'from'), [p.contactEntry]), p.joined);
    assert.deepEqual(contactOf(without(text, 'from_user_id'), [p.contactEntry]), p.joined);
    assert.deepEqual(contactOf(without(text, 'from', 'from_user_id'), [p.contactEntry]), p.joined);
    assert.deepEqual(contactOf(text), { phone: p.PHONE, userId: p.USER });
    assert.deepEqual(contactOf({ ...text, from: p.USER, from_user_id: undefined }), { userId: p.USER });
    assert.deepEqual(contactOf({ ...text, from: `+${p.PHONE}` }), { phone: p.PHONE, userId: p.USER });
    assert.deepEqual(contactOf({ ...text, from: Number(p.PHONE) }), { phone: p.PHONE, userId: p.USER });
  });
  it('takes WhatsApp’s form of a dialled number', () => {
    const item = { ...p.connectItem, to: '5511955500123', to_user_id: undefined, to_parent_user_id: undefined };
    const event = call(item, { contacts: [{ wa_id: '551155500123', user_id: 'BR.1' }] });
    assert(event.type === 'call.connect');
    assert.deepEqual(event.contact, { phone: '551155500123', userId: 'BR.1' });
  });
  it('does not give one person’s number to another', () => {
    const other = { wa_id: '4915799999999', user_id: 'DE.999', profile: { name: 'Other' } };
    assert.deepEqual(contactOf(text, [other]), { phone: p.PHONE, userId: p.USER });
    assert.deepEqual(contactOf(text, [other, p.contactEntry]), p.joined);
    const events = parse(
      p.envelope(
        'messages',
        p.value({
          contacts: [other],
          messages: [
            without(text, 'from_user_id'),
            { ...text, id: 'wamid.y', from: '4915788888888', from_user_id: undefined },
          ],
        }),
      ),
    );
    assert.deepEqual(
      events.map((event) => ('contact' in event ? event.contact : undefined)),
      [{ phone: p.PHONE }, { phone: '4915788888888' }],
    );
  });
  it('nonsense in the place of contacts', () => {
    for (const contacts of [null, 'x', 5, {}, [null], [5], [[]], [{ wa_id: {}, user_id: [], profile: 3 }]]) {
      assert.deepEqual(contactOf(text, contacts), { phone: p.PHONE, userId: p.USER });
    }
  });
});

describe('parse: messages', () => {
  it('statuses of a request', () => {
    assert.deepEqual(status(p.failedStatus, 'messages'), {
      type: 'message.status',
      id: `status:${p.REQUEST}:failed`,
      at: (p.T + 3) * 1000,
      businessNumberId: p.NUMBER,
      messageId: p.REQUEST,
      status: 'failed',
      contact: { phone: p.PHONE },
      errors: [{ code: '131026', message: 'Message undeliverable', details: 'Message undeliverable.' }],
    });
    for (const named of ['sent', 'delivered', 'read', 'PLAYED']) {
      const event = status({ id: p.REQUEST, status: named, timestamp: p.T, recipient_user_id: p.USER }, 'messages');
      assert(event.type === 'message.status');
      assert.equal(event.status, named.toLowerCase());
      assert.deepEqual(event.contact, { userId: p.USER });
    }
  });
  it('what people write and press', () => {
    const base = { from: p.PHONE, id: 'wamid.m', timestamp: String(p.T) };
    const cases: [object, object][] = [
      [{ type: 'text', text: { body: 'STOP' } }, { text: 'STOP' }],
      [
        { type: 'button', button: { text: 'No more', payload: 'opt_out' } },
        { text: 'No more', payload: 'opt_out' },
      ],
      [
        { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'b1', title: 'Yes' } } },
        { text: 'Yes', payload: 'b1' },
      ],
      [
        { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: 'l1', title: 'Later' } } },
        { text: 'Later', payload: 'l1' },
      ],
      [{ type: 'image', image: { id: '1', caption: 'look' } }, { text: 'look' }],
      [{ type: 'audio', audio: { id: '1' } }, {}],
      [{ type: 'reaction', reaction: { emoji: '👍' } }, { text: '👍' }],
      [{ type: 'unsupported', errors: [{ code: 131051 }] }, {}],
      [{ text: { body: 'no type' } }, { text: 'no type' }],
    ];
    for (const [item, expected] of cases) {
      assert.deepEqual(message({ ...base, ...item }), {
        type: 'message.received',
        id: 'message:wamid.m',
        at: p.T * 1000,
        businessNumberId: p.NUMBER,
        contact: { phone: p.PHONE },
        messageId: 'wamid.m',
        ...expected,
      });
    }
  });
  it('voicemail, system notices and the future are kept raw', () => {
    const base = { from: p.PHONE, from_user_id: p.USER, timestamp: String(p.T) };
    for (const item of [
      { ...base, id: p.CALL, type: 'audio', audio: { id: '7', mime_type: 'audio/ogg; codecs=opus' } },
      { ...base, id: 'wamid.s', type: 'system', system: { type: 'user_changed_user_id', body: 'changed' } },
      { ...base, id: 'wamid.f', type: 'hologram' },
      { ...base, id: undefined, type: 'text', text: { body: 'x' } },
    ]) {
      assert.equal(message(item).type, 'unknown');
    }
  });
});

describe('parse: account', () => {
  const account = (value: object, entry: object = { id: '0', time: p.T }): ProviderEvent[] =>
    parse(p.envelope('account_update', value as never, entry as never));
  it('a restriction', () => {
    assert.deepEqual(account(p.restriction), [
      {
        type: 'account.restricted',
        id: `account:ACCOUNT_RESTRICTION:${p.BUSINESS}:RESTRICTED_BUSINESS_INITIATED_CALLING:${p.T}`,
        at: p.T * 1000,
        businessNumberId: '',
        businessPhone: p.BUSINESS,
        restriction: 'RESTRICTED_BUSINESS_INITIATED_CALLING',
        until: (p.T + 604800) * 1000,
        warning: false,
      },
    ]);
  });
  it('several restrictions, without end, as a single object, with a number in another format', () => {
    const info = [{ restriction_type: 'A' }, { restriction_type: 'B', expiration: String(p.T) }, null, 5];
    const events = account({ ...p.restriction, restriction_info: info, phone_number: '+351 219 876 500' });
    assert.deepEqual(
      events.map((event) =>
        event.type === 'account.restricted' ? [event.restriction, event.until, event.businessPhone] : [],
      ),
      [
        ['A', undefined, p.BUSINESS],
        ['B', p.T * 1000, p.BUSINESS],
      ],
    );
    const [single] = account({ ...p.restriction, restriction_info: { restriction_type: 'A' } });
    assert.equal(single?.type, 'account.restricted');
  });
  it('a warning, also in an outer array', () => {
    for (const body of [
      p.envelope('account_update', p.violation, { time: p.T }),
      [p.envelope('account_update', p.violation, { time: p.T })],
    ]) {
      const event = one(body);
      assert(event.type === 'account.restricted');
      assert.equal(event.warning, true);
      assert.equal(event.restriction, 'LOW_BUSINESS_INITIATED_CALLING_QUALITY');
      assert.equal('until' in event, false);
    }
  });
  it('everything else of the account is kept raw', () => {
    for (const value of [
      { phone_number: p.BUSINESS, event: 'VOLUME_BASED_PRICING_TIER_UPDATE', volume_tier_info: {} },
      { event: 'ACCOUNT_RESTRICTION' },
      { event: 'ACCOUNT_RESTRICTION', restriction_info: [] },
      { event: 'ACCOUNT_VIOLATION', violation_info: {} },
      {},
    ]) {
      assert.equal(account(value)[0]?.type, 'unknown');
    }
  });
  it('settings are kept raw, for their number', () => {
    const event = one(p.envelope('account_settings_update', p.settingsUpdate));
    assert(event.type === 'unknown');
    assert.equal(event.businessNumberId, p.NUMBER);
    assert.equal(event.field, 'account_settings_update');
    assert.equal(event.at, p.T * 1000);
  });
});

describe('parse: the whole body', () => {
  it('every entry, change and item, for whatever number', () => {
    const change = (value: object) => ({ field: 'calls', value });
    const body = {
      entry: [
        {
          id: '1',
          changes: [
            change(p.value({ calls: [p.connectItem, p.terminateItem], statuses: [p.statusItem] })),
            change(p.value({ statuses: [p.statusItem] }, 'other')),
          ],
        },
        {
          id: '2',
          changes: [
            { field: 'messages', value: p.value({ messages: [p.replyItem(p.temporary)], statuses: [p.failedStatus] }) },
          ],
        },
      ],
    };
    assert.deepEqual(
      parse(body).map(({ type, businessNumberId }) => `${type} ${businessNumberId}`),
      [
        `call.connect ${p.NUMBER}`,
        `call.terminated ${p.NUMBER}`,
        `call.ringing ${p.NUMBER}`,
        'call.ringing other',
        `message.status ${p.NUMBER}`,
        `permission.replied ${p.NUMBER}`,
      ],
    );
  });
  it('a thousand items', () => {
    const statuses = Array.from({ length: 1000 }, (_, n) => ({ ...p.statusItem, id: `wacid.${n}` }));
    const events = parse(p.envelope('calls', p.value({ statuses })));
    assert.equal(events.length, 1000);
    assert.equal(new Set(events.map(({ id }) => id)).size, 1000);
    assert(events.every(({ type }) => type === 'call.ringing'));
  });
  it('the same fact has the same id in every delivery, another fact has another', () => {
    const again = [
      call(p.connectItem),
      call({ ...p.connectItem, timestamp: p.T, novelty: 1 }),
      call(p.connectItem, { contacts: [p.contactEntry] }),
    ];
    assert.equal(new Set(again.map(({ id }) => id)).size, 1);
    const ids = p.EVERY_BODY.flatMap(parse).map(({ id }) => id);
    assert.deepEqual(
      p.EVERY_BODY.flatMap(parse).map(({ id }) => id),
      ids,
    );
    assert.equal(new Set(ids).size, ids.length);
    const unknown = { ...p.recordingItem, event: 'call_hologram' };
    assert.notEqual(call({ ...unknown, x: 1 }).id, call({ ...unknown, x: 2 }).id);
  });
  it('JSON that is no webhook is kept raw', () => {
    for (const body of [{}, { hello: 1 }, 5, 'text', null, true, [1], { entry: 5 }]) {
      const event = one(body);
      assert(event.type === 'unknown');
      assert.equal(event.at, NOW);
      assert.equal(event.businessNumberId, '');
    }
    assert.deepEqual(parse({ object: 'whatsapp_business_account', entry: [] }), []);
    assert.deepEqual(parse([]), []);
  });
  it('a broken part does not cost the others', () => {
    const good = p.envelope('calls', p.value({ statuses: [p.statusItem] })) as { entry: unknown[] };
    const events = parse({
      entry: [null, 5, {}, { changes: 5 }, { changes: [null, {}, { field: 'calls', value: 7 }] }, ...good.entry],
    });
    assert.equal(events.filter(({ type }) => type === 'call.ringing').length, 1);
    assert.equal(events.filter(({ type }) => type === 'unknown').length, 7);
    const items = parse(p.envelope('calls', p.value({ calls: [null, 5, [], p.connectItem, {}] })));
    assert.deepEqual(
      items.map(({ type }) => type),
      ['unknown', 'unknown', 'unknown', 'call.connect', 'unknown'],
    );
  });
  it('a phone number does not come through in an error text', () => {
    const event = status({ ...p.failedStatus, errors: [{ code: 1, message: `Cannot reach +${p.PHONE}` }] }, 'messages');
    assert(!JSON.stringify(event.type === 'message.status' && event.errors).includes(p.PHONE));
  });
});
