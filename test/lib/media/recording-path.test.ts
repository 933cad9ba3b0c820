import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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
