import { strict as assert } from 'node:assert';
import { ANA, Business, NUMBER } from './business.ts';

const DAY = 86_400;

describe('simulator: permission over the wire', () => {
  let business: Business;
  beforeEach(async () => {
    // Pace 1: nothing happens by itself, only by moving the clock.
    business = await Business.start({ pace: 1 });
  });
  afterEach(() => business.close());
  const act = (answer: 'temporary' | 'permanent' | 'reject' | 'profile_permanent' | 'revoke', requestId?: string) =>
    business.simulator.control.do('permission', { user: ANA.phone, answer, ...(requestId ? { requestId } : {}) });
  const write = () => business.simulator.control.do('message', { user: ANA.phone, text: 'Olá 😀' });
  // biome-ignore lint/suspicious/noExplicitAny: payload
  const reply = (item: any) => item.interactive.call_permission_reply;

  it('template request: accepted, sent, delivered, read; an answer for a week with the id of the question', async () => {
    const asked = await business.ask();
    assert.equal(asked.status, 200);
    const id = asked.body.messages[0].id;
    assert.match(id, /^wamid\./);
    assert.deepEqual(asked.body, {
      messaging_product: 'whatsapp',
      contacts: [{ input: ANA.phone, wa_id: ANA.phone, user_id: ANA.userId }],
      messages: [{ id, message_status: 'accepted' }],
    });
    await business.advance(2);
    await business.event('read');
    assert.deepEqual(business.kinds(), ['sent', 'delivered', 'read']);
    const sent = await business.event('sent');
    assert.equal(sent.item.id, id);
    assert.equal('type' in sent.item, false);

    await act('temporary');
    const { item, value } = await business.event('reply:accept');
    assert.equal(item.type, 'interactive');
    assert.equal(item.context.id, id);
    assert.equal(item.from_user_id, ANA.userId);
    assert.equal(value.contacts[0].wa_id, ANA.phone);
    assert.deepEqual(reply(item), {
      response: 'accept',
      is_permanent: false,
      expiration_timestamp: String(Number(item.timestamp) + 604_800),
      response_source: 'user_action',
    });
  });

  it('the reply of every scenario has the fields of the reference', async () => {
    const id = (await business.ask()).body.messages[0].id;
    await act('permanent');
    await act('reject');
    await act('profile_permanent');
    await act('revoke');
    await business.event('reply:reject', 2);
    const seen = business.events().map(({ item }) => ({ ...reply(item), context: item.context?.id }));
    const user = { response_source: 'user_action' };
    assert.deepEqual(seen, [
      { response: 'accept', is_permanent: true, ...user, context: id },
      { response: 'reject', ...user, context: id },
      { response: 'accept', is_permanent: true, ...user, context: undefined },
      { response: 'reject', ...user, context: undefined },
    ]);
  });

  it('permission starts at the answer, ends 7 days later to the second, without a webhook', async () => {
    await business.ask();
    await business.advance(3 * DAY);
    await act('temporary');
    const { item } = await business.event('reply:accept');
    const came = business.received.length;
    const now = Number(item.timestamp);
    const left = () =>
      now + 604_800 - Math.floor(Date.parse((business.simulator.control.read('state') as { now: string }).now) / 1000);
    await business.advance(left() - 5);
    assert.equal((await business.permissions()).body.permission.status, 'temporary');
    assert.equal((await business.permissions()).body.permission.expiration_time, now + 604_800);
    await business.advance(6);
    assert.deepEqual((await business.permissions()).body.permission, { status: 'no_permission' });
    assert.equal((await business.connect()).body.error.code, 138006);
    assert.equal(business.received.length, came);
  });

  it('a second request within 24 h, a third within 7 days: 138009; the counters tell in advance', async () => {
    const action = async (name: string) =>
      // biome-ignore lint/suspicious/noExplicitAny: payload
      (await business.permissions()).body.actions.find((one: any) => one.action_name === name);
    assert.deepEqual(await action('start_call'), {
      action_name: 'start_call',
      can_perform_action: false,
      limits: [{ time_period: 'PT24H', max_allowed: 100, current_usage: 0 }],
    });
    assert.equal((await action('send_call_permission_request')).can_perform_action, true);
    assert.equal((await business.ask()).status, 200);
    const full = await action('send_call_permission_request');
    assert.equal(full.can_perform_action, false);
    assert.deepEqual(
      full.limits.map((limit: { max_allowed: number; current_usage: number }) => [
        limit.max_allowed,
        limit.current_usage,
      ]),
      [
        [1, 1],
        [2, 1],
      ],
    );
    assert.equal(typeof full.limits[0].limit_expiration_time, 'number');
    assert.equal('limit_expiration_time' in full.limits[1], false);
    const refused = await business.ask();
    assert.equal(refused.status, 400);
    assert.equal(refused.body.error.code, 138009);
    assert.equal(refused.body.error.type, 'OAuthException');
    assert.match(refused.body.error.message, /^\(#138009\)/);
    assert.equal(typeof refused.body.error.fbtrace_id, 'string');
    await business.advance(DAY);
    assert.equal((await business.ask()).status, 200);
    await business.advance(2 * DAY);
    assert.equal((await business.ask()).body.error.code, 138009);
    await business.advance(4 * DAY);
    assert.equal((await business.ask()).status, 200);
    const { violations } = business.simulator.control.read('violations') as { violations: { code: number }[] };
    assert.deepEqual(
      violations.map((violation) => violation.code),
      [138009, 138009],
    );
  });

  it('after a connected call both windows are free', async () => {
    await business.ask();
    await act('temporary');
    assert.equal((await business.ask()).body.error.code, 138009);
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 3 });
    await business.connect();
    await business.advance(20);
    await business.event('terminate');
    assert.equal((await business.ask()).status, 200);
  });

  it('free-form only in the 24 h after the person wrote; an accepted call opens the window too', async () => {
    assert.equal((await business.askFreely()).body.error.code, 131047);
    await write();
    assert.equal((await business.event('text')).item.text.body, 'Olá 😀');
    assert.equal((await business.askFreely()).status, 200);
    await business.advance(DAY);
    const text = { messaging_product: 'whatsapp', to: ANA.phone, type: 'text', text: { body: 'Hi' } };
    assert.equal((await business.graph('POST', `${NUMBER}/messages`, text)).body.error.code, 131047);
    await act('temporary');
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    await business.connect();
    await business.advance(10);
    assert.equal((await business.graph('POST', `${NUMBER}/messages`, text)).status, 200);
  });

  it('a free-form request has no header, footer or other action', async () => {
    await write();
    const send = (interactive: object) =>
      business.graph('POST', `${NUMBER}/messages`, {
        messaging_product: 'whatsapp',
        to: ANA.phone,
        type: 'interactive',
        interactive,
      });
    const right = { type: 'call_permission_request', action: { name: 'call_permission_request' } };
    for (const wrong of [
      { ...right, footer: { text: 'x' } },
      { ...right, header: { type: 'text', text: 'x' } },
      { type: right.type },
      { ...right, action: { name: 'other' } },
      { ...right, body: { text: '' } },
    ]) {
      const { status, body } = await send(wrong);
      assert.equal(status, 400, JSON.stringify(wrong));
      assert.ok([100, 131008].includes(body.error.code));
    }
    assert.equal((await send(right)).status, 200);
  });

  it('permanent permission: no further request (138017)', async () => {
    await business.allow();
    assert.equal((await business.ask()).body.error.code, 138017);
    assert.deepEqual((await business.permissions()).body.permission, { status: 'permanent' });
  });

  it('an older question expires when the newer one is answered; the answer may change for 7 days', async () => {
    const first = (await business.ask()).body.messages[0].id;
    await business.advance(DAY);
    const second = (await business.ask()).body.messages[0].id;
    await act('reject', second);
    await assert.rejects(act('temporary', first), { code: 'request_expired' });
    await business.advance(6 * DAY);
    await act('temporary', second);
    assert.equal((await business.event('reply:accept')).item.context.id, second);
    await business.advance(7 * DAY);
    await assert.rejects(act('permanent', second), { code: 'request_expired' });
    await assert.rejects(act('permanent', 'wamid.none'), { code: 'request_unknown' });
  });

  it('people answer by themselves if told so', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, permissionAnswer: 'permanent' });
    await business.ask();
    await business.advance(3);
    assert.equal(reply((await business.event('reply:accept')).item).is_permanent, true);
  });

  it('not on WhatsApp: the request fails by webhook (131026, no contacts), the call at once (138001)', async () => {
    const { body } = await business.ask('4930123456');
    await business.advance(1);
    const { item, value } = await business.event('failed');
    assert.equal(item.id, body.messages[0].id);
    assert.equal(item.errors[0].code, 131026);
    assert.equal('contacts' in value, false);
    assert.equal('recipient_user_id' in item, false);
    assert.equal((await business.connect({ to: '4930123456' })).body.error.code, 138001);
    assert.equal((await business.permissions('4930123456')).body.permission.status, 'no_permission');
  });

  it('by business-scoped id and parent id; with both, the number wins', async () => {
    await business.simulator.control.do('people', {
      phone: '351912999888',
      userId: 'PT.1234',
      parentUserId: 'PT.ENT.99',
      hidePhone: true,
    });
    await business.allow('PT.1234');
    const lookup = (id: string) => business.graph('GET', `${NUMBER}/call_permissions?recipient=${id}`);
    assert.equal((await lookup('PT.1234')).body.permission.status, 'permanent');
    assert.equal((await lookup('PT.ENT.99')).body.permission.status, 'permanent');
    assert.equal((await lookup('nonsense')).body.error.code, 100);
    assert.equal((await business.connect({ recipient: 'PT.1234' })).body.error.code, 138006);
    const placed = await business.connect({ to: undefined, recipient: 'PT.1234' });
    assert.equal(placed.status, 200);
    await business.advance(2);
    const { item, value } = await business.event('connect');
    assert.equal(item.to_user_id, 'PT.1234');
    assert.equal(item.to_parent_user_id, 'PT.ENT.99');
    for (const one of [item, value.contacts[0]]) assert.equal(JSON.stringify(one).includes('351912999888'), false);
  });

  it('a number dialled otherwise reaches the same person, who is answered under the own one', async () => {
    await business.simulator.control.do('people', { phone: '5531988887777', aliases: ['553188887777'] });
    const { body } = await business.ask('+55 31 8888-7777');
    assert.equal(body.contacts[0].input, '+55 31 8888-7777');
    assert.equal(body.contacts[0].wa_id, '5531988887777');
  });

  it('613 beyond the permitted reads per second', async () => {
    await business.close();
    business = await Business.start({ pace: 1, limits: { lookupsPerSecond: 3 } });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await business.permissions());
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200, 200, 200, 429],
    );
    assert.equal(answers[3]?.body.error.code, 613);
    await business.advance(1);
    assert.equal((await business.permissions()).status, 200);
  });

  it('a test number: allow list (131030), more requests', async () => {
    await business.simulator.control.do('number', { testNumber: true });
    await business.simulator.control.do('people', { phone: '351912777666', allowListed: false });
    assert.equal((await business.ask('351912777666')).body.error.code, 131030);
    assert.equal((await business.connect({ to: '351912777666' })).body.error.code, 131030);
    for (let count = 0; count < 25; count += 1) assert.equal((await business.ask()).status, 200);
    assert.equal((await business.ask()).body.error.code, 138009);
  });

  it('country of the number, pause for low quality, calling disabled', async () => {
    const { control } = business.simulator;
    await business.allow();
    for (const [businessNumber, code] of [
      ['12125550100', 138013],
      ['14165550100', 138013],
      ['2348000000000', 138013],
      ['18765550100', undefined],
    ] as const) {
      await control.do('number', { businessNumber });
      assert.equal((await business.connect({ to: '351912000456' })).body.error.code, code ?? 138006, businessNumber);
      if (code) assert.equal((await business.ask('351912000456')).body.error.code, code);
    }
    await control.do('number', { restricted: { seconds: 7 * DAY } });
    assert.equal((await business.connect()).body.error.code, 138014);
    assert.equal((await business.ask('351912000456')).body.error.code, 138014);
    assert.equal((await business.permissions()).body.actions[1].can_perform_action, false);
    const { item } = await business.event('account_update');
    assert.equal(item.event, 'ACCOUNT_RESTRICTION');
    assert.equal(typeof item.restriction_info[0].expiration, 'number');
    const settings = (await business.graph('GET', `${NUMBER}/settings`)).body.calling;
    assert.equal(settings.restrictions.restrictions_list[0].type, 'RESTRICTED_BUSINESS_INITIATED_CALLING');
    await business.advance(7 * DAY);
    assert.equal((await business.connect()).status, 200);
    await business.graph('POST', `${NUMBER}/settings`, { calling: { status: 'DISABLED' } });
    for (const answer of [await business.connect(), await business.ask('351912000456'), await business.permissions()]) {
      assert.equal(answer.status, 401);
      assert.equal(answer.body.error.code, 138000);
    }
  });

  it('one call at a time: of 20 at once exactly one is placed', async () => {
    await business.allow();
    const codes = (await Promise.all(Array.from({ length: 20 }, () => business.connect()))).map(
      (answer) => answer.body.error?.code ?? 'placed',
    );
    assert.equal(codes.filter((code) => code === 'placed').length, 1);
    assert.equal(codes.filter((code) => code === 138003).length, 19);
  });

  it('the 6th connected call under a limit of 5 is refused, and allowed 24 h after the first', async () => {
    await business.close();
    business = await Business.start({ pace: 1, limits: { connectedPerDay: 5 } });
    await business.allow();
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 2 });
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await business.connect()).status, 200);
      await business.advance(60);
    }
    const refused = await business.connect();
    assert.equal(refused.body.error.code, 138012);
    assert.match(refused.body.error.error_data.details, /\d{4}-\d\d-\d\dT/);
    await business.advance(DAY - 290);
    assert.equal((await business.connect()).status, 200);
  });
});
