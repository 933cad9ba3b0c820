import { readFile, writeFile } from 'node:fs/promises';

/** Samples between -1 and 1, one array per channel, all of the same length. */
export interface Sound {
  /** Hz. */
  sampleRate: number;
  channels: Float32Array[];
}

/** Where a recording was found inside another one. */
export interface Match {
  /** Normalised: 1 is the same up to loudness, 0 is unrelated, -1 is inverted. */
  score: number;
  /** Where the reference starts in the signal. Negative: its beginning is missing. */
  lagSamples: number;
  /** The same in seconds. */
  lagSeconds: number;
}

/** Writes 16-bit PCM, as every program and Chromium's fake microphone read it. */
export async function writeWav(file: string, sound: Sound): Promise<void> {
  await writeFile(file, encodeWav(sound));
}

/** 16-bit PCM WAV bytes. */
export function encodeWav(sound: Sound): Buffer {
  const channels = sound.channels.length;
  const frames = sound.channels[0]?.length ?? 0;
  const bytes = Buffer.alloc(44 + frames * channels * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(sound.sampleRate, 24);
  bytes.writeUInt32LE(sound.sampleRate * channels * 2, 28);
  bytes.writeUInt16LE(channels * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(frames * channels * 2, 40);
  sound.channels.forEach((samples, channel) => {
    samples.forEach((sample, frame) => {
      const value = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
      bytes.writeInt16LE(value, 44 + (frame * channels + channel) * 2);
    });
  });
  return bytes;
}

/** Reads 16-bit PCM WAV. Throws on anything else: a test that cannot read a recording must not go on. */
export async function readWav(file: string): Promise<Sound> {
  return decodeWav(await readFile(file));
}

export function decodeWav(bytes: Buffer): Sound {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  let format: { channels: number; sampleRate: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (name === 'fmt ') {
      const bits = bytes.readUInt16LE(body + 14);
      if (bits !== 16) throw new Error(`WAV with ${bits} bits, expected 16`);
      format = { channels: bytes.readUInt16LE(body + 2), sampleRate: bytes.readUInt32LE(body + 4) };
    }
    if (name === 'data') {
      if (format === undefined) throw new Error('WAV without a format before its data');
      if (body + size > bytes.length) throw new Error(`WAV is cut: ${bytes.length - body} of ${size} bytes`);
      return { sampleRate: format.sampleRate, channels: deinterleave(bytes, body, size, format.channels) };
    }
    at = body + size + (size % 2);
  }
  throw new Error('WAV without data');
}

function deinterleave(bytes: Buffer, start: number, size: number, channels: number): Float32Array[] {
  const frames = Math.floor(size / 2 / channels);
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from(
      { length: frames },
      (_unused, frame) => bytes.readInt16LE(start + (frame * channels + channel) * 2) / 32768,
    ),
  );
}

/**
 * A deterministic recording that sounds a little like speech: syllables of 120 to 300 ms, each a voiced sweep with
 * harmonics between 200 and 3,400 Hz, with pauses. Two seeds are unrelated, and so is a recording to itself shifted, which makes
 * its place in another recording certain to a sample.
 */
export function speechLike(options: { seconds: number; sampleRate: number; seed: number }): Float32Array {
  const { sampleRate } = options;
  const random = seeded(options.seed);
  const samples = new Float32Array(Math.round(options.seconds * sampleRate));
  for (let at = 0; at < samples.length; ) {
    const length = Math.round((0.12 + 0.18 * random()) * sampleRate);
    const from = 200 + 500 * random();
    const to = 200 + 500 * random();
    const formant = 700 + 1800 * random();
    let phase = 0;
    for (let i = 0; i < length && at + i < samples.length; i++) {
      const t = i / length;
      phase += (2 * Math.PI * (from + (to - from) * t)) / sampleRate;
      let value = 0;
      for (let harmonic = 1; harmonic <= 6; harmonic++) {
        const frequency = harmonic * (from + (to - from) * t);
        if (frequency > 3400) break;
        value += Math.sin(harmonic * phase) / (1 + Math.abs(frequency - formant) / 400);
      }
      // A steep start: the first milliseconds count when a test asks whether a beginning was cut.
      const envelope = Math.min(1, i / (0.004 * sampleRate)) * Math.min(1, (length - i) / (0.02 * sampleRate));
      samples[at + i] = 0.25 * value * envelope;
    }
    at += length + Math.round((0.02 + 0.06 * random()) * sampleRate);
  }
  return samples;
}

/** One linear sweep, for measuring delays. Frequencies in Hz. */
export function chirp(options: { seconds: number; sampleRate: number; from: number; to: number }): Float32Array {
  const { seconds, sampleRate, from, to } = options;
  const length = Math.round(seconds * sampleRate);
  return Float32Array.from({ length }, (_, i) => {
    const t = i / sampleRate;
    const fade = Math.min(1, i / (0.005 * sampleRate), (length - i) / (0.005 * sampleRate));
    return 0.5 * fade * Math.sin(2 * Math.PI * (from * t + ((to - from) * t * t) / (2 * seconds)));
  });
}

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Band-limited change of the sample rate (windowed sinc, 32 taps each side), so that recordings can be compared. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const step = from / to;
  const cutoff = Math.min(1, to / from);
  const reach = Math.ceil(32 / cutoff);
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const centre = index * step;
    let sum = 0;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    for (let at = first; at <= last; at++) {
      const x = at - centre;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (reach + 1));
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      sum += (samples[at] ?? 0) * cutoff * sinc * window;
    }
    return sum;
  });
}

/**
 * Looks for `reference` in `signal` at every shift and returns the best place.
 *
 * @param minimumOverlap part of the reference that must lie inside the signal; less overlap finds chance likenesses
 * @throws Error if nothing overlaps far enough
 */
export function correlate(
  reference: Float32Array,
  signal: Float32Array,
  sampleRate: number,
  minimumOverlap = 0.5,
): Match {
  const needed = Math.max(1, Math.ceil(reference.length * minimumOverlap));
  if (reference.length === 0 || signal.length < needed) {
    throw new Error(`nothing to compare: ${reference.length} samples in ${signal.length}, overlap of ${needed} needed`);
  }
  const products = crossProducts(reference, signal);
  const referenceEnergy = runningEnergy(reference);
  const signalEnergy = runningEnergy(signal);
  // Windows of near silence would divide by almost nothing and win by chance.
  const floor = 1e-6 * Math.sqrt((referenceEnergy.at(-1) ?? 0) * (signalEnergy.at(-1) ?? 0));
  let best: Match = { score: 0, lagSamples: 0, lagSeconds: 0 };
  for (let lag = needed - reference.length; lag <= signal.length - needed; lag++) {
    const from = Math.max(0, -lag);
    const until = Math.min(reference.length, signal.length - lag);
    const energy = Math.sqrt(
      ((referenceEnergy[until] ?? 0) - (referenceEnergy[from] ?? 0)) *
        ((signalEnergy[until + lag] ?? 0) - (signalEnergy[from + lag] ?? 0)),
    );
    if (energy <= floor) continue;
    const score = (products[(lag + products.length) % products.length] ?? 0) / energy;
    if (Math.abs(score) > Math.abs(best.score)) best = { score, lagSamples: lag, lagSeconds: lag / sampleRate };
  }
  return best;
}

/**
 * Looks for a recording piece by piece. A far end's jitter buffer may stretch or shorten a pause by some milliseconds,
 * and two sound clocks never agree; both spoil the likeness of a long recording though nothing of it is missing.
 *
 * @param pieceSeconds length of a piece; what is left over at the end belongs to the last one
 * @param slackSeconds how far a piece may lie from its place beside the whole
 * @returns one match per piece; its lag is that of the whole recording by this piece
 */
export function correlatePieces(
  reference: Float32Array,
  signal: Float32Array,
  sampleRate: number,
  pieceSeconds: number,
  slackSeconds = 0.05,
): Match[] {
  const whole = correlate(reference, signal, sampleRate).lagSamples;
  const length = Math.round(pieceSeconds * sampleRate);
  const slack = Math.round(slackSeconds * sampleRate);
  const pieces = Math.max(1, Math.floor(reference.length / length));
  return Array.from({ length: pieces }, (_, index) => {
    const start = index * length;
    const piece = reference.subarray(start, index === pieces - 1 ? reference.length : start + length);
    const from = Math.max(0, whole + start - slack);
    const place = signal.subarray(from, Math.max(0, whole + start + piece.length + slack));
    if (place.length < piece.length / 2) return { score: 0, lagSamples: whole, lagSeconds: whole / sampleRate };
    const { score, lagSamples } = correlate(piece, place, sampleRate);
    const lag = from + lagSamples - start;
    return { score, lagSamples: lag, lagSeconds: lag / sampleRate };
  });
}

/** The middle one of some numbers; of an even count the upper middle. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Root mean square, the plain loudness of a piece. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

function runningEnergy(samples: Float32Array): Float64Array {
  const sums = new Float64Array(samples.length + 1);
  samples.forEach((sample, index) => {
    sums[index + 1] = (sums[index] ?? 0) + sample * sample;
  });
  return sums;
}

/** Sum over i of reference[i] * signal[i + lag], at index `lag` (negative lags from the end). */
function crossProducts(reference: Float32Array, signal: Float32Array): Float64Array {
  let size = 1;
  while (size < reference.length + signal.length) size *= 2;
  const a = { re: new Float64Array(size), im: new Float64Array(size) };
  const b = { re: new Float64Array(size), im: new Float64Array(size) };
  a.re.set(reference);
  b.re.set(signal);
  transform(a.re, a.im);
  transform(b.re, b.im);
  for (let i = 0; i < size; i++) {
    const [ar, ai, br, bi] = [a.re[i] ?? 0, a.im[i] ?? 0, b.re[i] ?? 0, b.im[i] ?? 0];
    b.re[i] = ar * br + ai * bi;
    // Conjugated, so that transforming forwards once more gives the inverse.
    b.im[i] = -(ar * bi - ai * br);
  }
  transform(b.re, b.im);
  return b.re.map((value) => value / size);
}

/** Fourier transform in place; the length is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    const angle = (-2 * Math.PI) / length;
    for (let k = 0; k < half; k++) {
      const cos = Math.cos(angle * k);
      const sin = Math.sin(angle * k);
      for (let start = k; start < size; start += length) {
        const other = start + half;
        const [xr, xi] = [re[other] ?? 0, im[other] ?? 0];
        const tr = xr * cos - xi * sin;
        const ti = xr * sin + xi * cos;
        const [yr, yi] = [re[start] ?? 0, im[start] ?? 0];
        re[other] = yr - tr;
        im[other] = yi - ti;
        re[start] = yr + tr;
        im[start] = yi + ti;
      }
    }
  }
}
