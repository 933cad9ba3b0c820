import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSdp } from '../../../lib/media/sdp-reader.ts';
import { writeSdp } from '../../../lib/media/sdp-writer.ts';
import { loadWerift, WebRtcTransport } from '../../../lib/media/webrtc-transport.ts';
import { closePeer, loopbackPeer } from './fake-meta.ts';

const LOOPBACK = { bindAddress: '127.0.0.1' };
const QUIET = { packet: () => undefined, rtcp: () => undefined, state: () => undefined };
const OFFER = {
  ...{ sessionId: '1', setup: 'actpass' as const, mid: '0', bundled: true, opusPayloadType: 111 },
  ...{ eventPayloadType: 126, ssrc: 5, cname: 'test' },
};

describe('WebRTC transport', () => {
  it('asks no server that is not configured, unlike the library by itself', async () => {
    const asked: string[] = [];
    const { lookup } = dns;
    dns.lookup = ((name: string) => {
      asked.push(name);
      return Promise.reject(new Error('no names in tests'));
    }) as typeof dns.lookup;
    syncBuiltinESMExports();
    try {
      const transport = await WebRtcTransport.create(LOOPBACK, QUIET);
      await transport.gather('controlling');
      await transport.close();
      assert.deepEqual(asked, []);
      const configured = await WebRtcTransport.create(
        { ...LOOPBACK, iceServers: [{ urls: 'stun:stun.invalid:3478' }] },
        QUIET,
      );
      await configured.gather('controlling');
      await configured.close();
      assert.deepEqual(asked, ['stun.invalid']);
      // Why the transport takes the server out itself: an empty list is not enough. If this fails, the library has changed.
      const { RTCIceGatherer } = await loadWerift();
      assert.ok(new RTCIceGatherer({ useIpv4: false, useIpv6: false }).connection.stunServer);
    } finally {
      dns.lookup = lookup;
      syncBuiltinESMExports();
    }
  });

  it('connects with a peer whose checks come before its answer (20 times)', async () => {
    for (let round = 0; round < 20; round += 1) {
      const transport = await WebRtcTransport.create(LOOPBACK, QUIET);
      const offer = writeSdp({ ...(await transport.gather('controlling')), ...OFFER });
      const peer = await loopbackPeer(false);
      peer.addTransceiver('audio', { direction: 'sendrecv' });
      await peer.setRemoteDescription({ type: 'offer', sdp: offer });
      await peer.setLocalDescription(await peer.createAnswer());
      await sleep(round * 3);
      await transport.connect(readSdp(peer.localDescription?.sdp ?? ''), 'server');
      assert.equal(transport.describe().dtlsRole, 'server');
      await transport.close();
      await closePeer(peer);
    }
  });

  for (const role of ['client', 'server'] as const)
    it(`connects as DTLS ${role} though the network brings every packet of the handshake twice, and late`, async () => {
      const transport = await WebRtcTransport.create(LOOPBACK, QUIET);
      const offer = writeSdp({ ...(await transport.gather('controlling')), ...OFFER });
      const peer = await loopbackPeer(true);
      peer.addTransceiver('audio', { direction: 'sendrecv' });
      await peer.setRemoteDescription({ type: 'offer', sdp: offer });
      await peer.setLocalDescription(await peer.createAnswer());
      const [theirs] = peer.dtlsTransports;
      if (!theirs) throw new Error('no transport');
      if (role === 'client') theirs.role = 'server';
      const { connection } = theirs.iceTransport;
      const send = connection.send;
      connection.send = async (data) => {
        await send(data);
        setTimeout(() => void send(data).catch(() => undefined), 5);
      };
      await transport.connect(readSdp(peer.localDescription?.sdp ?? ''), role);
      await sleep(20);
      assert.equal(transport.facts().secure, true);
      assert.equal(transport.describe().dtlsRole, role);
      await transport.close();
      await closePeer(peer);
    });

  it('survives 5,000 hostile datagrams before, while and after it connects', async () => {
    const transport = await WebRtcTransport.create(LOOPBACK, QUIET);
    const local = await transport.gather('controlling');
    const { port = 0 } = local.candidates[0] ?? {};
    const attacker = createSocket('udp4').bind(0, '127.0.0.1');
    await once(attacker, 'listening');
    let seed = 3;
    const byte = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed >>> 24;
    };
    /** STUN, DTLS, RTP, RTCP and nonsense, each with a plausible beginning and damaged behind it. */
    const beginnings = [
      [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42],
      [1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42],
      [1, 0x11, 0, 12, 0x21, 0x12, 0xa4, 0x42],
      [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1],
      [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40],
      [0x80, 111, 0, 1],
      [0x9f, 111, 0, 1],
      [0x81, 200, 0, 6],
      [],
    ];
    const attack = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const beginning = beginnings[index % beginnings.length] ?? [];
        const data = Buffer.from([...beginning, ...Array.from({ length: byte() }, byte)]);
        attacker.send(data, port, '127.0.0.1');
        if (index % 50 === 0) await sleep(1);
      }
    };
    await attack(2000);
    const peer = await loopbackPeer(true);
    peer.addTransceiver('audio', { direction: 'sendrecv' });
    await peer.setRemoteDescription({ type: 'offer', sdp: writeSdp({ ...local, ...OFFER }) });
    await peer.setLocalDescription(await peer.createAnswer());
    const connecting = transport.connect(readSdp(peer.localDescription?.sdp ?? ''), 'server');
    await Promise.all([connecting, attack(1000)]);
    await attack(2000);
    const { candidatePair } = transport.describe();
    assert.ok(candidatePair && !candidatePair.includes(`:${attacker.address().port}`), candidatePair);
    attacker.close();
    await transport.close();
    await closePeer(peer);
  });
});
