import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import type { RTCIceConnection } from '../../../lib/media/ice-connection.ts';
import { MediaPath } from '../../../lib/media/media-path.ts';
import { SrtcpStream } from '../../../lib/media/srtp/srtcp-stream.ts';
import {
  AEAD_AES_128_GCM,
  AES_CM_128_HMAC_SHA1_80,
  SrtpStream,
  srtpCipher,
} from '../../../lib/media/srtp/srtp-stream.ts';
import { loadWerift } from '../../../lib/media/webrtc-transport.ts';

const GOODBYE = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 5, 0x81, 203, 0, 1, 0, 0, 0, 5]);

/** A path whose pair goes over a relay: everything passes the library's connection, which is played here. */
async function relayed(profile: typeof AEAD_AES_128_GCM | typeof AES_CM_128_HMAC_SHA1_80) {
  const werift = await loadWerift();
  const sent: Buffer[] = [];
  const heard: string[] = [];
  let hand: (data: Buffer) => void = () => undefined;
  const state = { consent: true };
  const connection = {
    onData: { subscribe: (listener: typeof hand) => (hand = listener) },
    nominated: { protocol: { transport: {} }, remoteAddr: ['198.51.100.1', 9] },
    canSendApplicationData: () => state.consent,
    send: async (data: Buffer) => void sent.push(data),
  } as unknown as RTCIceConnection;
  const path = new MediaPath(connection, {
    packet: ({ header, payload }) => heard.push(`${header.sequenceNumber} ${payload}`),
    rtcp: ({ type }) => heard.push(`report ${type}`),
    state: () => undefined,
    replayed: () => heard.push('replayed'),
    control: (compound) => heard.push(`control ${compound.length}`),
  });
  const gcm = profile === AEAD_AES_128_GCM;
  const [key, salt] = [randomBytes(16), randomBytes(gcm ? 12 : 14)];
  const stream = () => new SrtpStream(srtpCipher(profile, key, salt));
  const config = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
  const control = () =>
    new SrtcpStream(new werift.SrtcpSession({ keys: config, profile }), gcm ? 0 : 10, (data) =>
      werift.RtcpPacketConverter.deSerialize(data),
    );
  const keys = () => ({ incoming: stream(), outgoing: stream(), control: control() });
  return { path, sent, heard, hand: (data: Buffer) => hand(Buffer.from(data)), state, keys, far: keys() };
}

for (const [name, profile] of [
  ['AES_CM_128_HMAC_SHA1_80', AES_CM_128_HMAC_SHA1_80],
  ['AEAD_AES_128_GCM', AEAD_AES_128_GCM],
] as const)
  describe(`the path of media over a relay, ${name}`, () => {
    it('sends sound and reports, but nothing before the handshake, without consent, or after the end', async () => {
      const { path, sent, state, keys, far } = await relayed(profile);
      const send = (number: number) => path.send(111, number, 960, 7, true, Buffer.from('sound'));
      send(1);
      path.begin(keys());
      send(2);
      state.consent = false;
      send(3);
      path.sendRtcp([{ serialize: () => GOODBYE } as never]);
      state.consent = true;
      path.sendRtcp([{ serialize: () => GOODBYE } as never]);
      path.end();
      send(4);
      assert.equal(sent.length, 2);
      const [packet = Buffer.alloc(0), report = Buffer.alloc(0)] = sent;
      const end = far.incoming.open(packet);
      assert.equal(end, 17);
      assert.deepEqual(
        packet.subarray(0, 17).toString('latin1'),
        '\x80\xef\x00\x02\x00\x00\x03\xc0\x00\x00\x00\x07sound',
      );
      assert.deepEqual(far.control.open(report), GOODBYE);
    });

    it('hands on each packet and report once, and counts what it cannot open', async () => {
      const { path, heard, hand, keys, far } = await relayed(profile);
      const packet = Buffer.alloc(17 + far.outgoing.tagBytes);
      packet.write('\x80\x6f\x00\x09\x00\x00\x03\xc0\x00\x00\x00\x07sound', 'latin1');
      far.outgoing.seal(packet, 12, 17);
      const report = far.control.seal(GOODBYE);
      hand(packet);
      assert.deepEqual(heard, [], 'no keys yet');
      path.begin(keys());
      hand(packet);
      hand(packet);
      hand(report);
      hand(report);
      const forged = Buffer.from(packet);
      forged[14] = (forged[14] as number) ^ 1;
      hand(forged);
      hand(Buffer.from('STUN'));
      hand(Buffer.from([0x80]));
      hand(Buffer.from([0x81, 200, 0, 6]));
      assert.deepEqual(heard, ['9 sound', 'replayed', 'control 16', 'report 201']);
      assert.equal(path.undecryptable, 1);
      assert.equal(path.reports, 1);
    });
  });
