import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';

const ANA = '5511955500123';
const RUI = '351912000456';

describe('the example of the late delivery', function () {
  this.timeout(60_000);
  const flow = new ExampleFlow();
  before(() => flow.open('24 Delivery is late', { simulator: { pace: 0.3 } }));
  after(() => flow.close());

  const requests = async (): Promise<number> => {
    const { people } = (await flow.number.read('state')) as { people: { requests: unknown[] }[] };
    return people.reduce((sum, person) => sum + person.requests.length, 0);
  };
  const calls = async (): Promise<number> => ((await flow.number.read('state')) as { calls: unknown[] }).calls.length;
  const late = (id: string, contact: string, lateMinutes: number, state = 'late'): void =>
    flow.press('worth a call?', { delivery: { id, contact: `+${contact}`, name: 'Rui', state, lateMinutes } });

  it('asks once however often the delay is told, calls at the yes, and gives the agent the newest time', async () => {
    flow.press('Ten minutes late');
    assert.equal((await flow.told('no call', 0)).payload, 'no reason for a call');
    flow.press('Half a day late');
    await flow.told('asked', 0);
    late('4471', ANA, 800);
    assert.match(String((await flow.told('no call', 1)).payload), /^known already/);
    assert.equal(await requests(), 1);
    await flow.number.control('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 600 });
    await flow.number.control('permission', { user: ANA, answer: 'temporary' });
    assert.match(String((await flow.told('for the agent', 0)).payload), /^Delivery 4471 of Ana: expected 800 minutes/);
    const line = (await flow.told('line to the agent', 0)) as { rtp: { port: number } };
    assert.ok(line.rtp.port > 0);
    await flow.number.control('call/hangup', { user: ANA });
    assert.equal(((await flow.told('settled', 0)).call as { outcome: string }).outcome, 'completed');
    assert.deepEqual(await flow.violations(), []);
  });

  it('calls nobody whose delivery has come meanwhile, and nobody who says no', async () => {
    late('8', RUI, 90);
    await flow.told('asked', 1);
    late('8', RUI, 0, 'delivered');
    await flow.told('no call', 2);
    const arriving = flow.arriving('still late?');
    await flow.number.control('permission', { user: RUI, answer: 'temporary' });
    await arriving.at(0);
    late('9', '4915110000789', 90);
    await flow.told('asked', 2);
    await flow.number.control('permission', { user: '4915110000789', answer: 'reject' });
    const { delivery } = (await flow.told('tell it in a message', 0)) as { delivery: { id: string } };
    assert.equal(delivery.id, '9');
    assert.equal(await calls(), 1);
    assert.deepEqual(await flow.violations(), []);
  });
});
