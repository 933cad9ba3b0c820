import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'sdp-transform';
import { createRelay } from '../../../simulator/relay/relay.ts';
import { TONE_RATE, toneSamples } from '../../../simulator/relay/tone.ts';
import type { Relay, Setup, Voice } from '../../../simulator/relay-contract.ts';
import { correlate, loudness, resample, speechLike, writeWav } from '../../browser/audio.ts';
import { BusinessLeg, until } from './business-leg.ts';
import { decode, encode, toFloat } from './opus-sound.ts';

const RATE = 16000;
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

describe('The media relay', function () {
  this.timeout(60_000);
  let relay: Relay;
  let business: BusinessLeg;
  let events: string[];

  beforeEach(async () => {
    relay = await createRelay();
    business = await BusinessLeg.open();
    events = [];
    for (const event of ['business-connected', 'business-media', 'phone-connected'] as const)
      relay.on(event, (callId) => void events.push(`${event} ${callId}`));
  });

  afterEach(async () => {
    await business.close();
    await relay.close();
  });

  async function connect(setup?: Setup): Promise<string> {
    const answer = await relay.answerBusiness('call', await business.offer(), setup ? { setup } : {});
    await business.apply(answer);
    await business.connected();
    await until(async () => (await relay.statistics('call')).businessConnected, 'the relay to connect');
    return answer;
  }

  async function callWith(voice: Voice): Promise<void> {
    await connect();
    await relay.attachVoice('call', voice);
    relay.pickUp('call');
  }

  describe('the answer to the business', () => {
    it('has the shape of Meta’s: ICE-lite, mid mirrored, low-rate Opus, DTMF on 126, one SSRC, one fingerprint', async () => {
      const offer = (await business.offer()).replace(/^a=mid:.*$/m, 'a=mid:voice7');
      const sdp = await relay.answerBusiness('call', offer);
      assert.equal(sdp.split('\r\n').at(-1), '');
      assert.ok(!/[^\r]\n/.test(sdp), 'every line ends with CRLF');
      assert.ok(sdp.indexOf('a=ice-lite') < sdp.indexOf('m=audio'), 'ice-lite stands at session level');
      const session = parse(sdp);
      const [media] = session.media;
      assert.ok(media);
      assert.equal(media.mid, 'voice7');
      assert.equal(session.groups?.[0]?.mids, 'voice7');
      assert.equal(media.payloads, '111 126');
      assert.equal(media.setup, 'active');
      assert.equal(media.rtcpMux, 'rtcp-mux');
      assert.match(media.fmtp[0]?.config ?? '', /maxaveragebitrate=20000;.*useinbandfec=1/);
      assert.deepEqual(
        media.rtp.map(({ codec, rate }) => `${codec}/${rate}`),
        ['opus/48000', 'telephone-event/8000'],
      );
      assert.equal(new Set(media.ssrcs?.map(({ id }) => id)).size, 1);
      assert.match(sdp, /a=ssrc:\d+ msid:WhatsAppAudioStream1 WhatsAppTrack1\r\n/);
      assert.equal(sdp.match(/a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r\n/g)?.length, 1);
      assert.match(sdp, /^a=ice-ufrag:(?=.*\+)(?=.*\/)\S+\r$/m);
      assert.equal(media.candidates?.[0]?.port, media.port);
      assert.equal(media.connection?.ip, media.candidates?.[0]?.ip);
    });

    for (const [setup, offered, expected] of [
      ['active', 'actpass', 'active'],
      ['passive', 'actpass', 'passive'],
      ['actpass', 'actpass', 'actpass'],
      ['active', 'active', 'passive'],
      ['passive', 'passive', 'active'],
    ] as const) {
      it(`says setup:${expected} when ${setup} is wanted and the offer says ${offered}`, async () => {
        const offer = (await business.offer()).replace(/^a=setup:.*$/m, `a=setup:${offered}`);
        const sdp = await relay.answerBusiness('call', offer, { setup });
        assert.equal(parse(sdp).media[0]?.setup, expected);
      });
    }

    it('uses the payload types of the offer, and 126 for DTMF when the offer has none', async () => {
      const offer = (await business.offer())
        .replace(/^a=(rtpmap|fmtp|rtcp-fb):126.*\r\n/gm, '')
        .replace(/^(m=audio \S+ \S+) .*$/m, '$1 96')
        .replaceAll(':111 ', ':96 ');
      const sdp = await relay.answerBusiness('call', offer);
      assert.match(sdp, /^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 96 126\r$/m);
      assert.match(sdp, /^a=rtpmap:96 opus\/48000\/2\r$/m);
    });

    for (const [what, change, message] of [
      ['is no SDP', () => 'hello', /does not begin with v=0/],
      ['has no fingerprint', (sdp: string) => sdp.replace(/^a=fingerprint:.*\r\n/gm, ''), /no a=fingerprint/],
      ['has no ICE password', (sdp: string) => sdp.replace(/^a=ice-pwd:.*\r\n/gm, ''), /a=ice-pwd is missing/],
      ['has no Opus', (sdp: string) => sdp.replaceAll('opus/48000', 'PCMU/8000'), /no opus\/48000/i],
      ['has no audio', (sdp: string) => sdp.replace('m=audio', 'm=video'), /0 audio sections/],
    ] as const) {
      it(`refuses an offer that ${what}, and can then answer a better one`, async () => {
        const good = await business.offer();
        await assert.rejects(relay.answerBusiness('call', change(good)), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'relay_offer_invalid');
          assert.match(error.message, message);
          return true;
        });
        await assert.doesNotReject(relay.answerBusiness('another', good));
      });
    }

    it('is given once per call: there is no renegotiation', async () => {
      const offer = await business.offer();
      await relay.answerBusiness('call', offer);
      await assert.rejects(relay.answerBusiness('call', offer), /answered already/);
    });
  });

  for (const [setup, role] of [
    ['active', 'server'],
    ['passive', 'client'],
  ] as const) {
    it(`connects with setup:${setup} in the answer, so that the business is DTLS ${role}`, async () => {
      await connect(setup);
      assert.equal(business.dtlsRole, role);
      assert.deepEqual(events, ['business-connected call']);
    });
  }

  it('answers connectivity checks that are signed with its password, and no others', async () => {
    const sdp = await relay.answerBusiness('call', await business.offer());
    const [media] = parse(sdp).media;
    const { Message, classes, methods } = await import('werift');
    const socket = createSocket('udp4');
    const answered: string[] = [];
    socket.on('message', (data) => void answered.push(data.subarray(8, 20).toString('hex')));
    const check = (password: string) => {
      const message = new Message(methods.BINDING, classes.REQUEST)
        .setAttribute('USERNAME', `${media?.iceUfrag}:business`)
        .setAttribute('PRIORITY', 1)
        .setAttribute('ICE-CONTROLLING', 1n)
        .addMessageIntegrity(Buffer.from(password))
        .addFingerprint();
      socket.send(message.bytes, media?.port ?? 0, '127.0.0.1');
      return message.transactionIdHex;
    };
    try {
      check('w'.repeat(24));
      const signed = check(String(media?.icePwd));
      await until(() => answered.length > 0, 'an answer');
      assert.deepEqual(answered, [signed]);
    } finally {
      socket.close();
    }
  });

  it('counts what the business sends while it rings, and lets nothing through before picking up', async () => {
    await connect();
    await relay.attachVoice('call', { kind: 'tone' });
    await business.play(Array.from({ length: 15 }, () => SILENCE));
    await until(async () => (await relay.statistics('call')).fromBusiness === 15, 'the packets to be counted');
    const { toBusiness, toPhone } = await relay.statistics('call');
    assert.deepEqual({ toBusiness, toPhone }, { toBusiness: 0, toPhone: 0 });
    assert.equal(business.received.length, 0);
    assert.deepEqual(events, ['business-connected call', 'business-media call']);
    assert.equal((await relay.heard('call')).pcm.length, 0);
  });

  it('plays the tone as one unbroken stream of 50 packets a second', async () => {
    await callWith({ kind: 'tone' });
    await until(() => business.audio().length >= 150, 'three seconds of tone');
    const packets = business.audio().slice(0, 150);
    assert.equal(new Set(packets.map(({ header }) => header.ssrc)).size, 1);
    packets.slice(1).forEach(({ header }, index) => {
      const before = packets[index]?.header;
      assert.equal(header.sequenceNumber, ((before?.sequenceNumber ?? 0) + 1) & 0xffff);
      assert.equal(header.timestamp, ((before?.timestamp ?? 0) + 960) >>> 0);
    });
    const reference = Float32Array.from(toneSamples().subarray(0, 2 * TONE_RATE), (value) => value / 32768);
    const match = correlate(reference, await decode(packets), RATE);
    assert.ok(match.score > 0.95, `the tone is not in what arrived: ${JSON.stringify(match)}`);
    assert.ok(Math.abs(match.lagSeconds) < 0.02, `it begins ${match.lagSeconds} s late`);
  });

  it('announces the SSRC that it then uses', async () => {
    const answer = await connect();
    await relay.attachVoice('call', { kind: 'silence' });
    relay.pickUp('call');
    await until(() => business.audio().length > 0, 'the first packet');
    assert.match(answer, new RegExp(`a=ssrc:${business.audio()[0]?.header.ssrc} `));
    assert.deepEqual(business.audio()[0]?.payload, Buffer.from(SILENCE));
  });

  it('speaks a WAV file of any rate whole, from the moment of picking up, and then is silent', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'wa-relay-'));
    try {
      const file = path.join(directory, 'hello.wav');
      const left = speechLike({ seconds: 2, sampleRate: 44100, seed: 3 });
      await writeWav(file, { sampleRate: 44100, channels: [left, left] });
      await callWith({ kind: 'wav', file });
      await until(() => business.audio().length >= 120, 'the file and what follows');
    } finally {
      await rm(directory, { recursive: true });
    }
    const heard = await decode(business.audio());
    const written = resample(speechLike({ seconds: 2, sampleRate: 44100, seed: 3 }), 44100, RATE);
    const match = correlate(written, heard, RATE);
    assert.ok(match.score > 0.9, `the file is not in what arrived: ${JSON.stringify(match)}`);
    assert.ok(Math.abs(match.lagSeconds) < 0.02, `it begins ${match.lagSeconds} s late`);
    assert.ok(loudness(heard.subarray(2.2 * RATE)) < 0.001, 'silence follows');
  });

  for (const [what, content, message] of [
    ['is missing', undefined, /cannot be read .*ENOENT.*existing WAV/],
    ['is no WAV', 'not a wav file at all', /Not a WAV file/],
  ] as const) {
    it(`says so when the voice's file ${what}`, async () => {
      const directory = await mkdtemp(path.join(os.tmpdir(), 'wa-relay-'));
      try {
        const file = path.join(directory, 'voice.wav');
        if (content !== undefined) await writeFile(file, content);
        await relay.answerBusiness('call', await business.offer());
        await assert.rejects(relay.attachVoice('call', { kind: 'wav', file }), message);
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  }

  it('lets the person hear the business whole, gaps where packets are missing, and nothing from before', async () => {
    await connect();
    await relay.attachVoice('call', { kind: 'none' });
    await business.play(Array.from({ length: 5 }, () => SILENCE));
    await until(async () => (await relay.statistics('call')).fromBusiness === 5, 'the packets before picking up');
    relay.pickUp('call');
    const spoken = speechLike({ seconds: 2, sampleRate: RATE, seed: 11 });
    const packets = await encode(spoken);
    await business.play(packets.slice(0, 50));
    business.skip(25, { lost: false });
    await business.play(packets.slice(50));
    await until(async () => (await relay.statistics('call')).toPhone === 100, 'the packets to be heard');
    const { sampleRate, pcm } = await relay.heard('call');
    assert.equal(sampleRate, RATE);
    assert.equal(pcm.length, RATE * 2.5);
    const heard = toFloat(pcm);
    const first = correlate(spoken.subarray(0, RATE), heard.subarray(0, 1.2 * RATE), RATE);
    const second = correlate(spoken.subarray(RATE), heard.subarray(1.4 * RATE), RATE);
    assert.ok(first.score > 0.9 && second.score > 0.9, JSON.stringify({ first, second }));
    assert.ok(Math.abs(first.lagSeconds) < 0.02);
    assert.ok(Math.abs(second.lagSeconds - 0.1) < 0.02, 'the second half is half a second later');
    assert.equal(loudness(heard.subarray(1.05 * RATE, 1.45 * RATE)), 0);
  });

  it('echoes what the business says, payload by payload, and keeps the gap of a lost packet', async () => {
    await callWith({ kind: 'echo' });
    const packets = await encode(speechLike({ seconds: 0.6, sampleRate: RATE, seed: 5 }));
    for (const [index, packet] of packets.entries()) {
      if (index === 10) business.skip(2, { lost: true });
      business.send(packet);
    }
    await until(() => business.audio().length === packets.length, 'the echo');
    const echo = business.audio();
    assert.deepEqual(
      echo.map(({ payload }) => payload.toString('hex')),
      packets.map((packet) => Buffer.from(packet).toString('hex')),
    );
    const steps = echo.slice(1).map(({ header }, index) => {
      const before = echo[index]?.header;
      return `${(header.sequenceNumber - (before?.sequenceNumber ?? 0)) & 0xffff} ${(header.timestamp - (before?.timestamp ?? 0)) >>> 0}`;
    });
    assert.deepEqual(new Set(steps), new Set(['1 960', '3 2880']));
    assert.notEqual(echo[0]?.header.ssrc, 4711);
    assert.deepEqual(await relay.statistics('call'), {
      fromBusiness: 30,
      toBusiness: 30,
      fromPhone: 30,
      toPhone: 30,
      businessConnected: true,
      phoneConnected: false,
    });
  });

  it('goes on in one stream when the business changes its SSRC', async () => {
    await callWith({ kind: 'echo' });
    for (let index = 0; index < 10; index += 1) business.send(SILENCE, { ssrc: index < 5 ? 1 : 2 });
    await until(() => business.audio().length === 10, 'the echo');
    const numbers = business.audio().map(({ header }) => header.sequenceNumber);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => ((numbers[0] ?? 0) + index) & 0xffff),
    );
    assert.equal(new Set(business.audio().map(({ header }) => header.ssrc)).size, 1);
  });

  it('does not pass on other payload types', async () => {
    await callWith({ kind: 'echo' });
    business.send(Uint8Array.of(1, 0x8a, 3, 32), { payloadType: 126 });
    business.send(SILENCE);
    await until(() => business.audio().length === 1, 'the echo');
    assert.equal(business.events().length, 0);
    assert.equal((await relay.statistics('call')).fromBusiness, 1);
  });

  it('sends digits as RFC 4733 events inside the person’s stream, instead of sound, with the end three times', async () => {
    await callWith({ kind: 'tone' });
    await until(() => business.audio().length >= 10, 'the tone');
    relay.sendDigit('call', '7');
    relay.sendDigit('call', '#');
    await until(() => business.events().length === 14, 'both digits');
    const seen = business.received.length;
    await until(() => business.received.length >= seen + 10, 'the tone to go on');
    const all = business.received.map(({ packet }) => packet);
    const digits = business.events();
    const seven = digits.slice(0, 7);
    assert.deepEqual(
      seven.map(({ payload }) => payload.toString('hex')),
      ['070a00a0', '070a0140', '070a01e0', '070a0280', '078a0320', '078a0320', '078a0320'],
    );
    assert.deepEqual(
      seven.map(({ header }) => header.marker),
      [true, false, false, false, false, false, false],
    );
    assert.equal(digits[7]?.payload[0], 11);
    assert.equal(new Set(seven.map(({ header }) => header.timestamp)).size, 1);
    assert.equal(new Set(all.map(({ header }) => header.ssrc)).size, 1);
    all.slice(1).forEach(({ header }, index) => {
      assert.equal(header.sequenceNumber, ((all[index]?.header.sequenceNumber ?? 0) + 1) & 0xffff);
    });
    const [from, to] = [digits[0], digits[6]].map((packet) => all.indexOf(packet as (typeof all)[number]));
    assert.ok(
      all.slice(from, to).every(({ header }) => header.payloadType === 126),
      'no sound during the event',
    );
    const after = all[(to ?? 0) + 1]?.header;
    const gap = ((after?.timestamp ?? 0) - (seven[0]?.header.timestamp ?? 0)) >>> 0;
    assert.ok(gap >= 5 * 960 && gap < 48000, `the sound goes on ${gap} ticks after the key went down`);
  });

  it('refuses what is on no dialpad, and digits before picking up', async () => {
    await connect();
    assert.throws(() => relay.sendDigit('call', '5'), /after picking up/);
    relay.pickUp('call');
    assert.throws(() => relay.sendDigit('call', 'A'), /not on a dialpad/);
    assert.throws(() => relay.sendDigit('call', '12'), /not on a dialpad/);
  });

  it('reports every five seconds that the business is silent', async () => {
    const silent: number[] = [];
    relay.on('business-silent', (_callId, detail) => void silent.push(detail?.seconds ?? -1));
    await connect();
    relay.pickUp('call');
    // The stack under test sends receiver reports of its own once connected, so its leg is closed: nothing may come.
    await business.close();
    await until(() => silent.length === 2, 'two reports', 30);
    assert.deepEqual(silent, [5, 10]);
  });

  it('sends sender reports with what it received', async () => {
    await callWith({ kind: 'tone' });
    await business.play(Array.from({ length: 20 }, () => SILENCE));
    await until(() => business.reports.length > 0, 'a report', 30);
    const report = business.reports[0];
    assert.ok(report && 'senderInfo' in report, 'a sender report');
    assert.ok(report.senderInfo.packetCount > 0);
    assert.equal(report.reports[0]?.ssrc, 4711);
    assert.equal(report.reports[0]?.packetsLost, 0);
  });

  it('keeps what an ended call heard, forgets nobody else, and ends twice without complaint', async () => {
    await callWith({ kind: 'none' });
    await business.play(Array.from({ length: 10 }, () => SILENCE));
    await until(async () => (await relay.statistics('call')).toPhone === 10, 'the packets to be heard');
    await relay.end('call');
    await relay.end('call');
    assert.equal((await relay.heard('call')).pcm.length, RATE / 5);
    assert.equal((await relay.statistics('call')).toPhone, 10);
    assert.throws(() => relay.pickUp('call'), /no call call/);
    await assert.rejects(relay.answerBusiness('call', await business.offer()), /has ended/);
  });

  it('says which call it does not know', async () => {
    await assert.rejects(relay.statistics('nobody'), /no call nobody/);
    await assert.rejects(relay.attachVoice('nobody', { kind: 'tone' }), /no call nobody/);
    await assert.rejects(relay.answerPhone('nobody', ''), /no call nobody/);
    await relay.end('nobody');
  });
});
