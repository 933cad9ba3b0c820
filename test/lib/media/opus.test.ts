import { strict as assert } from 'node:assert';
import { createOpusDecoder, createOpusEncoder, type OpusRate } from '../../../lib/media/opus.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { speechLike } from '../../browser/audio.ts';
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

  it('writes a copy of each packet of speech into the next one, which is much better than concealment', async () => {
    const encoder = await createOpusEncoder({ sampleRate: 16_000, channels: 1 });
    const create = () => createOpusDecoder({ sampleRate: 16_000, channels: 1 });
    const [whole, copying, concealing] = [await create(), await create(), await create()];
    const pcm = toInt16(speechLike({ seconds: 2, sampleRate: 16_000, seed: 3 }));
    const packets = Array.from({ length: 100 }, (_, index) =>
      encoder.encode(pcm.subarray(index * 320, index * 320 + 320)).slice(),
    );
    const errors = { sound: 0, copied: 0, concealed: 0 };
    for (const [index, packet] of packets.entries()) {
      const next = packets[index + 1];
      const lost = next && index % 10 === 5;
      const sound = whole.decode(packet).slice();
      const copied = (lost ? copying.recover(next, 320) : copying.decode(packet)).slice();
      const concealed = (lost ? concealing.conceal(320) : concealing.decode(packet)).slice();
      if (!lost) continue;
      sound.forEach((value, place) => {
        errors.sound += value ** 2;
        errors.copied += (value - (copied[place] ?? 0)) ** 2;
        errors.concealed += (value - (concealed[place] ?? 0)) ** 2;
      });
    }
    const decibels = (error: number) => 10 * Math.log10(errors.sound / error);
    assert.ok(decibels(errors.copied) > 5, `${decibels(errors.copied)} dB`);
    assert.ok(decibels(errors.concealed) < 2, `${decibels(errors.concealed)} dB`);
    for (const codec of [encoder, whole, copying, concealing]) codec.free();
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
