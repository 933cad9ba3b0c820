import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { recoverLeftRecordings } from '../../../lib/runtime/recording-recovery.ts';

describe('recovery of recordings at the start', () => {
  it('tells what it completed, once per folder', async () => {
    const root = await mkdtemp(join(tmpdir(), 'recovery-'));
    try {
      const left = async (name: string) => {
        await writeFile(join(root, name), Buffer.concat([wavHeader(8000, 2, 0), Buffer.alloc(400, 1)]));
        const hours = new Date(Date.now() - 3 * 3_600_000);
        await utimes(join(root, name), hours, hours);
      };
      await left('a.wav.part');
      const told = Promise.withResolvers<string[]>();
      recoverLeftRecordings(root, told.resolve);
      assert.deepEqual(await told.promise, [join(root, 'a-recovered.wav')]);
      await left('b.wav.part');
      // A deploy makes the nodes anew, but no crash.
      recoverLeftRecordings(root, () => assert.fail('searched twice'));
      recoverLeftRecordings(join(root, 'missing'), () => assert.fail('found something in nothing'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.deepEqual((await readdir(root)).sort(), ['a-recovered.wav', 'b.wav.part']);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
