import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { ANA, Business, NUMBER } from './business.ts';

const OPTIN = { status: 'ENABLED', purpose: 'delivery confirmation', announcement_language: 'pt' };

describe('simulator: what WhatsApp keeps of a call', function () {
  this.timeout(20_000);
  let business: Business;
  before(async () => {
    business = await Business.start();
    await business.allow();
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 7 });
  });
  after(() => business.close());

  const get = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { headers: { Authorization: `Bearer ${business.simulator.settings.accessToken}`, ...headers } });
  const located = async (id: string) => (await business.graph('GET', id)).body as { url: string; sha256: string };

  it('refuses what Meta would refuse', async () => {
    for (const recording of [
      { status: 'ENABLED' },
      { ...OPTIN, announcement_language: 'pt_PT' },
      { ...OPTIN, purpose: 'x'.repeat(251) },
      { ...OPTIN, consent: true },
    ]) {
      const { status, body } = await business.connect({ recording });
      assert.deepEqual([status, body.error.code], [400, 100], JSON.stringify(recording));
    }
  });

  it('tells of a recording after the call, under an id that leads to the whole file, or to the rest of it', async () => {
    await business.connect({ recording: OPTIN, transcription: { ...OPTIN, status: 'DISABLED' } });
    await business.event('terminate');
    const { item, value } = await business.event('call_recording_available');
    assert.equal(value.metadata.phone_number_id, NUMBER);
    assert.deepEqual([item.from, item.from_user_id], [ANA.phone, ANA.userId]);
    const { id, sha256, mime_type } = item.call_recording.audio;
    assert.equal(mime_type, 'audio/ogg; codecs=opus');
    const { url, sha256: hex } = await located(id);
    const whole = Buffer.from(await (await get(url)).arrayBuffer());
    assert.equal(createHash('sha256').update(whole).digest('base64'), sha256);
    assert.equal(Buffer.from(hex, 'hex').toString('base64'), sha256);
    const rest = await get(url, { range: 'bytes=100-' });
    assert.deepEqual(
      [rest.status, rest.headers.get('content-range')],
      [206, `bytes 100-${whole.length - 1}/${whole.length}`],
    );
    assert.ok(Buffer.from(await rest.arrayBuffer()).equals(whole.subarray(100)));
    assert.equal((await get(url, { range: `bytes=${whole.length + 1}-` })).status, 416);
    assert.ok(!business.kinds().some((kind) => kind.startsWith('call_trans')), 'no transcript was wanted');
  });

  it('gives it to nobody without the token, at an old address, or after a week', async () => {
    const { item } = await business.event('call_recording_available');
    const { id } = item.call_recording.audio;
    const { url } = await located(id);
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await get(url.replace(/hash=.{4}/, 'hash=xxxx'))).status, 404);
    await business.advance(5 * 60);
    assert.equal((await get(url)).status, 404);
    assert.equal((await get((await located(id)).url)).status, 200);
    await business.advance(7 * 86_400);
    assert.equal((await business.graph('GET', id)).body.error.code, 100);
  });

  it('keeps nothing of a call that nobody picked up', async () => {
    await business.simulator.control.do('script', { user: ANA.phone, script: 'declines' });
    const before = business.kinds().length;
    await business.connect({ recording: OPTIN, transcription: OPTIN });
    await business.event('REJECTED');
    await business.event('terminate', 2);
    await business.advance(60);
    assert.ok(
      !business
        .kinds()
        .slice(before)
        .some((kind) => kind.startsWith('call_')),
    );
  });
});
