import { strict as assert } from 'node:assert';
import type { ScriptName } from '../../simulator/call-script.ts';
import { ANA, Business } from './business.ts';

describe('simulator: scripts of a call', () => {
  let business: Business;
  beforeEach(async () => {
    business = await Business.start();
    await business.allow();
    await business.event('reply:accept');
    business.received.length = 0;
  });
  afterEach(() => business.close());

  const script = (name: ScriptName, more: object = {}) =>
    business.simulator.control.do('script', { user: ANA.phone, script: name, ...more });

  async function place(): Promise<string> {
    const reply = await business.connect({ biz_opaque_callback_data: 'flow:9f2c' });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.match(reply.body.calls[0].id, /^wacid\./);
    return reply.body.calls[0].id;
  }
  const state = () =>
    business.simulator.control.read('state') as {
      people: { phone: string; unanswered: number; permission: { status: string } }[];
      calls: { id: string; outcome?: string }[];
    };
  const ana = () => state().people.find((person) => person.phone === ANA.phone);

  it('answered: connect, RINGING, ACCEPTED, and a terminate with times after the person hangs up', async () => {
    await script('answers', { talkSeconds: 20 });
    const id = await place();
    const end = await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'RINGING', 'ACCEPTED', 'terminate']);
    const connect = await business.event('connect');
    assert.equal(connect.item.id, id);
    assert.equal(connect.item.direction, 'BUSINESS_INITIATED');
    assert.equal(connect.item.session.sdp_type, 'answer');
    assert.match(connect.item.session.sdp, /a=setup:active\r\n/);
    assert.equal(connect.item.to_user_id, ANA.userId);
    assert.equal(connect.item.biz_opaque_callback_data, 'flow:9f2c');
    assert.equal(end.item.status, 'COMPLETED');
    assert.equal(typeof end.item.start_time, 'string');
    assert.equal(typeof end.item.duration, 'number');
    assert.equal(end.item.biz_opaque_callback_data, 'flow:9f2c');
    const accepted = await business.event('ACCEPTED');
    assert.equal(accepted.item.type, 'call');
    assert.equal(accepted.item.recipient_user_id, ANA.userId);
    assert.equal(typeof accepted.item.timestamp, 'string');
    assert.deepEqual(business.simulator.control.read('violations'), { total: 0, violations: [] });
  });

  it('moving the clock over a talk gives its duration to the second', async () => {
    await script('answers');
    const id = await place();
    await business.event('ACCEPTED');
    await business.advance(61);
    await business.terminate(id);
    const { item } = await business.event('terminate');
    assert.ok(item.duration === 61 || item.duration === 62, `${item.duration}`);
    assert.equal(Number(item.end_time) - Number(item.start_time), item.duration);
  });

  it('declined: REJECTED, then COMPLETED without times, counted as unanswered', async () => {
    await script('declines');
    await place();
    const { item } = await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'RINGING', 'REJECTED', 'terminate']);
    assert.equal(item.status, 'COMPLETED');
    for (const name of ['start_time', 'end_time', 'duration']) assert.equal(name in item, false, name);
    assert.equal(ana()?.unanswered, 1);
  });

  it('no answer: COMPLETED without times after ringing, counted as unanswered', async () => {
    await script('no_answer');
    await place();
    const { item } = await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'RINGING', 'terminate']);
    assert.equal(item.status, 'COMPLETED');
    assert.equal('duration' in item, false);
    assert.equal(ana()?.unanswered, 1);
  });

  it('offline: never RINGING', async () => {
    await script('offline');
    await place();
    await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'terminate']);
  });

  it('client failure: FAILED with the error in the value, not counted as unanswered', async () => {
    await script('client_failure', { failure: 138020 });
    await place();
    const { item, value } = await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'terminate']);
    assert.equal(item.status, 'FAILED');
    assert.equal(value.errors[0].code, 138020);
    assert.equal(ana()?.unanswered, 0);
  });

  it('no business media: FAILED 138021 after ACCEPTED', async () => {
    await script('no_media');
    await place();
    const { item, value } = await business.event('terminate');
    assert.deepEqual(business.kinds(), ['connect', 'RINGING', 'ACCEPTED', 'terminate']);
    assert.equal(item.status, 'FAILED');
    assert.equal(value.errors[0].code, 138021);
  });

  it('business cancels while it rings: COMPLETED without times; a second terminate is refused', async () => {
    await script('interactive');
    const id = await place();
    await business.event('RINGING');
    const reply = await business.terminate(id);
    assert.deepEqual(reply, { status: 200, body: { messaging_product: 'whatsapp', success: true } });
    const { item } = await business.event('terminate');
    assert.equal(item.status, 'COMPLETED');
    assert.equal('duration' in item, false);
    const again = await business.terminate(id);
    assert.equal(again.status, 400);
    assert.equal(again.body.error.code, 100);
    assert.equal(state().calls.find((call) => call.id === id)?.outcome, 'cancelled');
    assert.equal(ana()?.unanswered, 1);
  });

  it('business cancels before it rings: nobody missed anything', async () => {
    await business.close();
    business = await Business.start({ pace: 1 });
    await business.allow();
    const id = await place();
    await business.terminate(id);
    await business.advance(1);
    await business.event('terminate');
    assert.equal(business.kinds().includes('connect'), false);
    assert.equal(ana()?.unanswered, 0);
  });

  it('interactive: rings until the person answers, declines or hangs up', async () => {
    await script('interactive');
    const { control } = business.simulator;
    await place();
    await business.event('RINGING');
    await control.do('call/answer', { user: ANA.userId });
    await business.event('ACCEPTED');
    await control.do('call/hangup', { user: ANA.userId });
    assert.equal((await business.event('terminate')).item.status, 'COMPLETED');
    await place();
    await business.event('RINGING', 2);
    await control.do('call/decline', { user: ANA.phone });
    await business.event('REJECTED');
    await business.event('terminate', 2);
    await place();
    await business.event('RINGING', 3);
    await control.do('call/ignore', { user: ANA.phone });
    assert.equal('duration' in (await business.event('terminate', 3)).item, false);
  });

  it('hanging up within the moment before ACCEPTED still says ACCEPTED before terminate', async () => {
    await business.close();
    business = await Business.start({ pace: 1 });
    await business.allow();
    await script('interactive');
    await place();
    await business.advance(2);
    await business.simulator.control.do('call/answer', { user: ANA.phone });
    await business.simulator.control.do('call/hangup', { user: ANA.phone });
    await business.event('terminate');
    assert.deepEqual(business.kinds().slice(-2), ['ACCEPTED', 'terminate']);
  });

  it('what the person cannot do now is refused in words', async () => {
    const { control } = business.simulator;
    await assert.rejects(control.do('call/answer', { user: ANA.phone }), { code: 'call_unknown' });
    await script('interactive');
    const id = await place();
    await business.event('RINGING');
    await assert.rejects(control.do('call/digit', { user: ANA.phone, digit: '5' }), { code: 'call_state' });
    await business.terminate(id);
    await assert.rejects(control.do('call/answer', { user: ANA.phone, callId: id }), { code: 'call_state' });
    await assert.rejects(control.do('call/answer', { user: '4930999999' }), { code: 'person_unknown' });
  });

  it('4 unanswered calls: nudge after the second, permission gone after the fourth, told a second later', async () => {
    await script('no_answer');
    for (let nth = 1; nth <= 4; nth += 1) {
      await place();
      await business.event('terminate', nth);
      assert.equal(ana()?.permission.status, nth < 4 ? 'permanent' : 'no_permission');
    }
    const { item } = await business.event('reply:reject');
    assert.deepEqual(item.interactive.call_permission_reply, { response: 'reject', response_source: 'automatic' });
    assert.equal('context' in item, false);
    assert.deepEqual(business.kinds().slice(-2), ['terminate', 'reply:reject']);
    const reply = await business.connect();
    assert.equal(reply.status, 401);
    assert.equal(reply.body.error.code, 138006);
  });

  it('an answered call between them starts the row anew', async () => {
    await script('no_answer');
    for (let nth = 1; nth <= 3; nth += 1) {
      await place();
      await business.event('terminate', nth);
    }
    await script('answers', { talkSeconds: 5 });
    await place();
    await business.event('terminate', 4);
    await script('declines');
    for (let nth = 5; nth <= 7; nth += 1) {
      await place();
      await business.event('terminate', nth);
    }
    assert.equal(ana()?.unanswered, 3);
    assert.equal(ana()?.permission.status, 'permanent');
  });

  it('a person who calls: connect with an offer, accept with an answer; the callback setting grants a week', async () => {
    const { OFFER, NUMBER } = await import('./business.ts');
    await business.simulator.control.do('permission', { user: ANA.phone, answer: 'revoke' });
    await business.graph('POST', `${NUMBER}/settings`, { calling: { callback_permission_status: 'ENABLED' } });
    const { callId } = (await business.simulator.control.do('call/start', { user: ANA.phone })) as { callId: string };
    const connect = await business.event('connect');
    assert.equal(connect.item.direction, 'USER_INITIATED');
    assert.equal(connect.item.session.sdp_type, 'offer');
    assert.equal(connect.item.from_user_id, ANA.userId);
    const reply = await business.event('reply:accept');
    assert.equal(reply.item.context.id, callId);
    assert.equal(reply.item.interactive.call_permission_reply.response_source, 'automatic');
    const answer = { sdp_type: 'answer', sdp: OFFER.replace('actpass', 'active') };
    const act = (action: string, session?: object) =>
      business.graph('POST', `${NUMBER}/calls`, {
        messaging_product: 'whatsapp',
        call_id: callId,
        action,
        ...(session ? { session } : {}),
      });
    assert.equal((await act('accept', { ...answer, sdp_type: 'offer' })).body.error.code, 100);
    assert.equal((await act('pre_accept', answer)).status, 200);
    assert.equal((await act('accept', { ...answer, sdp: OFFER })).body.error.code, 100);
    assert.equal((await act('accept', answer)).status, 200);
    assert.equal((await act('accept', answer)).body.error.code, 100);
    await act('terminate');
    assert.equal(typeof (await business.event('terminate')).item.duration, 'number');
    assert.equal(business.kinds().includes('ACCEPTED'), false);
  });
});
