import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { MediaError, RecordOptions, RecordResult } from '../../../lib/media/media.ts';
import { createOpusEncoder } from '../../../lib/media/opus.ts';
import { Recorder } from '../../../lib/media/recorder.ts';
import type { OpenRecording } from '../../../lib/media/recording-output.ts';
import { openRecordingFile, type RecordingFile } from '../../../lib/media/recording-path.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { chirp, find } from './signal.ts';

const RATE = 16_000;

async function encode(sound: Float32Array): Promise<Uint8Array[]> {
  const encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1, bitrate: 40_000 });
  const pcm = toInt16(sound);
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 320 <= pcm.length; at += 320) packets.push(encoder.encode(pcm.slice(at, at + 320)).slice());
  encoder.free();
  return packets;
}

/** Files whose writing the test can hold up or let fail. */
function faulty(behave: (bytesSoFar: number) => Promise<void>): OpenRecording {
  return async (root, name) => {
    const file = await openRecordingFile(root, name);
    const { handle } = file;
    let bytes = 0;
    const write = async (...args: [Buffer, number, number, number]) => {
      await behave(bytes);
      bytes += args[2];
      return handle.write(...args);
    };
    return {
      ...file,
      handle: { write, sync: () => handle.sync(), close: () => handle.close() } as RecordingFile['handle'],
    };
  };
}

const diskError = (code: string) => Object.assign(new Error(code), { code });

describe('recorder', () => {
  let folder: string;
  let person: Uint8Array[];
  let ours: Uint8Array[];
  const PERSON = chirp(10, RATE, 300, 3000, 0.4);
  const OURS = chirp(10, RATE, 2800, 350, 0.4);

  before(async () => {
    person = await encode(PERSON);
    ours = await encode(OURS);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recorder-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  interface Session {
    recorder: Recorder;
    outcome: Promise<RecordResult>;
    over(): boolean;
    /** Both speak from one moment (ms) to another; the disk gets its turns. */
    speak(from: number, to: number): Promise<void>;
  }

  async function begin(options: Partial<RecordOptions> = {}, open?: OpenRecording): Promise<Session> {
    const started = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<RecordResult>();
    outcome.promise.catch(() => undefined);
    let over = false;
    const recorder = new Recorder(
      { root: folder, name: 'call.wav', sampleRate: RATE, ...options },
      { started: () => started.resolve(), done: outcome.resolve, failed: outcome.reject },
      () => {
        over = true;
      },
      open,
    );
    recorder.open(0);
    outcome.promise.catch(started.reject);
    for (let running = true; running; ) {
      recorder.beat(0);
      running = await Promise.race([started.promise.then(() => false), turn(true)]);
    }
    return {
      recorder,
      outcome: outcome.promise,
      over: () => over,
      async speak(from, to) {
        for (let now = from; now < to; now += 20) {
          const index = (now / 20) % person.length;
          const place = { sequenceNumber: (now / 20) & 0xffff, timestamp: now * 48 };
          recorder.received({ ...place, ssrc: 1, payload: person[index] as Uint8Array }, now);
          recorder.sent({ ...place, ssrc: 2, payload: ours[index] as Uint8Array }, now);
          recorder.beat(now);
          if (now % 200 === 0) await turn();
        }
      },
    };
  }

  const channels = async (file: string) => readWav(await readFile(file)).samples;
  const alike = (known: Float32Array, heard: ArrayLike<number>, at: number, seconds: number) => {
    const first = Math.round(at * RATE);
    const piece = known.subarray(first, first + seconds * RATE);
    return find(piece, heard, Math.max(0, first - 400), first + piece.length + 400);
  };

  it('writes both sides into one channel each, or mixed, or into a file each', async () => {
    for (const [layout, name] of [
      ['stereo', 'a.wav'],
      ['mono', 'b.wav'],
      ['separate', 'c.wav'],
    ] as const) {
      const { recorder, outcome, speak } = await begin({ layout, name });
      await speak(0, 4000);
      await recorder.stop('stopped', 4000);
      const { files, seconds, channels: count } = await outcome;
      assert.equal(seconds, 4);
      assert.equal(count, layout === 'stereo' ? 2 : 1);
      const sound = (await Promise.all(files.map(channels))).flat();
      for (const channel of sound) assert.equal(channel.length, 4 * RATE);
      if (layout === 'separate') assert.deepEqual(files, [join(folder, 'c-person.wav'), join(folder, 'c-sent.wav')]);
      if (layout === 'mono') {
        assert.equal(sound.length, 1);
        // Both are in it, each as loud as alone: half of the energy is one's own.
        assert.ok(alike(PERSON, sound[0] ?? [], 1, 1).alike > 0.6);
        assert.ok(alike(OURS, sound[0] ?? [], 1, 1).alike > 0.6);
      } else {
        assert.ok(alike(PERSON, sound[0] ?? [], 1, 1).alike > 0.95);
        assert.ok(alike(OURS, sound[1] ?? [], 1, 1).alike > 0.95);
      }
    }
  });

  it('writes silence in a pause, for both sides, from the first sample to the last, and keeps its time', async () => {
    const { recorder, outcome, speak } = await begin();
    await speak(0, 3000);
    recorder.pause(3000);
    await speak(3000, 6000);
    recorder.resume(6000);
    await speak(6000, 9000);
    await recorder.stop('stopped', 9000);
    const { file, seconds, pausedSeconds } = await outcome;
    assert.deepEqual([seconds, pausedSeconds], [9, 3.3]);
    const sound = await channels(file);
    for (const channel of sound)
      assert.ok(
        channel.subarray(3 * RATE, 6.3 * RATE).every((value) => value === 0),
        'nothing of the pause is in it',
      );
    for (const [known, channel] of [
      [PERSON, sound[0]],
      [OURS, sound[1]],
    ] as const)
      for (const second of [1, 7]) {
        const { at, alike: like } = alike(known, channel ?? [], second, 1);
        assert.ok(like > 0.95, `${like} at ${second} s`);
        assert.ok(Math.abs(at - second * RATE - 104) < 16, `${at - second * RATE} samples late`);
      }
  });

  it('keeps out what was said before the pause ended and arrives after it', async () => {
    const { recorder, outcome, speak } = await begin();
    await speak(0, 1000);
    recorder.pause(1000);
    for (let now = 1000; now < 2000; now += 20) recorder.beat(now);
    recorder.resume(2000);
    // The last digit, 200 ms on its way.
    for (let now = 2000; now < 2200; now += 20) {
      const index = now / 20;
      const place = { ssrc: 1, sequenceNumber: index, timestamp: index * 960 - 9600 };
      recorder.received({ ...place, payload: person[index] as Uint8Array }, now);
      recorder.beat(now);
    }
    recorder.pause(2250);
    for (let now = 2260; now < 3000; now += 20) recorder.beat(now);
    await recorder.stop('stopped', 3000);
    const { file, pausedSeconds } = await outcome;
    assert.equal(pausedSeconds, 2, 'a pause that is asked for again goes on');
    const [left] = await channels(file);
    assert.ok(left?.subarray(RATE).every((value) => value === 0));
  });

  it('keeps a late packet of a pause out, wherever its clock would put it', async () => {
    const { recorder, outcome, speak } = await begin();
    await speak(0, 2000);
    recorder.pause(2000);
    // Spoken at 1.96 to 2.1 s, arrived 150 ms late, in the pause; and the first after it arrives early.
    for (let index = 98; index < 105; index += 1)
      recorder.received(
        { ssrc: 1, sequenceNumber: index, timestamp: index * 960, payload: person[index] as Uint8Array },
        index * 20 + 150,
      );
    for (let now = 2000; now < 3000; now += 20) recorder.beat(now);
    recorder.resume(3000);
    await speak(3000, 4000);
    await recorder.stop('stopped', 4000);
    const [left] = await channels((await outcome).file);
    assert.ok(left?.subarray(2 * RATE, 3 * RATE).every((value) => value === 0));
  });

  it('can begin in a pause', async () => {
    const { recorder, outcome, speak } = await begin({ paused: true });
    await speak(0, 2000);
    recorder.resume(2000);
    await speak(2000, 4000);
    await recorder.stop('stopped', 4000);
    const { file, pausedSeconds } = await outcome;
    assert.equal(pausedSeconds, 2.3);
    const [left] = await channels(file);
    assert.ok(left?.subarray(0, 2.3 * RATE).every((value) => value === 0));
    assert.ok(alike(PERSON, left ?? [], 2.5, 1).alike > 0.95);
  });

  it('splits by time and by size without a seam', async () => {
    const bytes = 44 + 1.5 * RATE * 4;
    for (const [split, names] of [
      [{ splitSeconds: 1.5 }, ['call-001.wav', 'call-002.wav', 'call-003.wav']],
      [{ splitBytes: bytes, name: 'p{part}/{side}.wav' }, ['p001/both.wav', 'p002/both.wav', 'p003/both.wav']],
    ] as const) {
      const { recorder, outcome, speak } = await begin(split);
      await speak(0, 4000);
      await recorder.stop('call_ended', 4000);
      const { files, result } = await outcome;
      assert.equal(result, 'call_ended');
      assert.deepEqual(
        files,
        names.map((name) => join(folder, name)),
      );
      const parts = await Promise.all(files.map(channels));
      assert.deepEqual(
        parts.map(([left]) => left?.length),
        [1.5 * RATE, 1.5 * RATE, RATE],
      );
      const whole = Float32Array.from(parts.flatMap(([left]) => [...(left ?? [])]));
      const { at, alike: like } = alike(PERSON, whole, 0.5, 3);
      assert.ok(like > 0.95 && Math.abs(at - 0.5 * RATE - 104) < 16, `${like}`);
    }
  });

  it('tells level and clipping of each side', async () => {
    person = await encode(chirp(3, RATE, 400, 800, 1.6).map((value) => Math.max(-1, Math.min(1, value))));
    const { recorder, outcome, speak } = await begin();
    await speak(0, 3000);
    await recorder.stop('stopped', 3000);
    const { levels } = await outcome;
    person = await encode(PERSON);
    assert.equal(levels.person.peakDbfs, 0);
    assert.ok(levels.person.clippedSamples > 500, `${levels.person.clippedSamples}`);
    assert.ok(levels.person.rmsDbfs > -3, `${levels.person.rmsDbfs}`);
    assert.ok(Math.abs(levels.sent.peakDbfs + 8) < 1.5, `${levels.sent.peakDbfs}`);
    assert.ok(Math.abs(levels.sent.rmsDbfs + 11) < 1.5, `${levels.sent.rmsDbfs}`);
    assert.equal(levels.sent.clippedSamples, 0);
  });

  it('leaves a readable file at every moment', async () => {
    const { recorder, outcome, speak } = await begin();
    await speak(0, 5000);
    for (let waited = 0; waited < 50; waited += 1) await turn();
    const wav = readWav(await readFile(join(folder, 'call.wav.part')));
    const seconds = (wav.samples[0]?.length ?? 0) / RATE;
    assert.ok(seconds >= 2 && seconds <= 5, `${seconds} s`);
    assert.ok(alike(PERSON, wav.samples[0] ?? [], 0.5, 1).alike > 0.95);
    await recorder.stop('stopped', 5000);
    await outcome;
  });

  it('says that the disk is full, and names what is on it', async () => {
    const full = faulty(async (bytes) => {
      if (bytes > 3 * RATE * 4) throw diskError('ENOSPC');
    });
    const session = await begin({}, full);
    await session.speak(0, 6000);
    const error = await session.outcome.then(
      () => assert.fail('recorded'),
      (refusal: MediaError) => refusal,
    );
    assert.equal(error.code, 'media_disk_full');
    assert.match(error.message, /the disk is full \(ENOSPC\)\. The call goes on\. .*call\.wav"/);
    assert.notEqual(error.nextStep, '');
    assert.deepEqual(error.files, [join(folder, 'call.wav')]);
    assert.ok(session.over());
    assert.deepEqual(await readdir(folder), ['call.wav']);
    const [left] = await channels(join(folder, 'call.wav'));
    assert.ok((left?.length ?? 0) >= 2 * RATE, `${left?.length}`);
    assert.ok(alike(PERSON, left ?? [], 0.5, 1).alike > 0.95);
    await session.speak(6000, 7000);
    await session.recorder.stop('call_ended', 7000);
  });

  it('says that the disk was full when the last piece did not fit', async () => {
    const session = await begin(
      {},
      faulty(async (bytes) => {
        if (bytes > 3 * RATE * 4) throw diskError('EDQUOT');
      }),
    );
    await session.speak(0, 2000);
    await session.recorder.stop('stopped', 9000);
    await assert.rejects(session.outcome, { code: 'media_disk_full' });
  });

  it('says that the folder is gone: removed, or renamed', async () => {
    for (const [name, remove] of [
      ['removed', (path: string) => rm(path, { recursive: true })],
      ['renamed', (path: string) => rename(path, `${path}-elsewhere`)],
    ] as const) {
      const session = await begin({ name: `${name}/call.wav` });
      await session.speak(0, 1000);
      await remove(join(folder, name));
      await session.speak(1000, 6000);
      await session.recorder.stop('stopped', 6000);
      const error = await session.outcome.then(
        () => assert.fail('recorded'),
        (refusal: MediaError) => refusal,
      );
      assert.equal(error.code, 'media_folder_gone');
      if (name === 'removed') continue;
      const [file = ''] = /"([^"]+)"/.exec(error.message)?.slice(1) ?? [];
      const [left] = await channels(file);
      assert.ok((left?.length ?? 0) > RATE, 'what was written can be read where the message says that it is now');
    }
  });

  it('never waits for a slow disk, and gives up when it is a minute behind', async () => {
    const released = Promise.withResolvers<void>();
    const slow = faulty((bytes) => (bytes > 50 ? released.promise : Promise.resolve()));
    const session = await begin({}, slow);
    const before = process.memoryUsage().arrayBuffers;
    await session.speak(0, 64_000);
    const grown = process.memoryUsage().arrayBuffers - before;
    // A minute is 3.8 MB; the rest is what the collector has not seen yet.
    assert.ok(grown < 20_000_000, `${grown} bytes`);
    await assert.rejects(session.outcome, { code: 'media_disk_slow' });
    assert.deepEqual(await readdir(folder), ['call.wav.part']);
    released.resolve();
    for (let waited = 0; waited < 200; waited += 1) await turn();
  });

  it('catches up after a disk that was slow for half a minute', async () => {
    let gate = Promise.withResolvers<void>();
    const session = await begin(
      {},
      faulty((bytes) => (bytes > 50 ? gate.promise : Promise.resolve())),
    );
    await session.speak(0, 30_000);
    gate.resolve();
    await session.speak(30_000, 31_000);
    await session.recorder.stop('stopped', 31_000);
    const { file, seconds } = await session.outcome;
    gate = Promise.withResolvers();
    assert.equal(seconds, 31);
    assert.equal((await channels(file))[0]?.length, 31 * RATE);
  });

  it('refuses options that make no sense', async () => {
    for (const options of [
      { sampleRate: 44_100 },
      { layout: 'surround' as never },
      { splitSeconds: 0.5 },
      { splitBytes: 1000 },
      { splitSeconds: Number.NaN },
      { maxSeconds: -1 },
    ])
      await assert.rejects(begin(options), { code: 'media_options_refused' });
    await assert.rejects(begin({ name: 'x/../../{part}.wav', splitSeconds: 5 }), { code: 'media_path_refused' });
    assert.deepEqual(await readdir(folder), []);
  });
});
