import { strict as assert } from 'node:assert';
import { resample, toInt16 } from '../../../lib/media/resample.ts';

const tone = (hertz: number, rate: number, seconds: number) =>
  Float32Array.from({ length: rate * seconds }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate));
const loudness = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

describe('resampling', () => {
  for (const from of [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 44_101, 48_000, 96_000])
    for (const to of [8000, 16_000, 48_000])
      it(`keeps a tone in its place from ${from} to ${to} Hz`, () => {
        const result = resample(tone(1000, from, 1), from, to);
        assert.equal(result.length, to);
        const wanted = tone(1000, to, 1);
        const worst = Math.max(
          ...result.subarray(to / 20, -to / 20).map((value, index) => Math.abs(value - (wanted[index + to / 20] ?? 0))),
        );
        assert.ok(worst < 0.001, `${worst}`);
      });

  it('lets nothing through that the lower rate cannot carry', () => {
    const residue = loudness(resample(tone(5000, 44_100, 1), 44_100, 8000).subarray(400, -400));
    assert.ok(residue < 0.001, `${20 * Math.log10(residue)} dB`);
  });

  it('clips instead of wrapping', () => {
    assert.deepEqual(
      [...toInt16(Float32Array.of(2, -2, 0, 1, -1, Number.NaN))],
      [32_767, -32_768, 0, 32_767, -32_768, 0],
    );
  });

  it('refuses impossible rates', () => {
    for (const rate of [0, -8000, 0.5, Number.NaN])
      assert.throws(() => resample(new Float32Array(4), rate, 8000), RangeError);
  });
});
