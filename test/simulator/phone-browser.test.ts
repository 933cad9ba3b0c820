import { strict as assert } from 'node:assert';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.ts';
import { Business, NUMBER } from './business.ts';
import { BusinessLeg } from './relay/business-leg.ts';

const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

describe('simulator: a person at the phone page, rules and media together', function () {
  this.timeout(90_000);
  let browser: Browser;
  let page: Page;
  let business: Business;
  let leg: BusinessLeg;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());
  beforeEach(async () => {
    business = await Business.start({ relay: true, pace: 0.2 });
    leg = await BusinessLeg.open();
    page = await browser.newPage();
    await page.goto(business.simulator.phoneUrl);
  });
  afterEach(async () => {
    await page.close();
    await leg.close();
    await business.close();
  });

  it('writes, allows, answers, presses a key and hangs up; the business hears of each', async () => {
    const at = (id: string) => page.getByTestId(id);
    await at('message-input').fill('Please call me');
    await at('send').click();
    assert.equal((await business.event('text')).item.text.body, 'Please call me');
    const asked = await business.askFreely();
    await at('allow-week').click();
    const reply = await business.event('reply:accept');
    assert.equal(reply.item.context.id, asked.body.messages[0].id);

    const placed = await business.connect({ session: { sdp_type: 'offer', sdp: await leg.offer() } });
    assert.equal(placed.status, 200, JSON.stringify(placed.body));
    await leg.apply((await business.event('connect')).item.session.sdp);
    await leg.connected();
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await business.event('RINGING');
      assert.equal(business.kinds().includes('ACCEPTED'), false);
      await at('answer').click();
      await business.event('ACCEPTED');
      await business.until('the microphone', () => leg.audio().length > 25);
      await at('keypad-5').click();
      await business.until('the digit', () => leg.events()[0]?.payload[0] === 5);
      await at('hang-up').click();
      const { item } = await business.event('terminate');
      assert.equal(item.status, 'COMPLETED');
      assert.equal(typeof item.duration, 'number');
    } finally {
      clearInterval(talking);
    }
    assert.deepEqual(
      business.kinds().filter((kind) => /^(connect|RINGING|ACCEPTED|REJECTED|terminate)$/.test(kind)),
      ['connect', 'RINGING', 'ACCEPTED', 'terminate'],
    );
    assert.equal((business.simulator.control.read('violations') as { total: number }).total, 0);
  });

  it('calls the business, is heard once it is taken, and hangs up', async () => {
    const at = (id: string) => page.getByTestId(id);
    await at('call-business').click();
    const { id, session } = (await business.event('connect')).item;
    await at('timer').getByText('Calling').waitFor();
    const sdp = await leg.answer(session.sdp);
    const act = (action: string) =>
      business.graph('POST', `${NUMBER}/calls`, {
        messaging_product: 'whatsapp',
        call_id: id,
        action,
        session: { sdp_type: 'answer', sdp },
      });
    assert.equal((await act('pre_accept')).status, 200);
    await leg.connected();
    assert.equal((await act('accept')).status, 200);
    const talking = setInterval(() => leg.send(SILENCE), 20);
    try {
      await at('timer').getByText('00:0').waitFor();
      await business.until('the microphone', () => leg.audio().length > 25);
      await at('hang-up').click();
      assert.equal(typeof (await business.event('terminate')).item.duration, 'number');
    } finally {
      clearInterval(talking);
    }
    await at('ended').waitFor();
  });
});
