import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeCodec } from '../../../lib/media/bridge-codec.ts';
import { decodeMuLaw } from '../../../lib/media/g711.ts';
import type { BridgeOptions } from '../../../lib/media/media.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { correlate, correlatePieces, loudness, median, resample, seeded, speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { assertHeard } from './heard.ts';
import { LossyProxy } from './lossy-proxy.ts';
import { RtpPhone } from './rtp-phone.ts';

const SECONDS = 3;

describe('a bridge that transcodes', function () {
  this.timeout(60_000);
  // A starved machine leaves gaps of its own in what is sent in real time.
  this.retries(3);
  let person: BridgedPerson;
  let phone: RtpPhone;
  beforeEach(async () => {
    person = await BridgedPerson.connect();
    phone = await RtpPhone.open();
  });
  afterEach(async () => {
    phone.close();
    await person.close();
  });

  for (const [codec, ptime] of [
    [{ codec: 'PCMU' }, 20],
    [{ codec: 'PCMA' }, 30],
    [{ codec: 'L16', sampleRate: 8000 }, 10],
    [{ codec: 'L16', sampleRate: 16_000, payloadType: 97 }, 60],
  ] as [BridgeOptions, number][]) {
    const { name, rtpmap, payloadType, samples, ticksPerMs } = bridgeCodec(codec);
    it(`carries both voices as ${rtpmap}, also in packets of ${ptime} ms`, async () => {
      if (!samples) throw new Error('no sample codec');
      const bridge = person.leg.bridge({ ...codec, remote: { address: '127.0.0.1', port: phone.port } });
      const { sdp, local } = await bridge.started;
      assert.match(
        sdp,
        new RegExp(`m=audio ${local.port} RTP/AVP ${payloadType}\\r\\na=rtpmap:${payloadType} ${name}/`),
      );
      const personVoice = speechLike({ seconds: SECONDS, sampleRate: PERSON_RATE, seed: 1 });
      const farVoice = speechLike({ seconds: SECONDS, sampleRate: samples.rate, seed: 2 });
      const pcm = toInt16(farVoice);
      const step = ptime * ticksPerMs;
      const payloads = Array.from({ length: Math.ceil(pcm.length / step) }, (_, index) =>
        samples.encode(pcm.subarray(index * step, index * step + step)),
      );
      await Promise.all([person.say(personVoice), phone.speak(local.port, payloadType, payloads, ptime, step)]);
      await sleep(400);
      const statistics = (await person.leg.statistics()).bridges?.[0];
      await bridge.stop();
      const result = await bridge.done;

      // Regular packets of 20 ms: every number once, in order, one clock.
      const { packets } = phone;
      assert.ok(
        packets.every(
          ({ payloadType: type, payload }) => type === payloadType && samples.length(payload) === 20 * ticksPerMs,
        ),
      );
      for (const [index, { sequenceNumber, timestamp }] of packets.entries()) {
        assert.equal(sequenceNumber, ((packets[0]?.sequenceNumber ?? 0) + index) & 0xffff);
        assert.equal(timestamp, ((packets[0]?.timestamp ?? 0) + index * 20 * ticksPerMs) >>> 0);
      }
      assert.deepEqual(packets.map(({ marker }) => marker).indexOf(true, 1), -1, 'one talk spurt, one marker');
      const atPhone = packets.flatMap(({ payload }) => [...samples.decode(payload)].map((value) => value / 32_768));
      const reference = resample(personVoice, PERSON_RATE, samples.rate);
      assertHeard('at the phone', reference, Float32Array.from(atPhone), samples.rate);
      const atPerson = await person.heard();
      const spoken = resample(farVoice, samples.rate, PERSON_RATE);
      assertHeard('at the person', spoken, atPerson, PERSON_RATE);
      assert.equal(result.packetsFromRtp, payloads.length);
      assert.equal(result.droppedFromRtp, 0);
      assert.equal(result.packetsToRtp, packets.length);
      assert.equal(statistics?.codec, rtpmap);
      assert.deepEqual(statistics?.remote, { address: '127.0.0.1', port: phone.port });
      assert.ok((statistics?.fromPerson?.delayMs ?? 0) > 0 && (statistics?.fromRtp?.delayMs ?? 0) > 0);
    });
  }

  it('repairs what the person’s network loses, and the far side’s', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMA', remote: { address: '127.0.0.1', port: phone.port } });
    const { local } = await bridge.started;
    const codec = bridgeCodec({ codec: 'PCMA' }).samples;
    if (!codec) throw new Error('no sample codec');
    const personVoice = speechLike({ seconds: SECONDS, sampleRate: PERSON_RATE, seed: 3 });
    const farVoice = speechLike({ seconds: SECONDS, sampleRate: 8000, seed: 4 });
    const pcm = toInt16(farVoice);
    const payloads = Array.from({ length: pcm.length / 160 }, (_, index) =>
      codec.encode(pcm.subarray(index * 160, index * 160 + 160)),
    );
    const speakWithLoss = async () => {
      const begin = performance.now();
      for (const [index, payload] of payloads.entries()) {
        await sleep(Math.max(0, begin + index * 20 - performance.now()));
        if (index % 15 !== 7)
          phone.send(local.port, { payloadType: 8, sequenceNumber: index, timestamp: index * 160, payload });
      }
    };
    await Promise.all([person.say(personVoice, (index) => index % 12 === 5), speakWithLoss()]);
    await sleep(300);
    await bridge.stop();
    const { statistics } = await bridge.done;
    const { fromPerson, fromRtp } = statistics;
    const lost = payloads.filter((_, index) => index % 15 === 7).length;
    assert.equal(statistics.lostFromRtp, lost);
    assert.ok((fromPerson?.recovered ?? 0) >= 8, `${JSON.stringify(fromPerson)}`);
    assert.ok((fromRtp?.recovered ?? 0) + (fromRtp?.concealed ?? 0) >= lost, `${JSON.stringify(fromRtp)}`);
    const atPhone = Float32Array.from(phone.packets.flatMap(({ payload }) => [...codec.decode(payload)]));
    for (const [what, pieces] of [
      ['at the phone', correlatePieces(resample(personVoice, PERSON_RATE, 8000), atPhone, 8000, 0.5)],
      ['at the person', correlatePieces(resample(farVoice, 8000, PERSON_RATE), await person.heard(), PERSON_RATE, 0.5)],
    ] as const) {
      const scores = pieces.map(({ score }) => score);
      assert.ok(median(scores) > 0.8 && Math.min(...scores) > 0.2, `${what}: ${scores.join(' ')}`);
    }
  });

  it('sends silence while the person is silent, and none to the person for a far side that never speaks', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMU', remote: { address: '127.0.0.1', port: phone.port } });
    await bridge.started;
    await sleep(100);
    assert.equal(phone.packets.length, 0, 'nothing before the person was there');
    await person.say(speechLike({ seconds: 0.4, sampleRate: PERSON_RATE, seed: 5 }));
    await sleep(800);
    const { packets } = phone;
    assert.ok(packets.length >= 45, `${packets.length} packets`);
    const last = packets.slice(-10).flatMap(({ payload }) => [...decodeMuLaw(payload)].map((value) => value / 32_768));
    assert.ok(loudness(Float32Array.from(last)) < 0.01, 'nothing is left of the voice but the noise of the place');
    assert.equal(person.sounds().length, 0);
  });

  it('makes comfort noise as loud as announced, and does not take the pause for loss', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMU', remote: { address: '127.0.0.1', port: phone.port } });
    const { local } = await bridge.started;
    const codec = bridgeCodec({ codec: 'PCMU' }).samples;
    const voice = toInt16(speechLike({ seconds: 1, sampleRate: 8000, seed: 6 }));
    const payloads = Array.from(
      { length: 50 },
      (_, index) => codec?.encode(voice.subarray(index * 160, index * 160 + 160)) as Buffer,
    );
    await phone.speak(local.port, 0, payloads, 20, 160);
    phone.sequenceNumber += 1;
    phone.timestamp += 160;
    phone.send(local.port, { payloadType: 13, payload: Buffer.from([45]) });
    await sleep(1500);
    phone.timestamp += 75 * 160;
    await phone.speak(local.port, 0, payloads, 20, 160);
    const [during] = (await person.leg.statistics()).bridges ?? [];
    await sleep(200);
    await bridge.stop();
    const { packetsFromRtp, droppedFromRtp } = await bridge.done;
    assert.deepEqual([packetsFromRtp, droppedFromRtp], [101, 0]);
    assert.ok((during?.fromRtp?.concealed ?? 9) <= 1, `${during?.fromRtp?.concealed} concealed`);
    // The pause between the two times that the same is said.
    const heard = await person.heard();
    const reference = resample(
      Float32Array.from(voice, (value) => value / 32_768),
      8000,
      PERSON_RATE,
    );
    const second = correlate(reference, heard.subarray(-Math.round(1.7 * PERSON_RATE)), PERSON_RATE);
    assert.ok(second.score > 0.85, `said again: ${second.score}`);
    const begin = heard.length - Math.round(1.7 * PERSON_RATE) + second.lagSamples;
    const pause = heard.subarray(begin - Math.round(1.1 * PERSON_RATE), begin - Math.round(0.2 * PERSON_RATE));
    const level = 20 * Math.log10(loudness(pause));
    assert.ok(level > -60 && level < -38, `${level} dB`);
  });

  it('repairs what a lossy network between the person and us loses, in bursts', async () => {
    // A tenth of the packets, every other time two in a row.
    const random = seeded(9);
    let burst = 0;
    const loses = () => {
      burst = burst > 0 ? burst - 1 : random() < 0.067 ? (random() < 0.5 ? 2 : 1) : 0;
      return burst > 0;
    };
    let proxy: LossyProxy | undefined;
    const far = await BridgedPerson.connect(async (answer) => {
      const port = Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(answer)?.[1]);
      proxy = await LossyProxy.open(port, loses);
      return answer.replaceAll(` 127.0.0.1 ${port} `, ` 127.0.0.1 ${proxy.port} `);
    });
    try {
      const bridge = far.leg.bridge({ codec: 'L16', remote: { address: '127.0.0.1', port: phone.port } });
      await bridge.started;
      const voice = speechLike({ seconds: 6, sampleRate: PERSON_RATE, seed: 31 });
      await far.say(voice);
      const { bridges, packetsLost } = await far.leg.statistics();
      await bridge.stop();
      const { seen = 0, lost = 0 } = proxy ?? {};
      assert.ok(lost >= 10 && lost < 0.25 * seen, `${lost} of ${seen} lost`);
      assert.ok(packetsLost >= lost - 3 && packetsLost <= lost, `${packetsLost} known of ${lost}`);
      const { recovered = 0, concealed = 0 } = bridges?.[0]?.fromPerson ?? {};
      assert.ok(recovered >= lost * 0.5, `${recovered} recovered of ${lost}`);
      assert.ok(recovered + concealed >= lost - 3, `${recovered} recovered, ${concealed} concealed of ${lost}`);
      const codec = bridgeCodec({ codec: 'L16' }).samples;
      const heard = phone.packets.flatMap(({ payload }) => [...(codec?.decode(payload) ?? [])]);
      const pieces = correlatePieces(voice, Float32Array.from(heard), PERSON_RATE, 0.5, 0.2);
      const scores = pieces.map(({ score }) => score);
      assert.ok(median(scores) > 0.75 && Math.min(...scores) > 0.2, scores.join(' '));
    } finally {
      await far.close();
      proxy?.close();
    }
  });
});
