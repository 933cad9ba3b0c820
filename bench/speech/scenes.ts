import { execFileSync } from 'node:child_process';
import { createOpusDecoder, createOpusEncoder, type OpusDecoder, type OpusEncoder } from '../../lib/media/opus.ts';
import { resample } from '../../lib/media/resample.ts';
import { SpeechDetector } from '../../lib/media/speech-detector.ts';
import type { SpeechEvent, SpeechOptions } from '../../lib/media/speech-options.ts';
import { decodeWav } from '../../test/browser/audio.ts';

/** Hz of all sounds here, full scale ±1. */
export const RATE = 16_000;
/** Silence or noise before the voice of a scene, ms. */
export const LEAD_MS = 2500;
/** Silence or noise after it, s. */
const TAIL_SECONDS = 1.5;

/** Always the same noise, ±1. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x8000_0000 - 1;
  };
}

export function made(seconds: number, sample: (t: number) => number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, index) => sample(index / RATE));
}

const power = (sound: Float32Array): number => Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / sound.length);

/** A sentence by a voice of espeak-ng, such as `pt+f2`. */
export function spoken(voice: string, text: string): Float32Array {
  const bytes = execFileSync('espeak-ng', ['-v', voice, '--stdout', text]);
  // Written to a pipe, its header does not know the length.
  bytes.writeUInt32LE(bytes.length - 44, 40);
  const { channels, sampleRate } = decodeWav(bytes);
  return resample(channels[0] as Float32Array, sampleRate, RATE);
}

/** The first moment of a voice that can be heard, ms from its beginning. */
export function onsetMs(voice: Float32Array): number {
  const loudest = voice.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return (voice.findIndex((x) => Math.abs(x) >= 0.1 * loudest) * 1000) / RATE;
}

/** Silence or noise, then a voice at that level (dBFS) and so many dB above the noise, then some more of the same noise. */
export function scene(
  voice: Float32Array,
  level: number,
  snr: number,
  random = noise(7),
  colour: 'white' | 'brown' = 'white',
): Float32Array {
  const lead = (LEAD_MS * RATE) / 1000;
  const gain = 10 ** (level / 20) / power(voice);
  const hiss = snr >= 99 ? 0 : 10 ** ((level - snr) / 20);
  let slow = 0;
  const next = (): number => {
    if (colour === 'white') return random() * hiss * Math.sqrt(3);
    slow = slow * 0.97 + random() * 0.03;
    return slow * hiss * 14;
  };
  return Float32Array.from(
    { length: lead + voice.length + TAIL_SECONDS * RATE },
    (_, index) => (voice[index - lead] ?? 0) * gain + next(),
  );
}

/** A detector behind the codec, as in a call, but for losses. */
export class Listener {
  readonly #encoder: OpusEncoder;
  readonly #decoder: OpusDecoder;

  private constructor(encoder: OpusEncoder, decoder: OpusDecoder) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  static async create(): Promise<Listener> {
    return new Listener(
      await createOpusEncoder({ sampleRate: RATE, channels: 1 }),
      await createOpusDecoder({ sampleRate: 8000, channels: 1 }),
    );
  }

  /** 20 ms each, at 8 kHz, through the codec. */
  *frames(sound: Float32Array): Generator<Int16Array> {
    for (const packet of this.packets(sound)) yield this.#decoder.decode(packet);
  }

  /** 20 ms each, as Opus. */
  *packets(sound: Float32Array): Generator<Buffer> {
    for (let at = 0; at + 320 <= sound.length; at += 320) {
      const frame = Int16Array.from(sound.subarray(at, at + 320), (x) => Math.max(-1, Math.min(1, x)) * 32_767);
      yield Buffer.from(this.#encoder.encode(frame));
    }
  }

  /** What is told of a sound, and when. */
  hear(
    sound: Float32Array,
    options: Required<SpeechOptions>,
  ): { told: (SpeechEvent & { toldMs: number })[]; speechMs: number } {
    const detector = new SpeechDetector();
    const told: (SpeechEvent & { toldMs: number })[] = [];
    for (const frame of this.frames(sound))
      for (const event of detector.frame(frame, options)) told.push({ ...event, toldMs: detector.nowMs });
    return { told, speechMs: detector.speechMs };
  }

  close(): void {
    this.#encoder.free();
    this.#decoder.free();
  }
}
