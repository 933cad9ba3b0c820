import { strict as assert } from 'node:assert';
import { randomBytes, randomInt } from 'node:crypto';
import {
  AEAD_AES_128_GCM,
  AES_CM_128_HMAC_SHA1_80,
  SrtpStream,
  srtpCipher,
} from '../../../../lib/media/srtp/srtp-stream.ts';

const PROFILES = [
  ['AES_CM_128_HMAC_SHA1_80', AES_CM_128_HMAC_SHA1_80, 14, 10],
  ['AEAD_AES_128_GCM', AEAD_AES_128_GCM, 12, 16],
] as const;

/** A packet with room for its tag, and where its payload begins and ends. */
function packet(sequenceNumber: number, tag: number, how: { payload?: number; sources?: number; ssrc?: number } = {}) {
  const { payload = 80, sources = 0, ssrc = 0xcafe } = how;
  const header = 12 + sources * 4;
  const data = randomBytes(header + payload + tag);
  data[0] = 0x80 | sources;
  data[1] = 111;
  data.writeUInt16BE(sequenceNumber % 65_536, 2);
  data.writeUInt32BE(ssrc, 8);
  return { data, header, end: header + payload };
}

for (const [name, profile, saltBytes, tagBytes] of PROFILES)
  describe(`SRTP, ${name}`, () => {
    const key = randomBytes(16);
    const salt = randomBytes(saltBytes);
    const stream = () => new SrtpStream(srtpCipher(profile, key, salt));
    /** The WebRTC library's own SRTP, under the same keys. */
    async function library() {
      const { SrtpSession, RtpHeader } = await import('werift');
      const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
      return { session: new SrtpSession({ keys, profile }), RtpHeader };
    }

    it('seals what the library opens, and opens what it seals, through two turns of the sequence', async () => {
      const { session, RtpHeader } = await library();
      const [ours, theirs] = [stream(), stream()];
      for (let number = 65_000; number < 65_000 + 140_000; number += 1 + (number % 53)) {
        const { data, header, end } = packet(number, tagBytes, { payload: number % 200 });
        const plain = Buffer.from(data.subarray(0, end));
        ours.seal(data, header, end);
        assert.deepEqual(session.decrypt(Buffer.from(data)), plain, `${number} ours`);
        const sealed = session.encrypt(
          plain.subarray(header),
          new RtpHeader({
            ...{ payloadType: 111, sequenceNumber: number % 65_536, ssrc: 0xcafe, payloadOffset: 12 },
            timestamp: plain.readUInt32BE(4),
          }),
        );
        assert.equal(theirs.open(sealed), end, `${number} theirs`);
        assert.deepEqual(sealed.subarray(0, end), plain);
      }
    });

    it('opens packets out of order, with sources, without payload, and of several senders', () => {
      const [sender, receiver] = [stream(), stream()];
      const made = [65_530, 65_535, 65_536, 65_533, 65_540, 65_539].flatMap((number) =>
        [1, 2].map((ssrc) => packet(number, tagBytes, { ssrc, sources: number % 3, payload: number % 5 })),
      );
      for (const { data, header, end } of made) {
        const plain = Buffer.from(data.subarray(0, end));
        sender.seal(data, header, end);
        assert.equal(receiver.open(data), end);
        assert.deepEqual(data.subarray(0, end), plain);
      }
    });

    it('takes no packet twice, and none from before the window', () => {
      const [sender, receiver] = [stream(), stream()];
      const sealed = (number: number) => {
        const { data, header, end } = packet(number, tagBytes);
        sender.seal(data, header, end);
        return data;
      };
      const [first, second] = [sealed(10), sealed(11)];
      const copies = [Buffer.from(first), Buffer.from(second)];
      assert.equal(typeof receiver.open(first), 'number');
      assert.equal(typeof receiver.open(second), 'number');
      assert.equal(receiver.open(Buffer.from(copies[1] as Buffer)), 'replayed');
      for (let number = 12; number < 4000; number += 1) receiver.open(sealed(number));
      assert.equal(receiver.open(copies[0] as Buffer), 'replayed');
    });

    it('refuses every packet of which one bit is changed, and cut ones, and goes on', () => {
      const [sender, receiver] = [stream(), stream()];
      const { data, header, end } = packet(100, tagBytes, { sources: 1 });
      sender.seal(data, header, end);
      for (let bit = 0; bit < data.length * 8; bit += 1) {
        const forged = Buffer.from(data);
        forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
        const opened = receiver.open(forged);
        assert.ok(opened === 'forged' || opened === 'broken', `bit ${bit}: ${opened}`);
      }
      for (let length = 0; length < data.length; length += 1)
        assert.equal(typeof receiver.open(Buffer.from(data.subarray(0, length))), 'string', `${length} bytes`);
      assert.equal(receiver.open(Buffer.from(data)), end, 'and the genuine one is still new');
    });

    it('survives noise, and remembers no sender that has proved nothing', () => {
      const receiver = stream();
      for (let index = 0; index < 3000; index += 1) {
        const noise = randomBytes(randomInt(0, 200));
        if (noise.length > 0) noise[0] = 0x80 | ((noise[0] as number) & 0x3f);
        assert.equal(typeof receiver.open(noise), 'string');
      }
    });
  });
