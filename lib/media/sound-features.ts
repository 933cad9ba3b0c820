/** What one frame of 20 ms tells about what it is. */
export interface SoundFeatures {
  /** Power in dBFS; -100 is silence. */
  levelDbfs: number;
  /** How periodic it is, at pitches of voices (70 to 400 Hz): 0 noise, 1 a steady tone or vowel. */
  periodic: number;
  /** How much its spectrum is the one of 60 ms ago: 1 a held tone or chord, or a hum. Speech glides. */
  still: number;
  /** How far the pitch is from that of 60 ms ago, in cents (hundredths of a semitone). Nothing where one of them has no pitch. */
  glide?: number;
  /** Share of the power in the few strongest lines: near 1 for tones, less for voices. */
  pure: number;
}

/** Analysed at 8 kHz. */
const RATE = 8000;
const WINDOW = 512;
const HOP = 160;
/** Bins of 150 to 3400 Hz. */
const FROM = Math.round((150 * WINDOW) / RATE);
const TO = Math.round((3400 * WINDOW) / RATE);
const LAG_FROM = 10;
const LAG_TO = 57;
/** At a rate of 4 kHz: 40 ms. */
const PITCH_WINDOW = 160;
const MEMORY = 3;
/** Below this a frame has no pitch. */
const PITCHED = 0.5;
const SILENT_DBFS = -100;
/** Frames as quiet as this are not analysed: nobody hears them. */
const INAUDIBLE_DBFS = -65;

const HANN = Float32Array.from({ length: WINDOW }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / WINDOW));
const COSINE = Float32Array.from({ length: WINDOW / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / WINDOW));
const SINE = Float32Array.from({ length: WINDOW / 2 }, (_, index) => Math.sin((2 * Math.PI * index) / WINDOW));
const REVERSED = Uint16Array.from({ length: WINDOW }, (_, index) => {
  let result = 0;
  for (let bit = 1; bit < WINDOW; bit <<= 1) result = (result << 1) | (index & bit ? 1 : 0);
  return result;
});

/** In place, radix 2. */
function transform(real: Float32Array, imaginary: Float32Array): void {
  for (let size = 2; size <= WINDOW; size <<= 1) {
    const half = size >> 1;
    const step = WINDOW / size;
    for (let block = 0; block < WINDOW; block += size)
      for (let k = 0; k < half; k += 1) {
        const a = block + k;
        const b = a + half;
        const cosine = COSINE[k * step] as number;
        const sine = SINE[k * step] as number;
        const re = (real[b] as number) * cosine + (imaginary[b] as number) * sine;
        const im = (imaginary[b] as number) * cosine - (real[b] as number) * sine;
        real[b] = (real[a] as number) - re;
        imaginary[b] = (imaginary[a] as number) - im;
        real[a] = (real[a] as number) + re;
        imaginary[a] = (imaginary[a] as number) + im;
      }
  }
}

/** Measures sound of 8 kHz frame by frame. */
export class SoundAnalysis {
  readonly #history = new Float32Array(WINDOW);
  readonly #real = new Float32Array(WINDOW);
  readonly #imaginary = new Float32Array(WINDOW);
  readonly #slow = new Float32Array(WINDOW / 2);
  readonly #scores = new Float32Array(LAG_TO + 2);
  /** Of the last frames, the oldest first; 0: none. */
  readonly #lags = new Float32Array(MEMORY);
  readonly #spectra = Array.from({ length: MEMORY + 1 }, () => new Float32Array(TO - FROM));
  #turn = 0;
  #mean = 0;

  /** @param frame 160 samples */
  measure(frame: Int16Array): SoundFeatures {
    this.#history.copyWithin(0, HOP);
    let power = 0;
    for (let index = 0; index < HOP; index += 1) {
      const raw = (frame[index] as number) / 32_768;
      // Without what is below voices: a constant, the hum of the mains.
      this.#mean += (raw - this.#mean) * 0.08;
      const value = raw - this.#mean;
      this.#history[WINDOW - HOP + index] = value;
      power += value * value;
    }
    const levelDbfs = power === 0 ? SILENT_DBFS : Math.max(SILENT_DBFS, 10 * Math.log10(power / HOP));
    const spectrum = this.#spectra[this.#turn % this.#spectra.length] as Float32Array;
    const former = this.#spectra[(this.#turn + 1) % this.#spectra.length] as Float32Array;
    this.#turn += 1;
    if (levelDbfs < INAUDIBLE_DBFS) {
      spectrum.fill(0);
      this.#glide(0);
      return { levelDbfs, periodic: 0, still: 0, pure: 0 };
    }
    const pure = this.#spectrum(spectrum);
    const { periodic, lag } = this.#pitch();
    const glide = this.#glide(periodic > PITCHED ? lag : 0);
    return { levelDbfs, periodic, still: likeness(spectrum, former), pure, ...(glide !== undefined && { glide }) };
  }

  /** Remembers the pitch of a frame, and compares it with that of three frames before. */
  #glide(lag: number): number | undefined {
    const before = this.#lags[0] as number;
    this.#lags.copyWithin(0, 1);
    this.#lags[MEMORY - 1] = lag;
    return lag > 0 && before > 0 ? Math.abs(1200 * Math.log2(lag / before)) : undefined;
  }

  /** Fills in amplitudes (square roots of them, so that weak lines count), and tells the share of the strongest lines. */
  #spectrum(into: Float32Array): number {
    for (let index = 0; index < WINDOW; index += 1) {
      const from = REVERSED[index] as number;
      this.#real[index] = (this.#history[from] as number) * (HANN[from] as number);
    }
    this.#imaginary.fill(0);
    transform(this.#real, this.#imaginary);
    let total = 1e-12;
    for (let bin = FROM; bin < TO; bin += 1) {
      const power = (this.#real[bin] as number) ** 2 + (this.#imaginary[bin] as number) ** 2;
      into[bin - FROM] = power;
      total += power;
    }
    let strongest = 0;
    for (let line = 0; line < 2; line += 1) {
      let best = 1;
      for (let bin = 1; bin < into.length - 1; bin += 1) if ((into[bin] as number) > (into[best] as number)) best = bin;
      for (let bin = Math.max(0, best - 2); bin <= Math.min(into.length - 1, best + 2); bin += 1) {
        strongest += Math.max(0, into[bin] as number);
        into[bin] = -Math.abs(into[bin] as number);
      }
    }
    for (let bin = 0; bin < into.length; bin += 1) into[bin] = Math.abs(into[bin] as number) ** 0.25;
    return Math.min(1, strongest / total);
  }

  /** How periodic the sound is, and its period in samples of 4 kHz; 0 where that is at the border of what is searched. */
  #pitch(): { periodic: number; lag: number } {
    const start = WINDOW - 2 * (PITCH_WINDOW + LAG_TO);
    for (let index = 0; index < PITCH_WINDOW + LAG_TO; index += 1)
      this.#slow[index] =
        (this.#history[start + 2 * index] as number) + (this.#history[start + 2 * index + 1] as number);
    let here = 1e-9;
    for (let index = LAG_TO; index < PITCH_WINDOW + LAG_TO; index += 1) here += (this.#slow[index] as number) ** 2;
    this.#scores.fill(0);
    let best = LAG_FROM;
    for (let lag = LAG_FROM; lag <= LAG_TO; lag += 1) {
      let product = 0;
      let there = 1e-9;
      for (let index = LAG_TO; index < PITCH_WINDOW + LAG_TO; index += 1) {
        const before = this.#slow[index - lag] as number;
        product += (this.#slow[index] as number) * before;
        there += before * before;
      }
      if (product <= 0) continue;
      this.#scores[lag] = product / Math.sqrt(here * there);
      if ((this.#scores[lag] as number) > (this.#scores[best] as number)) best = lag;
    }
    const [left, top, right] = this.#scores.subarray(best - 1, best + 2) as unknown as [number, number, number];
    const bend = left - 2 * top + right;
    const inside = best > LAG_FROM && best < LAG_TO && bend < 0;
    // Between the samples, by a parabola through the three: steps of whole samples would be up to 170 cents.
    return { periodic: top, lag: inside ? best + (left - right) / (2 * bend) : 0 };
  }
}

/** Of two spectra, without their means: 1 the same, 0 nothing in common. */
function likeness(a: Float32Array, b: Float32Array): number {
  let [meanA, meanB] = [0, 0];
  for (let index = 0; index < a.length; index += 1) {
    meanA += a[index] as number;
    meanB += b[index] as number;
  }
  meanA /= a.length;
  meanB /= b.length;
  let [product, powerA, powerB] = [0, 1e-12, 1e-12];
  for (let index = 0; index < a.length; index += 1) {
    const x = (a[index] as number) - meanA;
    const y = (b[index] as number) - meanB;
    product += x * y;
    powerA += x * x;
    powerB += y * y;
  }
  return Math.max(0, product / Math.sqrt(powerA * powerB));
}
