import { strict as assert } from 'node:assert';
import { ANA, Business, NUMBER, type Reply } from './business.ts';
import { BusinessLeg } from './relay/business-leg.ts';

/** An Opus frame of silence. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

describe('simulator: a person calls the business, with sound', () => {
  let business: Business;
  let leg: BusinessLeg;
  let callId: string;
  beforeEach(async () => {
    business = await Business.start({ relay: true, pace: 0.05 });
    leg = await BusinessLeg.open();
  });
  afterEach(async () => {
    await leg.close();
    await business.close();
  });

  async function ring(): Promise<string> {
    const started = await business.simulator.control.do('call/start', { user: ANA.phone, voice: { kind: 'echo' } });
    callId = String(started.callId);
    return (await business.event('connect')).item.session.sdp;
  }
  const act = (action: string, sdp?: string): Promise<Reply> =>
    business.graph('POST', `${NUMBER}/calls`, {
      messaging_product: 'whatsapp',
      call_id: callId,
      action,
      ...(sdp === undefined ? {} : { session: { sdp_type: 'answer', sdp } }),
    });
  const violations = () => business.simulator.control.read('violations').violations as { details: string }[];

  it('offers as Meta does, connects at pre_accept, carries both voices after accept', async () => {
    const offer = await ring();
    for (const line of ['a=ice-lite', 'a=mid:audio', 'a=setup:actpass', 'a=group:BUNDLE audio'])
      assert.ok(offer.includes(`${line}\r\n`), line);
    assert.equal(offer.match(/^a=fingerprint:sha-256 /gm)?.length, 1);
    const answer = await leg.answer(offer);
    assert.equal((await act('pre_accept', answer)).status, 200);
    await leg.connected();
    assert.equal((await act('accept', `${answer}a=x-other:1\r\n`)).status, 400);
    assert.equal((await act('accept', answer)).status, 200);
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await business.until('the echo', () => leg.audio().length > 10);
      await business.simulator.control.do('call/digit', { user: ANA.phone, digit: '7' });
      await business.until('the digit', () => leg.events()[0]?.payload[0] === 7);
      await business.simulator.control.do('call/hangup', { user: ANA.phone });
    } finally {
      clearInterval(talking);
    }
    const { item } = await business.event('terminate');
    assert.deepEqual([item.status, typeof item.duration, item.direction], ['COMPLETED', 'number', 'USER_INITIATED']);
    assert.deepEqual(
      violations().map(({ details }) => details),
      ['The SDP of accept differs from that of pre_accept.'],
    );
  });

  it('notices sound that comes before the business has accepted', async () => {
    assert.equal((await act('pre_accept', await leg.answer(await ring()))).status, 200);
    await leg.connected();
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await business.until('the violation', () => violations().length > 0);
    } finally {
      clearInterval(talking);
    }
    assert.match(violations()[0]?.details ?? '', /before the reply to accept/);
  });

  it('stays silent with a passive answer, and the client gives up', async () => {
    assert.equal((await act('accept', await leg.answer(await ring(), 'passive'))).status, 200);
    const { item, value } = await business.event('terminate');
    assert.deepEqual([item.status, value.errors[0].code], ['FAILED', 138021]);
  });

  it('ends a call that nobody takes in time, and one that is rejected, without a duration', async () => {
    const answer = await leg.answer(await ring());
    await business.advance(61);
    const missed = (await business.event('terminate')).item;
    assert.deepEqual([missed.status, missed.duration], ['COMPLETED', undefined]);
    const late = await act('accept', answer);
    assert.match(late.body.error.error_data.details, /terminated already/);
    await business.simulator.control.do('call/start', { user: ANA.phone });
    callId = (await business.event('connect', 2)).item.id;
    assert.equal((await act('reject')).status, 200);
    const rejected = (await business.event('terminate', 2)).item;
    assert.deepEqual([rejected.status, rejected.duration], ['COMPLETED', undefined]);
  });

  it('an answer that no relay can use is refused', async () => {
    await ring();
    const broken = (await leg.offer().catch(() => '')) || 'v=0\r\n';
    assert.equal((await act('accept', broken.replace(/a=fingerprint.*\r\n/g, ''))).status, 400);
  });
});
