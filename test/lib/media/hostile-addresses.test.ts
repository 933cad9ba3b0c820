import { strict as assert } from 'node:assert';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { kindOfAddress, mayBeAsked } from '../../../lib/media/remote-address.ts';
import { readSdp } from '../../../lib/media/sdp-reader.ts';
import { META_ANSWER } from './meta-answer.ts';

/** Addresses that a description from outside must never make us send to. */
const HOSTILE: [form: string, addresses: string[]][] = [
  ['loopback', ['127.0.0.1', '127.0.0.53', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '0000::0001']],
  ['this network', ['0.0.0.0', '0.0.0.1', '0.255.255.255', '::', '0::0']],
  [
    'private',
    [
      '10.0.0.1',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.254',
      '192.168.0.1',
      '192.168.255.255',
      'fd00::1',
      'fc00::1',
      'fec0::1',
    ],
  ],
  ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'FE80::A', 'febf::1']],
  ['carrier NAT', ['100.64.0.1', '100.127.255.255']],
  ['multicast and broadcast', ['224.0.0.1', '239.255.255.250', 'ff02::1', 'FF0E::1', '255.255.255.255', '240.0.0.1']],
  ['special', ['192.0.0.1', '198.18.0.1', '198.19.255.255', '100::1']],
  [
    'IPv4 in IPv6',
    [
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::FFFF:10.0.0.1',
      '0:0:0:0:0:ffff:a00:1',
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b::10.0.0.1',
      '2002:7f00:1::1',
      '2001:0:7f00:1::',
    ],
  ],
  [
    'other spellings',
    [
      '2130706433',
      '0x7f000001',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '017700000001',
      '127.1',
      '127.0.1',
      '010.0.0.1',
      '127.0.0.1.',
      ' 127.0.0.1',
      '127.0.0.1:80',
      '[::1]',
      '①②⑦.0.0.1',
    ],
  ],
  [
    'names',
    [
      'localhost',
      'metadata.google.internal',
      'abc.local',
      '4f2a.local',
      'example.org',
      'localtest.me',
      '127.0.0.1.nip.io',
      'ip6-localhost',
      '_gateway',
    ],
  ],
];
const PUBLIC = [
  '203.0.113.7',
  '8.8.8.8',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '11.0.0.1',
  '2606:4700::1111',
  '2001:db8:face::7',
  '2a03:2880::1',
];

const all = HOSTILE.flatMap(([, addresses]) => addresses);
const line = (ip: string, port: number, index = 1) => `a=candidate:${index} 1 udp 2113937151 ${ip} ${port} typ host`;
const offering = (...candidates: string[]) =>
  META_ANSWER.replace(/a=candidate.*\r\n/g, '').replace('a=ice-ufrag', `${candidates.join('\r\n')}\r\na=ice-ufrag`);

/** A socket that counts what comes. */
async function ear(address: string): Promise<{ socket: Socket; port: number; datagrams: Buffer[] }> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const datagrams: Buffer[] = [];
  socket.on('message', (data) => datagrams.push(data));
  socket.bind({ address, port: 0 });
  await once(socket, 'listening');
  return { socket, port: socket.address().port, datagrams };
}

describe('hostile addresses', function () {
  this.timeout(30_000);

  it(`${all.length} forms: none may be asked, none gets into a description that is used`, () => {
    assert.ok(all.length >= 60);
    for (const ip of all) {
      assert.notEqual(kindOfAddress(ip), 'public', ip);
      assert.ok(!mayBeAsked({ ip, port: 3480 }, {}), ip);
      let candidates: { ip: string; port: number }[] = [];
      try {
        candidates = readSdp(offering(line(ip, 3480), line('203.0.113.7', 3480, 2))).candidates;
      } catch {
        continue;
      }
      assert.deepEqual(
        candidates.filter((candidate) => mayBeAsked(candidate, {})).map((candidate) => candidate.ip),
        ['203.0.113.7'],
        ip,
      );
    }
  });

  it('takes public addresses, but no port of a service', () => {
    for (const ip of PUBLIC) {
      assert.equal(kindOfAddress(ip), 'public', ip);
      assert.ok(mayBeAsked({ ip, port: 3480 }, {}));
      for (const port of [0, 1, 22, 53, 80, 443, 1023, 65_536, -1, Number.NaN])
        assert.ok(!mayBeAsked({ ip, port }, {}), `${port}`);
    }
  });

  it('takes private addresses only if allowed, and loopback only on loopback; the rest never', () => {
    const asked = (ip: string, reach: object) => mayBeAsked({ ip, port: 3480 }, reach);
    assert.ok(asked('10.0.0.1', { allowPrivate: true }) && asked('fd00::1', { allowPrivate: true }));
    assert.ok(!asked('127.0.0.1', { allowPrivate: true }) && !asked('169.254.169.254', { allowPrivate: true }));
    assert.ok(asked('127.0.0.1', { bindAddress: '127.0.0.1' }) && !asked('10.0.0.1', { bindAddress: '127.0.0.1' }));
    assert.ok(!asked('127.0.0.1', { bindAddress: '192.0.2.1' }));
    assert.ok(asked('127.0.0.1', { allowLoopback: true }) && asked('203.0.113.7', { allowLoopback: true }));
    assert.ok(!asked('10.0.0.1', { allowLoopback: true }) && !asked('169.254.169.254', { allowLoopback: true }));
    const both = { allowPrivate: true, allowLoopback: true, bindAddress: '127.0.0.1' };
    for (const ip of ['0.0.0.0', '224.0.0.1', '::ffff:127.0.0.1', '255.255.255.255', '0x7f.0.0.1', 'localhost'])
      assert.ok(!asked(ip, both), ip);
  });

  it('a leg refuses an answer of such addresses, and sends nothing to sockets that listen there', async () => {
    const engine = createMediaEngine();
    const ears = await Promise.all(['127.0.0.1', '127.0.0.53', '::1'].map(ear));
    try {
      const leg = await engine.createLeg('hostile', {});
      await leg.createOffer();
      const candidates = ears.map(({ socket, port }, index) => line(socket.address().address, port, index));
      await assert.rejects(leg.applyAnswer(offering(...candidates, ...all.map((ip, index) => line(ip, 3480, index)))), {
        code: 'media_sdp_invalid',
      });
      await sleep(1000);
      for (const { datagrams } of ears) assert.equal(datagrams.length, 0);
      assert.equal(leg.state(), 'new');
    } finally {
      for (const { socket } of ears) socket.close();
      await engine.close();
    }
  });

  it('where nobody proves to be the other side, only connectivity checks go, and not many', async () => {
    const engine = createMediaEngine();
    const [silent, liar] = await Promise.all([ear('127.0.0.1'), ear('127.0.0.1')]);
    assert.ok(silent && liar);
    // Answers every check without being able to sign: success and error responses, then its own check, handshake and media.
    liar.socket.on('message', (data, { address, port }) => {
      const reply = Buffer.from(data.subarray(0, 20));
      reply.writeUInt16BE(0, 2);
      for (const kind of [0x0101, 0x0111, 0x0001]) {
        reply.writeUInt16BE(kind, 0);
        liar.socket.send(Buffer.from(reply), port, address);
      }
      for (const first of [22, 128]) liar.socket.send(Buffer.alloc(60, first), port, address);
    });
    try {
      const leg = await engine.createLeg('unproven', { bindAddress: '127.0.0.1' });
      await leg.createOffer();
      leg.accepted();
      const findings: string[] = [];
      leg.on('finding', ({ id }) => findings.push(id));
      await leg.applyAnswer(offering(line('127.0.0.1', silent.port), line('127.0.0.1', liar.port, 2)));
      await sleep(6000);
      assert.notEqual(leg.state(), 'connected');
      assert.ok(findings.includes('ice_no_pair'), 'and after 5 s it is told why nothing is heard');
      for (const { datagrams } of [silent, liar]) {
        assert.ok(datagrams.length > 0 && datagrams.length <= 12, `${datagrams.length} datagrams`);
        for (const data of datagrams) {
          assert.equal(data.readUInt16BE(0), 0x0001, 'a STUN binding request');
          assert.equal(data.readUInt32BE(4), 0x2112_a442);
          assert.ok(data.length <= 200);
        }
      }
    } finally {
      silent.socket.close();
      liar.socket.close();
      await engine.close();
    }
  });

  it('checks of strangers are not answered', async () => {
    const engine = createMediaEngine();
    const stranger = await ear('127.0.0.1');
    try {
      const leg = await engine.createLeg('asked', { bindAddress: '127.0.0.1' });
      const offer = await leg.createOffer();
      const port = Number(/m=audio (\d+)/.exec(offer)?.[1]);
      const ufrag = /a=ice-ufrag:(\S+)/.exec(offer)?.[1] ?? '';
      const { Message } = (await import('werift')) as unknown as { Message: new (...args: unknown[]) => StunMessage };
      const check = (password: string, user: string) =>
        new Message(1, 0, Buffer.from('0123456789ab'))
          .setAttribute('USERNAME', `${user}:far`)
          .setAttribute('PRIORITY', 1)
          .setAttribute('ICE-CONTROLLING', 2n ** 64n - 1n)
          .setAttribute('USE-CANDIDATE', null)
          .addMessageIntegrity(Buffer.from(password))
          .addFingerprint().bytes;
      for (const data of [check('wrong password, 22 long', ufrag), check('x', 'zzzz')])
        stranger.socket.send(data, port, '127.0.0.1');
      await sleep(500);
      assert.equal(stranger.datagrams.length, 0);
      const password = /a=ice-pwd:(\S+)/.exec(offer)?.[1] ?? '';
      stranger.socket.send(check(password, ufrag), port, '127.0.0.1');
      await once(stranger.socket, 'message');
      assert.ok(stranger.datagrams.length > 0, 'one who knows the password is answered');
    } finally {
      stranger.socket.close();
      await engine.close();
    }
  });
});

interface StunMessage {
  setAttribute(name: string, value: unknown): StunMessage;
  addMessageIntegrity(key: Buffer): StunMessage;
  addFingerprint(): StunMessage;
  bytes: Buffer;
}
