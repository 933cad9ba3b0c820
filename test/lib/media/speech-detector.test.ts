import { strict as assert } from 'node:assert';
import { bargeIn } from '../../../bench/speech/barge-in.ts';
import { nobody } from '../../../bench/speech/nobody.ts';
import { LEAD_MS, Listener, made, onsetMs, RATE, scene, spoken } from '../../../bench/speech/scenes.ts';
import type { SpeechEvent } from '../../../lib/media/speech-options.ts';

const OPTIONS = { endMs: 600, initialSilenceMs: 5000, longSilenceMs: 4000 };

describe('telling speech from silence and hold', function () {
  this.timeout(60_000);
  let listener: Listener;
  before(async () => {
    listener = await Listener.create();
  });
  after(() => listener.close());

  /** What is told of a sound that went through the codec. */
  const events = (sound: Float32Array) => listener.hear(sound, OPTIONS).told;
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

  it('cuts a prompt within 200 ms of the arrival of a voice, by RTP time', async () => {
    const late: string[] = [];
    for (const voice of ['en', 'en+f2', 'en+m7', 'pt-br', 'de', 'es']) {
      const said = spoken(voice, 'Yes, who is there?');
      const cut = await bargeIn([...listener.packets(scene(said, -20, 99))], LEAD_MS + onsetMs(said));
      if (cut === undefined || cut < 0 || cut > 200) late.push(`${voice}: ${cut} ms`);
    }
    assert.deepEqual(late, []);
    assert.equal(
      await bargeIn([...listener.packets(new Float32Array(3 * RATE))], 0),
      undefined,
      'silence cuts nothing',
    );
  });

  const { quiet, tones } = nobody();
  for (const [name, sample] of Object.entries({ ...quiet, ...tones }))
    it(`takes ${name} for nobody`, () => {
      const told = events(made(12, sample));
      assert.deepEqual(of(told, 'speech_start'), []);
      assert.deepEqual(
        of(told, 'initial_silence').map(({ durationMs }) => durationMs),
        [5000],
      );
      const hold = of(told, 'hold_start').length;
      if (name in tones) assert.ok(hold > 0, JSON.stringify(told));
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
