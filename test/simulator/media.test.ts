import { strict as assert } from 'node:assert';
import { ANA, Business } from './business.ts';
import { BusinessLeg } from './relay/business-leg.ts';

/** An Opus frame of silence. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

describe('simulator: a call with media through the real relay', () => {
  let business: Business;
  let leg: BusinessLeg;
  beforeEach(async () => {
    business = await Business.start({ relay: true, pace: 0.05 });
    await business.allow();
    leg = await BusinessLeg.open();
  });
  afterEach(async () => {
    await leg.close();
    await business.close();
  });

  async function place(): Promise<string> {
    const offer = await leg.offer();
    const { status, body } = await business.connect({ session: { sdp_type: 'offer', sdp: offer } });
    assert.equal(status, 200, JSON.stringify(body));
    const { item } = await business.event('connect');
    await leg.apply(item.session.sdp);
    await leg.connected();
    return body.calls[0].id;
  }

  it('the answer comes by webhook, the leg connects, the person’s voice is heard after ACCEPTED', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers', afterSeconds: 20 });
    const id = await place();
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await business.event('ACCEPTED');
      await business.until('voice', () => leg.received.length > 20);
    } finally {
      clearInterval(talking);
    }
    assert.equal(leg.dtlsRole, 'server');
    assert.equal((await business.terminate(id)).status, 200);
    const { item } = await business.event('terminate');
    assert.equal(item.status, 'COMPLETED');
    assert.equal(typeof item.duration, 'number');
  });

  it('answers as passive if told so', async () => {
    await business.simulator.control.do('faults', { answerSetup: 'passive' });
    await business.simulator.control.do('script', { user: ANA.phone, script: 'interactive' });
    await place();
    assert.equal(leg.dtlsRole, 'client');
  });

  it('a business that never sends anything is dropped with 138021', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    await place();
    const { item, value } = await business.event('terminate');
    assert.equal(item.status, 'FAILED');
    assert.equal(value.errors[0].code, 138021);
  });

  it('digits on the person’s dialpad arrive as RFC 4733 events', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, script: 'interactive' });
    await place();
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await business.event('RINGING');
      await business.simulator.control.do('call/answer', { user: ANA.phone, voice: { kind: 'silence' } });
      await business.event('ACCEPTED');
      await business.simulator.control.do('call/digit', { user: ANA.phone, digit: '7' });
      const event = () => leg.received.find(({ packet }) => packet.header.payloadType === 126);
      await business.until('digit', () => event() !== undefined);
      assert.equal(event()?.packet.payload[0], 7);
    } finally {
      clearInterval(talking);
    }
  });

  it('an offer with a fingerprint for another certificate connects nobody and harms nobody', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    const offer = (await leg.offer()).replace(/(a=fingerprint:sha-256 )..:..:/, '$100:00:');
    const { status } = await business.connect({ session: { sdp_type: 'offer', sdp: offer } });
    assert.equal(status, 200);
    await leg.apply((await business.event('connect')).item.session.sdp);
    const { value } = await business.event('terminate');
    assert.equal(value.errors[0].code, 138021);
    assert.equal((await business.permissions()).status, 200);
  });
});
