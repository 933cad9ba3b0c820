import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chirp, correlate, loudness, readWav, resample, seeded, speechLike, writeWav } from './audio.ts';

const RATE = 16000;

function noise(length: number, seed: number, level: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length }, () => (random() * 2 - 1) * level);
}

describe('the measuring tools of the audio tests', () => {
  it('finds a recording to the sample, quieter and under noise', () => {
    const reference = speechLike({ seconds: 2, sampleRate: RATE, seed: 1 });
    const signal = noise(5 * RATE, 9, 0.02);
    reference.forEach((sample, i) => {
      signal[12345 + i] = (signal[12345 + i] ?? 0) + 0.3 * sample;
    });
    const match = correlate(reference, signal, RATE);
    assert.equal(match.lagSamples, 12345);
    assert.ok(match.score > 0.9, `score ${match.score}`);
  });

  it('tells two recordings apart', () => {
    const reference = speechLike({ seconds: 2, sampleRate: RATE, seed: 1 });
    const other = speechLike({ seconds: 5, sampleRate: RATE, seed: 2 });
    assert.ok(Math.abs(correlate(reference, other, RATE).score) < 0.4);
  });

  it('says how much of the beginning is missing', () => {
    const reference = speechLike({ seconds: 2, sampleRate: RATE, seed: 3 });
    const match = correlate(reference, reference.slice(3200), RATE);
    assert.equal(match.lagSamples, -3200);
    assert.ok(match.score > 0.99);
  });

  it('does not find anything in silence, and refuses to compare with nothing', () => {
    const reference = speechLike({ seconds: 1, sampleRate: RATE, seed: 4 });
    assert.equal(correlate(reference, new Float32Array(3 * RATE), RATE).score, 0);
    assert.throws(() => correlate(reference, new Float32Array(10), RATE), /nothing to compare/);
  });

  it('keeps place and shape through another sample rate', () => {
    const reference = chirp({ seconds: 1, sampleRate: RATE, from: 300, to: 3000 });
    const there = resample(reference, RATE, 48000);
    const back = resample(there, 48000, RATE);
    assert.equal(there.length, 48000);
    const match = correlate(reference, back, RATE);
    assert.equal(match.lagSamples, 0);
    assert.ok(match.score > 0.999, `score ${match.score}`);
  });

  it('writes and reads WAV', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'wa-audio-'));
    try {
      const file = path.join(directory, 'two.wav');
      const left = speechLike({ seconds: 0.5, sampleRate: RATE, seed: 5 });
      const right = chirp({ seconds: 0.5, sampleRate: RATE, from: 500, to: 900 });
      await writeWav(file, { sampleRate: RATE, channels: [left, right] });
      const read = await readWav(file);
      assert.equal(read.sampleRate, RATE);
      assert.equal(read.channels.length, 2);
      const difference = left.map((sample, i) => sample - (read.channels[0]?.[i] ?? 9));
      assert.ok(loudness(difference) < 1e-4);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
