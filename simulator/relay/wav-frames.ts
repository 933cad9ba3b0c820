import { readFile } from 'node:fs/promises';
import { createOpusEncoder, type OpusRate } from '../../lib/media/opus.ts';
import { resample, toInt16 } from '../../lib/media/resample.ts';
import { readWav, type WavAudio } from '../../lib/media/wav-reader.ts';

const OPUS_RATES: readonly number[] = [8000, 12000, 16000, 24000, 48000];

/** One channel of all, equally loud. */
function mono({ samples }: WavAudio): Float32Array {
  const [first = new Float32Array(0)] = samples;
  if (samples.length === 1) return first;
  return first.map((_, index) => samples.reduce((sum, channel) => sum + (channel[index] ?? 0), 0) / samples.length);
}

async function readAudio(file: string): Promise<WavAudio> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The person's voice cannot be read from ${file} (${code}). Give the path of an existing WAV file.`);
  }
  return readWav(bytes);
}

/**
 * A WAV file as Opus packets, once, then `after` for ever. Encoded frame by frame as it is spoken, so that a long file does not hold up
 * the other calls.
 */
export async function wavFrames(file: string, after: Buffer): Promise<{ next(): Buffer; free(): void }> {
  const audio = await readAudio(file);
  const rate = OPUS_RATES.includes(audio.sampleRate) ? (audio.sampleRate as OpusRate) : 16000;
  const samples = toInt16(resample(mono(audio), audio.sampleRate, rate));
  const length = rate / 50;
  const encoder = await createOpusEncoder({ sampleRate: rate, channels: 1 });
  let position = 0;
  let freed = false;
  return {
    next() {
      if (freed || position >= samples.length) return after;
      const frame = new Int16Array(length);
      frame.set(samples.subarray(position, position + length));
      position += length;
      return Buffer.from(encoder.encode(frame));
    },
    free() {
      if (freed) return;
      freed = true;
      encoder.free();
    },
  };
}
