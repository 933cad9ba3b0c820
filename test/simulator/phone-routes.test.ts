import { strict as assert } from 'node:assert';
import type { CreateRelay, Relay } from '../../simulator/relay-contract.ts';
import { ANA, Business } from './business.ts';

// biome-ignore lint/suspicious/noExplicitAny: the page's state is looked at field by field
type State = Record<string, any>;

/** A phone page: reads the event stream and keeps the last state. */
class Phone {
  readonly states: State[] = [];
  private readonly base: string;
  private readonly abort = new AbortController();
  readonly user: string;

  constructor(base: string, user: string) {
    this.base = base;
    this.user = user;
  }

  async open(): Promise<Response> {
    const response = await fetch(`${this.base}api/events?user=${this.user}`, { signal: this.abort.signal });
    if (response.body && response.ok) void this.read(response.body);
    return response;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          if (block.startsWith('data: ')) this.states.push(JSON.parse(block.slice(6)));
        }
      }
    } catch {
      // closed by either side
    }
  }

  get last(): State {
    return this.states.at(-1) ?? {};
  }

  async until(what: string, condition: (state: State) => boolean): Promise<State> {
    for (const start = Date.now(); !condition(this.last); await new Promise((resolve) => setTimeout(resolve, 10)))
      if (Date.now() - start > 10_000) throw new Error(`Never happened: ${what}: ${JSON.stringify(this.last)}`);
    return this.last;
  }

  async post(path: string, body: object = {}): Promise<{ status: number; body: State }> {
    const response = await fetch(`${this.base}api/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: this.user, ...body }),
    });
    return { status: response.status, body: (await response.json()) as State };
  }

  close(): void {
    this.abort.abort();
  }
}

/** A relay that carries nothing and notes what it is told. */
function fakeRelay(): {
  relay: Relay;
  told: string[];
  create: CreateRelay;
  report: (event: string, id: string, seconds?: number) => void;
  sent: { packets: number };
} {
  const told: string[] = [];
  const sent = { packets: 0 };
  const listeners: [string, (id: string, detail?: { seconds: number }) => void][] = [];
  const relay: Relay = {
    answerBusiness: async (_, __, options) => {
      told.push(`business ${options?.setup}`);
      return 'v=0\r\nanswer for the business\r\n';
    },
    offerBusiness: async () => {
      told.push('offer');
      return 'v=0\r\noffer for the business\r\n';
    },
    takeAnswer: () => void told.push('answer'),
    answerPhone: async (_, offer) => {
      if (offer === 'bad') throw new Error('bad offer');
      told.push('phone');
      return 'v=0\r\nanswer for the phone\r\n';
    },
    attachVoice: async (_, voice) => void told.push(`voice ${voice.kind}`),
    pickUp: () => void told.push('pick up'),
    sendDigit: (_, digit) => void told.push(`digit ${digit}`),
    statistics: async () => ({
      fromBusiness: sent.packets,
      toBusiness: 0,
      fromPhone: 0,
      toPhone: 0,
      businessConnected: true,
      phoneConnected: true,
    }),
    heard: async () => ({ sampleRate: 48000, pcm: new Int16Array() }),
    end: async () => void told.push('end'),
    on: (event, listener) => void listeners.push([event, listener]),
    close: async () => void told.push('close'),
  };
  return {
    relay,
    told,
    sent,
    create: async () => relay,
    report: (event, id, seconds) => {
      for (const [name, listener] of listeners)
        if (name === event) listener(id, seconds === undefined ? undefined : { seconds });
    },
  };
}

describe('simulator: phone API', () => {
  let business: Business;
  let phone: Phone;
  let media: ReturnType<typeof fakeRelay>;
  beforeEach(async () => {
    media = fakeRelay();
    // Time stands still apart from the machine's own; tests move it.
    business = await Business.start({
      pace: 1,
      relay: true,
      createRelay: media.create,
      businessName: 'Clínica São Bento',
    });
    phone = new Phone(business.simulator.phoneUrl, ANA.userId);
  });
  afterEach(async () => {
    phone.close();
    await business.close();
  });

  async function ringing(): Promise<string> {
    await business.allow();
    const { body, status } = await business.connect();
    assert.equal(status, 200, JSON.stringify(body));
    await business.advance(2);
    const state = await phone.until('ringing', (one) => one.call?.state === 'ringing');
    assert.equal(state.call.id, body.calls[0].id);
    return state.call.id;
  }

  it('lists the people, without what the page need not know', async () => {
    const response = await fetch(`${business.simulator.phoneUrl}api/people`);
    const { people, businessName } = (await response.json()) as State;
    assert.equal(businessName, 'Clínica São Bento');
    assert.equal(people.length, 3);
    assert.deepEqual(people[0], { name: 'Ana Lima', phone: ANA.phone, userId: ANA.userId, username: 'ana.lima' });
  });

  it('serves the page, and 404 for what is not there', async () => {
    const page = await fetch(business.simulator.phoneUrl);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /text\/html/);
    await page.arrayBuffer();
    const moved = await fetch(business.simulator.phoneUrl.replace(/\/$/, ''), { redirect: 'manual' });
    assert.equal(moved.headers.get('location'), 'phone/');
    for (const path of ['nothing.js', '../control/state/x', 'api/nothing', 'api/events?user=nobody']) {
      const response = await fetch(`${business.simulator.phoneUrl}${path}`);
      assert.equal(response.status, 404, path);
      await response.arrayBuffer();
    }
  });

  it('shows the whole state at once and after every change, by number too', async () => {
    phone.close();
    phone = new Phone(business.simulator.phoneUrl, ANA.phone);
    assert.equal((await phone.open()).headers.get('content-type'), 'text/event-stream');
    const first = await phone.until('first state', (state) => state.person);
    assert.deepEqual(first.chat, []);
    assert.deepEqual(first.permission, { status: 'no_permission' });
    assert.equal(first.person.name, 'Ana Lima');
    await business.ask();
    const asked = await phone.until('question', (state) => state.chat.length === 1);
    assert.equal(asked.chat[0].kind, 'permission_request');
    assert.equal(asked.chat[0].text, 'Hello Ana, may we call you about your delivery?');
    assert.equal(asked.chat[0].request.state, 'open');
    const requestId = asked.chat[0].request.id;
    await phone.post('permission', { requestId, answer: 'temporary' });
    const granted = await phone.until('granted', (state) => state.permission.status === 'temporary');
    assert.equal(granted.chat[0].request.state, 'temporary');
    assert.equal(granted.chat[1].kind, 'permission_change');
    assert.ok(granted.permission.expiresAt > granted.now);
    await phone.post('profile-permission', { answer: 'revoke' });
    await phone.until('revoked', (state) => state.permission.status === 'no_permission');
    await phone.post('message', { text: 'Olá' });
    const chat = (await phone.until('message', (state) => state.chat.length === 4)).chat;
    assert.deepEqual([chat[3].from, chat[3].kind, chat[3].text], ['person', 'text', 'Olá']);
    await business.event('text');
    await business.advance(8 * 86_400);
    assert.equal(
      (await phone.until('expiry', (state) => state.now > granted.permission.expiresAt)).permission.status,
      'no_permission',
    );
  });

  it('an open page takes the call by hand: answer, connected, digit, hang up', async () => {
    await phone.open();
    const callId = await ringing();
    const answered = await phone.post('call/answer', { callId, sdp: 'v=0' });
    assert.equal(answered.body.sdp, 'v=0\r\nanswer for the phone\r\n');
    await phone.until('connecting', (state) => state.call.state === 'connecting');
    assert.equal(business.kinds().includes('ACCEPTED'), false);
    await phone.post('call/connected', { callId });
    await phone.post('call/connected', { callId });
    await phone.until('in call', (state) => state.call.state === 'in_call');
    await business.advance(1);
    await business.event('ACCEPTED');
    await phone.post('call/digit', { callId, digit: '#' });
    assert.equal((await phone.post('call/digit', { callId, digit: '##' })).status, 400);
    await phone.post('call/hangup', { callId });
    const ended = await phone.until('ended', (state) => state.call?.state === 'ended');
    assert.equal(ended.call.outcome, 'completed');
    assert.equal(ended.chat.at(-1).kind, 'call_log');
    assert.equal(typeof (await business.event('terminate')).item.duration, 'number');
    assert.deepEqual(media.told, ['business active', 'phone', 'pick up', 'digit #', 'end']);
    assert.equal(business.kinds().filter((kind) => kind === 'ACCEPTED').length, 1);
  });

  it('decline, and ignore: the page forgets the call, the business hears nothing until the time is up', async () => {
    await phone.open();
    const first = await ringing();
    await phone.post('call/decline', { callId: first });
    await business.advance(1);
    await business.event('terminate');
    const second = await ringing();
    await phone.post('call/ignore', { callId: second });
    await phone.until('out of sight', (state) => state.call === undefined);
    await business.advance(50);
    assert.equal(business.kinds().filter((kind) => kind === 'terminate').length, 1);
    await business.advance(20);
    await business.event('terminate', 2);
    assert.equal(business.kinds().filter((kind) => kind === 'REJECTED').length, 1);
    assert.equal(
      (await phone.until('log', (state) => state.chat.at(-1)?.kind === 'call_log')).chat.at(-1).text,
      'Missed voice call',
    );
  });

  it('an offer that the relay refuses is told, and the call can still be declined', async () => {
    await phone.open();
    const callId = await ringing();
    assert.equal((await phone.post('call/answer', { callId, sdp: 'bad' })).status, 422);
    assert.equal((await phone.post('call/decline', { callId })).status, 200);
  });

  it('too late or out of turn: a sentence, not a crash', async () => {
    await phone.open();
    const callId = await ringing();
    assert.equal((await phone.post('call/connected', { callId })).status, 409);
    await business.terminate(callId);
    await phone.until('ended', (state) => state.call?.state === 'ended');
    for (const [path, body] of [
      ['call/answer', { callId, sdp: 'v=0' }],
      ['call/decline', { callId }],
      ['call/hangup', { callId }],
    ] as const) {
      const { status, body: answer } = await phone.post(path, body);
      assert.equal(status, 409, path);
      assert.equal(answer.error.message, 'This call is over.');
    }
    assert.equal((await phone.post('call/answer', { callId: 'wacid.x', sdp: 'v=0' })).status, 404);
    assert.equal((await phone.post('message', { text: '  ' })).status, 400);
    assert.equal((await phone.post('call/start')).status, 400);
    const stranger = new Phone(business.simulator.phoneUrl, '351912000456');
    assert.equal((await stranger.post('call/hangup', { callId })).status, 404);
  });

  it('a call of the person: offered, shown as calling, taken by nobody but the business, hung up', async () => {
    await phone.open();
    const started = await phone.post('call/start', { sdp: 'v=0 of the browser' });
    assert.equal(started.status, 200, JSON.stringify(started.body));
    const { callId, sdp } = started.body;
    assert.match(sdp, /answer for the phone/);
    const calling = await phone.until('calling', (state) => state.call?.state === 'calling');
    assert.deepEqual([calling.call.id, calling.call.own], [callId, true]);
    assert.equal((await business.event('connect')).item.session.sdp, 'v=0\r\noffer for the business\r\n');
    assert.equal((await phone.post('call/start', { sdp: 'v=0' })).status, 409);
    for (const path of ['call/decline', 'call/ignore'])
      assert.equal((await phone.post(path, { callId })).status, 409, path);
    assert.equal((await phone.post('call/answer', { callId, sdp: 'v=0' })).status, 409);
    assert.equal((await phone.post('call/connected', { callId })).status, 200);
    assert.equal((await phone.post('call/join', { callId, sdp: 'v=0' })).status, 200);
    assert.equal((await phone.until('still calling', (state) => state.call)).call.state, 'calling');
    assert.equal(media.told.includes('pick up'), false);
    assert.equal((await phone.post('call/hangup', { callId })).status, 200);
    const over = await phone.until('over', (state) => state.call?.state === 'ended');
    assert.deepEqual([over.call.own, over.call.outcome], [true, 'cancelled']);
    assert.equal((await business.event('terminate')).item.duration, undefined);
    const bad = await phone.post('call/start', { sdp: 'bad' });
    assert.deepEqual([bad.status, bad.body.error.code], [422, 'offer_refused']);
    assert.equal((await phone.post('call/start', { sdp: 'v=0' })).status, 200, 'a failed call leaves nothing behind');
  });

  it('a closed page: the script decides; forced, it decides always', async () => {
    const { control } = business.simulator;
    await phone.open();
    await business.allow();
    await control.do('script', { user: ANA.phone, script: 'declines' });
    await business.connect();
    await business.advance(10);
    assert.equal((await phone.until('ringing', (state) => state.call)).call.state, 'ringing');
    await phone.post('call/hangup');
    await business.advance(1);
    await control.do('script', { user: ANA.phone, script: 'declines', force: true });
    await business.connect();
    await business.advance(10);
    await business.event('REJECTED', 2);
    await control.do('script', { user: ANA.phone, script: 'answers' });
    phone.close();
    const watched = () => (control.read('state') as { people: { watched: boolean }[] }).people[0]?.watched;
    await business.until('page closed', () => watched() === false);
    await business.connect();
    await business.advance(10);
    await business.event('ACCEPTED');
    assert.ok(media.told.includes('voice tone'));
  });

  it('drops a call in which nothing comes from the business: 20 s at the start', async () => {
    await business.allow();
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    await business.connect();
    await business.advance(8);
    await business.advance(18);
    assert.equal(business.kinds().includes('terminate'), false);
    await business.advance(2);
    const { item, value } = await business.event('terminate');
    assert.equal(item.status, 'FAILED');
    assert.equal(value.errors[0].code, 138021);
  });

  it('… 30 s later on, unless something comes in the meantime', async () => {
    await business.allow();
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    const id = (await business.connect()).body.calls[0].id;
    media.report('business-media', id);
    await business.advance(60);
    const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
    media.report('business-silent', id, 5);
    await settled();
    media.sent.packets += 1;
    await business.advance(26);
    await settled();
    assert.equal(business.kinds().includes('terminate'), false);
    media.report('business-silent', id, 5);
    await settled();
    await business.advance(24);
    await settled();
    assert.equal(business.kinds().includes('terminate'), false);
    await business.advance(1);
    assert.equal((await business.event('terminate')).value.errors[0].code, 138021);
  });

  it('an offer that passed the checks but not the relay is 138004, and leaves no call behind', async () => {
    await business.allow();
    media.relay.answerBusiness = async () => {
      throw new Error('the fingerprint is nonsense');
    };
    const { status, body } = await business.connect();
    assert.equal(status, 500);
    assert.equal(body.error.code, 138004);
    const state = business.simulator.control.read('state') as { calls: unknown[] };
    assert.deepEqual(state.calls, []);
  });
});
