import { strict as assert } from 'node:assert';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { PlayOptions, PlayResult } from '../../../lib/media/media.ts';
import { createOpusDecoder } from '../../../lib/media/opus.ts';
import { Player } from '../../../lib/media/player.ts';
import { resample, toInt16 } from '../../../lib/media/resample.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { chirp, find } from './signal.ts';

const RATE = 16_000;

function wav(sound: Float32Array, rate = RATE): Buffer {
  const pcm = toInt16(sound);
  return Buffer.concat([wavHeader(rate, 1, pcm.byteLength), Buffer.from(pcm.buffer)]);
}

describe('player', () => {
  let player: Player;
  let now: number;
  let packets: Uint8Array[];
  beforeEach(() => {
    player = new Player();
    player.setMaximumRate(16_000);
    now = 0;
    packets = [];
  });

  function play(options: PlayOptions) {
    const done = Promise.withResolvers<PlayResult>();
    done.promise.catch(() => undefined);
    let started = false;
    const task = player.play(options, {
      started: () => {
        started = true;
      },
      done: done.resolve,
      failed: done.reject,
    });
    return { ...task, done: done.promise, started: () => started };
  }

  /** Beats until a moment, in ms; the disk gets its turns. */
  async function until(moment: number): Promise<void> {
    for (; now < moment; now += 20) {
      const packet = player.next(now);
      if (packet) packets.push(packet.slice());
      if (now % 100 === 0) await turn();
    }
  }

  /** Beats without moving on until something is ready to play. */
  async function ready(): Promise<void> {
    while (!player.playing) await turn();
  }

  async function heard(): Promise<Float32Array> {
    const decoder = await createOpusDecoder({ sampleRate: RATE, channels: 1 });
    const pcm = packets.map((packet) => decoder.decode(packet));
    decoder.free();
    return Float32Array.from(pcm.flatMap((piece) => [...piece]));
  }

  it('plays a sound three times without a gap', async () => {
    // No whole number of frames: the seam lies inside a packet.
    const sound = chirp(0.733, RATE);
    const task = play({ source: { wav: wav(sound) }, times: 3 });
    player.open(0);
    await ready();
    await until(3000);
    assert.deepEqual(await task.done, { result: 'whole', playedSeconds: 2.199 });
    const both = await heard();
    const places = [0, 1, 2].map((pass) => {
      const around = 3200 + pass * sound.length;
      return find(sound, both, around - 300, around + sound.length + 600);
    });
    for (const { alike } of places) assert.ok(alike > 0.97, `${alike}`);
    const [first, second, third] = places.map(({ at }) => at) as [number, number, number];
    assert.deepEqual([second - first, third - second], [sound.length, sound.length]);
  });

  it('plays for ever, until it is stopped', async () => {
    const task = play({ source: { wav: wav(chirp(0.1, 44_100), 44_100) }, times: Number.POSITIVE_INFINITY });
    player.open(0);
    await ready();
    await until(60_200);
    await task.stop('stopped');
    assert.deepEqual(await task.done, { result: 'stopped', playedSeconds: 60 });
    assert.equal(player.next(now), undefined);
  });

  it('is cut by what may cut it, with the prompts behind it, and says where', async () => {
    const menu = play({ source: { wav: wav(chirp(5, RATE)) }, interruptBy: ['digit'] });
    const rest = play({ source: { wav: wav(chirp(5, RATE)) }, interruptBy: ['digit', 'speech'] });
    const thanks = play({ source: { wav: wav(chirp(0.2, RATE)) } });
    player.interrupt('digit');
    player.open(0);
    await ready();
    await until(1000);
    player.interrupt('speech');
    assert.deepEqual(await rest.done, { result: 'interrupted', by: 'speech', playedSeconds: 0, atMs: 0 });
    assert.ok(!rest.started());
    await until(1400);
    player.interrupt('digit');
    // 200 ms of lead-in.
    assert.deepEqual(await menu.done, { result: 'interrupted', by: 'digit', playedSeconds: 1.2, atMs: 1200 });
    await until(3000);
    assert.deepEqual(await thanks.done, { result: 'whole', playedSeconds: 0.2 });
  });

  it('refuses what is too long, too large, or not so often', async () => {
    const long = { source: { wav: wav(new Float32Array(3 * RATE)) } };
    await assert.rejects(play({ ...long, maxSeconds: 2 }).done, /it lasts 3 s, at most 2 are taken/);
    await assert.rejects(play({ ...long, maxBytes: 90_000 }).done, { code: 'media_file_invalid' });
    for (const times of [0, 1.5, -1, Number.NaN])
      await assert.rejects(play({ ...long, times }).done, { code: 'media_options_refused' });
    player.open(0);
    assert.equal(player.next(500), undefined);
  });

  describe('from a file', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'player-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('plays from an hour in the memory of seconds', async function () {
      this.timeout(120_000);
      const file = join(folder, 'hour.wav');
      const [seconds, rate, place] = [3600, 16_000, 180];
      const sound = chirp(1, rate, 300, 3000);
      const handle = await open(file, 'w');
      // What is not written is a hole in the file: silence.
      await handle.write(wavHeader(rate, 1, seconds * rate * 2));
      await handle.write(Buffer.from(toInt16(sound).buffer), 0, rate * 2, 44 + place * rate * 2);
      await handle.truncate(44 + seconds * rate * 2);
      await handle.close();
      const before = process.memoryUsage().arrayBuffers;
      const task = play({ source: { file }, maxSeconds: 3600, maxBytes: 200_000_000 });
      player.open(0);
      await ready();
      let most = 0;
      for (; now < (place - 1) * 1000; now += 20) {
        player.next(now);
        if (now % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      for (let second = 0; second < 4; second += 1) {
        await until(now + 1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.ok(most < 30_000_000, `${most} of 115,000,000 bytes`);
      const { alike } = find(sound, await heard());
      assert.ok(alike > 0.95, `${alike}`);
      await task.stop('stopped');
      assert.equal((await task.done).result, 'stopped');
    });

    it('repeats a file from its beginning', async function () {
      this.timeout(120_000);
      const file = join(folder, 'twice.wav');
      // Several blocks of the reader.
      const sound = chirp(3, 48_000, 300, 3000);
      await writeFile(file, wav(sound, 48_000));
      const task = play({ source: { file }, times: 2 });
      player.open(0);
      await ready();
      while (now < 12_000) {
        await until(now + 200);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const { result, playedSeconds } = await task.done;
      assert.deepEqual([result, playedSeconds], ['whole', 6]);
      const both = await heard();
      const known = resample(sound, 48_000, RATE).subarray(RATE, 2 * RATE);
      const first = find(known, both, 0, 3 * RATE);
      const second = find(known, both, 3 * RATE, both.length);
      assert.ok(first.alike > 0.95 && second.alike > 0.95);
    });

    it('says that there is no such file, or that it is a folder', async () => {
      for (const source of [{ file: join(folder, 'missing.wav') }, { file: folder }, { file: 'a\0b' }])
        await assert.rejects(play({ source }).done, { code: 'media_file_missing' });
    });
  });
});
