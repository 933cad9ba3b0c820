import type { SampleCodec } from './bridge-codec.ts';
import type { FrameDecoder } from './playout.ts';
import { WaveformConcealment } from './waveform-concealment.ts';

/** Comfort noise is not louder than this, whatever is announced: -dBov (RFC 3389 §3.1). */
const LOUDEST_NOISE = 30;
const QUIETEST_NOISE = 90;

/** Decodes G.711 and L16, conceals what is lost, and makes the noise that a comfort noise packet announces. */
export class SampleDecoder implements FrameDecoder {
  readonly #codec: SampleCodec;
  readonly #concealment: WaveformConcealment;
  #noise = 0;

  constructor(codec: SampleCodec) {
    this.#codec = codec;
    this.#concealment = new WaveformConcealment(codec.rate);
  }

  decode(payload: Uint8Array): Int16Array {
    this.#noise = 0;
    return this.#concealment.real(this.#codec.decode(payload));
  }

  conceal(samples: number): Int16Array {
    return this.#concealment.conceal(samples);
  }

  /** These codecs carry no copies of lost packets. */
  recover(_next: Uint8Array, samples: number): Int16Array {
    return this.conceal(samples);
  }

  /** A comfort noise packet (RFC 3389): its first byte is the level; how the noise sounds is left to us. */
  comfort(payload: Uint8Array): void {
    const level = (payload[0] ?? QUIETEST_NOISE) & 0x7f;
    // Amplitude of evenly spread noise with that power: root mean square times the square root of 3.
    this.#noise = level > QUIETEST_NOISE ? 0 : 32_768 * Math.sqrt(3) * 10 ** (-Math.max(LOUDEST_NOISE, level) / 20);
  }

  rest(samples: number): Int16Array {
    const silence = new Int16Array(samples);
    if (this.#noise === 0) return silence;
    for (let index = 0; index < samples; index += 1) silence[index] = Math.round((Math.random() * 2 - 1) * this.#noise);
    return silence;
  }

  free(): void {
    this.#noise = 0;
  }
}
