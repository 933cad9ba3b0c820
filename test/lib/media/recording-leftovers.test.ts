import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEFT_AFTER_MS, recoverRecordings } from '../../../lib/media/recording-leftovers.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';

describe('recordings that a crash left behind', () => {
  let base: string;
  let root: string;
  const old = new Date(Date.now() - LEFT_AFTER_MS - 60_000);
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'leftovers-'));
    root = join(base, 'recordings');
    await mkdir(root);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  async function left(path: string, bytes: Buffer, at = old): Promise<void> {
    await writeFile(path, bytes);
    await utimes(path, at, at);
  }
  /** A recording of 1,000 frames whose header knows 600, and whose last frame is half written. */
  const half = () =>
    Buffer.concat([
      wavHeader(16_000, 2, 600 * 4),
      Buffer.from(new Int16Array(2000).fill(7).buffer),
      Buffer.from([1, 2]),
    ]);

  it('are completed, named, and keep their sound to the last frame', async () => {
    await mkdir(join(root, '2026', '11'), { recursive: true });
    await left(join(root, '2026', '11', 'a.wav.part'), half());
    await left(join(root, 'b.wav.part'), half());
    await left(join(root, 'b-recovered.wav'), Buffer.from('precious'));
    const { recovered, young } = await recoverRecordings(root);
    assert.equal(young, 0);
    assert.deepEqual(recovered.sort(), [join(root, '2026', '11', 'a-recovered.wav'), join(root, 'b-recovered-2.wav')]);
    for (const file of recovered) {
      const bytes = await readFile(file);
      const wav = readWav(bytes);
      assert.equal(wav.samples[1]?.length, 1000);
      assert.equal(bytes.readUInt32LE(40), 4000, 'the header says so, too');
      assert.equal(bytes.readUInt32LE(4) + 8, bytes.length);
    }
    assert.equal(await readFile(join(root, 'b-recovered.wav'), 'utf8'), 'precious');
    assert.deepEqual(await recoverRecordings(root), { recovered: [], young: 0 });
  });

  it('are left alone while they may still be written', async () => {
    await left(join(root, 'live.wav.part'), half(), new Date());
    assert.deepEqual(await recoverRecordings(root), { recovered: [], young: 1 });
    assert.deepEqual((await recoverRecordings(root, Date.now() + LEFT_AFTER_MS + 1000)).recovered, [
      join(root, 'live-recovered.wav'),
    ]);
  });

  it('are removed when there is no sound in them, and ignored when they are not ours or links', async () => {
    await left(join(root, 'empty.wav.part'), Buffer.alloc(0));
    await left(join(root, 'header.wav.part'), wavHeader(8000, 2, 0));
    await left(
      join(root, 'foreign.wav.part'),
      Buffer.from('a download of some browser, certainly no recording of ours'),
    );
    await left(join(root, 'other.part'), half());
    await left(join(base, 'outside.wav.part'), half());
    await mkdir(join(base, 'elsewhere'));
    await left(join(base, 'elsewhere', 'c.wav.part'), half());
    await symlink(join(base, 'outside.wav.part'), join(root, 'link.wav.part'));
    await symlink(join(base, 'elsewhere'), join(root, 'folder'));
    assert.deepEqual(await recoverRecordings(root), { recovered: [], young: 0 });
    assert.deepEqual((await readdir(root)).sort(), ['folder', 'foreign.wav.part', 'link.wav.part', 'other.part']);
    assert.deepEqual(await readdir(join(base, 'elsewhere')), ['c.wav.part']);
  });

  it('are none where there is no folder', async () => {
    assert.deepEqual(await recoverRecordings(join(base, 'missing')), { recovered: [], young: 0 });
  });
});
