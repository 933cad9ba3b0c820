import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';
import { helper, until } from './helper.ts';

const ANA = '5511955500123';
const LINK = 'Would you tell us why? https://example.com/calls/why';

describe('the example that asks why no more calls', function () {
  this.timeout(30_000);
  const flow = new ExampleFlow();
  before(() =>
    flow.open('25 Why no more calls', {
      simulator: { relay: false },
      change: (node) => (node.type === 'wa-call-config' ? { ...node, optOutText: LINK } : node),
    }),
  );
  after(() => flow.close());

  const texts = async (): Promise<(string | undefined)[]> =>
    ((await flow.number.read('requests')).requests as { body?: { type?: string; text?: { body?: string } } }[])
      .filter(({ body }) => body?.type !== undefined)
      .map(({ body }) => body?.text?.body);
  const answer = (reason: string): Promise<Response> =>
    fetch(`${helper.url()}/calls/why`, { method: 'POST', body: new URLSearchParams({ reason }) });
  const soFar = async (index: number): Promise<unknown> => {
    flow.press('How it looks');
    // As the debug sidebar shows it: what a function node made belongs to another realm.
    return JSON.parse(JSON.stringify((await flow.told('so far', index)).payload));
  };

  it('the link comes with the confirmation, the one message that is still sent; the answers are counted', async () => {
    assert.deepEqual(await soFar(0), { optedOut: 0, answered: 0, reasons: {} });
    await flow.number.control('message', { user: ANA, text: 'stop calls' });
    await flow.told('opted out', 0);
    await until(async () => (await texts()).length > 0);
    assert.deepEqual(await texts(), [LINK]);

    const page = await fetch(`${helper.url()}/calls/why`);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    const reasons = [...(await page.text()).matchAll(/name="reason" value="(\w+)"/g)].map((match) => match[1] ?? '');
    assert.equal(reasons.length, 5);
    for (const reason of [...reasons, 'too_often']) assert.equal((await answer(reason)).status, 200);
    for (const wrong of ['', '__proto__', 'something']) assert.equal((await answer(wrong)).status, 400);
    assert.deepEqual(await soFar(1), {
      optedOut: 1,
      answered: 6,
      reasons: { too_often: 2, bad_time: 1, not_agreed: 1, no_use: 1, other: 1 },
    });
    assert.deepEqual(await texts(), [LINK], 'nothing else went to the person');
    assert.deepEqual(await flow.violations(), []);
  });
});
