import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';

const ANA = '5511955500123';
const RUI = '351912000456';
const TICKET = { number: 7731, agent: 'Maria' };

describe('the example of the support callback', function () {
  this.timeout(60_000);
  const flow = new ExampleFlow();
  before(() => flow.open('23 Support callback', { simulator: { pace: 0.3 } }));
  after(() => flow.close());

  it('asks in the chat, calls at the yes, gives the agent a line, and the ticket comes back with the end', async () => {
    await flow.number.control('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 600 });
    flow.press('Agent asks Ana');
    assert.deepEqual((await flow.told('asked', 0)).ticket, TICKET);
    await flow.number.control('permission', { user: ANA, answer: 'temporary' });
    const line = (await flow.told('line to the agent', 0)) as { rtp: { port: number; sdp: string } };
    assert.ok(line.rtp.port > 0 && line.rtp.sdp.startsWith('v=0'));
    await flow.number.control('call/hangup', { user: ANA });
    const { data, call } = (await flow.told('ticket', 0)) as { data: object; call: { outcome: string } };
    assert.deepEqual([data, call.outcome], [TICKET, 'completed']);
  });

  it('who has granted is called at once; who does not pick up is on the list, with the ticket', async () => {
    await flow.number.control('script', { user: ANA, script: 'declines', afterSeconds: 1 });
    flow.press('Agent asks Ana');
    const { callback } = (await flow.told('not reached', 0)) as { callback: { note: string; state: string } };
    assert.deepEqual([callback.note, callback.state], ['ticket 7731, Maria', 'open']);
    assert.equal(flow.heard('asked').length, 1, 'not asked again');
  });

  it('a no stays in the chat, with its ticket, and no call is made', async () => {
    flow.press('request permission', {
      contact: `+${RUI}`,
      purpose: 'your support ticket',
      ticket: { ...TICKET, number: 8 },
    });
    await flow.told('asked', 1);
    await flow.number.control('permission', { user: RUI, answer: 'reject' });
    const { payload, ticket } = (await flow.told('stays in the chat', 0)) as { payload: string; ticket: object };
    assert.deepEqual([payload, ticket], ['denied', { ...TICKET, number: 8 }]);
    assert.deepEqual(flow.heard('fault'), []);
    assert.deepEqual(await flow.violations(), []);
  });
});
