import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { MediaEngine } from '../../../lib/media/media.ts';
import { ENGINES } from './engines.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';

/** RFC 8445 §16.1: which side decides. A lite peer is always controlled, so two that control never meet. */
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;
const USE_CANDIDATE = 0x0025;
const ERROR_CODE = 0x0009;
/** What passes every network whole: IPv6's smallest packet less its headers (RFC 8200 §5). */
const NEVER_FRAGMENTED = 1232;

function attributesOf(stun: Buffer): number[] {
  const found: number[] = [];
  for (let at = 20; at + 4 <= stun.length; at += 4 + Math.ceil(stun.readUInt16BE(at + 2) / 4) * 4)
    found.push(stun.readUInt16BE(at));
  return found;
}

for (const { name, options } of ENGINES)
  describe(`complaints about the sound of other software, ${name}`, function () {
    this.timeout(20_000);
    let engine: MediaEngine;
    beforeEach(() => {
      engine = createMediaEngine();
    });
    afterEach(() => engine.close());

    it('role conflict 487 with an ice-lite peer, and large certificates that fragment: every datagram is small, and we control', async () => {
      const leg = await engine.createLeg('relayed', options);
      const meta = await answerAsMeta(await leg.createOffer(), 'active');
      const peerPort = Number(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/m.exec(meta.answer)?.[1]);
      const [front, back] = [createSocket('udp4'), createSocket('udp4')];
      const sent: Buffer[] = [];
      const answered: Buffer[] = [];
      let legPort = 0;
      for (const socket of [front, back]) {
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
      }
      front.on('message', (data, from) => {
        legPort = from.port;
        sent.push(data);
        back.send(data, peerPort, '127.0.0.1');
      });
      back.on('message', (data) => {
        answered.push(data);
        front.send(data, legPort, '127.0.0.1');
      });
      try {
        await leg.applyAnswer(meta.answer.replaceAll(String(peerPort), String(front.address().port)));
        await reaches(leg, 'connected');
        await meta.connected;
      } finally {
        await leg.close();
        await meta.close();
        front.close();
        back.close();
      }
      const isStun = (data: Buffer, type: number): boolean => data.length >= 20 && data.readUInt16BE(0) === type;
      const checks = sent.filter((data) => isStun(data, 0x0001)).map(attributesOf);
      assert.ok(checks.length > 0);
      for (const attributes of checks) {
        assert.ok(attributes.includes(ICE_CONTROLLING) && !attributes.includes(ICE_CONTROLLED));
      }
      assert.ok(
        checks.some((attributes) => attributes.includes(USE_CANDIDATE)),
        'we choose the pair',
      );
      const errors = answered.filter((data) => isStun(data, 0x0111));
      assert.deepEqual(
        errors.map(attributesOf).filter((attributes) => attributes.includes(ERROR_CODE)),
        [],
      );
      // DTLS begins with 20 to 63 (RFC 7983 §7); our certificate is in these.
      const handshake = sent.filter((data) => (data[0] ?? 0) >= 20 && (data[0] ?? 0) <= 63);
      assert.ok(handshake.length > 0);
      const largest = Math.max(...handshake.map((data) => data.length));
      assert.ok(largest <= NEVER_FRAGMENTED, `${largest} bytes`);
    });
  });
