import { sampleReader, type WavLimits, walkWav } from './wav-format.ts';

/** An opened WAV file whose samples are converted as they are asked for, so that a long file stalls nobody. */
export interface WavSource {
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** Samples per channel. */
  frames: number;
  /**
   * Are the samples from `from` to before `to` in memory? If not, they are on their way.
   *
   * @throws MediaError `media_file_missing` when they cannot be read
   */
  ready(from: number, to: number): boolean;
  /** One sample of one channel, full scale ±1. Only for a `frame` below `frames` that is ready. */
  sample(channel: number, frame: number): number;
  close(): void;
}

export interface WavAudio {
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** One array per channel, full scale ±1. */
  samples: Float32Array[];
}

const UNLIMITED = { maxSeconds: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

/**
 * Opens a WAV file that lies in memory: PCM 8/16/24/32 bit, float 32/64, A-law, mu-law, also as WAVE_FORMAT_EXTENSIBLE. Memory is taken for the
 * bytes that are there, never for those that a header claims.
 *
 * @throws MediaError `media_file_invalid`
 */
export function openWav(bytes: Uint8Array, limits: WavLimits = UNLIMITED): WavSource {
  const walk = walkWav(bytes.byteLength, limits);
  let step = walk.next();
  while (!step.done) step = walk.next(bytes.subarray(step.value.at, step.value.at + step.value.length));
  const { channels, sampleRate, frames, start, blockAlign, width } = step.value;
  const read = sampleReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), step.value);
  return {
    sampleRate,
    channels,
    frames,
    ready: () => true,
    sample: (channel, frame) => read(start + frame * blockAlign + channel * width),
    close: () => undefined,
  };
}

/**
 * Reads a whole WAV file at once, in the formats of `openWav`.
 *
 * @throws MediaError `media_file_invalid`
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const { sampleRate, channels, frames, sample } = openWav(bytes);
  const samples = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, frame) => sample(channel, frame)),
  );
  return { sampleRate, channels, samples };
}
