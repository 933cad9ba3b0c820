import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';
import { until } from './helper.ts';
import { BUSINESS } from './ruled-number.ts';

interface Row {
  phone: string;
  name: string;
  result: string;
  code?: string;
  text?: string;
  nextAllowedAt?: string;
}
interface Summary {
  people: number;
  asked: number;
  alreadyGranted: number;
  blocked: number;
  faults: number;
  notAsked: Row[];
}

describe('the example that asks many people', function () {
  this.timeout(20_000);
  const flow = new ExampleFlow();
  let told = 0;

  before(() =>
    flow.open('20 Ask many people', {
      simulator: { relay: false },
      change: (node) => (node.name === 'five a second' ? { ...node, rate: '500' } : node),
    }),
  );
  after(() => flow.close());

  const person = (index: number): string => `5511955${String(600_000 + index)}`;
  /** Hands a list to the node that reads it, as the node "people" does. */
  const askAll = async (phones: string[]): Promise<Summary> => {
    const lines = phones.map((phone, index) => `+${phone},Person ${index},your delivery ${index}`);
    flow.press('list', { payload: ['phone,name,about', ...lines].join('\n') });
    told += 1;
    return (await flow.told('summary of all', told - 1)).payload as Summary;
  };
  const onTheWire = async (): Promise<string[]> => {
    const { people } = (await flow.number.read('state')) as { people: { phone: string; requests: unknown[] }[] };
    return people.flatMap(({ phone, requests }) => requests.map(() => phone));
  };

  it('R13: of 100 people, 10 of whom are over a limit, 90 are asked and 10 reported with reasons', async () => {
    const all = Array.from({ length: 100 }, (_, index) => person(index));
    for (const phone of all) await flow.number.control('people', { phone });
    const before = all.filter((_, index) => index % 10 === 3);
    assert.equal((await askAll(before)).asked, 10);
    const first = await onTheWire();
    const from = flow.moved.now();
    const summary = await askAll(all);
    assert.deepEqual(
      { ...summary, notAsked: [] },
      { people: 100, asked: 90, alreadyGranted: 0, blocked: 10, faults: 0, notAsked: [] },
    );
    assert.deepEqual(
      summary.notAsked.map(({ phone }) => phone),
      before.map((phone) => `+${phone}`),
    );
    for (const { result, code, text, nextAllowedAt } of summary.notAsked) {
      assert.deepEqual([result, code], ['blocked', 'request_limit_day']);
      assert.match(text ?? '', /^[A-Z].{10,}\.$/);
      const wait = Date.parse(nextAllowedAt ?? '') - from;
      assert.ok(Math.abs(wait - 24 * 3_600_000) < 300_000, String(wait));
    }
    const wire = await onTheWire();
    assert.deepEqual([first.length, wire.length], [10, 100]);
    assert.deepEqual([...wire].sort(), [...all].sort(), 'everybody once');
    assert.deepEqual(await flow.violations(), []);
  });

  it('who has granted, has opted out, cannot be read or meets a fault is a line of the summary, which always comes', async () => {
    const [granted = '', out = '', unlucky = '', fine = ''] = [200, 201, 202, 203].map(person);
    for (const phone of [granted, out, unlucky, fine]) await flow.number.control('people', { phone });
    await flow.number.control('permission', { user: granted, answer: 'profile_permanent' });
    await flow.number.control('message', { user: out, text: 'stop calls' });
    const known = async (phone: string) => (await flow.moved.ledger.status(BUSINESS.id, { phone })).status;
    await until(async () => (await known(granted)) === 'granted');
    // The confirmation of the opt-out must be through: the fault is not meant for it.
    const confirmed = async () =>
      ((await flow.number.read('requests')).requests as { body?: { type?: string } }[]).some(
        ({ body }) => body?.type === 'text',
      );
    await until(confirmed);
    await flow.number.control('faults', { graph: [{ kind: 'error', status: 401, code: 190, path: 'messages' }] });
    const { notAsked, ...counts } = await askAll([granted, out, unlucky, fine, '12']);
    assert.deepEqual(counts, { people: 5, asked: 1, alreadyGranted: 1, blocked: 2, faults: 1 });
    assert.deepEqual(
      notAsked.map(({ phone, result, code }) => [phone, result, code]),
      [
        [`+${out}`, 'blocked', 'do_not_call'],
        [`+${unlucky}`, 'fault', 'provider_token_invalid'],
        ['+12', 'blocked', 'contact_invalid'],
      ],
    );
    for (const { text } of notAsked) assert.match(text ?? '', /^[A-Z].{10,}\.$/);
    assert.deepEqual(await flow.violations(), []);
  });

  it('an empty list has a summary, too', async () => {
    const { notAsked, ...counts } = await askAll([]);
    assert.deepEqual(counts, { people: 0, asked: 0, alreadyGranted: 0, blocked: 0, faults: 0 });
    assert.deepEqual(notAsked, []);
  });

  it('the people in the example itself are asked, and the second time blocked', async () => {
    flow.press('Ask everybody');
    flow.press('Ask everybody');
    const both = [await flow.told('summary of all', told), await flow.told('summary of all', told + 1)];
    const counts = both.map(({ payload }) => payload as Summary).map(({ asked, blocked }) => [asked, blocked]);
    assert.deepEqual(counts.flat().sort(), [0, 0, 3, 3], JSON.stringify(counts));
  });
});
