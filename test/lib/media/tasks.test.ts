import { strict as assert } from 'node:assert';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { Leg, MediaEngine } from '../../../lib/media/media.ts';
import type { MediaHost } from '../../../lib/media/media-host.ts';
import { createOpusDecoder, createOpusEncoder } from '../../../lib/media/opus.ts';
import { LEFT_AFTER_MS, recoverRecordings } from '../../../lib/media/recording-leftovers.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { readRtp, writeRtp } from '../../../lib/media/rtp-datagram.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { ENGINES } from './engines.ts';
import { answerAsMeta, type FakeMeta, reaches } from './fake-meta.ts';
import { chirp, find } from './signal.ts';

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const now = () => performance.timeOrigin + performance.now();

/** A 16-bit stereo WAV with the sound in both channels. */
function stereoWav(sound: Float32Array, rate: number): Buffer {
  const mono = toInt16(sound);
  const both = Int16Array.from({ length: mono.length * 2 }, (_, index) => mono[index >> 1] ?? 0);
  return Buffer.concat([wavHeader(rate, 2, both.byteLength), Buffer.from(both.buffer)]);
}

async function encode(sound: Float32Array): Promise<Buffer[]> {
  const encoder = await createOpusEncoder({ sampleRate: 16_000, channels: 1 });
  const pcm = toInt16(sound);
  const packets: Buffer[] = [];
  for (let at = 0; at < pcm.length + 320; at += 320) {
    const frame = new Int16Array(320);
    frame.set(pcm.subarray(at, at + 320));
    packets.push(Buffer.from(encoder.encode(frame)));
  }
  encoder.free();
  return packets;
}

async function decode(packets: Uint8Array[]): Promise<Int16Array> {
  const decoder = await createOpusDecoder({ sampleRate: 16_000, channels: 1 });
  const pcm = packets.flatMap((packet) => [...decoder.decode(packet)]);
  decoder.free();
  return Int16Array.from(pcm);
}

for (const { name, options } of ENGINES)
  describe(`tasks of a leg, ${name}`, () => {
    let engine: MediaEngine;
    let worker: MediaHost | undefined;
    let folder: string;
    let leg: Leg;
    let meta: FakeMeta;
    let arrivals: { at: number; payload: Buffer; marker: boolean; sequenceNumber: number; timestamp: number }[];
    const sockets: Socket[] = [];

    beforeEach(async () => {
      engine = createMediaEngine({
        onWorker: (started) => {
          worker = started;
        },
      });
      folder = await mkdtemp(join(tmpdir(), 'media-'));
      leg = await engine.createLeg('call', options);
      meta = await answerAsMeta(await leg.createOffer(), 'active');
      arrivals = [];
      meta.peer.dtlsTransports[0]?.onRtp.subscribe(({ header, payload }) =>
        arrivals.push({
          at: now(),
          payload,
          marker: header.marker,
          sequenceNumber: header.sequenceNumber,
          timestamp: header.timestamp,
        }),
      );
      await leg.applyAnswer(meta.answer);
      await reaches(leg, 'connected');
      await meta.connected;
    });
    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.close();
      await engine.close();
      await meta.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function socket(): Promise<Socket> {
      const opened = createSocket('udp4');
      opened.bind(0, '127.0.0.1');
      await once(opened, 'listening');
      sockets.push(opened);
      return opened;
    }

    it('plays nothing before the call is accepted, then the whole prompt with its first 200 ms', async () => {
      const sound = chirp(1.5, 44_100);
      const file = join(folder, 'prompt.wav');
      await writeFile(file, stereoWav(sound, 44_100));
      const play = leg.play({ source: { file } });
      await sleep(300);
      assert.ok(arrivals.length > 5 && arrivals.every(({ payload }) => payload.equals(SILENCE)));
      const acceptedAt = now();
      leg.accepted();
      await play.started;
      assert.deepEqual(await play.done, { result: 'whole', playedSeconds: 1.5 });
      await sleep(100);
      const after = arrivals.filter(({ at }) => at >= acceptedAt);
      const first = after.find(({ payload }) => !payload.equals(SILENCE));
      assert.ok(first && first.at - acceptedAt < 100, 'the lead-in begins at once');
      const heard = await decode(after.map(({ payload }) => payload));
      const known = chirp(1.5, 16_000);
      const whole = find(known, heard);
      assert.ok(whole.alike > 0.97, `${whole.alike}`);
      const beginning = find(known.subarray(0, 3200), heard);
      assert.ok(beginning.alike > 0.97 && Math.abs(beginning.at - whole.at) < 16, `${beginning.alike}`);
      const leadIn = whole.at / 16;
      assert.ok(leadIn > 180 && leadIn < 400, `${leadIn} ms of silence before it`);
      assert.ok(arrivals.at(-1)?.payload.equals(SILENCE), 'silence flows on after it');
      assert.ok(
        arrivals.every(
          ({ sequenceNumber }, index) =>
            index === 0 || sequenceNumber === (((arrivals[index - 1]?.sequenceNumber ?? 0) + 1) & 0xffff),
        ),
      );
    });

    it('queues prompts, stops one at once and says how much of it was played', async () => {
      leg.accepted();
      const first = leg.play({ source: { wav: stereoWav(chirp(5, 8000), 8000) } });
      const second = leg.play({ source: { wav: stereoWav(chirp(0.4, 16_000, 500, 600), 16_000) } });
      const third = leg.play({ source: { wav: stereoWav(chirp(5, 8000), 8000) } });
      await first.started;
      await sleep(300);
      await first.stop();
      const stopped = await first.done;
      assert.equal(stopped.result, 'stopped');
      assert.ok(stopped.playedSeconds > 0.1 && stopped.playedSeconds < 1.5, `${stopped.playedSeconds}`);
      assert.deepEqual(await second.done, { result: 'whole', playedSeconds: 0.4 });
      await third.started;
      const fourth = leg.play({ source: { wav: stereoWav(chirp(5, 8000), 8000) } });
      await leg.close();
      assert.equal((await third.done).result, 'call_ended');
      assert.deepEqual(await fourth.done, { result: 'call_ended', playedSeconds: 0 });
      await assert.rejects(fourth.started, { code: 'media_not_connected' });
      await assert.rejects(leg.play({ source: { wav: new Uint8Array() } }).done, { code: 'media_not_connected' });
    });

    it('cuts a prompt within 200 ms of a key press, though the key is still down', async () => {
      leg.accepted();
      const menu = leg.play({ source: { wav: stereoWav(chirp(8, 8000), 8000) }, interruptBy: ['digit'], times: 9 });
      const rest = leg.play({ source: { wav: stereoWav(chirp(8, 8000), 8000) }, interruptBy: ['digit'] });
      const digits: string[] = [];
      leg.on('digit', ({ digit }) => digits.push(digit));
      await menu.started;
      await sleep(500);
      const event = (sequenceNumber: number, flags: number, duration: number) =>
        meta.send({
          payloadType: 126,
          sequenceNumber,
          timestamp: 5000,
          payload: Buffer.from([7, flags, duration >> 8, duration & 0xff]),
        });
      const pressed = arrivals.length;
      event(100, 10, 160);
      const result = await menu.done;
      assert.deepEqual([result.result, result.by], ['interrupted', 'digit']);
      assert.ok(result.atMs && result.atMs > 200 && result.atMs === Math.round(result.playedSeconds * 1000));
      assert.deepEqual([(await rest.done).result, (await rest.done).playedSeconds], ['interrupted', 0]);
      for (let index = 1; index <= 8; index += 1) {
        await sleep(50);
        event(100 + index, 10, 160 + index * 400);
      }
      const loud = arrivals.slice(pressed).filter(({ payload }) => !payload.equals(SILENCE));
      // 20 ms each; some were on their way when the key went down.
      assert.ok(loud.length <= 10, `${loud.length} packets of the prompt after the key press`);
      assert.ok(arrivals.length > pressed + 12, 'silence flows on');
      assert.deepEqual(digits, []);
      event(109, 0x80 | 10, 3600);
      await sleep(100);
      assert.deepEqual(digits, ['7']);
    });

    it('is told of speech from outside', async () => {
      leg.accepted();
      const play = leg.play({ source: { wav: stereoWav(chirp(8, 8000), 8000) }, interruptBy: ['speech'] });
      await play.started;
      leg.interrupt('digit');
      await sleep(200);
      leg.interrupt('speech');
      const { result, by, atMs } = await play.done;
      assert.deepEqual([result, by], ['interrupted', 'speech']);
      assert.ok(atMs && atMs >= 100, `${atMs}`);
    });

    it('pauses a recording at once', async () => {
      leg.accepted();
      const recording = leg.record({ root: folder, name: 'pause.wav' });
      await recording.started;
      const play = leg.play({ source: { wav: stereoWav(chirp(8, 16_000), 16_000) } });
      await play.started;
      await sleep(600);
      await recording.pause();
      await sleep(600);
      await recording.resume();
      await sleep(600);
      await recording.stop();
      const { file, seconds, pausedSeconds } = await recording.done;
      assert.ok(pausedSeconds > 0.5 && pausedSeconds < 3, `${pausedSeconds}`);
      const [, right = new Float32Array()] = readWav(await readFile(file)).samples;
      assert.ok(Math.abs(right.length / 16_000 - seconds) < 0.001);
      // Besides the pause, only the 200 ms before the prompt are silent.
      let longest = 0;
      for (let index = 0, run = 0; index < right.length; index += 1) {
        run = right[index] === 0 ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      assert.ok(Math.abs(longest / 16_000 - pausedSeconds) < 0.1, `${longest / 16_000} s of ${pausedSeconds}`);
      await play.stop();
    });

    it('says what is wrong with a prompt and goes on with the next', async () => {
      leg.accepted();
      const missing = leg.play({ source: { file: join(folder, 'missing.wav') } });
      const invalid = leg.play({ source: { wav: Buffer.from('this is no WAV file') } });
      const empty = leg.play({ source: { wav: wavHeader(8000, 1, 0) } });
      const good = leg.play({ source: { wav: stereoWav(chirp(0.1, 8000), 8000) } });
      await assert.rejects(missing.done, { code: 'media_file_missing' });
      await assert.rejects(missing.started, { code: 'media_file_missing' });
      await assert.rejects(invalid.done, { code: 'media_file_invalid' });
      assert.deepEqual(await empty.done, { result: 'whole', playedSeconds: 0 });
      assert.deepEqual(await good.done, { result: 'whole', playedSeconds: 0.1 });
    });

    it('records both sides aligned: the person left, what was sent right', async () => {
      leg.accepted();
      const recording = leg.record({ root: folder, name: 'both/call.wav' });
      assert.deepEqual(await recording.started, { file: join(folder, 'both', 'call.wav') });
      assert.deepEqual(await readdir(join(folder, 'both')), ['call.wav.part']);
      const person = chirp(1, 16_000, 2500, 400);
      const packets = await encode(person);
      const prompt = chirp(1, 16_000, 300, 3000);
      const play = leg.play({ source: { wav: stereoWav(prompt, 16_000) } });
      await sleep(500);
      const begin = now();
      let spokeAt = 0;
      for (const [index, payload] of packets.entries()) {
        await sleep(Math.max(0, begin + index * 20 - now()));
        if (index === 0) spokeAt = now();
        // Every seventh comes late and after its successors.
        const send = () =>
          meta.send({ sequenceNumber: 60_000 + index, timestamp: (0xffff_f000 + index * 960) >>> 0, payload });
        if (index % 7 === 6) setTimeout(send, 50);
        else send();
      }
      await play.done;
      await sleep(400);
      await recording.stop();
      const result = await recording.done;
      const { file, seconds, levels, ...rest } = result;
      assert.equal(file, join(folder, 'both', 'call.wav'));
      assert.deepEqual(rest, { files: [file], channels: 2, sampleRate: 16_000, result: 'stopped', pausedSeconds: 0 });
      // A sweep at half of full scale.
      for (const { peakDbfs, rmsDbfs, clippedSamples } of [levels.person, levels.sent]) {
        assert.ok(peakDbfs > -7.5 && peakDbfs < -3, `${peakDbfs}`);
        assert.ok(rmsDbfs < peakDbfs - 3 && rmsDbfs > -30, `${rmsDbfs}`);
        assert.equal(clippedSamples, 0);
      }
      const wav = readWav(await readFile(file));
      assert.equal(wav.sampleRate, 16_000);
      const [left, right] = wav.samples as [Float32Array, Float32Array];
      assert.ok(Math.abs(left.length / 16_000 - seconds) < 0.001);
      const inLeft = find(person, left);
      const inRight = find(prompt, right);
      assert.ok(inLeft.alike > 0.95, `left ${inLeft.alike}`);
      assert.ok(inRight.alike > 0.97, `right ${inRight.alike}`);
      // Where the prompt began by the clock of the far end.
      const heard = await decode(arrivals.map(({ payload }) => payload));
      const place = find(prompt, heard).at;
      const origin = arrivals[0]?.timestamp ?? 0;
      const sentAt = (index: number) => (((arrivals[index]?.timestamp ?? 0) - origin) | 0) / 48;
      const delay = Math.min(...arrivals.map(({ at }, index) => at - sentAt(index)));
      const promptAt = delay + sentAt(Math.floor(place / 320)) + (place % 320) / 16;
      const real = spokeAt - promptAt;
      // The person's sound is delayed by its encoder (6.5 ms), the found prompt as well.
      const recorded = (inLeft.at - inRight.at) / 16 - 6.5;
      assert.ok(Math.abs(recorded - real) <= 20, `${recorded} instead of ${real} ms`);
      assert.ok(
        left.subarray(0, 3200).every((value) => value === 0),
        'silent before the person spoke',
      );
    });

    it('ends a recording at its maximum, and at the end of the call', async () => {
      leg.accepted();
      const short = leg.record({ root: folder, name: 'short.wav', maxSeconds: 0.5, sampleRate: 8000 });
      const long = leg.record({ root: folder, name: 'long.wav', sampleRate: 48_000 });
      const first = await short.done;
      const { levels, ...rest } = first;
      assert.equal(levels.person.peakDbfs, -120);
      assert.deepEqual(rest, {
        file: join(folder, 'short.wav'),
        files: [join(folder, 'short.wav')],
        pausedSeconds: 0,
        seconds: 0.5,
        channels: 2,
        sampleRate: 8000,
        result: 'maximum_length',
      });
      assert.equal(readWav(await readFile(first.file)).samples[0]?.length, 4000);
      await leg.close();
      const second = await long.done;
      assert.equal(second.result, 'call_ended');
      assert.ok(
        Math.abs((readWav(await readFile(second.file)).samples[0]?.length ?? 0) / 48_000 - second.seconds) < 0.001,
      );
      assert.deepEqual((await readdir(folder)).sort(), ['long.wav', 'short.wav'], 'complete when close() resolves');
    });

    it('refuses recordings that leave the root, and leaves nothing of one that never began', async () => {
      await assert.rejects(leg.record({ root: folder, name: '../out.wav' }).started, { code: 'media_path_refused' });
      await assert.rejects(leg.record({ root: folder, name: 'a.wav', sampleRate: 44_100 }).done, {
        code: 'media_options_refused',
      });
      const never = leg.record({ root: folder, name: 'never.wav' });
      await sleep(100);
      await leg.close();
      await assert.rejects(never.done, { code: 'media_not_connected' });
      assert.deepEqual(await readdir(folder), []);
    });

    it('bridges to RTP and back: rewrites numbers, keeps gaps and markers, silence only where nothing flows', async () => {
      const far = await socket();
      const received: NonNullable<ReturnType<typeof readRtp>>[] = [];
      far.on('message', (data) => received.push(readRtp(data) as never));
      const bridge = leg.bridge({ remote: { address: '127.0.0.1', port: far.address().port }, payloadType: 96 });
      const info = await bridge.started;
      assert.equal(info.local.address, '127.0.0.1');
      assert.equal(info.local.port % 2, 0);
      assert.match(info.sdp, new RegExp(`m=audio ${info.local.port} RTP/AVP 96\\r\\na=rtpmap:96 opus/48000/2`));
      assert.match(info.receiverSdp ?? '', new RegExp(`m=audio ${far.address().port} RTP/AVP 96`));
      const toUs = (index: number, marker = false) => {
        const payload = Buffer.from([0x48, 1, index]);
        far.send(
          writeRtp({
            payloadType: 96,
            sequenceNumber: (65_530 + index) & 0xffff,
            timestamp: (index * 960) >>> 0,
            ssrc: 99,
            marker,
            payload,
          }),
          info.local.port,
          '127.0.0.1',
        );
      };
      toUs(0);
      await sleep(50);
      leg.accepted();
      // The person: a gap, a marker, a key press in between, a wrap.
      for (const [index, marker] of [
        [0, true],
        [1, false],
        [4, false],
        [5, true],
      ] as const)
        meta.send({
          sequenceNumber: (65_533 + index) & 0xffff,
          timestamp: (0xffff_fff0 + index * 960) >>> 0,
          marker,
          payload: Buffer.from([0x48, index]),
        });
      meta.send({ payloadType: 126, sequenceNumber: 3, timestamp: 5000, payload: Buffer.from([1, 0x80, 3, 0x20]) });
      meta.send({ sequenceNumber: 4, timestamp: (0xffff_fff0 + 6 * 960) >>> 0, payload: Buffer.from([0x48, 6]) });
      await sleep(100);
      assert.deepEqual(
        received.map(({ payload, marker }) => [payload[1], marker]),
        [
          [0, true],
          [1, false],
          [4, false],
          [5, true],
          [6, false],
        ],
      );
      const steps = (values: number[], bits: number) =>
        values.slice(1).map((value, index) => (value - (values[index] ?? 0) + 2 ** bits) % 2 ** bits);
      assert.deepEqual(
        steps(
          received.map(({ sequenceNumber }) => sequenceNumber),
          16,
        ),
        [1, 3, 1, 1],
        'the key press leaves no hole',
      );
      assert.deepEqual(
        steps(
          received.map(({ timestamp }) => timestamp),
          32,
        ),
        [960, 2880, 960, 960],
      );
      assert.ok(
        received.every(({ payloadType, ssrc }) => payloadType === 96 && ssrc === received[0]?.ssrc && ssrc !== 4321),
      );
      // The far side: 20 packets with a hole and a marker.
      arrivals.length = 0;
      for (let index = 1; index <= 20; index += 1) {
        if (index !== 10) toUs(index, index === 11);
        if (index === 15) toUs(15);
        await sleep(20);
      }
      far.send(Buffer.from('this is not RTP'), info.local.port, '127.0.0.1');
      far.send(
        writeRtp({ payloadType: 0, sequenceNumber: 1, timestamp: 1, ssrc: 1, marker: false, payload: SILENCE }),
        info.local.port,
        '127.0.0.1',
      );
      const stranger = await socket();
      stranger.send(
        writeRtp({ payloadType: 96, sequenceNumber: 1, timestamp: 1, ssrc: 1, marker: false, payload: SILENCE }),
        info.local.port,
        '127.0.0.1',
      );
      await sleep(150);
      const flow = arrivals.filter(({ payload }) => payload[0] === 0x48);
      assert.deepEqual(
        flow.map(({ payload }) => payload[2]),
        Array.from({ length: 20 }, (_, index) => index + 1).filter((index) => index !== 10),
      );
      assert.equal(
        flow.findIndex(({ marker }) => marker),
        9,
      );
      const between = arrivals.slice(arrivals.indexOf(flow[0] as never), arrivals.indexOf(flow.at(-1) as never));
      assert.ok(
        between.every(({ payload }) => payload[0] === 0x48),
        'no silence in between',
      );
      assert.deepEqual(
        steps(
          flow.map(({ sequenceNumber }) => sequenceNumber),
          16,
        ),
        [1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      );
      await sleep(700);
      assert.ok(arrivals.at(-1)?.payload.equals(SILENCE), 'silence comes back');
      await bridge.stop();
      const { statistics, ...result } = await bridge.done;
      assert.deepEqual(result, { packetsToRtp: 5, packetsFromRtp: 19, droppedFromRtp: 5, result: 'stopped' });
      assert.equal(statistics.strangers, 1);
      assert.equal(statistics.lostFromRtp, 1);
    });

    it('learns where to send from the first valid packet, and lets nobody else in', async () => {
      leg.accepted();
      const bridge = leg.bridge({});
      const { local } = await bridge.started;
      const [first, second] = [await socket(), await socket()];
      const got = { first: 0, second: 0 };
      first.on('message', () => {
        got.first += 1;
      });
      second.on('message', () => {
        got.second += 1;
      });
      const packet = (sequenceNumber: number, ssrc: number) =>
        writeRtp({
          payloadType: 111,
          sequenceNumber,
          timestamp: sequenceNumber * 960,
          ssrc,
          marker: false,
          payload: SILENCE,
        });
      second.send(Buffer.from([0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]), local.port, '127.0.0.1');
      await sleep(50);
      meta.send({ sequenceNumber: 1, timestamp: 960, payload: SILENCE });
      await sleep(50);
      first.send(packet(1, 5), local.port, '127.0.0.1');
      await sleep(50);
      second.send(packet(1, 6), local.port, '127.0.0.1');
      await sleep(50);
      for (let index = 2; index < 6; index += 1)
        meta.send({ sequenceNumber: index, timestamp: index * 960, payload: SILENCE });
      await sleep(100);
      assert.deepEqual(got, { first: 4, second: 0 });
      await leg.close();
      const { result, packetsFromRtp, droppedFromRtp } = await bridge.done;
      assert.deepEqual([result, packetsFromRtp, droppedFromRtp], ['call_ended', 1, 2]);
    });

    it('says what is wrong with a bridge', async () => {
      const taken = await socket();
      const { port } = taken.address();
      await assert.rejects(leg.bridge({ local: { port } }).started, { code: 'media_port_in_use' });
      await assert.rejects(leg.bridge({ local: { address: '192.0.2.1' } }).done, { code: 'media_address_refused' });
      await assert.rejects(leg.bridge({ remote: { address: 'example.org', port: 5000 } }).started, {
        code: 'media_address_refused',
      });
      await assert.rejects(leg.bridge({ remote: { address: '127.0.0.1', port: 0 } }).started, {
        code: 'media_address_refused',
      });
      await assert.rejects(leg.bridge({ payloadType: 300 }).started, { code: 'media_address_refused' });
    });

    it('survives the death of its worker: legs closed, tasks rejected, recording readable, a new worker on demand', async () => {
      leg.accepted();
      const recording = leg.record({ root: folder, name: 'crash.wav' });
      const play = leg.play({ source: { wav: stereoWav(chirp(20, 8000), 8000) } });
      await play.started;
      await sleep(2600);
      const crashes: Error[] = [];
      engine.onCrash((error) => crashes.push(error));
      await worker?.terminate();
      await assert.rejects(play.done, { code: 'media_worker_died' });
      await assert.rejects(recording.done, { code: 'media_worker_died' });
      assert.equal(leg.state(), 'closed');
      assert.equal(crashes.length, 1);
      assert.equal(engine.legs(), 0);
      await assert.rejects(leg.statistics(), { code: 'media_worker_died' });
      await leg.close();
      const wav = readWav(await readFile(join(folder, 'crash.wav.part')));
      assert.ok((wav.samples[1]?.length ?? 0) > 16_000);
      assert.ok(find(chirp(0.5, 16_000, 300, 300 + (2700 / 20) * 0.5), wav.samples[1] ?? []).alike > 0.95);
      // At the next start it is completed and named.
      const { recovered } = await recoverRecordings(folder, Date.now() + LEFT_AFTER_MS + 1000);
      assert.deepEqual(recovered, [join(folder, 'crash-recovered.wav')]);
      const whole = readWav(await readFile(join(folder, 'crash-recovered.wav')));
      assert.ok((whole.samples[1]?.length ?? 0) >= (wav.samples[1]?.length ?? 0));
      const dead = worker;
      const next = await engine.createLeg('next', options);
      assert.match(await next.createOffer(), /^v=0/);
      assert.notEqual(worker, dead);
      await next.close();
    });
  });
