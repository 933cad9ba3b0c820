/** Hz. WebRTC's own rate, so that nothing is resampled on the way. */
const RATE = 48_000;

/** Tones of the greeting: a rising sweep, four notes of a major chord, and a falling sweep. Hz and seconds. */
const SCORE: readonly { from: number; to: number; at: number; seconds: number }[] = [
  { from: 350, to: 2400, at: 0, seconds: 0.35 },
  { from: 523.25, to: 523.25, at: 0.5, seconds: 0.4 },
  { from: 659.25, to: 659.25, at: 0.95, seconds: 0.4 },
  { from: 783.99, to: 783.99, at: 1.4, seconds: 0.4 },
  { from: 1046.5, to: 1046.5, at: 1.85, seconds: 0.6 },
  { from: 2000, to: 400, at: 2.55, seconds: 0.45 },
];
const SECONDS = 3.1;
/** Of full scale: clear on a phone's loudspeaker, far from clipping. */
const LEVEL = 0.4;
/** Seconds of fade at each end of a tone, so that it does not click. */
const FADE = 0.008;

let made: Buffer | undefined;

/**
 * The built-in greeting: three seconds of a melody between two sweeps, made here so that an imported flow needs no file.
 * The sweeps make it easy to find in a recording, and to see whether its first 200 ms arrived.
 *
 * @returns a WAV file, 48 kHz, mono, 16 bits
 */
export function greetingWav(): Buffer {
  made ??= wav(samples());
  return made;
}

function samples(): Int16Array {
  const out = new Int16Array(Math.round(SECONDS * RATE));
  for (const tone of SCORE) {
    const length = Math.round(tone.seconds * RATE);
    const first = Math.round(tone.at * RATE);
    for (let i = 0; i < length; i += 1) {
      const t = i / RATE;
      // Phase of a linear sweep: the integral of its frequency.
      const phase = 2 * Math.PI * (tone.from * t + ((tone.to - tone.from) * t * t) / (2 * tone.seconds));
      const fade = Math.min(1, t / FADE, (tone.seconds - t) / FADE);
      const voice = Math.sin(phase) + 0.25 * Math.sin(2 * phase);
      out[first + i] = Math.round((voice / 1.25) * fade * LEVEL * 32767);
    }
  }
  return out;
}

function wav(pcm: Int16Array): Buffer {
  const file = Buffer.alloc(44 + pcm.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + pcm.length * 2, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(pcm.length * 2, 40);
  for (let i = 0; i < pcm.length; i += 1) file.writeInt16LE(pcm[i] ?? 0, 44 + i * 2);
  return file;
}
