import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makePerson } from '../../simulator/people.ts';
import { terminateValue } from '../../simulator/webhook-payload.ts';
import { answered, type Behaviour, json, RawProvider } from '../nodes/raw-provider.ts';
import { WIRE_FAULTS } from '../nodes/wire-faults.ts';
import { EditorEar } from './editor-ear.ts';
import { type FlowNode, TAB } from './flows.ts';
import { leaksBelow, leaksIn, type Mark } from './leaks.ts';
import { permissionReply, signature, written } from './meta-webhook.ts';
import { NodeRedProcess } from './node-red-process.ts';
import { freePort } from './npm-start.ts';

const SECRETS = {
  accessToken: 'EAACanaryQ7mZx2LtokenV5nRw8KpYd3HsJb6TgFc9',
  appSecret: 'canaryapp4f1c9e7ab2d85630c1f7e9secret',
  previousAppSecret: 'canaryprevious8d2e6b9f0a71c354secret',
  verifyToken: 'canaryverifyWq8Zk3Lm5Xv1Nb7secret',
};
const SIMULATED = {
  accessToken: 'EAACanarySimulatorG5hJk9LmNb2VcXz7QwErTy4',
  appSecret: 'canarysimulator6c0d8e2f4a1b3957secret',
  verifyToken: 'canarysimulatorVerifyPo9Iu8Yt7secret',
};
/** Cannot be a token: it holds a space. */
const BROKEN = 'EAACanary Broken token 1z2x3c4v5b6n7m';
/** Of a database that nobody reaches. */
const PASSWORD = 'canarydatabase5e7a9c1b3d8f2046secret';
const MARKS: Mark[] = [
  ...Object.entries(SECRETS).map(([name, secret]) => ({ name, secret })),
  ...Object.entries(SIMULATED).map(([name, secret]) => ({ name: `simulator’s ${name}`, secret })),
  { name: 'broken token', secret: BROKEN },
  { name: 'password of the database', secret: PASSWORD },
];
/** Without a place it would be taken for a config node. */
const AT = { x: 1, y: 1 };
const NUMBER = '700000000001';
const BUSINESS = '351211000100';
const ANA = '5511955500123';

const BAD_PARAMETER = { error: { code: 100, message: 'Invalid parameter', fbtrace_id: 'AbC' } };
/** A provider that repeats what it was sent: in details, codes, ids, headers and pages. */
const ECHOES: Behaviour[] = [
  ({ headers }, response) =>
    json(response, 400, { error: { ...BAD_PARAMETER.error, error_data: { details: `Got ${headers.authorization}` } } }),
  ({ headers }, response) =>
    json(response, 400, { error: { code: 100, message: `Header: ${JSON.stringify(headers)}` } }),
  ({ body }, response) => json(response, 400, { error: { code: 100, message: JSON.stringify(body) } }),
  ({ body }, response) =>
    json(response, 500, { error: { code: 131000, message: `SDP: ${body.session?.sdp ?? ''} ${BUSINESS} ${ANA}` } }),
  (_, response) =>
    json(response, 401, {
      error: { code: 190, message: `Malformed access token ${SECRETS.accessToken}`, fbtrace_id: SECRETS.accessToken },
    }),
  (_, response) =>
    json(response, 400, {
      error: { code: SECRETS.accessToken, error_subcode: SECRETS.accessToken, message: SECRETS.appSecret },
    }),
  (_, response) =>
    json(response, 400, {
      error: { code: 138006, message: `${SECRETS.accessToken} lacks permission`, error_subcode: SECRETS.verifyToken },
    }),
  (_, response) =>
    json(response, 400, { error: { code: 100, message: Buffer.from(SECRETS.accessToken).toString('base64') } }),
  ({ headers }, response) =>
    response
      .writeHead(502, { 'content-type': 'text/html', 'x-echo': headers.authorization })
      .end(`<h1>${headers.authorization}</h1>`),
  ({ headers }, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:9/?access_token=${headers.authorization?.slice(7)}` }).end(),
  ({ headers }, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"messages": ${headers.authorization}`),
];
const FAULTS: Behaviour[] = [...ECHOES, ...Object.values(WIRE_FAULTS).map(({ behave }) => behave)];
const ROUNDS = 5;

/** Keeps everything that a message shows, also to who looks deep. */
const KEEPER = `files.appendFileSync(env.get('SEEN'), name + ' ' + JSON.stringify(msg) + ' ### ' + looking.inspect(msg, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }).replaceAll('\\n', ' ') + '\\n');`;
function keeper(id: string): FlowNode {
  const libs = [
    { var: 'files', module: 'fs' },
    { var: 'looking', module: 'util' },
  ];
  return {
    id,
    type: 'function',
    z: TAB.id,
    ...AT,
    name: id,
    libs,
    outputs: 0,
    wires: [],
    func: `const name = ${JSON.stringify(id)}; ${KEEPER}`,
  };
}

function flow(baseUrl: string): FlowNode[] {
  const cloud = {
    type: 'wa-call-config',
    provider: 'custom',
    baseUrl,
    wabaId: '209876543210987',
    businessNumber: `+${BUSINESS}`,
  };
  const numbers: FlowNode[] = [
    { ...cloud, id: 'cloud', phoneNumberId: NUMBER, credentials: SECRETS },
    { id: 'played', type: 'wa-call-config', provider: 'simulator', webhookPath: '/played' },
    { ...cloud, id: 'broken', phoneNumberId: '700000000002', credentials: { ...SECRETS, accessToken: BROKEN } },
    { ...cloud, id: 'unstored', phoneNumberId: '700000000003', store: 'nowhere', credentials: SECRETS },
    { id: 'nowhere', type: 'wa-call-permission-store', path: '/proc/nowhere/permissions.sqlite' },
    { ...cloud, id: 'unreached', phoneNumberId: '700000000004', store: 'distant', credentials: SECRETS },
    {
      id: 'distant',
      type: 'wa-call-permission-store',
      engine: 'postgres',
      credentials: { connection: `postgresql://calls:${PASSWORD}@127.0.0.1:9/calls` },
    },
  ];
  const nodes = ['cloud', 'played', 'broken', 'unstored', 'unreached'].flatMap((config): FlowNode[] => {
    const common = { z: TAB.id, ...AT, config };
    return [
      {
        ...common,
        id: `${config}-ask`,
        type: 'wa-call-request-permission',
        template: 'call_permission',
        parameters: '["Ana", "your delivery"]',
        wires: [['out'], ['out'], ['out']],
      },
      {
        ...common,
        id: `${config}-call`,
        type: 'wa-call-initiate',
        wires: [['out', `${config}-record`], ['out'], ['out'], ['out']],
      },
      { ...common, id: `${config}-hangup`, type: 'wa-call-terminate', wires: [['out']] },
      { ...common, id: `${config}-play`, type: 'wa-call-media', action: 'play', wires: [['out'], ['out']] },
      { ...common, id: `${config}-record`, type: 'wa-call-media', action: 'record', wires: [['out'], ['out']] },
      { ...common, id: `${config}-in`, type: 'wa-call-permission-in', wires: [['out'], ['out'], ['out']] },
      { ...common, id: `${config}-log`, type: 'wa-call-events', wires: [['out']] },
    ];
  });
  const doors = nodes.filter(({ id }) => /-(ask|call|hangup|play)$/.test(id));
  const route = `const all = ${JSON.stringify(doors.map(({ id }) => id))}; const outs = all.map(() => []); for (const one of msg.payload) outs[all.indexOf(one.node)].push(one.msg); node.send([...outs, { ...msg, payload: 'ok' }]);`;
  const debug = {
    type: 'debug',
    z: TAB.id,
    ...AT,
    active: true,
    tosidebar: true,
    complete: 'true',
    targetType: 'full',
    wires: [],
  };
  return [
    TAB,
    ...numbers,
    ...nodes,
    { id: 'door', type: 'http in', z: TAB.id, ...AT, url: '/do', method: 'post', wires: [['route']] },
    {
      id: 'route',
      type: 'function',
      z: TAB.id,
      ...AT,
      func: route,
      outputs: doors.length + 1,
      wires: [...doors.map(({ id }) => [id]), ['said']],
    },
    { id: 'said', type: 'http response', z: TAB.id, ...AT, wires: [] },
    { id: 'catch', type: 'catch', z: TAB.id, ...AT, scope: null, wires: [['caught', 'debug']] },
    { id: 'status', type: 'status', z: TAB.id, ...AT, scope: null, wires: [['statuses', 'debug']] },
    keeper('caught'),
    keeper('statuses'),
    keeper('out'),
    { ...debug, id: 'debug', console: false },
  ];
}

describe('secrets, after hundreds of failures in a real Node-RED', function () {
  this.timeout(60_000);
  let red: NodeRedProcess;
  let provider: RawProvider;
  let ear: EditorEar;
  let seenFile: string;
  let simulatorPort: number;
  let people = 0;
  const phones: string[] = [];
  const icePasswords = new Set<string>();

  before(async () => {
    provider = await RawProvider.start();
    provider.appSecret = SECRETS.appSecret;
    let next = 0;
    provider.behave = (request, ...rest) => {
      for (const [, password] of String(request.body.session?.sdp ?? '').matchAll(/a=ice-pwd:(\S+)/g))
        icePasswords.add(password as string);
      next += 1;
      (FAULTS[next % FAULTS.length] as Behaviour)(request, ...rest);
    };
    simulatorPort = await freePort();
    seenFile = path.join(os.tmpdir(), `wa-canary-${process.pid}.txt`);
    red = await NodeRedProcess.start({
      flows: flow(provider.url),
      settings: {
        logging: { console: { level: 'trace', metrics: false, audit: true } },
        functionExternalModules: true,
        waCallConfigSimulator: { ...SIMULATED, port: simulatorPort, pace: 0.1 },
      },
      env: { SEEN: seenFile },
    });
    provider.webhookUrl = `${red.origin}/whatsapp-calling`;
    ear = await EditorEar.open(red.origin);
    await opened(provider.webhookUrl);
    await opened(`${red.origin}/played`);
  });
  after(async () => {
    ear?.close();
    await red?.stop();
    await provider?.close();
    await rm(seenFile, { force: true });
  });

  const person = (): string => {
    const phone = `55119333${String(10_000 + people++)}`;
    phones.push(phone);
    return phone;
  };
  async function seen(): Promise<string> {
    return existsSync(seenFile) ? readFile(seenFile, 'utf8') : '';
  }
  async function till(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 25_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`never: ${what}\n${red.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const opened = (address: string) => till(`${address} is open`, async () => (await fetch(address)).status !== 404);
  async function drive(orders: { node: string; msg: object }[]): Promise<void> {
    const response = await fetch(`${red.origin}/do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(orders),
    });
    assert.equal(response.status, 200);
  }
  const caught = async () => (await seen()).split('\n').filter((line) => line.startsWith('caught ')).length;

  it('fails some hundred times at requests, calls, ends and media', async () => {
    const purpose = 'delivery 4471';
    const rounds = FAULTS.length * ROUNDS;
    const asked = Array.from({ length: rounds }, () => ({ node: 'cloud-ask', msg: { contact: person(), purpose } }));
    const callable = Array.from({ length: rounds / 2 }, person);
    for (const phone of callable) {
      const reply = permissionReply(NUMBER, { phone, name: 'Ana' }, 'accept', `grant-${phone}`);
      assert.equal(await provider.post(reply), 200);
    }
    const strange = Array.from({ length: 20 }, (_, nr) => [
      { node: 'cloud-hangup', msg: { call: { id: `unknown-${nr}`, token: 1 } } },
      { node: 'cloud-play', msg: { call: { id: `unknown-${nr}` }, purpose } },
      { node: 'broken-ask', msg: { contact: person(), purpose } },
      { node: 'broken-call', msg: { contact: person(), purpose } },
      { node: 'unstored-call', msg: { contact: person(), purpose } },
      { node: 'unreached-call', msg: { contact: person(), purpose } },
      { node: 'cloud-call', msg: { contact: person(), purpose } },
    ]).flat();
    await drive([...asked, ...strange]);
    await drive(callable.map((contact) => ({ node: 'cloud-call', msg: { contact, purpose } })));
    await till(
      'enough failures',
      async () => (await caught()) >= 200 && provider.actions('connect').length >= callable.length,
    );
    assert.ok(icePasswords.size >= callable.length, 'every call had a session of its own');
  });

  it('fails at webhooks: forged, unreadable, strange, with secrets where none belong', async () => {
    const body = written(permissionReply(NUMBER, { phone: ANA, name: 'Ana' }, 'reject', 'forged'), 'plain');
    const send = (bytes: Buffer, headers: Record<string, string>) =>
      fetch(provider.webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: new Uint8Array(bytes),
      });
    for (let round = 0; round < 20; round += 1) {
      assert.equal((await send(body, { 'x-hub-signature-256': SECRETS.appSecret })).status, 401);
      const half = Buffer.from('{"object": "whatsapp_business_account", "entry"');
      assert.equal((await send(half, { 'x-hub-signature-256': signature(half, SECRETS.appSecret) })).status, 200);
    }
    const query = new URLSearchParams({
      'hub.mode': 'unsubscribe',
      'hub.challenge': '1',
      'hub.verify_token': SECRETS.verifyToken,
    });
    const refused = await fetch(`${provider.webhookUrl}?${query}`);
    assert.equal(refused.status, 403);
    assert.deepEqual(leaksIn('refusal of the handshake', await refused.text(), MARKS), []);
  });

  it('makes a whole call in between, with media and a recording', async () => {
    const control = (command: string, body: object) =>
      fetch(`http://127.0.0.1:${simulatorPort}/control/${command}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await control('script', {
      user: ANA,
      script: 'answers',
      afterSeconds: 2,
      talkSeconds: 10,
      permissionAnswer: 'temporary',
    });
    await drive([{ node: 'played-ask', msg: { contact: ANA, purpose: 'delivery' } }]);
    await till('the permission', async () => /^out .*permission\.granted.*5511955500123/m.test(await seen()));
    await drive([{ node: 'played-call', msg: { contact: ANA, purpose: 'delivery' } }]);
    await till('the recording', async () => /^out .*recording/m.test(await seen()));
    await till('the end', async () => /^out .*"outcome":"completed"/m.test(await seen()));
  });

  it('ends what is left over when WhatsApp says so', async () => {
    for (const { body } of provider.actions('connect')) {
      const id = `wacid.over.${body.biz_opaque_callback_data}`;
      const facts = {
        id,
        person: makePerson({ phone: body.to }),
        businessNumber: BUSINESS,
        direction: 'BUSINESS_INITIATED' as const,
        timestamp: Math.floor(Date.now() / 1000),
        opaque: body.biz_opaque_callback_data,
      };
      assert.equal(await provider.deliver(NUMBER, terminateValue(facts, { endedAt: facts.timestamp })), 200);
    }
    provider.behave = answered;
  });

  it('shows no secret to Catch, status, debug and other nodes', async () => {
    const text = await seen();
    for (const name of ['caught', 'statuses', 'out']) assert.match(text, new RegExp(`^${name} `, 'm'));
    assert.deepEqual(leaksIn('messages', text, MARKS), []);
    const comms = ear.heard.join('\n');
    assert.ok(ear.topic('debug').length > 50 && ear.topic('status/').length > 50);
    assert.deepEqual(leaksIn('what the editor is told', comms, MARKS), []);
  });

  it('writes no secret, no session and no whole phone number into its log, at level trace', () => {
    assert.ok(red.log.length > 100);
    const log = red.log.join('\n');
    assert.deepEqual(leaksIn('log', log, MARKS), []);
    assert.doesNotMatch(log, /ice-pwd|ice-ufrag|a=candidate|a=fingerprint|v=0\\r|m=audio/);
    for (const password of icePasswords) assert.ok(!log.includes(password), 'an ICE password');
    for (const phone of [...phones, ANA, BUSINESS]) assert.ok(!log.includes(phone), `${phone} in the log`);
  });

  it('shows no whole phone number in a status or in the sentence of an error', async () => {
    const statuses = JSON.stringify(ear.topic('status/'));
    const errors = (await seen())
      .split('\n')
      .filter((line) => line.startsWith('caught '))
      .map((line) => JSON.stringify((JSON.parse(line.slice(7, line.indexOf(' ### '))) as { error: unknown }).error));
    assert.ok(errors.length > 200);
    for (const phone of [...phones, ANA, BUSINESS]) {
      assert.ok(!statuses.includes(phone), `${phone} in a status`);
      assert.ok(!errors.some((text) => text.includes(phone)), `${phone} in an error`);
    }
    for (const password of icePasswords) assert.ok(!errors.some((text) => text.includes(password)), 'an ICE password');
  });

  it('gives no secret away over HTTP: flows, nodes, settings, credentials, phone page', async () => {
    const html = { Accept: 'text/html' };
    const answers: [string, Response][] = [];
    for (const route of [
      '/flows',
      '/nodes',
      '/settings',
      '/settings/user',
      '/credentials/wa-call-config/cloud',
      '/credentials/wa-call-config/played',
      '/flow/tab',
      '/flow/global',
      '/played/phone/',
      '/played/phone/api/people',
      '/context/global',
      '/icons',
    ])
      answers.push([route, await red.admin(route)]);
    answers.push(['/flows as version 1', await red.admin('/flows', { headers: { 'Node-RED-API-Version': 'v1' } })]);
    answers.push(['/nodes as HTML', await red.admin('/nodes', { headers: html })]);
    for (const [route, response] of answers) {
      assert.equal(response.status, 200, route);
      assert.deepEqual(leaksIn(route, await response.text(), MARKS), []);
    }
    const { has_accessToken } = (await (await red.admin('/credentials/wa-call-config/cloud')).json()) as Record<
      string,
      unknown
    >;
    assert.equal(has_accessToken, true, 'the editor knows that there is one');
  });

  it('leaves no secret in its files: ledger, recordings and all else', async () => {
    // The user's own settings and credentials lie open in this harness; the simulator's state is WhatsApp's side.
    const apart = ['settings.js', 'flows_cred.json', 'simulator.json'];
    const { files, leaks } = await leaksBelow(red.userDir, MARKS, apart);
    assert.ok(files >= 3, 'flows, ledger, recording');
    assert.deepEqual(leaks, []);
    const open = (await leaksBelow(red.userDir, MARKS, [])).leaks.join();
    for (const { name } of MARKS) assert.ok(open.includes(name), `${name} is found where it does lie open`);
  });

  it('has lived through it, and says nothing secret when it stops', async () => {
    assert.equal((await red.admin('/flows')).status, 200);
    const { code } = await red.kill('SIGTERM');
    assert.equal(code, 0);
    assert.deepEqual(leaksIn('log', red.log.join('\n'), MARKS), []);
    assert.doesNotMatch(red.log.join('\n'), /Uncaught|unhandled/i);
    const { leaks } = await leaksBelow(red.userDir, MARKS, ['settings.js', 'flows_cred.json', 'simulator.json']);
    assert.deepEqual(leaks, []);
  });
});
