import { strict as assert } from 'node:assert';
import { plainSdp } from '../../simulator/plain-sdp.ts';
import { callStatusValue, connectValue, terminateValue } from '../../simulator/webhook-payload.ts';
import { signature } from '../system/meta-webhook.ts';
import { until } from './helper.ts';
import { RawNumber, seconds } from './raw-number.ts';
import { json } from './raw-provider.ts';

const ANSWER = { sdp_type: 'answer', sdp: plainSdp('answer') } as const;

/** What users of other software complain of, through the real nodes. Those about sound: `test/lib/media`. */
describe('complaints about other software', function () {
  this.timeout(40_000);
  const raw = new RawNumber();
  before(() => raw.open());
  after(() => raw.close());

  describe('calls', () => {
    it('terminate overtaking connect leaves a ghost call: here both orders end it once', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      await raw.deliver(connectValue(facts, ANSWER));
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal(raw.callOf(msg).outcome, 'no_answer');
      // Nothing stands in the way of the next one.
      const next = await raw.placed(ana);
      await raw.deliver(terminateValue(next.facts, { endedAt: seconds() }));
      await raw.questions.find(next.question, ['ended']);
      assert.equal(raw.topics(facts.opaque ?? '').filter((topic) => topic === 'ended').length, 1);
    });

    it('connect counted as answered: here only ACCEPTED or a duration is', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      await raw.deliver(connectValue(facts, ANSWER));
      await raw.deliver(callStatusValue(facts, 'RINGING'));
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal(raw.callOf(msg).outcome, 'no_answer');
      const call = msg.call as Record<string, unknown>;
      assert.ok(!('answeredAt' in call) && !('durationSeconds' in call));
      assert.ok(!raw.questions.box('answered').messages.some((one) => one.question === question));
    });

    it('a connect webhook before the API reply is lost: here it is kept for its call', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      raw.behaviours.set(ana, ({ body }, response) => {
        const facts = raw.facts(ana, `wacid.early.${ana}`, body.biz_opaque_callback_data);
        void (async () => {
          await raw.deliver(connectValue(facts, ANSWER));
          await raw.deliver(callStatusValue(facts, 'RINGING'));
          json(response, 200, { calls: [{ id: facts.id }] });
        })();
      });
      const { question, facts } = await raw.placed(ana);
      await until(() => raw.topics(facts.opaque ?? '').includes('ringing'));
      assert.deepEqual(raw.topics(facts.opaque ?? '').slice(0, 3), ['placed', 'connect', 'ringing']);
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      assert.equal((await raw.questions.find(question, ['ended'])).output, 'ended');
    });

    it('a failed terminate is forgotten: here it is tried until it is confirmed', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      let failures = 2;
      raw.behaviours.set(facts.id, (_, response, socket) => {
        failures -= 1;
        if (failures === 1) json(response, 500, { error: { code: 131000, message: 'x' } });
        else if (failures === 0) socket.destroy();
        else json(response, 200, { success: true });
      });
      const hangup = raw.questions.send('hangup', { call: { id: facts.opaque } });
      const asked = () => raw.provider.actions('terminate').filter(({ body }) => body.call_id === facts.id).length;
      await until(() => asked() === 3);
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      assert.equal((await raw.questions.find(hangup, ['hung', 'caught'])).output, 'hung');
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal(raw.callOf(msg).outcome, 'cancelled');
    });

    it('events of another number or app end our call: here they do not', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      // The same call id and our own echo, but another number; then another system's call with the same person.
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }), 'calls', '700000000099');
      await raw.deliver(terminateValue(raw.facts(ana, 'wacid.of.another.app', 'their-own-id'), { endedAt: seconds() }));
      await raw.deliver(callStatusValue(facts, 'RINGING'));
      await until(() => raw.topics(facts.opaque ?? '').includes('ringing'));
      assert.ok(!raw.topics(facts.opaque ?? '').includes('ended'));
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      assert.equal((await raw.questions.find(question, ['ended'])).output, 'ended');
    });

    it('the same event ten times in parallel is billed twice: here it is one end and one record', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      await raw.deliver(connectValue(facts, ANSWER));
      await raw.deliver(callStatusValue(facts, 'ACCEPTED'));
      const end = terminateValue(facts, { startedAt: seconds() - 61, endedAt: seconds() });
      await Promise.all(Array.from({ length: 10 }, () => raw.deliver(end)));
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal(raw.callOf(msg).durationSeconds, 61);
      const records = await raw.questions.ask('history', { contact: ana }, ['records', 'caught']);
      const mine = records.msg.payload as { billedPulses?: number; durationSeconds?: number }[];
      assert.deepEqual(
        mine.map(({ durationSeconds, billedPulses }) => [durationSeconds, billedPulses]),
        [[61, 11]],
        JSON.stringify(records.msg),
      );
      assert.equal(raw.topics(facts.opaque ?? '').filter((topic) => topic === 'ended').length, 1);
    });

    it('Meta’s reason is hidden behind "failed": here it comes with its code, a sentence and what to do', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      raw.behaviours.set(ana, (_, response) =>
        json(response, 400, {
          error: {
            code: 100,
            message: 'x',
            error_data: { details: 'No fingerprint found in SDP' },
            fbtrace_id: 'Atrace',
          },
        }),
      );
      const { output, msg } = await raw.questions.ask('call', { contact: ana, purpose: 'x' }, raw.outputs);
      assert.equal(output, 'caught');
      assert.match((msg.error as Error).message, /code 100, No fingerprint found in SDP\./);
      assert.deepEqual((msg.reason as { provider: object }).provider, {
        code: '100',
        details: 'No fingerprint found in SDP',
        traceId: 'Atrace',
      });
    });
  });

  describe('permissions', () => {
    const reply = (person: Record<string, unknown>, part: Record<string, unknown>) => ({
      messages: [
        {
          ...person,
          id: `wamid.${Math.random()}`,
          timestamp: String(seconds()),
          type: 'interactive',
          interactive: { type: 'call_permission_reply', call_permission_reply: part },
        },
      ],
    });
    const look = async (contact: string) =>
      (await raw.questions.ask('look', { contact }, ['found', 'caught'])).msg.permission as Record<string, unknown>;

    it('a grant without a request is dropped: here it is kept and can be used', async () => {
      const ana = raw.person();
      const part = { response: 'accept', is_permanent: false, expiration_timestamp: String(seconds() + 604_800) };
      await raw.deliver(reply({ from: ana }, { ...part, response_source: 'automatic' }), 'messages');
      const { status, canCall, source } = await look(ana);
      assert.deepEqual([status, canCall, source !== undefined], ['granted', true, true]);
    });

    it('a permanent grant without expiry is not understood: here it has no end', async () => {
      const ana = raw.person();
      await raw.deliver(
        reply({ from: ana }, { response: 'accept', is_permanent: true, response_source: 'user_action' }),
        'messages',
      );
      const { status, kind, canCall, expiresAt } = await look(ana);
      assert.deepEqual([status, kind, canCall, expiresAt], ['granted', 'permanent', true, undefined]);
    });

    it('no_permission is taken for denied: here it is not asked yet', async () => {
      const ana = raw.person();
      const { status, canRequest } = await look(ana);
      assert.deepEqual([status, canRequest], ['not_requested', true]);
      await raw.allowed(ana);
      raw.behaviours.set(ana, (_, response) => json(response, 401, { error: { code: 138006, message: 'x' } }));
      assert.equal((await raw.questions.ask('call', { contact: ana, purpose: 'x' }, raw.outputs)).output, 'needs');
      const after = await look(ana);
      assert.deepEqual([after.status, after.ended], ['not_requested', 'provider_says_none']);
    });

    it('people without a phone number are lost: here their user id is enough to be asked and called', async () => {
      const id = 'BR.48219037716650284999';
      const part = { response: 'accept', is_permanent: true, response_source: 'user_action' };
      await raw.deliver(reply({ from_user_id: id }, part), 'messages');
      assert.equal((await look(id)).canCall, true);
      const { question, facts } = await raw.placed(id);
      const { body } = raw.provider.requests.find((one) => one.body.recipient === id) ?? assert.fail();
      assert.ok(!('to' in body));
      const end = {
        id: facts.id,
        event: 'terminate',
        status: 'COMPLETED',
        timestamp: String(seconds()),
        to_user_id: id,
      };
      await raw.deliver({ calls: [{ ...end, direction: 'BUSINESS_INITIATED' }] });
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal((msg.contact as { userId?: string }).userId, id);
    });
  });

  describe('webhooks', () => {
    const post = async (bytes: Buffer, header?: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', ...(header && { 'x-hub-signature-256': header }) };
      const body = new Uint8Array(bytes);
      return (await fetch(raw.provider.webhookUrl, { method: 'POST', headers, body })).status;
    };
    const envelope = (changes: object[]) => ({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] });
    const metadata = { display_phone_number: '351211000100', phone_number_id: raw.id };

    it('an unsigned event is accepted, of whatever type: here none is', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      const values: [string, Record<string, unknown>][] = [
        ['calls', terminateValue(facts, { endedAt: seconds() })],
        ['calls', connectValue(facts, ANSWER)],
        ['calls', callStatusValue(facts, 'ACCEPTED')],
        ['messages', { messages: [{ id: 'wamid.forged', from: ana, type: 'text', text: { body: 'stop calls' } }] }],
        ['account_update', { event: 'ACCOUNT_RESTRICTION', restriction_info: [{ restriction_type: 'RESTRICTED_X' }] }],
        ['event_of_tomorrow', {}],
      ];
      for (const [field, value] of values) {
        const bytes = Buffer.from(JSON.stringify(envelope([{ field, value: { metadata, ...value } }])));
        for (const header of [undefined, '', 'sha256=', `sha256=${'0'.repeat(64)}`, signature(bytes, 'another secret')])
          assert.equal(await post(bytes, header), 401, `${field} ${header}`);
      }
      await raw.deliver(callStatusValue(facts, 'RINGING'));
      await until(() => raw.topics(facts.opaque ?? '').includes('ringing'));
      assert.deepEqual(raw.topics(facts.opaque ?? ''), ['placed', 'ringing']);
      await raw.deliver(terminateValue(facts, { endedAt: seconds() }));
      await raw.questions.find(question, ['ended']);
    });

    it('the signature is checked over a re-serialised body: here over the bytes that came', async () => {
      const value = { metadata, statuses: [{ id: 'wamid.1', status: 'read', note: 'ç/' }] };
      const plain = JSON.stringify(envelope([{ field: 'messages', value }]));
      const escaped = Buffer.from(plain.replaceAll('/', '\\/').replaceAll('ç', '\\u00e7'));
      assert.equal(await post(escaped, signature(escaped, raw.provider.appSecret)), 200);
      assert.equal(await post(escaped, signature(Buffer.from(plain), raw.provider.appSecret)), 401);
    });

    it('missing contacts, unknown events or a batch of three crash the receiver: here nothing does', async () => {
      const ana = raw.person();
      await raw.allowed(ana);
      const { question, facts } = await raw.placed(ana);
      const { contacts: _none, ...bare } = connectValue(facts, ANSWER);
      const change = (value: object, field = 'calls') => ({ field, value: { metadata, ...value } });
      const unknown = { calls: [{ id: 'wacid.new', event: 'event_of_tomorrow', timestamp: String(seconds()) }] };
      const statuses = [callStatusValue(facts, 'RINGING'), callStatusValue(facts, 'ACCEPTED')].flatMap(
        (value) => value.statuses as object[],
      );
      const batch = [
        change(bare),
        change(unknown),
        change({ statuses }),
        change({ surprise: null }, 'field_of_tomorrow'),
      ];
      assert.equal(await raw.provider.post(envelope(batch)), 200);
      await until(() => raw.topics(facts.opaque ?? '').includes('accepted'));
      const { contacts: _either, ...end } = terminateValue(facts, { startedAt: seconds() - 5, endedAt: seconds() });
      await raw.deliver(end);
      const { msg } = await raw.questions.find(question, ['ended']);
      assert.equal(raw.callOf(msg).outcome, 'completed');
      assert.equal((msg.contact as { phone: string }).phone, `+${ana}`);
    });
  });
});
