import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../lib/ledger/make-folder.ts';
import { openLedger } from '../../../lib/ledger/open.ts';

describe('lib/ledger/make-folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'wa-folder-'));
  after(() => rmSync(root, { recursive: true, force: true }));

  it('makes a folder with those above it, also if it is there already', () => {
    for (const _ of [1, 2]) makeFolder(join(root, 'a', 'b', 'c'));
    assert.ok(existsSync(join(root, 'a', 'b', 'c')));
  });

  it('says why it cannot', () => {
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: 'ENOTDIR' });
    assert.throws(() => makeFolder('/proc/nowhere/deep/below'));
  });

  it('lets a ledger at an impossible place fail at once instead of holding up the process', async () => {
    const opening = openLedger({ engine: 'sqlite', path: '/proc/nowhere/permissions.sqlite' });
    await assert.rejects(opening, { code: 'store_unavailable' });
  });
});
