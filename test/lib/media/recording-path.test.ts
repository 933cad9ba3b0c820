import { strict as assert } from 'node:assert';
import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { MediaError } from '../../../lib/media/media.ts';
import { checkRecordingName, openRecordingFile } from '../../../lib/media/recording-path.ts';

const refused = (error: unknown) =>
  error instanceof MediaError && error.code === 'media_path_refused' && error.nextStep !== '';

const HOSTILE = [
  ...[
    '',
    '.',
    '..',
    '.wav',
    '/',
    '//',
    './a.wav',
    '../a.wav',
    'a/../b.wav',
    'a/../../b.wav',
    'a/./b.wav',
    'a//b.wav',
    '/etc/a.wav',
    '//host/share/a.wav',
  ],
  ...[
    '..\\a.wav',
    'a\\b.wav',
    '\\\\host\\share\\a.wav',
    'C:\\a.wav',
    'C:a.wav',
    'c:/a.wav',
    '/c:/a.wav',
    '\\\\?\\C:\\a.wav',
    '\\\\.\\COM1.wav',
    'a.wav:stream',
    'a.wav::$DATA',
  ],
  ...[
    'con.wav',
    'CON.wav',
    'prn.wav',
    'aux.wav',
    'AUX.txt.wav',
    'nul.wav',
    'NUL .wav/a.wav',
    'com1.wav',
    'COM9.wav',
    'com¹.wav',
    'lpt1.wav',
    'LPT9.wav',
    'lpt³.wav',
    'CONIN$.wav',
    'conout$.wav',
    'CLOCK$.wav',
    'aux/a.wav',
    'nul/b.wav',
  ],
  ...['a\0.wav', 'a.wav\0', '\0', 'a\n.wav', 'a\r.wav', 'a\t.wav', 'a\u001b[31m.wav', 'a\u007f.wav', 'a\u0085.wav'],
  ...['a<b.wav', 'a>b.wav', 'a"b.wav', 'a|b.wav', 'a?b.wav', 'a*b.wav', 'a:b.wav'],
  ...['a\u202ewav.exe.wav', 'a\u200bb.wav', 'a\u2028b.wav', 'a\u2066b.wav', '\ufeffa.wav', 'a\ud800.wav', '\udc00.wav'],
  ...[
    ' a.wav',
    'a /b.wav',
    'a./b.wav',
    ' /a.wav',
    '~/a.wav',
    '~root/a.wav',
    'a.wav ',
    'a.wav.',
    'a.wav/',
    'a.wav/..',
    '.../a.wav',
  ],
  ...['a', 'a.mp3', 'a.wav.exe', 'a.wave', 'a.wav.part', 'wav', 'a/.wav', 'a.wav%00.txt', 'a.flac'],
  ...[
    `${'a'.repeat(300)}.wav`,
    `${'é'.repeat(120)}.wav`,
    `${'a/'.repeat(20)}a.wav`,
    `${'abc/'.repeat(300)}a.wav`,
    `${'😀'.repeat(60)}.wav`,
  ],
  // Look-alikes and normalisation: what becomes a device, a dot or a separator once a file system or a share has folded it.
  ...[
    '\u2024\u2024/a.wav',
    '\u2025/a.wav',
    '\uff0e\uff0e/a.wav',
    'a\uff0f..\uff0fb.wav',
    'a\uff3cb.wav',
    'a\u2215b.wav',
  ],
  ...[
    'a\u2044b.wav',
    'a\u29f8b.wav',
    '\uff23\uff2f\uff2e.wav',
    'nu\uff4c.wav',
    'C\uff1aa.wav',
    'a\u2236b.wav',
    'a.wav\uff1astream',
  ],
  ...[
    'COM\u2460.wav',
    'lpt\u2081.wav',
    '\u{1d41c}on.wav',
    'a\u3000/b.wav',
    '\u3000.wav',
    'a\u00ad.wav',
    'a\u034f.wav',
    'a\u061cb.wav',
  ],
  ...[
    'a\u180eb.wav',
    'a\u115fb.wav',
    'a\ufe0fb.wav',
    'a\u{e0041}b.wav',
    '\u0130\u0130\u0000.wav',
    '%2e%2e/%2e%2e/',
    '..%2fa',
    '%00.wav/',
  ],
];

describe('recording path', () => {
  let base: string;
  let root: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'recording-'));
    root = join(base, 'recordings');
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it(`refuses ${HOSTILE.length} hostile names`, async () => {
    assert.ok(HOSTILE.length >= 80);
    for (const name of HOSTILE) await assert.rejects(openRecordingFile(root, name), refused, JSON.stringify(name));
    assert.deepEqual(await readdir(base), []);
  });

  it('takes good names in any language', async () => {
    for (const name of [
      'a.wav',
      'A.WAV',
      '2026/11/call-1.wav',
      'Größe é 😀.wav',
      'wacid.HBgLNTU_=.wav',
      'a..b.wav',
      'console.wav',
      'com10.wav',
      'a%2e%2e.wav',
    ]) {
      const recording = await openRecordingFile(root, name);
      assert.equal(await recording.complete(), join(root, name));
      await readFile(join(root, name));
    }
  });

  it('writes under a temporary name until it is complete, and never over another file', async () => {
    await mkdir(root);
    await writeFile(join(root, 'call.wav'), 'precious');
    await writeFile(join(root, 'call-2.wav.part'), 'left by a crash');
    const first = await openRecordingFile(root, 'call.wav');
    const second = await openRecordingFile(root, 'call.wav');
    assert.equal(first.file, join(root, 'call-3.wav'));
    assert.equal(second.file, join(root, 'call-4.wav'));
    assert.deepEqual((await readdir(root)).sort(), [
      'call-2.wav.part',
      'call-3.wav.part',
      'call-4.wav.part',
      'call.wav',
    ]);
    await writeFile(join(root, 'call-3.wav'), 'came in between');
    assert.equal(await first.complete(), join(root, 'call-3-2.wav'));
    await second.discard();
    assert.equal(await readFile(join(root, 'call.wav'), 'utf8'), 'precious');
    assert.equal(await readFile(join(root, 'call-3.wav'), 'utf8'), 'came in between');
    assert.deepEqual((await readdir(root)).sort(), ['call-2.wav.part', 'call-3-2.wav', 'call-3.wav', 'call.wav']);
  });

  it('follows no link out of its folder', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    await mkdir(root);
    await symlink(outside, join(root, 'exit'));
    await symlink(join(outside, 'planted.wav'), join(root, 'dangling.wav'));
    await symlink(join(outside, 'planted.wav'), join(root, 'half.wav.part'));
    await writeFile(join(root, 'file'), '');
    await assert.rejects(openRecordingFile(root, 'exit/a.wav'), refused);
    await assert.rejects(openRecordingFile(root, 'exit/deep/a.wav'), refused);
    await assert.rejects(openRecordingFile(root, 'file/a.wav'), refused);
    for (const name of ['dangling.wav', 'half.wav']) await (await openRecordingFile(root, name)).complete();
    assert.deepEqual(await readdir(outside), []);
  });

  it('follows no link at any level', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    const levels = [
      ['l1', 'l1/x/y/z.wav'],
      ['a/l2', 'a/l2/y/z.wav'],
      ['a/b/l3', 'a/b/l3/z.wav'],
    ] as const;
    for (const [place, name] of levels) {
      await symlink(outside, join(root, place));
      await assert.rejects(openRecordingFile(root, name), refused, name);
    }
    // Links that stay inside, and chains of links, are links too.
    await symlink('a', join(root, 'inside'));
    await symlink('l1', join(root, 'chain'));
    await symlink('..', join(root, 'a', 'up'));
    for (const name of ['inside/c.wav', 'chain/c.wav', 'a/up/up/c.wav'])
      await assert.rejects(openRecordingFile(root, name), refused, name);
    // The root itself may be one: whoever set it has chosen so.
    await symlink(root, join(base, 'alias'));
    assert.equal(await (await openRecordingFile(join(base, 'alias'), 'ok.wav')).complete(), join(root, 'ok.wav'));
    assert.deepEqual(await readdir(outside), []);
  });

  it('writes nothing outside when a folder is replaced by a link between check and opening', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    const seen: string[] = [];
    const watcher = watch(outside, (_event, name) => seen.push(String(name)));
    try {
      for (const name of ['a/call.wav', 'a/b/call.wav']) {
        await rm(root, { recursive: true, force: true });
        const replace = async () => {
          await rename(join(root, 'a'), join(base, `was-${name.length}`));
          await symlink(outside, join(root, 'a'));
          if (name.includes('b')) await mkdir(join(outside, 'b'));
        };
        await assert.rejects(openRecordingFile(root, name, replace), refused);
        await rm(join(outside, 'b'), { recursive: true, force: true });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      watcher.close();
    }
    assert.deepEqual(await readdir(outside), []);
    // Elsewhere than on Linux an empty file may be there for a moment.
    if (process.platform === 'linux') assert.deepEqual(new Set(seen), new Set(['b']));
  });

  it('writes nothing outside when a folder is replaced by a link while it records', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    const recording = await openRecordingFile(root, 'a/call.wav');
    await recording.handle.write(Buffer.from('sound'));
    await rename(join(root, 'a'), join(base, 'moved'));
    await symlink(outside, join(root, 'a'));
    assert.equal(await recording.present(), false);
    const file = await recording.complete().catch(() => undefined);
    assert.deepEqual(await readdir(outside), []);
    if (process.platform === 'linux') assert.equal(await readFile(file ?? '', 'utf8'), 'sound');
  });

  it('keeps names apart that differ only by case, also where the file system does not', async () => {
    const files = new Set<string>();
    for (const name of ['Call.wav', 'call.wav', 'CALL.WAV', 'é.wav', 'e\u0301.wav']) {
      const recording = await openRecordingFile(root, name);
      await recording.handle.write(Buffer.from(name));
      files.add(await recording.complete());
    }
    assert.equal(files.size, 5);
    for (const file of files) assert.match(await readFile(file, 'utf8'), /\.wav$/i);
    assert.equal((await readdir(root)).length, 5);
  });

  it('says so when the folder cannot be written', async () => {
    await assert.rejects(openRecordingFile('/proc/1/nothing', 'a.wav'), refused);
    await assert.rejects(openRecordingFile('', 'a.wav'), refused);
    await assert.rejects(openRecordingFile('a\0b', 'a.wav'), refused);
  });

  it('keeps 3,000 random names below the root, or refuses them', async () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      'a',
      'B',
      ' ',
      '.wav',
      ':',
      '\0',
      'con',
      '~',
      '%2e',
      'é',
      '\u202e',
      '-',
      '$',
      'x'.repeat(120),
    );
    const name = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 6 }).map((pieces) => `${pieces.join('')}.wav`),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `${text}.wav`),
    );
    let taken = 0;
    fc.assert(
      fc.property(name, (text) => {
        try {
          const path = relative(root, join(root, ...checkRecordingName(text)));
          taken += 1;
          assert.ok(
            !path.startsWith('..') &&
              path !== '' &&
              !path.includes('\0') &&
              path.endsWith('.wav') === text.endsWith('.wav'),
          );
        } catch (error) {
          if (!refused(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(taken > 100, `${taken} names were good`);
  });
});
