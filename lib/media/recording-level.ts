import type { ChannelLevel } from './media.ts';

/** What silence is said to have: below anything that 16 bits can hold (-96 dBFS), and a number in JSON. */
const SILENCE_DBFS = -120;
/** So many full-scale samples in a row are a cut-off wave; one alone may be a peak that just fitted. */
const CLIPPED_RUN = 3;

function dbfs(amplitude: number): number {
  return amplitude <= 0 ? SILENCE_DBFS : Math.round(200 * Math.log10(amplitude / 32_768)) / 10;
}

/** Level and clipping of one channel, sample by sample. */
export class LevelMeter {
  #peak = 0;
  #squares = 0;
  #count = 0;
  #run = 0;
  #clipped = 0;

  /** Takes every `step`th of the samples, beginning with `first`. */
  take(samples: Int16Array, first: number, step: number): void {
    for (let index = first; index < samples.length; index += step) {
      const size = Math.abs(samples[index] as number);
      this.#count += 1;
      if (size === 0) {
        this.#run = 0;
        continue;
      }
      if (size > this.#peak) this.#peak = size;
      this.#squares += size * size;
      this.#run = size >= 32_767 ? this.#run + 1 : 0;
      if (this.#run === CLIPPED_RUN) this.#clipped += CLIPPED_RUN;
      else if (this.#run > CLIPPED_RUN) this.#clipped += 1;
    }
  }

  /** Level of a full-scale sine: peak 0, RMS -3 dBFS. */
  result(): ChannelLevel {
    return {
      peakDbfs: dbfs(this.#peak),
      rmsDbfs: dbfs(Math.sqrt(this.#count === 0 ? 0 : this.#squares / this.#count)),
      clippedSamples: this.#clipped,
    };
  }
}
