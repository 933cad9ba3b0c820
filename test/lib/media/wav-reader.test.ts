import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { MediaError } from '../../../lib/media/media.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { chirp, find } from './signal.ts';

function chunk(name: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, 'latin1');
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

function riff(...chunks: Buffer[]): Buffer {
  const header = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
  return Buffer.concat([header, ...chunks]);
}

function format(tag: number, channels: number, rate: number, bits: number, extra = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE((rate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', Buffer.concat([body, extra]));
}

const invalid = (error: unknown) =>
  error instanceof MediaError && error.code === 'media_file_invalid' && error.nextStep !== '';

describe('WAV reader', () => {
  const codecs = ['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_f64le', 'pcm_alaw', 'pcm_mulaw'];
  for (const codec of codecs)
    for (const [rate, channels] of [
      [8000, 1],
      [44_100, 2],
      [48_000, 6],
    ] as const)
      it(`reads ${codec}, ${rate} Hz, ${channels} channels, as ffmpeg writes it to a pipe`, () => {
        const sound = chirp(0.25, rate);
        const raw = Buffer.from(sound.buffer);
        const wav = execFileSync(
          'ffmpeg',
          [
            ...['-v', 'error', '-f', 'f32le', '-ar', `${rate}`, '-ac', '1', '-i', 'pipe:0'],
            ...['-af', `pan=${channels}c|${Array.from({ length: channels }, (_, index) => `c${index}=c0`).join('|')}`],
            ...['-c:a', codec, '-f', 'wav', 'pipe:1'],
          ],
          { input: raw },
        );
        const read = readWav(wav);
        assert.equal(read.sampleRate, rate);
        assert.equal(read.channels, channels);
        for (const samples of read.samples) {
          assert.equal(samples.length, sound.length);
          const { at, alike } = find(sound, samples);
          assert.equal(at, 0);
          assert.ok(alike > (/u8|law/.test(codec) ? 0.998 : 0.999_999), `${alike}`);
          const worst = Math.max(...samples.map((value, index) => Math.abs(value - (sound[index] ?? 0))));
          assert.ok(worst < (/u8|law/.test(codec) ? 0.02 : 0.0001), `${worst}`);
        }
      });

  it('knows the extreme codes of G.711', () => {
    const read = (tag: number, codes: number[]) =>
      [...(readWav(riff(format(tag, 1, 8000, 8), chunk('data', Buffer.from(codes)))).samples[0] ?? [])].map((value) =>
        Math.round(value * 32_768),
      );
    assert.deepEqual(read(7, [0x00, 0x80, 0x7f, 0xff]), [-32_124, 32_124, 0, 0]);
    assert.deepEqual(read(6, [0x2a, 0xaa, 0x55, 0xd5]), [-32_256, 32_256, -8, 8]);
  });

  it('walks odd chunks with their padding and ignores unknown ones', () => {
    const samples = Buffer.from(new Int16Array([1, -2, 3]).buffer);
    const wav = riff(
      chunk('LIST', Buffer.from('odd')),
      format(1, 1, 16_000, 16),
      chunk('fact', Buffer.alloc(5)),
      chunk('data', samples),
    );
    assert.deepEqual(
      [...(readWav(wav).samples[0] ?? [])].map((value) => value * 32_768),
      [1, -2, 3],
    );
  });

  for (const size of [0, 0xffff_ffff, 0x7fff_fff0])
    it(`takes a data size of ${size} as "to the end"`, () => {
      const wav = Buffer.concat([
        wavHeader(8000, 1, 0),
        Buffer.from(new Int16Array([5, 6, 7]).buffer),
        Buffer.from([1]),
      ]);
      wav.writeUInt32LE(size, 40);
      assert.equal(readWav(wav).samples[0]?.length, 3);
    });

  it('ignores what follows the data', () => {
    const wav = riff(format(1, 1, 8000, 16), chunk('data', Buffer.alloc(4)), chunk('LIST', Buffer.alloc(400)));
    assert.equal(readWav(wav).samples[0]?.length, 2);
  });

  it('replaces what is not a number', () => {
    const data = Buffer.from(new Float32Array([Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e30]).buffer);
    assert.deepEqual(
      [...(readWav(riff(format(3, 1, 8000, 32), chunk('data', data))).samples[0] ?? [])],
      [0, 0, 0.5, 8],
    );
  });

  const extensible = (guidTail: string, tag = 1) =>
    Buffer.concat([Buffer.from([22, 0, 16, 0, 4, 0, 0, 0, tag, 0]), Buffer.from(guidTail, 'hex')]);
  const bad: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['eleven bytes', Buffer.from('RIFF....WAV')],
    ['something else', Buffer.from('ID3\u0004 this is an MP3 file, not a WAV file')],
    ['RF64', Buffer.concat([Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1'), Buffer.alloc(50)])],
    ['no format', riff(chunk('data', Buffer.alloc(4)))],
    ['no data', riff(format(1, 1, 8000, 16))],
    ['a short format', riff(chunk('fmt ', Buffer.alloc(14)), chunk('data', Buffer.alloc(4)))],
    ['no channels', riff(format(1, 0, 8000, 16), chunk('data', Buffer.alloc(4)))],
    ['65535 channels', riff(format(1, 65_535, 8000, 8), chunk('data', Buffer.alloc(4)))],
    ['0 Hz', riff(format(1, 1, 0, 16), chunk('data', Buffer.alloc(4)))],
    ['4 GHz', riff(format(1, 1, 0xffff_ffff, 8), chunk('data', Buffer.alloc(4)))],
    ['12-byte samples', riff(format(1, 1, 8000, 96), chunk('data', Buffer.alloc(24)))],
    ['MP3 in WAV', riff(format(0x55, 1, 8000, 8), chunk('data', Buffer.alloc(4)))],
    ['ADPCM', riff(format(2, 1, 8000, 8), chunk('data', Buffer.alloc(4)))],
    [
      'a chunk of 4 GB',
      riff(Buffer.from('junk\xf0\xff\xff\xff....', 'latin1'), format(1, 1, 8000, 16), chunk('data', Buffer.alloc(4))),
    ],
    [
      'a foreign sub-format',
      riff(format(0xfffe, 1, 8000, 16, extensible('0'.repeat(28))), chunk('data', Buffer.alloc(4))),
    ],
    ['a cut extensible format', riff(format(0xfffe, 1, 8000, 16, Buffer.alloc(4)), chunk('data', Buffer.alloc(4)))],
  ];
  for (const [what, bytes] of bad) it(`refuses ${what}`, () => assert.throws(() => readWav(bytes), invalid));

  it('reads or refuses 5,000 damaged files, and never takes more memory than the file is worth', () => {
    const good = [
      riff(format(1, 2, 44_100, 16), chunk('LIST', Buffer.alloc(7)), chunk('data', Buffer.alloc(64, 0x5a))),
      riff(format(0xfffe, 1, 8000, 16, extensible('000000001000800000aa00389b71')), chunk('data', Buffer.alloc(32, 3))),
      riff(format(3, 1, 8000, 32), chunk('data', Buffer.alloc(64, 0xff))),
    ];
    const damage = fc.record({
      which: fc.nat(good.length - 1),
      cut: fc.nat(160),
      bytes: fc.array(fc.tuple(fc.nat(159), fc.oneof(fc.constantFrom(0, 0xff, 0x7f, 0x80), fc.nat(255))), {
        maxLength: 6,
      }),
    });
    let read = 0;
    fc.assert(
      fc.property(damage, ({ which, cut, bytes }) => {
        const wav = Buffer.from((good[which] as Buffer).subarray(0, Math.max(cut, 12)));
        for (const [at, value] of bytes) if (at < wav.length) wav[at] = value;
        try {
          const { samples, channels } = readWav(wav);
          read += 1;
          const count = samples.reduce((sum, { length }) => sum + length, 0);
          assert.ok(count <= wav.length && samples.length === channels);
          assert.ok(samples.every((channel) => channel.every(Number.isFinite)));
        } catch (error) {
          if (!invalid(error)) throw error;
        }
      }),
      { numRuns: 5000 },
    );
    assert.ok(read > 500, `${read} were readable`);
  });
});
