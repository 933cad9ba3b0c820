import { strict as assert } from 'node:assert';
import { request } from 'node:http';
import { ANA, Business } from './business.ts';

describe('simulator: control API', () => {
  let business: Business;
  beforeEach(async () => {
    business = await Business.start();
  });
  afterEach(() => business.close());

  async function http(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${business.simulator.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }
  const post = (command: string, body: unknown) => http('POST', `/control/${command}`, body);

  it('does over HTTP what the phone does: message, permission, call', async () => {
    assert.equal((await post('message', { user: ANA.phone, text: 'Olá' })).status, 200);
    await business.event('text');
    await business.ask();
    assert.equal((await post('permission', { user: ANA.userId, answer: 'temporary' })).status, 200);
    assert.equal((await post('script', { user: ANA.phone, script: 'interactive' })).status, 200);
    await business.connect();
    await business.event('RINGING');
    assert.equal((await post('call/answer', { user: ANA.phone })).status, 200);
    await business.event('ACCEPTED');
    assert.equal((await post('call/hangup', { user: ANA.phone })).status, 200);
    await business.event('terminate');
    const { body } = await http('GET', '/control/state');
    assert.equal(body.calls[0].outcome, 'completed');
    assert.equal(body.people[0].callUse.used, 1);
    assert.equal((await http('GET', '/control/violations')).body.total, 0);
    assert.ok((await http('GET', '/control/requests')).body.total >= 2);
  });

  it('tells whether the business was reached at all', async () => {
    assert.deepEqual(business.simulator.control.read('requests'), { total: 0, requests: [] });
    await business.connect();
    const { requests } = business.simulator.control.read('requests') as { requests: { error: { code: number } }[] };
    assert.equal(requests[0]?.error.code, 138006);
    const { violations } = business.simulator.control.read('violations') as { violations: { code: number }[] };
    assert.deepEqual(
      violations.map((one) => one.code),
      [138006],
    );
    await business.simulator.control.do('clear', {});
    assert.deepEqual(business.simulator.control.read('violations'), { total: 1, violations: [] });
  });

  it('adds people, once', async () => {
    const person = { phone: '12125550100', name: 'Sam', username: 'sam.doe', hidePhone: true };
    const { body } = await post('people', person);
    assert.match(body.person.userId, /^US\.\d{20}$/);
    assert.equal((await post('people', person)).status, 409);
    assert.equal((await business.ask(person.phone)).status, 200);
  });

  it('a voice that does not exist, and answering one’s own call, are refused', async () => {
    const voice = { kind: 'wav', file: '/no/such/voice.wav' };
    assert.equal(
      (await post('script', { user: ANA.phone, script: 'answers', voice })).body.error.code,
      'voice_file_missing',
    );
    assert.equal((await post('call/start', { user: ANA.phone })).status, 200);
    assert.equal((await post('call/start', { user: ANA.phone })).status, 409);
    for (const action of ['answer', 'decline', 'ignore'])
      assert.equal((await post(`call/${action}`, { user: ANA.phone })).status, 409, action);
    assert.equal((await post('call/hangup', { user: ANA.phone })).status, 200);
    assert.equal('duration' in (await business.event('terminate')).item, false);
  });

  it('with "anyone" every number is on WhatsApp', async () => {
    await business.close();
    business = await Business.start({ anyone: true });
    const { body } = await business.ask('4930123456789');
    assert.match(body.contacts[0].user_id, /^DE\./);
    await business.event('delivered');
  });

  it('bad requests get a code, a sentence and what to do', async () => {
    for (const [command, body, status] of [
      ['clock', { advanceSeconds: -1 }, 400],
      ['clock', { advanceSeconds: 'a week' }, 400],
      ['clock', '{', 400],
      ['clock', '[]', 400],
      ['script', { user: ANA.phone, script: 'dances' }, 400],
      ['script', { user: 'nobody', script: 'answers' }, 404],
      ['permission', { user: ANA.phone, answer: 'temporary' }, 404],
      ['people', { phone: '+351 912' }, 400],
      ['number', { country: 'Portugal' }, 400],
      ['webhook', { url: 'nonsense' }, 400],
      ['call/digit', { user: ANA.phone, digit: '12' }, 400],
      ['nonsense', {}, 404],
      ['toString', {}, 404],
      ['constructor', {}, 404],
    ] as const) {
      const answer = await post(command, body);
      assert.equal(answer.status, status, `${command} ${JSON.stringify(body)}`);
      for (const field of ['code', 'message', 'nextStep'])
        assert.equal(typeof answer.body.error[field], 'string', command);
    }
    assert.equal((await http('GET', '/control/nonsense')).status, 404);
    assert.equal((await http('GET', '/control/clock')).status, 404);
  });

  it('wants JSON by its content type, so that other sites’ pages cannot send orders', async () => {
    const order = JSON.stringify({ advanceSeconds: 1 });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      assert.equal((await http('POST', '/control/clock', order, { 'Content-Type': type })).status, 415);
    assert.equal(
      (await http('POST', '/phone/api/message', '{"user":"x","text":"y"}', { 'Content-Type': 'text/plain' })).status,
      415,
    );
  });

  it('answers only to loopback host names', async () => {
    const { port } = new URL(business.simulator.url);
    const ask = (host: string, path: string) =>
      new Promise<number>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    for (const path of ['/control/state', '/phone/api/people', '/'])
      for (const [host, status] of [
        [`127.0.0.1:${port}`, 200],
        [`localhost:${port}`, 200],
        ['evil.example', 403],
        [`127.0.0.1.evil.example:${port}`, 403],
      ] as const)
        assert.equal(await ask(host, path), status, `${host}${path}`);
    assert.equal(await ask('evil.example', '/v25.0/334455667788990/settings'), 403);
  });
});
