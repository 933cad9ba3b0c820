import { MediaError } from '../../lib/media/media.ts';
import { readWav } from '../../lib/media/wav-reader.ts';
import { damaged, type Kind, numbers, type Outcome } from './kind.ts';

const EXTENSIBLE_TAIL = '000000001000800000aa00389b71';

/** A well-formed WAV file in one of the formats, with chunks before and after its samples. */
export function goodWav(next: () => number): Buffer {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const [tag, bits] = pick([
    [1, 8],
    [1, 16],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
    [6, 8],
    [7, 8],
  ] as const);
  const channels = 1 + Math.floor(next() * 4);
  const rate = pick([8000, 11_025, 16_000, 44_100, 48_000, 96_000]);
  const extensible = next() < 0.4;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    format.write(EXTENSIBLE_TAIL, 26, 'hex');
  }
  const chunk = (name: string, body: Buffer) => {
    const header = Buffer.alloc(8);
    header.write(name, 'latin1');
    header.writeUInt32LE(body.length, 4);
    return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
  };
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
  const extra = () =>
    next() < 0.3 ? [chunk(pick(['LIST', 'fact', 'JUNK', 'bext']), noise(Math.floor(next() * 40)))] : [];
  const samples = noise(Math.floor(next() * 40) * ((channels * bits) / 8));
  const parts = [...extra(), chunk('fmt ', format), ...extra(), chunk('data', samples), ...extra()];
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), ...parts]);
}

/** Reads an input completely. Whatever is read must be worth no more than its bytes, and hold only numbers. */
export function readHostile(bytes: Buffer): Outcome {
  try {
    const { samples, channels, sampleRate } = readWav(bytes);
    if (samples.length !== channels || !(sampleRate > 0)) return { fault: 'channels or rate make no sense' };
    const count = samples.reduce((sum, { length }) => sum + length, 0);
    if (count > bytes.length) return { fault: `${count} samples of ${bytes.length} bytes` };
    for (const channel of samples)
      for (const value of channel) if (!Number.isFinite(value)) return { fault: 'no number' };
    return 'taken';
  } catch (error) {
    if (error instanceof MediaError && error.code === 'media_file_invalid' && error.nextStep !== '') return 'refused';
    return { fault: String(error) };
  }
}

/** Case `index` of a seed: a tenth pure noise behind a RIFF header, the rest damaged files, a few of them whole. */
export function hostileWav(seed: number, index: number): Buffer {
  const next = numbers(Math.imul(seed, 0x9e37_79b1) ^ index);
  const how = next();
  if (how < 0.05) return Buffer.from(Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256)));
  const good = goodWav(next);
  if (how < 0.1) return good;
  return damaged(good, next);
}

/** WAV files that lie in memory. */
export const wav: Kind = async (seed) => ({ one: (index) => readHostile(hostileWav(seed, index)) });
