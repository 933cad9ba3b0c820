import { createOpusEncoder, type OpusEncoder } from './opus.ts';
import { createResampler } from './resample.ts';
import { FRAME_MS } from './rtp-clock.ts';
import { openWav } from './wav-reader.ts';

/** A WAV file as the Opus packets that play it, made one by one at the moment they are needed. */
export interface Prompt {
  /** Length of the sound. */
  seconds: number;
  /** The next 20 ms, or nothing after the end. */
  next(): Uint8Array | undefined;
  /** 20 ms of silence from the same encoder, so that the sound begins without a click. */
  silence(): Uint8Array;
  free(): void;
}

/**
 * Prepares a prompt. Only what is about to be sent is converted, mixed to mono, resampled and encoded, so that a long file holds up no call.
 *
 * @param maximumRate Hz above which the phone hears nothing (`maxplaybackrate`)
 * @throws MediaError `media_file_invalid`
 */
export async function openPrompt(bytes: Uint8Array, maximumRate: number): Promise<Prompt> {
  const wav = openWav(bytes);
  const rate = wav.sampleRate <= 16_000 || maximumRate <= 16_000 ? 16_000 : 48_000;
  const encoder: OpusEncoder = await createOpusEncoder({
    sampleRate: rate,
    channels: 1,
    bitrate: rate === 16_000 ? 24_000 : 32_000,
  });
  const resampler = createResampler(wav.sampleRate, rate);
  const length = resampler.length(wav.frames);
  const frame = (rate / 1000) * FRAME_MS;
  let position = 0;
  // Every input sample is used by many outputs: mix it once.
  const mixed = new Map<number, number>();
  const mono = (at: number): number => {
    const known = mixed.get(at);
    if (known !== undefined) return known;
    let sum = 0;
    for (let channel = 0; channel < wav.channels; channel += 1) sum += wav.sample(channel, at);
    const value = sum / wav.channels;
    mixed.set(at, value);
    return value;
  };
  return {
    seconds: wav.frames / wav.sampleRate,
    next() {
      // One packet beyond the end: the encoder looks ahead, so the last 6.5 ms leave it one packet later.
      if (wav.frames === 0 || position >= length + frame) return undefined;
      const pcm = new Int16Array(frame);
      for (let index = 0; index < frame && position + index < length; index += 1) {
        const value = resampler.sample(mono, wav.frames, position + index);
        pcm[index] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
      }
      position += frame;
      const oldest = Math.floor((position * wav.sampleRate) / rate) - 4096;
      for (const at of mixed.keys()) {
        if (at >= oldest) break;
        mixed.delete(at);
      }
      return encoder.encode(pcm);
    },
    silence: () => encoder.encode(new Int16Array(frame)),
    free: () => encoder.free(),
  };
}
