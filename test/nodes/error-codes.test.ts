import { strict as assert } from 'node:assert';
import { closeLingering } from '../../lib/ledger/open.ts';
import { metaError, webhookError } from '../../lib/provider/error-table.ts';
import { makePerson } from '../../simulator/people.ts';
import { plainSdp } from '../../simulator/plain-sdp.ts';
import { type CallFacts, callStatusValue, connectValue, terminateValue } from '../../simulator/webhook-payload.ts';
import { type DocumentedCode, EVERY_CODE } from '../lib/provider/reference-codes.ts';
import { permissionReply } from '../system/meta-webhook.ts';
import { helper, until } from './helper.ts';
import { type Answer, type Message, Questions, type ReasonSeen } from './questions.ts';
import { answered, type Behaviour, json, RawProvider, SECRETS } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';

const NUMBER = '700000000011';
const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1, config: 'number' };
const BOXES = [
  'asked',
  'have',
  'refused',
  'answered',
  'ended',
  'needs',
  'blocked',
  'granted',
  'delivery',
  'logged',
  'caught',
];
const ANSWERS = ['asked', 'have', 'refused', 'ended', 'needs', 'blocked', 'caught'];
const DETAILS = 'What exactly was wrong, 5511999990000';
/** The same as flows see it. */
const SHOWN = 'What exactly was wrong, +55119…0000';

/** Outputs of a refusal: about this person or this number, not about the set-up. Everything else is caught. */
const AT_CONNECT: Record<number, [output: string, code: string]> = {
  131030: ['blocked', 'provider_refused'],
  138001: ['blocked', 'provider_refused'],
  138002: ['blocked', 'number_concurrent_call_limit'],
  138003: ['blocked', 'call_in_progress'],
  138005: ['blocked', 'number_daily_call_limit'],
  138006: ['needs', 'permission_missing_at_provider'],
  138012: ['blocked', 'connected_call_limit'],
  138013: ['blocked', 'country_not_supported'],
  138014: ['blocked', 'number_restricted'],
};
const AT_REQUEST: Record<number, [output: string, code: string]> = {
  131026: ['refused', 'provider_refused'],
  131030: ['refused', 'provider_refused'],
  131047: ['refused', 'service_window_closed'],
  131049: ['refused', 'provider_refused'],
  131050: ['refused', 'provider_refused'],
  131056: ['refused', 'provider_refused'],
  138001: ['refused', 'provider_refused'],
  138009: ['refused', 'request_limit_day'],
  138011: ['refused', 'provider_refused'],
  138013: ['refused', 'country_not_supported'],
  138014: ['refused', 'number_restricted'],
  138017: ['have', ''],
};

const of = (where: DocumentedCode['where'][number]): DocumentedCode[] =>
  EVERY_CODE.filter((one) => one.where.includes(where));

describe('every documented error code, through the nodes', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  let provider: RawProvider;
  let questions: Questions;
  const behaviours = new Map<string, Behaviour>();

  before(async () => {
    await number.start();
    provider = await RawProvider.start();
    provider.webhookUrl = `${helper.url()}/whatsapp-calling`;
    provider.behave = (request, ...rest) =>
      (behaviours.get(String(request.body.to ?? request.body.call_id)) ?? answered)(request, ...rest);
    const flow = [
      TAB,
      { ...provider.config('number', NUMBER, '+351211000100'), liveCheck: 'never' },
      {
        id: 'ask',
        type: 'wa-call-request-permission',
        ...at,
        template: 'call_permission',
        wires: [['asked'], ['have'], ['refused']],
      },
      { id: 'call', type: 'wa-call-initiate', ...at, wires: [['answered'], ['ended'], ['needs'], ['blocked']] },
      { id: 'in', type: 'wa-call-permission-in', ...at, wires: [['granted'], [], [], ['delivery']] },
      { id: 'log', type: 'wa-call-events', ...at, wires: [['logged']] },
      { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: null, wires: [['caught']] },
      ...BOXES.map((id) => ({ id, type: 'helper', z: 'tab', x: 1, y: 1, wires: [] })),
    ];
    await number.load(flow, { number: SECRETS });
    await number.ready('number');
    questions = new Questions(BOXES);
  });
  after(async () => {
    await helper.unload();
    await provider.close();
    await number.stop();
    await closeLingering();
  });

  let people = 0;
  const person = (): string => `55119333${String(10_000 + people++)}`;
  const onWire = (phone: string) => provider.requests.filter(({ body }) => body.to === phone);
  const callOf = (msg: Message) => msg.call as { id: string; outcome?: string; providerCallId?: string };
  const refuses = ({ code, http = 400 }: DocumentedCode): Behaviour => {
    const error = { message: `(#${code}) x`, type: 'OAuthException', code, error_data: { details: DETAILS } };
    // Longer than anybody waits by itself: what would be repeated is told at once.
    return (_, response) =>
      json(response, http, { error: { ...error, fbtrace_id: 'Atrace' } }, { 'retry-after': '60' });
  };
  async function allowed(phone: string): Promise<void> {
    assert.equal(await provider.post(permissionReply(NUMBER, { phone, name: 'P' }, 'accept', `g-${phone}`)), 200);
    await until(() =>
      questions.box('granted').messages.some(({ contact }) => (contact as { phone: string }).phone === `+${phone}`),
    );
  }

  /** What is promised of every code: output, our code, a sentence, a next step, and Meta's own code and words. */
  function told({ output, msg }: Answer, one: DocumentedCode, wanted: [string, string] | undefined): void {
    const { code, http = 400 } = one;
    const entry = metaError(String(code), http);
    const reason = msg.reason as ReasonSeen & { provider: Record<string, string> };
    if (wanted?.[0] === 'have') {
      assert.equal(output, 'have', String(code));
      return;
    }
    assert.deepEqual([output, reason?.code], wanted ?? ['caught', entry.code], `${code}: ${JSON.stringify(msg.error)}`);
    assert.deepEqual([reason.text, reason.nextStep], [entry.text, entry.nextStep]);
    assert.deepEqual(reason.provider, {
      code: String(code),
      details: SHOWN,
      traceId: 'Atrace',
    });
    if (output !== 'caught') return;
    const error = msg.error as { code: string; message: string };
    assert.equal(error.code, entry.code);
    for (const part of [entry.text, entry.nextStep, `code ${code}`])
      assert.ok(error.message.includes(part), error.message);
    assert.doesNotMatch(error.message, /\d{10,}|EAAtoken/);
  }

  it('from the reply to a request: right output, sentence and code; once on the wire', async () => {
    for (const one of of('request')) {
      const ana = person();
      behaviours.set(ana, refuses(one));
      told(await questions.ask('ask', { contact: ana, purpose: 'delivery' }, ANSWERS), one, AT_REQUEST[one.code]);
      assert.equal(onWire(ana).length, 1);
    }
  });

  it('from the reply to connect: right output, sentence and code; never repeated', async () => {
    const refused = async (one: DocumentedCode): Promise<void> => {
      const ana = person();
      await allowed(ana);
      behaviours.set(ana, refuses(one));
      const question = questions.send('call', { contact: ana, purpose: 'delivery' });
      told(await questions.find(question, ANSWERS), one, AT_CONNECT[one.code]);
      assert.equal(onWire(ana).length, 1, `connect after ${one.code}`);
      // A server's fault leaves open whether the phone rings: the end has to come all the same.
      if ((one.http ?? 400) < 500) return;
      const opaque = String(onWire(ana)[0]?.body.biz_opaque_callback_data);
      const facts = factsOf(ana, `wacid.late.${ana}`, opaque);
      assert.equal(await provider.deliver(NUMBER, terminateValue(facts, { endedAt: seconds() })), 200);
      assert.equal((await questions.find(question, ['ended'])).output, 'ended');
    };
    await Promise.all(of('connect').map(refused));
    const ids = provider.actions('connect').map(({ body }) => body.biz_opaque_callback_data);
    assert.equal(new Set(ids).size, of('connect').length);
    assert.equal(ids.length, of('connect').length, 'one connect for each intention');
  });

  it('from a terminate webhook: the call has failed, and says why; nothing is placed again', async () => {
    const before = provider.actions('connect').length;
    const codes = of('ended');
    const failed = async ({ code }: DocumentedCode): Promise<void> => {
      const ana = person();
      await allowed(ana);
      const question = questions.send('call', { contact: ana, purpose: 'delivery' });
      await until(() => onWire(ana).length === 1);
      const id = String(onWire(ana)[0]?.body.biz_opaque_callback_data);
      await until(() =>
        questions.box('logged').messages.some((msg) => callOf(msg).id === id && msg.topic === 'placed'),
      );
      const placed = questions.box('logged').messages.find((msg) => callOf(msg).id === id) as Message;
      const facts = factsOf(ana, callOf(placed).providerCallId ?? '', id);
      const failure = { code, message: 'In Meta’s words', details: DETAILS };
      for (const value of [
        connectValue(facts, { sdp_type: 'answer', sdp: plainSdp('answer') }),
        callStatusValue(facts, 'RINGING'),
        terminateValue(facts, { endedAt: seconds(), failure }),
      ])
        assert.equal(await provider.deliver(NUMBER, value), 200);
      const { msg } = await questions.find(question, ['ended']);
      const entry = webhookError(String(code));
      assert.equal(callOf(msg).outcome, 'failed');
      const logged = questions.box('logged').messages.find((one) => callOf(one).id === id && one.topic === 'ended');
      for (const reason of [msg.reason, logged?.reason] as (ReasonSeen & { provider: object })[]) {
        assert.deepEqual([reason.code, reason.text, reason.nextStep], [entry.code, entry.text, entry.nextStep]);
        assert.deepEqual(reason.provider, { code: String(code), details: SHOWN });
      }
    };
    await Promise.all(codes.map(failed));
    assert.equal(provider.actions('connect').length, before + codes.length);
  });

  it('from the status of a request: it was not delivered, and says why', async () => {
    const failed = async ({ code }: DocumentedCode): Promise<void> => {
      const ana = person();
      const { output, msg } = await questions.ask('ask', { contact: ana, purpose: 'delivery' }, ANSWERS);
      assert.equal(output, 'asked');
      const requestId = String(msg.requestId);
      const errors = [{ code, title: 'In Meta’s words', error_data: { details: DETAILS } }];
      const item = { id: requestId, status: 'failed', timestamp: String(seconds()), recipient_id: ana, errors };
      assert.equal(await provider.deliver(NUMBER, { statuses: [item] }, 'messages'), 200);
      const mine = () => questions.box('delivery').messages.find((one) => one.requestId === requestId);
      await until(() => mine() !== undefined);
      const { payload, reason } = mine() as Message & { reason: ReasonSeen & { provider: object } };
      const entry = webhookError(String(code));
      assert.deepEqual(
        [payload, reason.code, reason.text, reason.nextStep],
        ['failed', entry.code, entry.text, entry.nextStep],
      );
      assert.deepEqual(reason.provider, { code: String(code), details: SHOWN });
    };
    assert.ok(of('status').length >= 15);
    await Promise.all(of('status').map(failed));
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const factsOf = (phone: string, id: string, opaque: string): CallFacts => ({
    id,
    person: makePerson({ phone }),
    businessNumber: '351211000100',
    direction: 'BUSINESS_INITIATED',
    timestamp: seconds(),
    opaque,
  });
});
