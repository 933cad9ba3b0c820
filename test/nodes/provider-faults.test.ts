import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { makePerson } from '../../simulator/people.ts';
import { plainSdp } from '../../simulator/plain-sdp.ts';
import { type CallFacts, callStatusValue, connectValue, terminateValue } from '../../simulator/webhook-payload.ts';
import { permissionReply } from '../system/meta-webhook.ts';
import { helper, until } from './helper.ts';
import { type Answer, type Message, Questions, refusal } from './questions.ts';
import { answered, type Behaviour, RawProvider, SECRETS } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';
import { first, WIRE_FAULTS, type WireFault } from './wire-faults.ts';

const NUMBER = '700000000001';
/** A number whose provider is not there at all. */
const DEAD = '700000000002';
const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1 };
const BOXES = [
  'asked',
  'have',
  'refused',
  'answered',
  'ended',
  'needs',
  'blocked',
  'granted',
  'hung',
  'logged',
  'caught',
];
const ANSWERS = BOXES.filter((id) => !['granted', 'logged'].includes(id));
const FAULTS = Object.entries(WIRE_FAULTS);

type Errored = { code?: string; message: string };

describe('a provider that fails, through the nodes', function () {
  this.timeout(40_000);
  const number = new RealNumber();
  let provider: RawProvider;
  let questions: Questions;
  /** By the person's digits, or by the provider's id of a call. */
  const behaviours = new Map<string, Behaviour>();

  before(async () => {
    await number.start();
    provider = await RawProvider.start();
    provider.webhookUrl = `${helper.url()}/whatsapp-calling`;
    provider.behave = (request, ...rest) =>
      (behaviours.get(String(request.body.to ?? request.body.call_id)) ?? answered)(request, ...rest);
    const nodesOf = (config: string): object[] => [
      {
        id: `ask-${config}`,
        type: 'wa-call-request-permission',
        ...at,
        config,
        template: 'call_permission',
        wires: [['asked'], ['have'], ['refused']],
      },
      {
        id: `call-${config}`,
        type: 'wa-call-initiate',
        ...at,
        config,
        wires: [['answered'], ['ended'], ['needs'], ['blocked']],
      },
      { id: `in-${config}`, type: 'wa-call-permission-in', ...at, config, wires: [['granted'], [], []] },
      { id: `log-${config}`, type: 'wa-call-events', ...at, config, wires: [['logged']] },
      { id: `hangup-${config}`, type: 'wa-call-terminate', ...at, config, wires: [['hung']] },
    ];
    const flow = [
      TAB,
      provider.config('number', NUMBER, '+351211000100'),
      { ...provider.config('dead', DEAD, '+351211000101'), baseUrl: 'http://127.0.0.1:9' },
      ...nodesOf('number'),
      ...nodesOf('dead'),
      { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
      ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
    ];
    await number.load(flow, { number: SECRETS, dead: SECRETS });
    await number.ready('number');
    await number.ready('dead');
    questions = new Questions(BOXES);
  });
  after(async () => {
    await helper.unload();
    await provider.close();
    await number.stop();
  });

  let people = 0;
  const person = (): string => `55119444${String(10_000 + people++)}`;
  const ask = (phone: string, config = 'number'): Promise<Answer> =>
    questions.ask(`ask-${config}`, { contact: phone, purpose: 'delivery' }, ANSWERS);
  const call = (phone: string, config = 'number'): Promise<Answer> =>
    questions.ask(`call-${config}`, { contact: phone, purpose: 'delivery' }, ANSWERS);
  const onWire = (phone: string) => provider.requests.filter(({ body }) => body.to === phone);
  const eventsOf = (id: string) =>
    questions
      .box('logged')
      .messages.filter((msg) => callOf(msg).id === id)
      .map(({ topic }) => topic);
  const callOf = (msg: Message) => msg.call as { id: string; state: string; outcome?: string; providerCallId?: string };

  async function allowed(phone: string, id = NUMBER): Promise<void> {
    assert.equal(await provider.post(permissionReply(id, { phone, name: 'P' }, 'accept', `g-${phone}`)), 200);
    await until(() =>
      questions.box('granted').messages.some(({ contact }) => (contact as { phone: string }).phone === `+${phone}`),
    );
  }

  /** What a Catch node must get: a stable code, a sentence that says what to do, nothing secret. */
  function fault({ output, msg }: Answer, code: string): string {
    assert.equal(output, 'caught', JSON.stringify(msg.reason ?? msg.call));
    const error = msg.error as Errored;
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^(\w*Error: )?[A-Z].{15,}\. [A-Z].{10,}\.$/, 'what happened, and what to do');
    const everything = JSON.stringify(msg) + inspect(msg, { depth: 20 });
    for (const secret of Object.values(SECRETS)) assert.ok(!everything.includes(secret));
    assert.doesNotMatch(error.message, /\d{10,}|a=ice|AxiosError/);
    return error.message;
  }

  /** WhatsApp tells of a call as it goes when all is well: connect, ringing, picked up. */
  async function tells(facts: CallFacts, upTo: 'connect' | 'accepted' = 'accepted'): Promise<void> {
    const values = [connectValue(facts, { sdp_type: 'answer', sdp: plainSdp('answer') })];
    if (upTo === 'accepted') values.push(callStatusValue(facts, 'RINGING'), callStatusValue(facts, 'ACCEPTED'));
    for (const value of values) assert.equal(await provider.deliver(NUMBER, value), 200);
  }
  const seconds = () => Math.floor(Date.now() / 1000);
  const factsOf = (phone: string, id: string, opaque: string): CallFacts => ({
    id,
    person: makePerson({ phone }),
    businessNumber: '351211000100',
    direction: 'BUSINESS_INITIATED',
    timestamp: seconds(),
    opaque,
  });
  const over = (facts: CallFacts): Promise<number> =>
    provider.deliver(NUMBER, terminateValue(facts, { startedAt: seconds() - 30, endedAt: seconds() }));

  describe('at a permission request', () => {
    for (const [name, { behave, code, outcome }] of FAULTS) {
      it(`${name}: the flow is told, and it ${outcome === 'unknown' ? 'counts' : 'does not count'}`, async () => {
        const ana = person();
        behaviours.set(ana, behave);
        fault(await ask(ana), code);
        assert.equal(onWire(ana).length, 1, 'a message that may have arrived is not repeated');
        behaviours.delete(ana);
        const second = await ask(ana);
        if (outcome === 'refused') assert.equal(second.output, 'asked');
        else
          refusal(second, {
            output: 'refused',
            code: 'request_limit_day',
            rule: 'request-day',
            nextAllowedAt: Date.now() + 86_460_000,
          });
        assert.equal(onWire(ana).length, outcome === 'refused' ? 2 : 1);
      });
    }

    it('a short 429 is waited for', async () => {
      const ana = person();
      behaviours.set(
        ana,
        first(1, (_, response) => response.writeHead(429, { 'retry-after': '1' }).end()),
      );
      assert.equal((await ask(ana)).output, 'asked');
      assert.equal(onWire(ana).length, 2);
    });

    it('nobody there: the flow is told after a few tries, and nothing counts', async () => {
      const ana = person();
      for (const _ of [1, 2]) fault(await ask(ana, 'dead'), 'provider_unreachable');
    });

    it('a reply to a request of unknown fate grants all the same', async () => {
      const ana = person();
      behaviours.set(ana, (WIRE_FAULTS['half a reply'] as WireFault).behave);
      fault(await ask(ana), 'provider_connection_lost');
      await allowed(ana);
      assert.equal((await ask(ana)).output, 'have');
    });
  });

  describe('at connect', () => {
    for (const [name, { behave, code, outcome }] of FAULTS) {
      it(`${name}: once on the wire, the flow is told, and ${outcome === 'unknown' ? 'a late webhook makes it a call' : 'the next one may leave'}`, async () => {
        const ana = person();
        await allowed(ana);
        behaviours.set(ana, behave);
        const message = fault(await call(ana), code);
        behaviours.delete(ana);
        if (outcome === 'refused') {
          const again = questions.send('call-number', { contact: ana, purpose: 'again' });
          await until(() => onWire(ana).length === 2);
          await until(() => eventsOf(onWire(ana)[1]?.body.biz_opaque_callback_data).includes('placed'));
          const placed = questions
            .box('logged')
            .messages.find((msg) => callOf(msg).id === onWire(ana)[1]?.body.biz_opaque_callback_data);
          const facts = factsOf(ana, callOf(placed as Message).providerCallId ?? '', callOf(placed as Message).id);
          await over(facts);
          assert.equal((await questions.find(again, ['ended'])).output, 'ended');
          return;
        }
        assert.match(message, /Do not place it again/);
        refusal(await call(ana), { output: 'blocked', code: 'call_in_progress', rule: 'live-pair' });
        const [request] = onWire(ana);
        assert.equal(onWire(ana).length, 1, 'exactly once on the wire');
        const id = String(request?.body.biz_opaque_callback_data);
        assert.deepEqual(eventsOf(id), []);
        const facts = factsOf(ana, `wacid.late.${ana}`, id);
        await tells(facts);
        assert.equal(await over(facts), 200);
        await until(() => eventsOf(id).includes('ended'));
        assert.deepEqual(eventsOf(id), ['placed', 'connect', 'ringing', 'accepted', 'ended']);
        const ended = questions.box('ended').messages.filter((msg) => callOf(msg).id === id);
        assert.deepEqual(
          ended.map((msg) => [callOf(msg).outcome, callOf(msg).providerCallId, msg.purpose]),
          [['completed', facts.id, 'delivery']],
        );
        assert.equal(onWire(ana).length, 1);
      });
    }

    it('nobody there: the flow is told at once, and nothing counts', async () => {
      const ana = person();
      await allowed(ana, DEAD);
      for (const _ of [1, 2]) fault(await call(ana, 'dead'), 'provider_unreachable');
    });

    it('a webhook that comes before a lost reply leaves no doubt: no error, one call', async () => {
      const ana = person();
      await allowed(ana);
      let facts: CallFacts | undefined;
      behaviours.set(ana, ({ body }, _response, socket) => {
        facts = factsOf(ana, `wacid.early.${ana}`, body.biz_opaque_callback_data);
        void tells(facts).then(() => socket.destroy());
      });
      const question = questions.send('call-number', { contact: ana, purpose: 'delivery' });
      await until(() => facts !== undefined && eventsOf(facts.opaque ?? '').includes('accepted'));
      assert.equal(await over(facts as CallFacts), 200);
      const { output, msg } = await questions.find(question, ANSWERS);
      assert.deepEqual([output, callOf(msg).outcome], ['ended', 'completed']);
      assert.equal(onWire(ana).length, 1);
      assert.deepEqual(
        questions.box('caught').messages.filter((one) => one.question === question),
        [],
      );
    });
  });

  describe('at terminate', () => {
    for (const [name, { behave }] of FAULTS) {
      it(`${name}: asked again until it is confirmed; one end`, async () => {
        const ana = person();
        await allowed(ana);
        const question = questions.send('call-number', { contact: ana, purpose: 'delivery' });
        await until(() => onWire(ana).length === 1);
        const id = String(onWire(ana)[0]?.body.biz_opaque_callback_data);
        await until(() => eventsOf(id).includes('placed'));
        const placed = questions.box('logged').messages.find((msg) => callOf(msg).id === id) as Message;
        const facts = factsOf(ana, callOf(placed).providerCallId ?? '', id);
        await tells(facts);
        await until(() => eventsOf(id).includes('accepted'));
        behaviours.set(facts.id, first(1, behave));
        const asked = () => provider.actions('terminate').filter(({ body }) => body.call_id === facts.id).length;
        const hangup = questions.send('hangup-number', { call: { id } });
        await until(() => asked() >= 2);
        assert.equal(await over(facts), 200);
        const hung = await questions.find(hangup, ['hung', 'caught']);
        assert.deepEqual([hung.output, callOf(hung.msg).state], ['hung', 'ended'], JSON.stringify(hung.msg.error));
        assert.equal((await questions.find(question, ['ended'])).output, 'ended');
        assert.equal(eventsOf(id).filter((topic) => topic === 'ended').length, 1);
      });
    }
  });

  it('slow beyond patience, at all three: told after 15 s, sent once, and made good by webhooks', async () => {
    const [ana, rui, jana] = [person(), person(), person()];
    await Promise.all([ana, rui, jana].map((phone) => allowed(phone)));
    const asking = person();
    const never: Behaviour = () => undefined;
    behaviours
      .set(asking, never)
      .set(ana, never)
      .set(rui, (request, response, socket) => {
        setTimeout(() => answered(request, response, socket), 1_500);
      });
    const live = questions.send('call-number', { contact: jana, purpose: 'delivery' });
    await until(() => onWire(jana).length === 1);
    const id = String(onWire(jana)[0]?.body.biz_opaque_callback_data);
    await until(() => eventsOf(id).includes('placed'));
    const placed = questions.box('logged').messages.find((msg) => callOf(msg).id === id) as Message;
    const facts = factsOf(jana, callOf(placed).providerCallId ?? '', id);
    await tells(facts);
    behaviours.set(facts.id, first(1, never));
    const hangup = questions.send('hangup-number', { call: { id } });
    const slow = questions.send('call-number', { contact: rui, purpose: 'delivery' });
    const [request, connect] = await Promise.all([ask(asking), call(ana)]);
    fault(request, 'provider_timeout');
    fault(connect, 'provider_timeout');
    assert.deepEqual([onWire(asking).length, onWire(ana).length], [1, 1]);
    refusal(await ask(asking), {
      output: 'refused',
      code: 'request_limit_day',
      rule: 'request-day',
      nextAllowedAt: 'some',
    });

    const late = factsOf(ana, 'wacid.very-late', String(onWire(ana)[0]?.body.biz_opaque_callback_data));
    await tells(late);
    await over(late);
    await until(() => eventsOf(late.opaque ?? '').includes('ended'));
    // Merely slow: an ordinary call.
    const opaque = String(onWire(rui)[0]?.body.biz_opaque_callback_data);
    await until(() => eventsOf(opaque).includes('placed'));
    const slowId = callOf(
      questions.box('logged').messages.find((msg) => callOf(msg).id === opaque) as Message,
    ).providerCallId;
    await over(factsOf(rui, slowId ?? '', opaque));
    assert.equal((await questions.find(slow, ANSWERS)).output, 'ended');
    await until(() => provider.actions('terminate').filter(({ body }) => body.call_id === facts.id).length === 2);
    await over(facts);
    assert.equal((await questions.find(hangup, ANSWERS)).output, 'hung');
    assert.equal((await questions.find(live, ['ended'])).output, 'ended');
  });

  // A describe, so that it comes after the others.
  describe('after all that', () => {
    it('every connect was on the wire once per intention', () => {
      const ids = provider.actions('connect').map(({ body }) => body.biz_opaque_callback_data);
      assert.ok(ids.length > 2 * FAULTS.length);
      assert.equal(new Set(ids).size, ids.length);
    });
  });
});

describe('a lost reply to connect, with real media', function () {
  this.timeout(20_000);
  const number = new RealNumber();

  before(async () => {
    await number.start({ pace: 0.1 });
    const config = 'number';
    await number.load([
      TAB,
      { id: 'number', type: 'wa-call-config', provider: 'simulator' },
      { id: 'in', type: 'wa-call-permission-in', ...at, config, wires: [['granted'], [], []] },
      { id: 'call', type: 'wa-call-initiate', ...at, config, wires: [['answered'], ['ended'], ['needs'], ['blocked']] },
      { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
      ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
    ]);
    await number.ready();
  });
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  it('is told as an error, and the late webhooks make a normal call with audio', async () => {
    const user = '5511955500123';
    const questions = new Questions(BOXES);
    await number.control('permission', { user, answer: 'profile_permanent' });
    await until(() => questions.box('granted').messages.length === 1);
    for (const [done, kind] of ['lost', 'half'].entries()) {
      await number.control('faults', { graph: [{ kind, path: 'calls', action: 'connect' }] });
      await number.control('script', { user, script: 'answers', afterSeconds: 2, talkSeconds: 4 });
      const question = questions.send('call', { contact: user, purpose: 'delivery' });
      const { msg } = await questions.find(question, ['caught']);
      assert.equal((msg.error as Errored).code, 'provider_connection_lost');
      const answered = await questions.find(question, ['answered', 'ended']);
      assert.equal(answered.output, 'answered');
      const ended = await questions.find(question, ['ended']);
      const { outcome, id } = ended.msg.call as { outcome: string; id: string };
      assert.deepEqual([outcome, id], ['completed', (answered.msg.call as { id: string }).id]);
      const { requests } = (await number.read('requests')) as { requests: { body?: { action?: string } }[] };
      assert.equal(requests.filter(({ body }) => body?.action === 'connect').length, done + 1);
    }
    assert.deepEqual((await number.read('violations')).violations, []);
  });
});
