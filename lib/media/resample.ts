/** Half width of the filter, in zero crossings of its sinc. 16 with the window below gives > 60 dB of alias rejection, inaudible in a call. */
const ZERO_CROSSINGS = 16;
/** Where the pass band ends, as a share of the lower Nyquist frequency; the rest is the filter's slope. */
const PASS_BAND = 0.92;
/** More filter phases than this (odd rates such as 44 101 Hz) are rounded to the nearest of this many: an error below -70 dB. */
const MAXIMUM_PHASES = 640;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Blackman window over -1..1. */
function blackman(position: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * position) + 0.08 * Math.cos(2 * Math.PI * position);
}

/** One filter per output phase: windowed sinc, normalised so that a constant stays the same constant. */
function filters(phases: number, cutoff: number, half: number): Float32Array[] {
  return Array.from({ length: phases }, (_, phase) => {
    const taps = new Float32Array(2 * half);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1) {
      const distance = tap - half + 1 - phase / phases;
      const x = Math.PI * distance * cutoff;
      const sinc = distance === 0 ? 1 : Math.sin(x) / x;
      const value = Math.abs(distance) >= half ? 0 : sinc * blackman(distance / half);
      taps[tap] = value;
      sum += value;
    }
    return taps.map((value) => value / sum);
  });
}

/** A filter from one rate to another, ready to compute any sample of its output. */
export interface Resampler {
  /** Number of output samples for so many input samples. */
  length(inputs: number): number;
  /** How far before and after its own moment an output sample looks at the input. */
  reach: number;
  /** Output sample `index` of an input of `inputs` samples read through `input`. */
  sample(input: (position: number) => number, inputs: number, index: number): number;
}

/**
 * Prepares a polyphase windowed-sinc filter. No delay: sample `n` of the result is the sound at `n / to` seconds of the input. Meant for
 * prompts (a WAV at 44.1, 22.05, 11.025 kHz); live audio needs none, Opus decodes to any of its rates.
 *
 * @param from Hz of the input, a whole number
 * @param to Hz wanted, a whole number
 */
export function createResampler(from: number, to: number): Resampler {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to < 1)
    throw new RangeError(`Sample rates must be positive whole numbers, not ${from} and ${to}.`);
  if (from === to) return { reach: 0, length: (inputs) => inputs, sample: (input, _inputs, index) => input(index) };
  const phases = Math.min(to / greatestCommonDivisor(from, to), MAXIMUM_PHASES);
  const cutoff = Math.min(1, to / from) * PASS_BAND;
  const half = Math.ceil(ZERO_CROSSINGS / cutoff);
  const bank = filters(phases, cutoff, half);
  return {
    reach: half + 1,
    length: (inputs) => Math.round((inputs * to) / from),
    sample(input, inputs, index) {
      const position = (index * from) / to;
      let whole = Math.floor(position);
      let phase = Math.round((position - whole) * phases);
      if (phase === phases) {
        phase = 0;
        whole += 1;
      }
      const taps = bank[phase] as Float32Array;
      const first = whole - half + 1;
      const end = Math.min(taps.length, inputs - first);
      let sum = 0;
      for (let tap = Math.max(0, -first); tap < end; tap += 1) sum += (taps[tap] as number) * input(first + tap);
      return sum;
    },
  };
}

/**
 * Changes the sample rate of one whole channel.
 *
 * @param samples full scale ±1
 * @returns `round(samples.length * to / from)` samples
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  const resampler = createResampler(from, to);
  const input = (position: number) => samples[position] as number;
  return Float32Array.from({ length: resampler.length(samples.length) }, (_, index) =>
    resampler.sample(input, samples.length, index),
  );
}

/** ±1 floats to 16-bit samples, clipped, NaN-free. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 32768))));
}
