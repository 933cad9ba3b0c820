import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import { ANA, NUMBER, Stand, temporaryFolder } from './stand.ts';

const run = promisify(execFile);
/** `nobody`, on every Linux. */
const NOBODY = 65_534;
const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

interface Opened {
  ok: boolean;
  code?: string;
  message?: string;
  nextStep?: string;
}

describe('a file that is not as it should be', function () {
  this.timeout(60_000);
  let folder: ReturnType<typeof temporaryFolder>;
  let good: Buffer;

  before(async () => {
    const made = temporaryFolder();
    const stand = await Stand.open({ path: made.file });
    for (let nr = 0; nr < 60; nr++) await stand.granted({ phone: `55119555${10_000 + nr}` });
    await stand.granted();
    await stand.ledger.close();
    good = readFileSync(made.file);
    made.remove();
  });
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  async function refused(path: string, code: string): Promise<void> {
    await assert.rejects(Stand.open({ path }), (error: unknown) => {
      assert.ok(error instanceof LedgerError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.includes(dirname(path)) && error.nextStep.length > 20);
      return true;
    });
  }

  const spoilt: Record<string, (bytes: Buffer) => Buffer> = {
    'the first line is gone': (bytes) => bytes.fill(0, 0, 16),
    'the page size is nonsense': (bytes) => bytes.fill(0xff, 16, 18),
    'the list of tables is noise': (bytes) => bytes.fill(0x5a, 100, 4_096),
    'a page in the middle is another one': (bytes) => {
      bytes.copyWithin(4_096 * 5, 4_096 * 9, 4_096 * 10);
      return bytes;
    },
    'pages in the middle are zeros': (bytes) => bytes.fill(0, 4_096 * 3, 4_096 * 12),
    'the last half is missing': (bytes) => bytes.subarray(0, (bytes.length / 2) & ~4_095),
    'a few hundred bytes are left': (bytes) => bytes.subarray(0, 700),
  };
  for (const [what, spoil] of Object.entries(spoilt)) {
    it(`${what}: damaged, and left as it is`, async () => {
      writeFileSync(folder.file, spoil(Buffer.from(good)));
      const before = readFileSync(folder.file);
      await refused(folder.file, 'store_corrupt');
      assert.deepEqual(readFileSync(folder.file), before);
    });
  }

  it('an empty file becomes a store, and a link to a store is the store', async () => {
    writeFileSync(folder.file, '');
    const link = join(folder.path, 'link.sqlite');
    symlinkSync(folder.file, link);
    for (const path of [folder.file, link]) {
      const stand = await Stand.open({ path });
      await stand.granted();
      await stand.ledger.close();
    }
    assert.ok(statSync(folder.file).size > 4_096);
  });

  it('a log that is no log is not taken for one', async () => {
    writeFileSync(folder.file, good);
    writeFileSync(`${folder.file}-wal`, Buffer.alloc(100_000, 0x37));
    const stand = await Stand.open({ path: folder.file });
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'granted');
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
    await stand.ledger.close();
  });

  it('links in a circle, folders and devices are refused', async () => {
    const [one, other] = [join(folder.path, 'one'), join(folder.path, 'other')];
    symlinkSync(one, other);
    symlinkSync(other, one);
    await refused(one, 'store_unavailable');
    await refused(folder.path, 'store_unavailable');
    await refused('/proc/version', 'store_unavailable');
    await refused('/proc/nowhere/permissions.sqlite', 'store_unavailable');
  });

  describe('for a user without rights', function () {
    // Each opening is a process, and several start at once.
    this.timeout(120_000);
    beforeEach(() => {
      // The folders above are made for their owner alone.
      chmodSync(folder.path, 0o755);
    });

    async function openAsUser(path: string): Promise<Opened> {
      const script = join('test', 'lib', 'ledger', 'open-once.ts');
      const { stdout } = await run(process.execPath, [script, path], { ...asNobody, timeout: 100_000 });
      return JSON.parse(stdout) as Opened;
    }
    async function refusedAsUser(path: string): Promise<void> {
      const { ok, code, message = '', nextStep = '' } = await openAsUser(path);
      assert.deepEqual({ ok, code }, { ok: false, code: 'store_unavailable' });
      assert.ok(message.includes(dirname(path)));
      assert.match(nextStep, /user who runs Node-RED/, message);
    }

    it('a folder of one’s own is enough', async () => {
      if ('uid' in asNobody) chownSync(folder.path, NOBODY, NOBODY);
      assert.deepEqual(await openAsUser(folder.file), { ok: true });
    });

    it('a file that can only be read, or not even that, is named and untouched', async () => {
      if ('uid' in asNobody) chownSync(folder.path, NOBODY, NOBODY);
      const paths = [0o444, 0o000].map((mode) => {
        const path = join(folder.path, `mode-${mode}.sqlite`);
        writeFileSync(path, good);
        chmodSync(path, mode);
        return path;
      });
      await Promise.all(paths.map(refusedAsUser));
      if ('uid' in asNobody) for (const path of paths) assert.deepEqual(readFileSync(path), good);
    });

    it('a folder that cannot be written to, or not be entered', async () => {
      const folders = [0o555, 0o000].map((mode) => {
        const closed = join(folder.path, `folder-${mode}`);
        mkdirSync(closed);
        copyWhole(join(closed, 'permissions.sqlite'));
        chmodSync(closed, mode);
        return closed;
      });
      const paths = folders.flatMap((closed) => [closed, join(closed, 'below')]);
      await Promise.all(paths.map((place) => refusedAsUser(join(place, 'permissions.sqlite'))));
      for (const closed of folders) chmodSync(closed, 0o755);
    });

    function copyWhole(path: string): void {
      const source = join(folder.path, 'whole.sqlite');
      writeFileSync(source, good);
      copyFileSync(source, path);
      chmodSync(path, 0o644);
    }
  });
});
