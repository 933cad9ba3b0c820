import { strict as assert } from 'node:assert';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { RecordResult } from '../../../lib/media/media.ts';
import { createOpusEncoder } from '../../../lib/media/opus.ts';
import { Recorder } from '../../../lib/media/recorder.ts';
import { openRecordingFile } from '../../../lib/media/recording-path.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { type Arrival, frameStep, journey, random } from './journey.ts';

const RATE = 8000;
const FRAME = 160;
const HOUR = 3600;
/** A speech codec looks ahead: 6.5 ms later the same sound leaves the decoder. */
const LOOK_AHEAD = 52;
/** What is compared at each of the many places: short, since a clock that is being corrected shifts the sound by up to 1 % within it. */
const WINDOW_FRAMES = 8;
/** A decoder needs so many frames after a loss until it sounds like the encoder again. */
const RECOVERY_FRAMES = 5;
const SEARCH_MS = 60;
/** Somewhere else within 60 ms, two pieces of these sounds are never so alike. */
const SURE = 0.7;

interface Voice {
  pcm: Int16Array;
  packets: Uint8Array[];
}

/** Knocks at random moments, so that a piece of it is like no other piece at any shift; what a tone or a sweep is not. */
function knocks(seconds: number, seed: number): Float32Array {
  const next = random(seed);
  const samples = new Float32Array(seconds * RATE);
  for (let at = 0; at < samples.length; at += Math.round((0.004 + 0.012 * next()) * RATE)) {
    const [level, frequency] = [(0.15 + 0.25 * next()) * (next() < 0.5 ? -1 : 1), 300 + 500 * next()];
    for (let index = 0; index < 80; index += 1) {
      const t = index / RATE;
      const place = (at + index) % samples.length;
      samples[place] = (samples[place] ?? 0) + level * Math.exp(-t / 0.0015) * Math.sin(2 * Math.PI * frequency * t);
    }
  }
  return samples;
}

/** A sound that repeats itself without a seam, coded. */
async function voice(seconds: number, seed: number): Promise<Voice> {
  const pcm = toInt16(knocks(seconds, seed));
  // As a phone codes: what we save at 8 kHz would make two of these places too unlike to be found.
  const encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1, complexity: 5 });
  let packets: Uint8Array[] = [];
  for (const _round of [1, 2]) {
    packets = [];
    for (let at = 0; at < pcm.length; at += FRAME) packets.push(encoder.encode(pcm.slice(at, at + FRAME)).slice());
  }
  encoder.free();
  return { pcm, packets };
}

/** By how many ms the sound of a place in the voice lies beside where it should, and how alike it is there. */
function misplaced(known: Int16Array, heard: Int16Array): { ms: number; alike: number } {
  let energy = 0;
  for (const value of known) energy += value * value;
  let best = { ms: Number.NaN, alike: -1 };
  const reach = (heard.length - known.length) / 2;
  for (let lag = 0; lag <= 2 * reach; lag += 1) {
    let product = 0;
    let there = 0;
    for (let index = 0; index < known.length; index += 1) {
      const value = heard[lag + index] as number;
      product += (known[index] as number) * value;
      there += value * value;
    }
    const alike = there === 0 ? 0 : product / Math.sqrt(energy * there);
    if (alike > best.alike) best = { ms: ((lag - reach) * 1000) / RATE, alike };
  }
  return best;
}

/** Files whose writes are counted, so that simulated time waits for a real disk. */
function counted() {
  let writing = 0;
  const counting = async <T>(work: () => Promise<T>): Promise<T> => {
    writing += 1;
    try {
      return await work();
    } finally {
      writing -= 1;
    }
  };
  return {
    async settled(): Promise<void> {
      for (let quiet = 0; quiet < 3; quiet = writing === 0 ? quiet + 1 : 0) await turn();
    },
    open: (root: string, name: string) =>
      counting(async () => {
        const file = await openRecordingFile(root, name);
        const { handle } = file;
        const write = (...args: [Buffer, number, number, number]) => counting(() => handle.write(...args));
        const sync = () => counting(() => handle.sync());
        const close = () => counting(() => handle.close());
        return {
          ...file,
          // Also what comes between two parts: a disk that takes a minute for it is not what is tested here.
          complete: () => counting(() => file.complete()),
          present: () => counting(() => file.present()),
          handle: { write, sync, close } as typeof handle,
        };
      }),
  };
}

describe('a recorder, for an hour of simulated time', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hour-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const drift of [100, -100])
    it(`keeps both sides within 20 ms: 5 % loss, reordering, silence suppression, restarts, ${drift} ppm`, async function () {
      this.timeout(240_000);
      const [person, ours] = [await voice(7, 11), await voice(11, 12)];
      const path = { seconds: HOUR, lost: 0.05, jitterMs: 40, drift, pauses: true, seed: 5 };
      const arrivals = journey({ ...path, restarts: [600, 2400.5], jumps: [1500, 3001] }, (index) => {
        return person.packets[index % person.packets.length] as Uint8Array;
      });
      assert.ok(reordered(arrivals) > 1000);

      const disk = counted();
      const outcome = Promise.withResolvers<RecordResult>();
      let started = false;
      const recorder = new Recorder(
        { root: folder, name: `hour${drift}.wav`, sampleRate: RATE, splitSeconds: HOUR / 4 },
        {
          started: () => {
            started = true;
          },
          done: outcome.resolve,
          failed: outcome.reject,
        },
        () => undefined,
        disk.open,
      );
      recorder.open(0);
      while (!started) {
        await turn();
        recorder.beat(0);
      }
      let which = 0;
      for (let frame = 0; frame < HOUR * 50; frame += 1) {
        const now = frame * 20;
        for (let packet = arrivals[which]; packet && packet.at <= now; packet = arrivals[++which])
          recorder.received(packet, packet.at);
        const payload = ours.packets[frame % ours.packets.length] as Uint8Array;
        const place = { ssrc: 77, sequenceNumber: (frame + 65_000) & 0xffff, timestamp: (frame * 960) >>> 0 };
        recorder.sent({ ...place, payload }, now);
        recorder.beat(now);
        if (frame % 50 === 0) await disk.settled();
      }
      await recorder.stop('stopped', HOUR * 1000);
      const result = await outcome.promise;

      assert.equal(result.files.length, 4);
      assert.ok(Math.abs(result.seconds - HOUR) < 0.02, `${result.seconds} s`);
      const tape = await Tape.open(result.files, (HOUR / 4) * RATE);
      assert.equal(tape.frames, HOUR * RATE, 'every sample is in one of the parts');
      const found: { second: number; left: number; right: number; alike: number }[] = [];
      const came = new Set(arrivals.map(({ ideal }) => Math.round(ideal / frameStep(drift))));
      for (let second = 4; second < HOUR - 2; second += 5) {
        // The person: the last moment in which nothing was lost or silent, so that the sound is known.
        let index = Math.round((second * 1000) / frameStep(drift));
        for (let known = 0; known < RECOVERY_FRAMES + WINDOW_FRAMES; index -= 1)
          known = came.has(index) ? known + 1 : 0;
        index += 1 + RECOVERY_FRAMES;
        const left = await piecewise(tape, person, index, frameStep(drift));
        const right = await compare(tape, 1, ours, second * 50, second * 1000);
        found.push({ second, left: left.ms, right: right.ms, alike: Math.min(left.alike, right.alike) });
      }
      await tape.close();
      const worst = Math.max(...found.map(({ left, right }) => Math.max(Math.abs(left), Math.abs(left - right))));
      const apart = found.map(({ left, right }) => left - right).sort((a, b) => a - b);
      console.log(
        `      ${found.length} places, worst ${worst.toFixed(2)} ms, median ${apart[apart.length >> 1]?.toFixed(2)} ms, ` +
          `least alike ${Math.min(...found.map(({ alike }) => alike)).toFixed(2)}`,
      );
      assert.ok(worst <= 20, `${JSON.stringify(found.filter(({ left }) => Math.abs(left) > 15).slice(0, 5))}`);
      const unsure = found.filter(({ alike }) => alike <= SURE);
      assert.ok(unsure.length < found.length * 0.03, `${unsure.length} places are uncertain`);
      for (const { right } of found) assert.ok(Math.abs(right) < 1, `what we sent is off by ${right} ms`);
      await rm(folder, { recursive: true, force: true });
    });

  /** Where the clock is just being corrected, the whole window is like nothing: then each of its pieces has to be in its place. */
  async function piecewise(tape: Tape, sound: Voice, index: number, step: number) {
    const whole = await compare(tape, 0, sound, index, index * step);
    if (whole.alike > SURE) return whole;
    let worst = { ms: 0, alike: 1 };
    for (let at = index; at < index + WINDOW_FRAMES; at += 2) {
      const piece = await compare(tape, 0, sound, at, at * step, 2);
      worst = {
        ms: Math.abs(piece.ms) > Math.abs(worst.ms) ? piece.ms : worst.ms,
        alike: Math.min(worst.alike, piece.alike),
      };
    }
    return worst;
  }

  function compare(
    tape: Tape,
    channel: 0 | 1,
    { pcm, packets }: Voice,
    index: number,
    atMs: number,
    frames = WINDOW_FRAMES,
  ) {
    const known = Int16Array.from({ length: frames * FRAME }, (_, at) => {
      return pcm[((index % packets.length) * FRAME + at) % pcm.length] as number;
    });
    const reach = (SEARCH_MS * RATE) / 1000;
    const first = Math.round((atMs * RATE) / 1000) + LOOK_AHEAD - reach;
    return tape.read(channel, first, known.length + 2 * reach).then((heard) => misplaced(known, heard));
  }
});

function reordered(arrivals: Arrival[]): number {
  return arrivals.filter(({ ideal }, index) => ideal < (arrivals[index - 1]?.ideal ?? 0)).length;
}

/** The parts of a recording as one tape. */
class Tape {
  readonly #handles: Awaited<ReturnType<typeof open>>[];
  readonly #partFrames: number;
  readonly frames: number;

  private constructor(handles: Awaited<ReturnType<typeof open>>[], partFrames: number, frames: number) {
    this.#handles = handles;
    this.#partFrames = partFrames;
    this.frames = frames;
  }

  static async open(files: string[], partFrames: number): Promise<Tape> {
    const handles = await Promise.all(files.map((file) => open(file)));
    const sizes = await Promise.all(handles.map((handle) => handle.stat()));
    return new Tape(
      handles,
      partFrames,
      sizes.reduce((sum, { size }) => sum + (size - 44) / 4, 0),
    );
  }

  async read(channel: 0 | 1, first: number, count: number): Promise<Int16Array> {
    const samples = new Int16Array(count);
    for (let done = 0; done < count; ) {
      const part = Math.floor((first + done) / this.#partFrames);
      const inPart = (first + done) % this.#partFrames;
      const frames = Math.min(count - done, this.#partFrames - inPart);
      const bytes = Buffer.alloc(frames * 4);
      await this.#handles[part]?.read(bytes, 0, bytes.length, 44 + inPart * 4);
      for (let index = 0; index < frames; index += 1)
        samples[done + index] = bytes.readInt16LE(index * 4 + channel * 2);
      done += frames;
    }
    return samples;
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }
}
