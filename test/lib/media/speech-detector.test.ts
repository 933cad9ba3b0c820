import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createOpusDecoder, createOpusEncoder, type OpusDecoder, type OpusEncoder } from '../../../lib/media/opus.ts';
import { resample } from '../../../lib/media/resample.ts';
import { SpeechDetector } from '../../../lib/media/speech-detector.ts';
import type { SpeechEvent } from '../../../lib/media/speech-options.ts';
import { decodeWav } from '../../browser/audio.ts';

const RATE = 16_000;
const OPTIONS = { endMs: 600, initialSilenceMs: 5000, longSilenceMs: 4000 };
const LEAD_MS = 2500;

/** Always the same noise. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x8000_0000 - 1;
  };
}
const made = (seconds: number, sample: (t: number) => number): Float32Array =>
  Float32Array.from({ length: seconds * RATE }, (_, index) => sample(index / RATE));
const sine = (hertz: number, t: number): number => Math.sin(2 * Math.PI * hertz * t);
const power = (sound: Float32Array): number => Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / sound.length);

function spoken(voice: string, text: string): Float32Array {
  const bytes = execFileSync('espeak-ng', ['-v', voice, '--stdout', text]);
  // Written to a pipe, its header does not know the length.
  bytes.writeUInt32LE(bytes.length - 44, 40);
  const { channels, sampleRate } = decodeWav(bytes);
  return resample(channels[0] as Float32Array, sampleRate, RATE);
}

/** Silence or noise, then a voice at that level (dBFS), then a second and a half of the same noise. */
function scene(voice: Float32Array, level: number, snr: number, random = noise(7)): Float32Array {
  const lead = (LEAD_MS * RATE) / 1000;
  const gain = 10 ** (level / 20) / power(voice);
  const hiss = 10 ** ((level - snr) / 20) * Math.sqrt(3);
  return Float32Array.from(
    { length: lead + voice.length + 1.5 * RATE },
    (_, index) => (voice[index - lead] ?? 0) * gain + random() * hiss,
  );
}

describe('telling speech from silence and hold', function () {
  this.timeout(60_000);
  let encoder: OpusEncoder;
  let decoder: OpusDecoder;
  before(async () => {
    encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1 });
    decoder = await createOpusDecoder({ sampleRate: 8000, channels: 1 });
  });
  after(() => {
    encoder.free();
    decoder.free();
  });

  /** What is told of a sound that went through the codec. */
  function events(sound: Float32Array): (SpeechEvent & { toldMs: number })[] {
    const detector = new SpeechDetector();
    const told: (SpeechEvent & { toldMs: number })[] = [];
    for (let at = 0; at + 320 <= sound.length; at += 320) {
      const frame = Int16Array.from(sound.subarray(at, at + 320), (x) => Math.max(-1, Math.min(1, x)) * 32_767);
      for (const event of detector.frame(decoder.decode(encoder.encode(frame)), OPTIONS))
        told.push({ ...event, toldMs: detector.nowMs });
    }
    return told;
  }
  const of = (told: SpeechEvent[], name: string) => told.filter(({ event }) => event === name);

  for (const voice of ['en', 'en+f2', 'en+m7', 'pt-br', 'de', 'es'])
    it(`hears the voice ${voice}, loud and soft, in silence and in noise, when it begins and when it ends`, () => {
      for (const level of [-20, -38])
        for (const snr of [99, 12]) {
          const told = events(scene(spoken(voice, 'Hello, who is there?'), level, snr));
          const what = `${level} dBFS, ${snr} dB: ${JSON.stringify(told)}`;
          const [start] = of(told, 'speech_start') as (SpeechEvent & { toldMs: number })[];
          assert.ok(start && start.toldMs > LEAD_MS && start.toldMs < LEAD_MS + 500, what);
          assert.ok(start.atMs < start.toldMs && start.atMs > LEAD_MS - 100, what);
          const ends = of(told, 'speech_end');
          assert.equal(ends.length, of(told, 'speech_start').length, what);
        }
    });

  const random = noise(3);
  const QUIET: Record<string, (t: number) => number> = {
    silence: () => 0,
    'comfort noise': () => 0.001 * random(),
    'soft noise': () => 0.01 * random(),
    'loud noise': () => 0.15 * random(),
    'bursts of noise': (t) => (t % 2 < 0.7 ? 0.1 : 0.003) * random(),
    hum: (t) => 0.05 * (sine(50, t) + sine(100, t) + sine(150, t) / 2),
    'a tone': (t) => 0.3 * sine(440, t),
    ringing: (t) => (t % 5 < 1 ? 0.2 * sine(425, t) : 0),
    beeps: (t) => (t % 0.5 < 0.2 ? 0.2 * sine(1000, t) : 0),
    keys: (t) => (t % 0.4 < 0.1 ? 0.2 * (sine(770, t) + sine(1336, t)) : 0),
    'a held chord': (t) => 0.1 * (sine(220, t) + sine(277, t) + sine(330, t) + sine(440, t) / 2),
  };
  for (const [name, sample] of Object.entries(QUIET))
    it(`takes ${name} for nobody`, () => {
      const told = events(made(12, sample));
      assert.deepEqual(of(told, 'speech_start'), []);
      assert.deepEqual(
        of(told, 'initial_silence').map(({ durationMs }) => durationMs),
        [5000],
      );
      const hold = of(told, 'hold_start').length;
      if (['a tone', 'ringing', 'beeps', 'keys', 'a held chord'].includes(name))
        assert.ok(hold > 0, JSON.stringify(told));
      if (['silence', 'comfort noise'].includes(name)) assert.equal(hold, 0);
    });

  it('tells a long silence once, and again after the next words', () => {
    const word = scene(spoken('en', 'Hello there.'), -20, 99);
    const pause = new Float32Array(6 * RATE);
    const sound = [word, pause, word, pause].flatMap((part) => [...part]);
    const names = events(Float32Array.from(sound)).map(({ event }) => event);
    assert.deepEqual(names, [
      'speech_start',
      'speech_end',
      'long_silence',
      'speech_start',
      'speech_end',
      'long_silence',
    ]);
  });
});
