import { encodeMuLaw } from '../../lib/media/g711.ts';
import { createOpusEncoder } from '../../lib/media/opus.ts';

const RATE = 16_000;
const FRAMES = 100;

/** Two seconds that cost a codec what speech costs: harmonics of a moving pitch, with pauses. */
function voice(rate: number): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: FRAMES * (rate / 50) }, (_, index) => {
    const t = index / rate;
    phase += (2 * Math.PI * (120 + 40 * Math.sin(2 * Math.PI * 1.3 * t))) / rate;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 3 * t)) * (t % 1 < 0.8 ? 1 : 0);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic += 1) sum += Math.sin(phase * harmonic) / harmonic;
    return Math.round(6000 * syllable * sum);
  });
}

/** The same frames as Opus packets and as G.711 payloads of 20 ms, to be sent over and over. */
export async function speechFrames(): Promise<{ opus: Buffer[]; pcmu: Buffer[] }> {
  const encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1 });
  const wide = voice(RATE);
  const narrow = voice(8000);
  const frame = (samples: Int16Array, index: number, length: number) =>
    samples.subarray(index * length, (index + 1) * length);
  const frames = Array.from({ length: FRAMES }, (_, index) => ({
    opus: Buffer.from(encoder.encode(frame(wide, index, RATE / 50))),
    pcmu: encodeMuLaw(frame(narrow, index, 160)),
  }));
  encoder.free();
  return { opus: frames.map(({ opus }) => opus), pcmu: frames.map(({ pcmu }) => pcmu) };
}
