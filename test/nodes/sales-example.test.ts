import { strict as assert } from 'node:assert';
import { ExampleFlow } from './example-flow.ts';

const ANA = '5511955500123';
const RUI = '351912000456';
const MINUTE = 60;
type Entry = { contact: { phone?: string }; callback: { id: string; state: string }; payload: string };

describe('the example of the sales follow-up', function () {
  this.timeout(60_000);
  const flow = new ExampleFlow();
  before(() => flow.open('22 Sales follow-up', { simulator: { relay: false } }));
  after(() => flow.close());

  /** The minute's look, at the test's time. */
  async function look(): Promise<void> {
    const arriving = flow.arriving('waits too long?');
    flow.press('who waits', { now: flow.moved.now(), minutes: 5 });
    await arriving.at(0);
  }
  const callsSeen = async (): Promise<number> =>
    ((await flow.number.read('state')) as { calls: unknown[] }).calls.length;

  it('a yes is a lead, the representative calls it within five minutes, and nothing is flagged', async () => {
    flow.press('The bot asks Ana');
    const asked = await flow.told('asked', 0);
    assert.ok((asked.permission as { promisedBy?: string }).promisedBy);
    flow.press('A representative is free');
    await flow.told('nobody waits', 0);
    await flow.number.control('permission', { user: ANA, answer: 'temporary' });
    const lead = (await flow.told('tell the representatives', 0)) as unknown as Entry;
    assert.deepEqual([lead.contact.phone?.slice(-4), lead.callback.state], [ANA.slice(-4), 'open']);
    await flow.moved.pass(4 * MINUTE);
    await look();
    await flow.number.control('script', { user: ANA, script: 'answers', afterSeconds: 1, talkSeconds: 30 });
    flow.press('A representative is free');
    const talked = (await flow.told('talked', 0)) as { call: { outcome: string; purpose: string } };
    assert.deepEqual([talked.call.outcome, talked.call.purpose], ['completed', 'your offer']);
    await flow.moved.pass(10 * MINUTE);
    await look();
    flow.press('A representative is free');
    await flow.told('nobody waits', 1);
    assert.deepEqual(flow.heard('flagged: too late'), []);
    assert.equal(await callsSeen(), 1, 'a lead is called once');
  });

  it('who waits for more than five minutes is flagged, once; who does not pick up is put back', async () => {
    flow.press('request permission', { contact: `+${RUI}`, purpose: 'your offer' });
    await flow.told('asked', 1);
    await flow.number.control('permission', { user: RUI, answer: 'temporary' });
    await flow.told('tell the representatives', 1);
    await flow.number.control('script', { user: RUI, script: 'declines', afterSeconds: 1 });
    flow.press('A representative is free');
    await flow.told('to be tried again', 0);
    await flow.moved.pass(5 * MINUTE + 1);
    await look();
    await flow.told('flagged: too late', 0);
    await look();
    assert.equal(await callsSeen(), 2);
    const [flagged, ...more] = flow.heard('flagged: too late') as unknown as Entry[];
    assert.equal(flagged?.payload, 'has waited 5 minutes for a call');
    assert.deepEqual([flagged?.callback.state, more], ['open', []]);
    assert.deepEqual(await flow.violations(), []);
  });

  it('a permission for something else is no lead, and an opt-out takes one off the list', async () => {
    const before = flow.heard('tell the representatives').length;
    flow.press('request permission', { contact: '+4915110000789', purpose: 'your parcel' });
    await flow.told('asked', 2);
    await flow.number.control('permission', { user: '4915110000789', answer: 'temporary' });
    await flow.number.control('message', { user: RUI, text: 'stop calls' });
    await flow.told('no lead', 0);
    assert.equal(flow.heard('tell the representatives').length, before);
    const asked = flow.heard('nobody waits').length;
    flow.press('A representative is free');
    await flow.told('nobody waits', asked);
  });
});
