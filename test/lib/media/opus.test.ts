import { strict as assert } from 'node:assert';
import { createOpusDecoder, createOpusEncoder, type OpusRate } from '../../../lib/media/opus.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { chirp, find } from './signal.ts';

describe('Opus', () => {
  for (const rate of [8000, 16_000, 24_000, 48_000] as OpusRate[])
    it(`codes speech-like sound at ${rate} Hz and plays it back at 16 kHz`, async () => {
      const encoder = await createOpusEncoder({ sampleRate: rate, channels: 1 });
      const decoder = await createOpusDecoder({ sampleRate: 16_000, channels: 1 });
      const pcm = toInt16(chirp(0.6, rate, 300, 2500));
      const heard: number[] = [];
      for (let at = 0; at + rate / 50 <= pcm.length; at += rate / 50)
        heard.push(...decoder.decode(encoder.encode(pcm.subarray(at, at + rate / 50))));
      const { alike, at } = find(chirp(0.5, 16_000, 300, 300 + (2200 * 0.5) / 0.6), heard);
      assert.ok(alike > 0.97, `${alike}`);
      assert.ok(at < 240, `delayed by ${at / 16} ms`);
      encoder.free();
      decoder.free();
    });

  it('conceals any length, keeps both channels, and throws on what is not Opus', async () => {
    const decoder = await createOpusDecoder({ sampleRate: 48_000, channels: 2 });
    for (const samples of [1, 120, 333, 960, 20_000]) assert.equal(decoder.conceal(samples).length, samples * 2);
    assert.throws(() => decoder.decode(new Uint8Array(0)));
    assert.throws(() => decoder.decode(Uint8Array.of(0xff, 0xff, 0xff)));
    assert.equal(decoder.decode(Uint8Array.of(0xf8, 0xff, 0xfe)).length, 960 * 2);
    decoder.free();
  });
});
