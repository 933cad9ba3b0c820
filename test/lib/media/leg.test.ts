import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'sdp-transform';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { LegState, MediaEngine } from '../../../lib/media/media.ts';
import { ENGINES } from './engines.ts';
import { answerAsMeta, closePeer, loopbackPeer, reaches } from './fake-meta.ts';

for (const { name, options: LOOPBACK, native } of ENGINES)
  describe(`leg, ${name}`, () => {
    let engine: MediaEngine;
    beforeEach(() => {
      engine = createMediaEngine();
    });
    afterEach(() => engine.close());

    it('offers what Meta asks for', async () => {
      const leg = await engine.createLeg('offer', LOOPBACK);
      const offer = await leg.createOffer();
      assert.ok(offer.endsWith('\r\n') && !/[^\r]\n/.test(offer), 'CRLF line ends only');
      assert.equal(offer.match(/^a=fingerprint:/gm)?.length, 1);
      assert.match(offer, /^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m);
      assert.equal(new Set(offer.match(/^a=ssrc:\d+/gm)).size, 1);
      const [media, ...others] = parse(offer).media;
      assert.ok(media);
      assert.deepEqual(others, []);
      assert.equal(media.protocol, 'UDP/TLS/RTP/SAVPF');
      assert.deepEqual(
        media.rtp.map(({ payload, codec, rate, encoding }) => [payload, codec, rate, encoding]),
        [
          [111, 'opus', 48_000, 2],
          [126, 'telephone-event', 8000, undefined],
        ],
      );
      assert.deepEqual(media.fmtp, [
        { payload: 111, config: 'minptime=20;useinbandfec=1' },
        { payload: 126, config: '0-16' },
      ]);
      assert.equal(media.ptime, 20);
      assert.equal(media.maxptime, 20);
      assert.equal(media.setup, 'actpass');
      assert.equal(media.rtcpMux, 'rtcp-mux');
      assert.doesNotMatch(offer, /ice-lite|trickle|rtcp-fb|extmap/);
      assert.equal(media.candidates?.length, 1);
      assert.equal(media.candidates?.[0]?.ip, '127.0.0.1');
      assert.equal(media.candidates?.[0]?.port, media.port);
      assert.ok(media.endOfCandidates);
    });

    it('offers the public address beside its own', async () => {
      const leg = await engine.createLeg('nat', { ...LOOPBACK, publicAddress: '198.51.100.20' });
      const [media] = parse(await leg.createOffer()).media;
      const mapped = media?.candidates?.find(({ ip }) => ip === '198.51.100.20');
      assert.equal(mapped?.port, media?.candidates?.[0]?.port);
      assert.equal(mapped?.raddr, '127.0.0.1');
      assert.equal(media?.connection?.ip, '198.51.100.20');
    });

    it('stays within the port range and says when it is used up', async () => {
      // Each engine of its own: the range of the other may not be free yet.
      const range: [number, number] = native ? [47_314, 47_316] : [47_310, 47_312];
      const ports: (number | undefined)[] = [];
      for (const id of ['a', 'b', 'c']) {
        const leg = await engine.createLeg(id, { ...LOOPBACK, portRange: range });
        ports.push(parse(await leg.createOffer()).media[0]?.port);
      }
      assert.deepEqual(ports.toSorted(), [range[0], range[0] + 1, range[1]]);
      const fourth = await engine.createLeg('d', { ...LOOPBACK, portRange: range });
      await assert.rejects(fourth.createOffer(), { code: 'media_port_in_use' });
    });

    it('refuses addresses that are not this machine’s', async () => {
      await assert.rejects(engine.createLeg('x', { ...LOOPBACK, bindAddress: '192.0.2.7' }), {
        code: 'media_address_refused',
      });
      await assert.rejects(engine.createLeg('x', { ...LOOPBACK, bindAddress: 'example.org' }), {
        code: 'media_address_refused',
      });
      await assert.rejects(engine.createLeg('x', { ...LOOPBACK, publicAddress: 'example.org' }), {
        code: 'media_address_refused',
      });
      await assert.rejects(engine.createLeg('x', { ...LOOPBACK, portRange: [5000, 4000] }), {
        code: 'media_address_refused',
      });
      assert.equal(engine.legs(), 0);
    });

    for (const setup of ['active', 'passive', 'actpass'] as const)
      it(`connects to an ICE-lite peer whose answer says setup:${setup}`, async () => {
        const leg = await engine.createLeg(setup, LOOPBACK);
        const states: LegState[] = [];
        leg.on('state', (state) => states.push(state));
        const media = new Promise<void>((resolve) => leg.on('media', resolve));
        const meta = await answerAsMeta(await leg.createOffer(), setup === 'active' ? 'active' : 'passive');
        assert.match(meta.answer, /a=ice-lite/);
        await leg.applyAnswer(meta.answer.replace(/a=setup:\w+/, `a=setup:${setup}`));
        await reaches(leg, 'connected');
        assert.deepEqual(states, ['connecting', 'connected']);
        await meta.connected;
        for (let index = 0; index < 10; index += 1) {
          meta.send({
            sequenceNumber: (65_531 + index) & 0xffff,
            timestamp: index * 960,
            payload: Buffer.from([0xf8, 0xff, 0xfe]),
          });
          await sleep(20);
        }
        meta.send({ sequenceNumber: 65_531, timestamp: 0, payload: Buffer.from([0xf8, 0xff, 0xfe]) });
        await media;
        await sleep(700);
        const statistics = await leg.statistics();
        assert.equal(statistics.packetsReceived, 10);
        assert.equal(statistics.packetsLost, 0);
        assert.equal(statistics.engine, name);
        // The native library drops replays before they can be counted, and says so.
        assert.equal(statistics.duplicates, native ? 0 : 1, 'a replayed packet is noticed');
        assert.equal(statistics.unavailable?.includes('duplicates') ?? false, native);
        assert.equal(statistics.dtlsRole, setup === 'active' ? 'server' : 'client');
        assert.match(statistics.candidatePair ?? '', /^host 127\.0\.0\.1:\d+ - host 127\.0\.0\.1:\d+$/);
        assert.equal(statistics.srtpProfile !== undefined, !native);
        assert.equal(statistics.unavailable?.includes('srtpProfile') ?? false, native);
        assert.ok(meta.packets.length > 20, 'silence flows before anybody accepted');
        const numbers = meta.packets.map(({ header }) => header.sequenceNumber);
        assert.ok(
          numbers.every((number, index) => index === 0 || number === (((numbers[index - 1] ?? 0) + 1) & 0xffff)),
        );
        const times = meta.packets.map(({ header }) => header.timestamp);
        const steps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) | 0);
        // A machine that stands still leaves a gap, whose time is that of the beats that were missed.
        assert.ok(steps.every((step) => step > 0 && step % 960 === 0) && steps.includes(960), `${steps}`);
        assert.ok(
          meta.packets.every(
            ({ header, payload }) => header.payloadType === 111 && payload.equals(Buffer.from([0xf8, 0xff, 0xfe])),
          ),
        );
        await leg.close();
        assert.equal(leg.state(), 'closed');
        assert.equal(engine.legs(), 0);
        await meta.close();
      });

    it('answers an offer as the active side', async () => {
      const peer = await loopbackPeer(true);
      peer.addTransceiver('audio', { direction: 'sendrecv' });
      await peer.setLocalDescription(await peer.createOffer());
      const leg = await engine.createLeg('in', LOOPBACK);
      const offer = peer.localDescription?.sdp ?? '';
      const mid = /a=mid:(\S+)/.exec(offer)?.[1] ?? '';
      const answer = await leg.answer(
        offer.replaceAll(`mid:${mid}`, 'mid:audio').replace(/BUNDLE \S+/, 'BUNDLE audio'),
      );
      assert.match(answer, /^a=setup:active\r$/m);
      assert.match(answer, /^a=mid:audio\r$/m);
      assert.match(answer, /^a=group:BUNDLE audio\r$/m);
      const mirrored = answer.replace('mid:audio', `mid:${mid}`).replace('BUNDLE audio', `BUNDLE ${mid}`);
      await peer.setRemoteDescription({ type: 'answer', sdp: mirrored });
      await reaches(leg, 'connected');
      assert.equal((await leg.statistics()).dtlsRole, 'client');
      // The person's client would take the first packet for the answer to the call.
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal((await leg.statistics()).packetsSent, 0, 'something was sent before the call was accepted');
      leg.accepted();
      while ((await leg.statistics()).packetsSent === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await leg.close();
      await closePeer(peer);
    });

    it('reports keys with their duration, once each', async () => {
      const leg = await engine.createLeg('keys', LOOPBACK);
      const keys: { digit: string; durationMs: number }[] = [];
      leg.on('digit', (key) => keys.push(key));
      const meta = await answerAsMeta(await leg.createOffer(), 'active');
      await leg.applyAnswer(meta.answer);
      await reaches(leg, 'connected');
      await meta.connected;
      let sequenceNumber = 100;
      const event = (code: number, timestamp: number, duration: number, end: boolean) =>
        meta.send({
          payloadType: 126,
          sequenceNumber: sequenceNumber++,
          timestamp,
          payload: Buffer.from([code, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff]),
        });
      for (const duration of [160, 320, 480]) event(5, 1000, duration, false);
      for (let repeat = 0; repeat < 3; repeat += 1) event(5, 1000, 640, true);
      event(11, 9000, 800, false);
      await sleep(400);
      assert.deepEqual(keys, [
        { digit: '5', durationMs: 80 },
        { digit: '#', durationMs: 100 },
      ]);
      await leg.close();
      await meta.close();
    });
  });
