import { strict as assert } from 'node:assert';
import { metaError } from '../../lib/provider/error-table.ts';
import type { AccountNode } from '../../lib/runtime/account.ts';
import { callTickets } from '../../lib/runtime/call-tickets.ts';
import type { Switchboard } from '../../lib/switchboard/switchboard.ts';
import { makePerson } from '../../simulator/people.ts';
import { plainSdp } from '../../simulator/plain-sdp.ts';
import { type CallFacts, connectValue, terminateValue } from '../../simulator/webhook-payload.ts';
import { type DocumentedCode, EVERY_CODE } from '../lib/provider/reference-codes.ts';
import { DETAILS_SHOWN, refusesWith, tellsNoSecret } from './code-told.ts';
import { helper, until } from './helper.ts';
import { type Message, Questions, type ReasonSeen } from './questions.ts';
import { answered, type Behaviour, RawProvider, SECRETS } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';

const NUMBER = '700000000032';
const at = { z: 'tab', x: 1, y: 1 };
const OUTPUTS = ['ringing', 'answered', 'ended', 'missed'];
const BOXES = [...OUTPUTS, 'logged', 'caught'];
type Call = { id: string; providerCallId: string; outcome?: string; errors?: { code: string; message: string }[] };

describe('every error code in replies about calls of people, through the nodes', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  const behaviours = new Map<string, Behaviour>();
  let provider: RawProvider;
  let questions: Questions;
  let switchboard: Switchboard;
  let people = 0;

  before(async () => {
    await number.start();
    provider = await RawProvider.start();
    provider.webhookUrl = `${helper.url()}/whatsapp-calling`;
    provider.behave = (request, ...rest) => (behaviours.get(request.body.call_id) ?? answered)(request, ...rest);
    await number.load(flow(true), { number: SECRETS });
    await number.ready('number');
    listen();
    switchboard = (await (helper.getNode('number') as unknown as AccountNode).account?.switchboard()) as Switchboard;
  });
  after(async () => {
    await helper.unload();
    await provider.close();
    await number.stop();
  });

  const flow = (preAccept: boolean): object[] => [
    { id: 'tab', type: 'tab', label: 'Test' },
    { ...provider.config('number', NUMBER, '+351211000100'), liveCheck: 'never' },
    {
      ...{ id: 'answer', type: 'wa-call-answer', ...at, config: 'number', answer: 'flow', preAccept },
      wires: OUTPUTS.map((name) => [name]),
    },
    { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
    { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
    ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
  ];
  const listen = (): void => {
    questions = new Questions(BOXES);
  };

  const seconds = (): number => Math.floor(Date.now() / 1000);
  const callOf = (msg: Message): Call => msg.call as Call;
  const told = (box: string, id: string): Message[] =>
    questions.box(box).messages.filter((msg) => callOf(msg)?.providerCallId === id);
  const topics = (id: string): unknown[] => told('logged', id).map(({ topic }) => topic);
  const actions = (id: string): string[] =>
    provider.requests.filter(({ body }) => body.call_id === id).map(({ body }) => body.action);

  /** A person calls; `refused` is what the provider refuses of what we say to it, with this code. */
  async function rings(refused: string[], one: DocumentedCode): Promise<{ facts: CallFacts; ringing: Message }> {
    people += 1;
    const facts: CallFacts = {
      ...{ id: `wacid.in.${people}`, person: makePerson({ phone: `55119444${10_000 + people}` }) },
      ...{ businessNumber: '351211000100', direction: 'USER_INITIATED', timestamp: seconds() },
    };
    behaviours.set(facts.id, (request, ...rest) =>
      (refused.includes(request.body.action) ? refusesWith(one) : answered)(request, ...rest),
    );
    const offer = connectValue(facts, { sdp_type: 'offer', sdp: plainSdp('offer') });
    assert.equal(await provider.deliver(NUMBER, offer), 200);
    await until(() => told('ringing', facts.id).length > 0);
    return { facts, ringing: told('ringing', facts.id)[0] as Message };
  }

  const decide = (ringing: Message, action: string): void =>
    helper.getNode('answer').receive({ ...ringing, action, kept: callOf(ringing).id });

  /** The provider tells the end, twice. @returns what the one output says of it */
  async function ends(facts: CallFacts, output: 'ended' | 'missed', startedAt?: number): Promise<Message> {
    const value = terminateValue(facts, {
      ...(startedAt === undefined ? {} : { startedAt }),
      endedAt: seconds(),
    });
    const statuses = await Promise.all([provider.deliver(NUMBER, value), provider.deliver(NUMBER, value)]);
    assert.deepEqual(statuses, [200, 200]);
    await until(() => told(output, facts.id).length > 0);
    const msg = told(output, facts.id)[0] as Message;
    assert.equal(msg.kept, callOf(msg).id, 'what the asking message carried');
    return msg;
  }

  function tellsCode(msg: Message | undefined, { code }: DocumentedCode): void {
    const reason = msg?.reason as ReasonSeen & { provider: Record<string, string> };
    const entry = metaError(String(code), 400);
    const seen = [reason?.code, reason?.text, reason?.nextStep, reason?.provider?.code];
    assert.deepEqual(seen, [entry.code, entry.text, entry.nextStep, String(code)]);
    assert.match(reason.provider.details ?? '', DETAILS_SHOWN);
  }

  /** Told once and at one output alone; nothing goes on. */
  function overOnce(ids: string[], output: 'ended' | 'missed'): void {
    for (const id of ids) {
      assert.deepEqual([told('ended', id).length, told('missed', id).length], output === 'ended' ? [1, 0] : [0, 1], id);
      assert.equal(topics(id).filter((topic) => topic === 'ended').length, 1, id);
    }
    assert.deepEqual(switchboard.calls(), []);
    assert.deepEqual(callTickets.of('answer'), []);
    for (const box of BOXES) tellsNoSecret(questions.box(box).messages);
  }

  /** A few at a time: the machine has other things to do. */
  async function forEveryCode(act: (one: DocumentedCode) => Promise<string>): Promise<string[]> {
    const ids: string[] = [];
    for (let from = 0; from < EVERY_CODE.length; from += 24)
      ids.push(...(await Promise.all(EVERY_CODE.slice(from, from + 24).map(act))));
    assert.ok(ids.length >= 60);
    return ids;
  }

  it('accept refused: the person is not left ringing, the end says why, once; in the record too', async () => {
    const ids = await forEveryCode(async (one) => {
      const { facts, ringing } = await rings(['accept'], one);
      decide(ringing, 'accept');
      await until(() => actions(facts.id).includes('reject'));
      const msg = await ends(facts, 'missed');
      assert.equal(callOf(msg).outcome, 'failed');
      tellsCode(msg, one);
      await until(() => topics(facts.id).includes('ended'));
      tellsCode(
        told('logged', facts.id).find(({ topic }) => topic === 'ended'),
        one,
      );
      assert.ok(!topics(facts.id).includes('accepted') && told('answered', facts.id).length === 0);
      // Whether a server with a fault took our answer is unknown: asked once more, which rings nobody.
      const accepts = (one.http ?? 400) >= 500 ? 2 : 1;
      assert.equal(actions(facts.id).filter((action) => action === 'accept').length, accepts, String(one.code));
      const found = (await switchboard.callRecords({ contact: { phone: facts.person.phone } })).entries;
      assert.deepEqual(
        found.map(({ outcome, missed, errors }) => [outcome, missed, errors.map(({ code }) => code)]),
        [['failed', true, [String(one.code)]]],
      );
      return facts.id;
    });
    overOnce(ids, 'missed');
    assert.deepEqual(questions.box('caught').messages, []);
  });

  it('pre_accept refused: the call is taken all the same, and the log says why', async () => {
    const ids = await forEveryCode(async (one) => {
      const { facts, ringing } = await rings(['pre_accept'], one);
      decide(ringing, 'accept');
      await until(() => topics(facts.id).includes('accepted'));
      const msg = await ends(facts, 'ended', seconds() - 3);
      assert.deepEqual([callOf(msg).outcome, msg.reason], ['completed', undefined]);
      assert.deepEqual(actions(facts.id), ['pre_accept', 'accept']);
      const { code, text } = metaError(String(one.code), one.http ?? 400);
      const line = `Call ${callOf(ringing).id} could not be prepared while it rings: ${text} (${code})`;
      const log = JSON.stringify(helper.log().args);
      assert.ok(log.includes(line), `${line}: not in the log`);
      return facts.id;
    });
    overOnce(ids, 'ended');
    assert.deepEqual(questions.box('caught').messages, []);
  });

  describe('reject refused', () => {
    before(async () => {
      await helper.setFlows(flow(false), 'full');
      await number.ready('number');
      listen();
    });

    it('the call is ended by the other way, and told once', async () => {
      const ids = await forEveryCode(async (one) => {
        const { facts, ringing } = await rings(['reject'], one);
        decide(ringing, 'reject');
        await until(() => actions(facts.id).length === 2);
        const msg = await ends(facts, 'missed');
        assert.deepEqual([callOf(msg).outcome, msg.reason], ['declined', undefined]);
        assert.deepEqual(actions(facts.id), ['reject', 'terminate'], String(one.code));
        return facts.id;
      });
      overOnce(ids, 'missed');
      assert.deepEqual(questions.box('caught').messages, []);
    });

    it('and terminate as well, for good: it is told that the call may go on, with the sentence of the code', async () => {
      const codes = EVERY_CODE.filter(({ code, http = 400 }) => metaError(String(code), http).kind === 'never');
      assert.ok(codes.length >= 10);
      const given = async (one: DocumentedCode): Promise<string> => {
        const { facts, ringing } = await rings(['reject', 'terminate'], one);
        decide(ringing, 'reject');
        await until(() => told('missed', facts.id).length > 0);
        const { outcome, errors = [] } = callOf(told('missed', facts.id)[0] as Message);
        const { text, code } = metaError(String(one.code), one.http ?? 400);
        assert.deepEqual([outcome, errors.map((error) => error.code)], ['declined', ['terminate_unconfirmed']]);
        assert.ok(errors[0]?.message.includes(`${text} (${code})`), errors[0]?.message);
        assert.deepEqual(actions(facts.id), ['reject', 'terminate', 'reject', 'terminate']);
        await ends(facts, 'missed');
        return facts.id;
      };
      overOnce(await Promise.all(codes.map(given)), 'missed');
      assert.deepEqual(questions.box('caught').messages, []);
    });
  });

  it('nothing of it is in the log with a secret or a whole phone number', () => {
    tellsNoSecret(helper.log().args);
  });
});
