import { strict as assert } from 'node:assert';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspectMedia } from '../../../lib/media/doctor/inspect-media.ts';
import { type ProbedServer, probeServer } from '../../../lib/media/doctor/probe-server.ts';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { ENGINES } from './engines.ts';
import { Gate } from './gate.ts';
import { TurnServer } from './turn-server.ts';

const { USER: username, PASSWORD: credential } = TurnServer;
const HERE = { bindAddress: '127.0.0.1' };

async function taken(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (await readFile('/proc/net/udp', 'utf8')).includes(`:${hex} `);
}

/** A server that answers as the test says. */
async function answering(answer: (question: Buffer) => Buffer | undefined): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const reply = answer(question);
    if (reply) socket.send(reply, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('asking a STUN or TURN server', function () {
  this.timeout(30_000);
  let server: TurnServer;
  before(async () => {
    server = await TurnServer.start();
  });
  after(() => server?.stop());

  const turn = (more: Partial<ProbedServer> = {}): ProbedServer => ({
    ...{ kind: 'turn', host: '127.0.0.1', port: server.port, username, credential, ...HERE },
    ...more,
  });

  it('learns the own address from a real server', async () => {
    const probed = await probeServer({ kind: 'stun', host: '127.0.0.1', port: server.port, ...HERE });
    assert.ok(probed.result === 'works' && probed.ip === '127.0.0.1' && probed.port > 0, JSON.stringify(probed));
  });

  it('gets a relay from a real server, and gives it back', async () => {
    const probed = await probeServer(turn());
    assert.ok(probed.result === 'works' && TurnServer.relays(probed.port), JSON.stringify(probed));
    const given = probed.port;
    // Otherwise the server would keep its port for ten minutes.
    while (await taken(given)) await sleep(50);
  });

  it('tells a wrong password, a wrong user and a missing one from each other and from silence', async () => {
    assert.deepEqual(await probeServer(turn({ credential: 'wrong' })), { result: 'credentials_wrong' });
    assert.deepEqual(await probeServer(turn({ username: 'bob' })), { result: 'credentials_wrong' });
    assert.deepEqual(await probeServer(turn({ credential: '' })), { result: 'credentials_missing' });
    assert.deepEqual(await probeServer(turn({ username: '' })), { result: 'credentials_missing' });
  });

  it('says that nobody listens, that nobody answers, and that there is no such name', async () => {
    const closed = await answering(() => undefined);
    const { port } = closed.address();
    closed.close();
    await once(closed, 'close');
    assert.deepEqual(await probeServer(turn({ port })), { result: 'nobody_listens' });
    assert.deepEqual(await probeServer(turn({ host: 'no..name' })), { result: 'name_unknown' });
    const silent = await answering(() => undefined);
    const noise = await answering(() => Buffer.from('not for you'));
    // Well-formed, but of another question.
    const stranger = await answering((question) => {
      const reply = Buffer.from(question.subarray(0, 20));
      reply.writeUInt16BE(0x0113, 0);
      reply.writeUInt16BE(0, 2);
      reply.fill(7, 8);
      return reply;
    });
    const sockets = [silent, noise, stranger];
    const probed = await Promise.all(sockets.map((socket) => probeServer(turn({ port: socket.address().port }))));
    for (const socket of sockets) socket.close();
    assert.deepEqual(
      probed,
      sockets.map(() => ({ result: 'silent' })),
    );
  });

  it('says in plain words what is wrong, without the password', async () => {
    const urls = `turn:127.0.0.1:${server.port}`;
    const said = async (user: string | undefined, password: string | undefined, url = urls): Promise<string[]> => {
      const iceServers = [{ urls: url, ...(user && { username: user }), ...(password && { credential: password }) }];
      const findings = await inspectMedia({ ...HERE, iceServers });
      assert.ok(!JSON.stringify(findings).includes('canary'), 'no password');
      const [found] = findings.filter(({ id }) => id !== 'addresses');
      return [found?.id ?? '', found?.level ?? '', `${found?.what} ${found?.why} ${found?.next}`];
    };
    const [works, wrong, missing, odd] = await Promise.all([
      said(username, credential),
      said(username, 'canary-wrong'),
      said(undefined, undefined),
      said(username, credential, 'turns:127.0.0.1:5349'),
    ]);
    assert.deepEqual(works?.slice(0, 2), ['turn_works', 'info']);
    assert.deepEqual(wrong?.slice(0, 2), ['turn_failed', 'warning']);
    assert.match(wrong?.[2] ?? '', /does not take the user or the password.*Correct "TURN user"/);
    assert.match(missing?.[2] ?? '', /wants a user and a password/);
    assert.deepEqual(odd?.slice(0, 2), ['server_invalid', 'warning']);
  });

  it('passes on that a server refuses, and its reason as far as it can be read', async () => {
    const full = await answering((question) => {
      const reason = Buffer.from('Quota\u0007 Reached!');
      const attribute = Buffer.alloc(8 + Math.ceil(reason.length / 4) * 4);
      attribute.writeUInt16BE(0x0009, 0);
      attribute.writeUInt16BE(4 + reason.length, 2);
      attribute.set([4, 86], 6);
      reason.copy(attribute, 8);
      const header = Buffer.from(question.subarray(0, 20));
      header.writeUInt16BE(0x0113, 0);
      header.writeUInt16BE(attribute.length, 2);
      return Buffer.concat([header, attribute]);
    });
    const refused = await probeServer(turn({ port: full.address().port }));
    full.close();
    assert.deepEqual(refused, { result: 'refused', code: 486, reason: 'Quota Reached!' });
  });

  for (const { name, options } of ENGINES)
    it(`does not hold a call up for long that has a wrong password, ${name}`, async () => {
      const engine = createMediaEngine();
      try {
        const iceServers = [{ urls: `turn:127.0.0.1:${server.port}`, username, credential: 'wrong' }];
        const leg = await engine.createLeg('wrong password', { ...options, iceServers });
        const findings: string[] = [];
        leg.on('finding', ({ id }) => findings.push(id));
        // The library by itself takes 12.7 s.
        const offer = await Promise.race([leg.createOffer(), sleep(10_000, undefined, { ref: false })]);
        assert.match(offer ?? 'too late', / typ host/);
        assert.doesNotMatch(offer ?? '', / typ relay/);
        assert.ok(findings.includes('own_no_relay'), findings.join(', '));
      } finally {
        await engine.close();
      }
    });

  it('is what a call does then: its sound goes through the relay where nothing else gets through', async () => {
    const iceServers = [{ urls: `turn:127.0.0.1:${server.port}`, username, credential }];
    const gate = await Gate.open(TurnServer.relays);
    const person = await BridgedPerson.connect(async (answer) => gate.before(answer), { iceServers });
    try {
      const heard = new Promise<void>((resolve) => person.leg.on('media', resolve));
      await person.say(speechLike({ seconds: 0.5, sampleRate: PERSON_RATE, seed: 5 }));
      await heard;
      const { candidatePair, packetsReceived } = await person.leg.statistics();
      assert.match(candidatePair ?? '', /^relay 127\.0\.0\.1:/);
      assert.ok(packetsReceived > 0);
      assert.ok(gate.refused > 0, 'the direct way was tried and closed');
      assert.ok(person.arrivals.length > 0, 'and we are heard');
    } finally {
      await person.close();
      gate.close();
    }
  });
});
