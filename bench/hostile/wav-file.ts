import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '../../lib/media/media.ts';
import { openWavFile } from '../../lib/media/wav-file.ts';
import type { Kind, Outcome } from './kind.ts';
import { hostileWav } from './wav.ts';

const LIMITS = { maxSeconds: 600, maxBytes: 50_000_000 };

async function play(file: string): Promise<Outcome> {
  try {
    const wav = await openWavFile(file, LIMITS);
    try {
      // As a prompt does: a piece after the other, then the beginning again.
      for (let frame = 0; frame < wav.frames + 100; frame += 100) {
        const from = frame % Math.max(1, wav.frames);
        while (!wav.ready(from, from + 100)) await new Promise((resolve) => setImmediate(resolve));
        for (let channel = 0; channel < wav.channels; channel += 1)
          if (wav.frames > 0 && !Number.isFinite(wav.sample(channel, from))) return { fault: 'no number' };
      }
      return 'taken';
    } finally {
      wav.close();
    }
  } catch (error) {
    if (error instanceof MediaError && error.code.startsWith('media_file_')) return 'refused';
    return { fault: String(error) };
  }
}

/** The same files as `wav`, read from the disk piece by piece. Files that stay open would soon be too many. */
export const wavFile: Kind = async (seed) => {
  const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const file = join(folder, 'hostile.wav');
  return {
    async one(index) {
      await writeFile(file, hostileWav(seed, index));
      return play(file);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
};
