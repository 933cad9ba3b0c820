import { createOpusEncoder, type OpusEncoder } from './opus.ts';
import { createResampler } from './resample.ts';
import { FRAME_MS } from './rtp-clock.ts';
import type { WavSource } from './wav-reader.ts';

/** A WAV file as the Opus packets that play it, made one by one at the moment they are needed. */
export interface Prompt {
  /** Length of the sound, all repetitions together. */
  seconds: number;
  /**
   * The next 20 ms; `late` while the disk has not delivered them yet; nothing after the end.
   *
   * @throws MediaError `media_file_missing` when the file can no longer be read
   */
  next(): Uint8Array | 'late' | undefined;
  /** 20 ms of silence from the same encoder, so that the sound begins without a click. */
  silence(): Uint8Array;
  /** What the last packet was made of. */
  samples(): Int16Array;
  free(): void;
}

/**
 * Prepares a prompt. Only what is about to be sent is read, converted, mixed to mono, resampled and encoded, so that a long file holds up no
 * call. Owns the sound from here on.
 *
 * @param maximumRate Hz above which the phone hears nothing (`maxplaybackrate`)
 * @param times how often it is played, without a gap; `Infinity` is possible
 */
export async function openPrompt(wav: WavSource, maximumRate: number, times = 1): Promise<Prompt> {
  const rate = wav.sampleRate <= 16_000 || maximumRate <= 16_000 ? 16_000 : 48_000;
  const encoder: OpusEncoder = await createOpusEncoder({
    sampleRate: rate,
    channels: 1,
    bitrate: rate === 16_000 ? 24_000 : 32_000,
  });
  const resampler = createResampler(wav.sampleRate, rate);
  const length = resampler.length(wav.frames);
  const total = length === 0 ? 0 : length * times;
  const frame = (rate / 1000) * FRAME_MS;
  let position = 0;
  let last = new Int16Array(0);

  /** The input that output samples of one pass are made of. */
  const needed = (index: number, count: number) => ({
    from: Math.max(0, Math.floor((index * wav.sampleRate) / rate) - resampler.reach),
    to: Math.min(wav.frames, Math.ceil(((index + count) * wav.sampleRate) / rate) + resampler.reach),
  });
  /** The pieces of a frame: two where one pass ends and the next begins. */
  const pieces = () => {
    const found: { at: number; index: number; count: number }[] = [];
    for (let at = 0; at < frame && position + at < total; ) {
      const index = (position + at) % length;
      const count = Math.min(frame - at, length - index);
      found.push({ at, index, count });
      at += count;
    }
    return found;
  };
  const fill = (pcm: Int16Array, { at, index, count }: { at: number; index: number; count: number }) => {
    const { from, to } = needed(index, count);
    const mono = new Float32Array(to - from);
    for (let channel = 0; channel < wav.channels; channel += 1)
      for (let input = from; input < to; input += 1)
        mono[input - from] = (mono[input - from] as number) + wav.sample(channel, input) / wav.channels;
    const read = (input: number) => mono[input - from] ?? 0;
    for (let step = 0; step < count; step += 1) {
      const value = resampler.sample(read, wav.frames, index + step);
      pcm[at + step] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
    }
  };

  return {
    seconds: (wav.frames / wav.sampleRate) * (wav.frames === 0 ? 1 : times),
    next() {
      // One packet beyond the end: the encoder looks ahead, so the last 6.5 ms leave it one packet later.
      if (total === 0 || position >= total + frame) return undefined;
      const parts = pieces();
      for (const { index, count } of parts) {
        const { from, to } = needed(index, count);
        if (!wav.ready(from, to)) return 'late';
      }
      const pcm = new Int16Array(frame);
      for (const part of parts) fill(pcm, part);
      position += frame;
      last = pcm;
      return encoder.encode(pcm);
    },
    silence() {
      last = new Int16Array(frame);
      return encoder.encode(last);
    },
    samples: () => last,
    free() {
      encoder.free();
      wav.close();
    },
  };
}
