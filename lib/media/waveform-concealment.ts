/** Pitch of a voice: 66 to 400 Hz. */
const LONGEST_PERIOD_MS = 15;
const SHORTEST_PERIOD_MS = 2.5;
/** Full for the first 10 ms, then fading to nothing within 50 more (as ITU-T G.711 Appendix I does). */
const FULL_MS = 10;
const FADE_MS = 50;
/** The first sound after a loss is blended in. */
const BLEND_MS = 4;

/**
 * Conceals losses of codecs that have no concealment of their own (G.711, L16): goes on with the last pitch period, fading, and blends
 * the next real sound in. After the idea of ITU-T G.711 Appendix I (9/1999). One per stream.
 */
export class WaveformConcealment {
  readonly #rate: number;
  #history: Int16Array;
  #period: Int16Array | undefined;
  #made = 0;

  constructor(sampleRate: number) {
    this.#rate = sampleRate;
    this.#history = new Int16Array(this.#samples(LONGEST_PERIOD_MS * 3));
  }

  /** Real sound: remembers it, and blends its beginning with what was invented before. Changes `samples`. */
  real(samples: Int16Array): Int16Array {
    if (this.#period) {
      const invented = this.#continue(Math.min(samples.length, this.#samples(BLEND_MS)));
      for (let index = 0; index < invented.length; index += 1) {
        const share = (index + 1) / (invented.length + 1);
        samples[index] = Math.round((samples[index] as number) * share + (invented[index] as number) * (1 - share));
      }
      this.#period = undefined;
      this.#made = 0;
    }
    const history = this.#history;
    if (samples.length >= history.length) history.set(samples.subarray(samples.length - history.length));
    else {
      history.copyWithin(0, samples.length);
      history.set(samples, history.length - samples.length);
    }
    return samples;
  }

  /** Invents so many samples. */
  conceal(length: number): Int16Array {
    this.#period ??= this.#lastPeriod();
    return this.#continue(length);
  }

  #continue(length: number): Int16Array {
    const period = this.#period ?? this.#history;
    const full = this.#samples(FULL_MS);
    const fade = this.#samples(FADE_MS);
    const result = new Int16Array(length);
    for (let index = 0; index < length; index += 1) {
      const level = Math.min(1, Math.max(0, 1 - (this.#made - full) / fade));
      result[index] = Math.round((period[this.#made % period.length] as number) * level);
      this.#made += 1;
    }
    return result;
  }

  /** The last stretch of sound that repeats itself best. */
  #lastPeriod(): Int16Array {
    const history = this.#history;
    const end = history.length;
    const window = this.#samples(LONGEST_PERIOD_MS);
    let best = { lag: this.#samples(LONGEST_PERIOD_MS), alike: Number.NEGATIVE_INFINITY };
    for (let lag = this.#samples(SHORTEST_PERIOD_MS); lag <= window; lag += 1) {
      let product = 0;
      let energy = 1;
      for (let index = end - window; index < end; index += 1) {
        const before = history[index - lag] as number;
        product += (history[index] as number) * before;
        energy += before * before;
      }
      const alike = product / Math.sqrt(energy);
      if (alike > best.alike) best = { lag, alike };
    }
    return history.slice(end - best.lag);
  }

  #samples(ms: number): number {
    return Math.round((ms * this.#rate) / 1000);
  }
}
