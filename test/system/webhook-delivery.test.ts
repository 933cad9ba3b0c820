import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import path from 'node:path';
import { closeLingering, openLedger } from '../../lib/ledger/open.ts';
import { logNode, TAB } from './flows.ts';
import { permissionReply, signature, type Writing, written } from './meta-webhook.ts';
import { NodeRedProcess } from './node-red-process.ts';

const [FIRST, SECOND, FOREIGN] = ['334455667788990', '334455667788991', '999999999999999'];
const SECRET = 'app-secret-of-both';
const cloud = {
  type: 'wa-call-config',
  provider: 'custom',
  // Nothing listens there: a webhook must not need the API.
  baseUrl: 'http://127.0.0.1:9',
  credentials: { accessToken: 'token', appSecret: SECRET, verifyToken: 'verify' },
};
const FLOW = [
  TAB,
  { ...cloud, id: 'first', phoneNumberId: FIRST, businessNumber: '+351211000100' },
  { ...cloud, id: 'second', phoneNumberId: SECOND, businessNumber: '+351211000101' },
  ...['first', 'second'].flatMap((config) => [
    {
      id: `${config}-in`,
      type: 'wa-call-permission-in',
      z: TAB.id,
      config,
      wires: [[`${config}-yes`], [`${config}-no`], [`${config}-no`]],
    },
    logNode(`${config}-yes`, `${config} granted`),
    logNode(`${config}-no`, `${config} ended`),
  ]),
];
/** Refuses whoever wants it, marks whatever passes, and parses JSON as many people's middleware does. */
const MIDDLEWARE = `
module.exports.httpNodeMiddleware = function (request, response, next) {
  if (request.headers['x-turn-away']) return response.status(418).end('by the middleware');
  response.setHeader('x-passed', 'middleware');
  if (request._body) return next();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => { request.body = JSON.parse(Buffer.concat(chunks)); next(); });
};`;

describe('deliveries of webhooks to the real Node-RED', function () {
  this.timeout(60_000);
  let red: NodeRedProcess;
  let address: string;
  const granted: string[] = [];
  const forged = Array.from({ length: 12 }, (_, nr) => `55119777${10_000 + nr}`);

  before(async () => {
    red = await NodeRedProcess.start({ flows: FLOW, settings: { httpNodeRoot: '/api' }, settingsCode: MIDDLEWARE });
    address = `${red.origin}/api/whatsapp-calling`;
    await untilHeard(FIRST, 'first');
    await untilHeard(SECOND, 'second');
  });
  after(() => red.stop());

  const send = (body: Buffer, headers: Record<string, string> = {}) =>
    fetch(address, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  const signed = (body: Buffer) => ({ 'X-Hub-Signature-256': signature(body, SECRET) });
  async function deliver(content: unknown, writing: Writing = 'escaped'): Promise<number> {
    const body = written(content, writing);
    return (await send(body, signed(body))).status;
  }
  /** A number that is not there yet counts as a foreign one, whose webhooks are taken and forgotten. */
  async function untilHeard(number: string, name: string): Promise<void> {
    const phone = '5511955500120';
    for (let tries = 0; heard(`${name} granted`, phone) === 0; tries += 1) {
      if (tries > 200) throw new Error(`the number ${name} does not open\n${red.tail()}`);
      await deliver(permissionReply(number, { phone, name: 'A' }, 'accept', `open-${number}`));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const heard = (name: string, phone: string) =>
    red.log.filter((line) => line.includes(`[test:${name}]`) && line.includes(phone)).length;
  type Entry = { id: string; changes: unknown[] };
  const changesOf = (content: unknown) => (content as { entry: Entry[] }).entry.flatMap(({ changes }) => changes);

  it('takes one POST of many entries and changes for several numbers, known and unknown, once', async () => {
    const people = Array.from({ length: 120 }, (_, nr) => ({ phone: `55119666${10_000 + nr}`, name: `Çã ${nr} 📞` }));
    const changes = people.flatMap((person, nr) => {
      const number = [FIRST, SECOND, FOREIGN][nr % 3] as string;
      return [
        ...changesOf(permissionReply(number, person, 'accept', `batch-${nr}`)),
        {
          field: ['news', 'calls', 'messages'][nr % 3],
          value: { metadata: { phone_number_id: number }, surprise: [nr, null, { '/': '\u2028' }] },
        },
      ];
    });
    changes.push(
      { field: 'account_update', value: { event: 'SOMETHING_NEW', phone_number: '351211000100' } },
      null,
      'text',
      { value: 7 },
    );
    const entry = Array.from({ length: 20 }, (_, nr) => ({
      id: '209876543210987',
      time: 1_795_000_000 + nr,
      changes: changes.filter((_one, at) => at % 20 === nr),
    }));
    for (const [writing, order] of [
      ['escaped', entry],
      ['spaced', entry.toReversed()],
      ['plain', entry],
    ] as const) {
      assert.equal(await deliver({ object: 'whatsapp_business_account', entry: [...order, {}, null] }, writing), 200);
    }
    for (const [nr, { phone }] of people.entries()) {
      const name = ['first granted', 'second granted'][nr % 3];
      if (name !== undefined) {
        await red.waitForLog(new RegExp(`\\[test:${name}\\].*${phone}`));
        granted.push(phone);
      }
    }
    await fence();
    for (const [nr, { phone }] of people.entries()) {
      const expected = [
        [1, 0],
        [0, 1],
        [0, 0],
      ][nr % 3];
      assert.deepEqual([heard('first granted', phone), heard('second granted', phone)], expected, phone);
    }
  });

  it('lets httpNodeMiddleware run first, also one that reads bodies', async () => {
    const body = written(
      permissionReply(FIRST, { phone: '5511977700001', name: 'Ana' }, 'accept', 'middle'),
      'escaped',
    );
    const away = await send(body, { ...signed(body), 'X-Turn-Away': 'yes' });
    assert.deepEqual([away.status, await away.text()], [418, 'by the middleware']);
    const taken = await send(body, signed(body));
    assert.deepEqual([taken.status, taken.headers.get('x-passed')], [200, 'middleware']);
    await red.waitForLog(/\[test:first granted\].*5511977700001/);
  });

  it('refuses forged, unsigned, re-serialised and SHA-1 signed bodies with 401', async () => {
    const hmac = (algorithm: string, body: Buffer, secret = SECRET) =>
      createHmac(algorithm, secret).update(body).digest('hex');
    const ways: ((body: Buffer) => [Buffer, Record<string, string>])[] = [
      (body) => [body, {}],
      (body) => [body, { 'X-Hub-Signature': `sha1=${hmac('sha1', body)}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha1=${hmac('sha1', body)}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha256=${hmac('sha1', body)}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha512=${hmac('sha512', body)}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha256=${hmac('sha256', body, 'wrong')}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha256=${hmac('sha256', body, 'token')}` }],
      (body) => [body, { 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` }],
      (body) => [Buffer.from(JSON.stringify(JSON.parse(String(body)))), signed(body)],
      (body) => [Buffer.from(String(body).replace('accept', 'reject')), signed(body)],
      (body) => [body, { 'X-Hub-Signature-256': `${signed(body)['X-Hub-Signature-256']}, x` }],
      (body) => [body, { ...signed(body), 'Content-Encoding': 'br' }],
    ];
    for (const [nr, way] of ways.entries()) {
      const content = permissionReply(FIRST, { phone: forged[nr] as string, name: 'Eve ç' }, 'accept', `forged-${nr}`);
      const [body, headers] = way(written(content, 'escaped'));
      assert.equal((await send(body, headers)).status, 'Content-Encoding' in headers ? 415 : 401, `way ${nr}`);
    }
    await fence();
    for (const phone of forged) assert.equal(heard('first granted', phone), 0);
  });

  it('says 503 while the store cannot write, and loses nothing that is sent again', async () => {
    const content = permissionReply(FIRST, { phone: '5511977700002', name: 'Ana' }, 'accept', 'later');
    const files = (limit: string) => execFileSync('prlimit', ['--pid', String(red.pid), `--fsize=${limit}`]);
    // As a full disk: no file of this process may grow any more.
    files('4096:unlimited');
    try {
      for (let tries = 0; tries < 3; tries += 1) assert.equal(await deliver(content), 503);
      assert.equal(heard('first granted', '5511977700002'), 0, 'nobody hears what is not kept');
      const told = red.log.find((line) => /webhook could not be stored/i.test(line));
      assert.match(told ?? red.tail(), /send it again.*store_/);
    } finally {
      files('unlimited:unlimited');
    }
    assert.equal(await deliver(content), 200);
    await red.waitForLog(/\[test:first granted\].*5511977700002/);
    assert.equal(await deliver(content), 200);
    await fence();
    assert.equal(heard('first granted', '5511977700002'), 1);
    granted.push('5511977700002');
  });

  it('has all that in its ledger, and of the forged ones nothing', async () => {
    assert.deepEqual(await red.kill('SIGTERM'), { code: 0, signal: null });
    const file = path.join(red.userDir, 'whatsapp-calling', 'permissions.sqlite');
    const { ledger, release } = await openLedger({ engine: 'sqlite', path: file });
    try {
      const statuses = (number: string, phone: string) => ledger.status(number, { phone });
      for (const phone of granted) {
        const both = [await statuses(FIRST, phone), await statuses(SECOND, phone)].map(({ status }) => status);
        assert.deepEqual(both.sort(), ['granted', 'not_requested'], phone);
      }
      for (const phone of forged) {
        assert.equal((await statuses(FIRST, phone)).status, 'not_requested');
        assert.deepEqual(await ledger.audit({ contact: { phone }, limit: 10 }), [], phone);
      }
      assert.deepEqual(await ledger.undispatched(FIRST), []);
    } finally {
      await release();
      await closeLingering();
    }
  });

  let fences = 0;
  /** One more grant, waited for: whatever came before it has been worked on. */
  async function fence(): Promise<void> {
    fences += 1;
    const phone = `55119555${10_000 + fences}`;
    for (const [number, name] of [
      [FIRST, 'first'],
      [SECOND, 'second'],
    ] as const) {
      assert.equal(
        await deliver(permissionReply(number, { phone, name: 'Fence' }, 'accept', `fence-${name}-${fences}`)),
        200,
      );
      await red.waitForLog(new RegExp(`\\[test:${name} granted\\].*${phone}`));
    }
  }
});
