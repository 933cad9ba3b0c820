import { strict as assert } from 'node:assert';
import { launchChromium } from '../browser/chromium.ts';
import { Business, WABA } from './business.ts';

const BODY = { type: 'BODY', text: 'May we call you about <b>it</b>?' };
const DRAFT = {
  name: 'ask',
  language: 'en_US',
  category: 'UTILITY',
  components: [BODY, { type: 'call_permission_request' }],
};

describe('simulator: the reviewers of templates', function () {
  this.timeout(60_000);
  let business: Business;
  beforeEach(async () => {
    business = await Business.start();
  });
  afterEach(() => business.close());
  const create = async (name = 'ask') => {
    const answer = await business.graph('POST', `${WABA}/message_templates`, { ...DRAFT, name });
    assert.equal(answer.status, 200);
  };
  const news = async (nth: number): Promise<string[]> => {
    const { value } = await business.event('message_template_status_update', nth);
    return [value.event, value.message_template_name, value.reason];
  };
  const status = async (): Promise<[string, string | undefined]> => {
    const { body } = await business.graph('GET', `${WABA}/message_templates?name=ask`);
    return [body.data[0].status, body.data[0].rejected_reason];
  };

  it('refuse a verdict on what is not there, or that there is no such state', async () => {
    const review = (verdict: object) => business.simulator.control.do('template', verdict as never);
    await assert.rejects(review({ name: 'nowhere', status: 'APPROVED' }), { code: 'template_unknown' });
    await assert.rejects(review({ name: 'call_permission', status: 'GREAT' }));
  });

  it('approve, reject or hold new ones, as told', async () => {
    const { control } = business.simulator;
    await create('one');
    assert.deepEqual(await news(1), ['APPROVED', 'one', 'NONE']);
    await control.do('number', { templateReview: 'reject' });
    await create('two');
    assert.deepEqual(await news(2), ['REJECTED', 'two', 'INVALID_FORMAT']);
    await control.do('number', { templateReview: 'hold' });
    await create();
    await business.advance(86_400);
    assert.deepEqual(await status(), ['PENDING', undefined]);
    await control.do('template', { name: 'ask', status: 'REJECTED', reason: 'INCORRECT_CATEGORY' });
    assert.deepEqual(await news(3), ['REJECTED', 'ask', 'INCORRECT_CATEGORY']);
    assert.deepEqual(await status(), ['REJECTED', 'INCORRECT_CATEGORY']);
    await control.do('template', { name: 'ask', status: 'APPROVED' });
    assert.deepEqual(await status(), ['APPROVED', undefined]);
  });

  it('list in pages, and delete one language or all', async () => {
    for (const name of ['a1', 'a2', 'a3']) await create(name);
    const names: string[] = [];
    let after = '';
    for (;;) {
      const { body } = await business.graph('GET', `${WABA}/message_templates?name=a&limit=2${after}`);
      names.push(...body.data.map((one: { name: string }) => one.name));
      if (body.paging.next === undefined) break;
      after = `&after=${body.paging.cursors.after}`;
    }
    assert.deepEqual(names, ['a1', 'a2', 'a3']);
    const wrong = await business.graph('DELETE', `${WABA}/message_templates?name=a1&hsm_id=1`);
    assert.equal(wrong.body.error.code, 100);
    assert.deepEqual((await business.graph('DELETE', `${WABA}/message_templates?name=a1`)).body, { success: true });
  });

  it('have a desk of their own in the browser', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(new URL('reviews', business.simulator.phoneUrl).href);
      const card = page.locator('[data-template="call_permission en_US"]');
      await card.getByText('approved', { exact: true }).waitFor();
      await card.getByRole('button', { name: 'Pause' }).click();
      await card.getByText('paused', { exact: true }).waitFor();
      assert.deepEqual(await news(1), ['PAUSED', 'call_permission', 'NONE']);
      assert.equal((await business.ask()).body.error.code, 132015);
      // Text of templates is text.
      await create();
      await page.getByText('May we call you about <b>it</b>?').waitFor();
    } finally {
      await browser.close();
    }
  });
});
