import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSimulator } from '../../simulator/simulator.ts';
import { ANA, Business, NUMBER } from './business.ts';

const HOUR = 3600;

describe('simulator: webhooks', () => {
  let business: Business;
  beforeEach(async () => {
    business = await Business.start();
  });
  afterEach(() => business.close());
  const control = () => business.simulator.control;
  const write = (text = 'Olá') => control().do('message', { user: ANA.phone, text });
  const deliveries = () =>
    (
      control().read('webhooks') as {
        deliveries: { kinds: string[]; attempts: number; state: string; status?: number }[];
      }
    ).deliveries;

  async function wholeCall(): Promise<void> {
    await business.allow();
    await control().do('script', { user: ANA.phone, script: 'answers', talkSeconds: 10 });
    assert.equal((await business.connect()).status, 200);
  }

  it('signed over the raw bytes, escaped as Meta does, with the envelope of the reference', async () => {
    await write('Gonçalves 😀 a/b');
    await business.event('text');
    const [first] = business.received;
    assert.equal(first?.signatureOk, true);
    assert.ok(first?.raw.toString('latin1').includes('Gon\\u00e7alves \\ud83d\\ude00 a\\/b'));
    assert.equal(first?.body.object, 'whatsapp_business_account');
    assert.equal(first?.body.entry[0].id, '209876543210987');
    const [change] = first?.body.entry[0].changes ?? [];
    assert.equal(change.field, 'messages');
    assert.deepEqual(change.value.metadata, { display_phone_number: '351211000100', phone_number_id: NUMBER });
    assert.equal(change.value.messages[0].text.body, 'Gonçalves 😀 a/b');
  });

  it('calls go to the field calls, permission replies to messages', async () => {
    await wholeCall();
    await business.event('terminate');
    for (const { body } of business.received)
      for (const { field, value } of body.entry[0].changes)
        assert.equal(field, value.calls || value.statuses?.[0].type === 'call' ? 'calls' : 'messages');
  });

  it('again until 200, always the same bytes; others do not wait for it', async () => {
    business.answers = [503, 500, 201];
    await write('first');
    await business.until('retries', () => business.received.length >= 2);
    await write('second');
    await business.until('both', () => deliveries().every((one) => one.state === 'delivered'));
    const first = business.received.filter(({ body }) => JSON.stringify(body).includes('first'));
    const attempts = deliveries().map((one) => one.attempts);
    assert.equal(attempts[0], first.length);
    assert.equal(
      attempts.reduce((sum, one) => sum + one, 0),
      5,
    );
    assert.ok(first.every((one) => one.raw.equals(first[0]?.raw as Buffer) && one.signatureOk));
    assert.equal((control().read('state') as { undelivered: number }).undelivered, 0);
  });

  it('gives up after 7 days', async () => {
    business.answers = Array.from({ length: 500 }, () => 500);
    await write();
    await business.until('tried', () => business.received.length >= 1);
    await business.advance(8 * 86_400);
    await business.until('given up', () => deliveries()[0]?.state === 'given_up' || business.received.length > 20);
    assert.equal((control().read('state') as { undelivered: number }).undelivered, 0);
  });

  it('keeps webhooks while the business is away, and brings them in order', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const verifyToken = 'shared';
    const simulator = await startSimulator({
      relay: false,
      verifyToken,
      webhookRetryMs: 5,
      webhook: { url: `http://127.0.0.1:${port}/hook` },
    });
    const texts: string[] = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') {
        response.end(
          url.searchParams.get('hub.verify_token') === verifyToken ? url.searchParams.get('hub.challenge') : 'no',
        );
        return;
      }
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        texts.push(JSON.parse(body).entry[0].changes[0].value.messages[0].text.body);
        response.end();
      });
    });
    try {
      for (const text of ['1', '2', '3']) await simulator.control.do('message', { user: ANA.phone, text });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      for (let count = 0; count < 200 && texts.length < 3; count += 1)
        await new Promise((resolve) => setTimeout(resolve, 25));
      assert.deepEqual(texts, ['1', '2', '3']);
    } finally {
      await simulator.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('a new address must confirm; until then the old one stays', async () => {
    const { setWebhook } = business.simulator;
    await assert.rejects(setWebhook('ftp://127.0.0.1/x'), { code: 'webhook_url_invalid' });
    await assert.rejects(setWebhook('not an address'), { code: 'webhook_url_invalid' });
    await assert.rejects(setWebhook('http://127.0.0.1:9/x'), { code: 'webhook_unreachable' });
    await assert.rejects(setWebhook(business.webhookUrl, 'wrong token'), { code: 'webhook_refused' });
    await write();
    await business.event('text');
  });

  describe('faults', () => {
    const faults = (wanted: Parameters<ReturnType<typeof control>['do']>[1]) => control().do('faults', wanted as never);

    it('duplicate: everything several times, byte for byte', async () => {
      await faults({ duplicate: 2 });
      await write();
      await business.event('text', 3);
      assert.ok(business.received.every((one) => one.raw.equals(business.received[0]?.raw as Buffer)));
    });

    it('terminate before connect', async () => {
      await faults({ reorder: 'terminate_first' });
      await wholeCall();
      await business.event('connect');
      assert.deepEqual(business.kinds(), ['reply:accept', 'RINGING', 'ACCEPTED', 'terminate', 'connect']);
    });

    /** A whole call, of which all is gathered before anything leaves, however slow this machine is. */
    async function gatheredCall(): Promise<void> {
      await wholeCall();
      const states = () => (control().read('state') as { calls: { state: string }[] }).calls.map(({ state }) => state);
      await business.until(
        'the end of the call',
        () => states().length > 0 && states().every((one) => one === 'ended'),
      );
      await business.advance(HOUR);
    }

    it('reverse: what comes together, newest first', async () => {
      await business.allow();
      await faults({ reorder: 'reverse', gatherSeconds: HOUR });
      await gatheredCall();
      await business.event('connect');
      const kinds = business.kinds().filter((kind) => /^(connect|RINGING|ACCEPTED|terminate)$/.test(kind));
      assert.deepEqual(kinds, ['terminate', 'ACCEPTED', 'RINGING', 'connect']);
    });

    it('batch: several entries in one POST', async () => {
      await faults({ batch: true, gatherSeconds: HOUR });
      await gatheredCall();
      await business.event('terminate');
      assert.equal(business.received.length, 1);
      assert.equal(business.received[0]?.body.entry.length, 5);
      assert.equal(business.received[0]?.signatureOk, true);
    });

    it('delay of one kind only, and loss', async () => {
      await faults({ delay: { seconds: 100, kinds: ['ACCEPTED'] }, lose: ['RINGING'] });
      await wholeCall();
      await business.event('ACCEPTED');
      assert.deepEqual(business.kinds(), ['reply:accept', 'connect', 'terminate', 'ACCEPTED']);
    });

    it('phone fields dropped everywhere, ids stay', async () => {
      await faults({ dropPhone: true });
      await wholeCall();
      await business.event('terminate');
      for (const { raw } of business.received) assert.equal(raw.includes(ANA.phone), false);
      assert.equal((await business.event('connect')).item.to_user_id, ANA.userId);
      assert.equal((await business.event('connect')).item.from, '351211000100');
    });

    it('other case of status, integer expiry, no contacts, legacy connection', async () => {
      await faults({ statusCase: 'title', integerExpiry: true, missingContacts: true, legacyConnection: true });
      await business.ask();
      await control().do('permission', { user: ANA.phone, answer: 'temporary' });
      const reply = (await business.event('reply:accept')).item.interactive.call_permission_reply;
      assert.equal(typeof reply.expiration_timestamp, 'number');
      await wholeCall();
      const end = await business.event('terminate');
      assert.equal(end.item.status, 'Completed');
      assert.ok(business.events().every(({ value }) => !('contacts' in value)));
      const { item } = await business.event('connect');
      assert.deepEqual(JSON.parse(item.connection.webrtc.sdp), { sdp: item.session.sdp, type: 'answer' });
    });

    it('unknown fields and unknown events beside', async () => {
      await faults({ unknownFields: true, unknownEvents: true });
      await write();
      await business.event('event_of_tomorrow');
      const { item, value } = await business.event('text');
      assert.ok('field_of_tomorrow' in item && 'something_new' in value);
    });

    it('a wrong signature so many times, then right', async () => {
      await faults({ badSignatures: 1 });
      await write('one');
      await write('two');
      await business.event('text', 2);
      assert.deepEqual(
        business.received.map((one) => one.signatureOk),
        [false, true],
      );
    });

    it('DTLS role of the answer', async () => {
      await faults({ answerSetup: 'passive' });
      await wholeCall();
      assert.match((await business.event('connect')).item.session.sdp, /a=setup:passive\r\n/);
    });

    it('reset turns everything off; nonsense is refused by name', async () => {
      await faults({ duplicate: 5, lose: ['message'], graph: [{ kind: 'error' }] });
      await faults({ reset: true });
      await write();
      await business.event('text');
      assert.equal((await business.permissions()).status, 200);
      await assert.rejects(faults({ duplicate: -1 }), { code: 'invalid', message: /duplicate/ });
      await assert.rejects(faults({ typo: true } as never), { code: 'invalid' });
    });

    it('the API fails as asked: error, html, cut before, half an answer, cut after, slow', async () => {
      await business.allow();
      const graph = (fault: object) => faults({ graph: [{ path: 'calls', ...fault }] } as never);
      const live = () =>
        (control().read('state') as { calls: { state: string; id: string }[] }).calls.filter(
          (one) => one.state !== 'ended',
        );
      await graph({ kind: 'error', status: 429 });
      const limited = await business.connect();
      assert.equal(limited.status, 429);
      assert.equal(limited.body.error.code, 80007);
      await graph({ kind: 'html', status: 502 });
      await assert.rejects(business.connect(), SyntaxError);
      await graph({ kind: 'reset', times: 2 });
      await assert.rejects(business.connect());
      await assert.rejects(business.connect());
      assert.equal(live().length, 0);
      for (const kind of ['half', 'lost']) {
        await graph({ kind, action: 'connect' });
        await assert.rejects(business.connect(), kind);
        assert.equal(live().length, 1, `${kind}: the call is placed all the same`);
        assert.equal((await business.terminate(live()[0]?.id ?? '')).status, 200);
      }
      await graph({ kind: 'slow', seconds: 0.05 });
      assert.equal((await business.connect()).status, 200);
    });
  });
});
