import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import type { SqliteEngine } from '../../../lib/ledger/sqlite/engine.ts';
import { ANA, NUMBER, Stand, temporaryFolder, word } from './stand.ts';

const fails = (code: string) => (error: unknown) =>
  error instanceof LedgerError && error.code === code && error.message.length > 20 && error.nextStep.length > 20;

describe('a backup of the store', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let stand: Stand<SqliteEngine>;
  beforeEach(async () => {
    folder = temporaryFolder();
    stand = await Stand.open({ path: folder.file });
  });
  afterEach(async () => {
    await stand.ledger.close();
    folder.remove();
  });

  it('overwrites nothing that is no backup of a store', async () => {
    const text = join(folder.path, 'diary.txt');
    writeFileSync(text, 'Dear diary');
    const other = join(folder.path, 'other.sqlite');
    const second = await Stand.open({ path: other });
    await second.granted();
    await second.ledger.close();
    const before = readFileSync(other);
    const directory = join(folder.path, 'directory');
    mkdirSync(directory);
    for (const path of [text, other, directory, folder.file]) {
      await assert.rejects(stand.ledger.backup(path), fails('backup_refused'), path);
    }
    assert.equal(readFileSync(text, 'utf8'), 'Dear diary');
    assert.deepEqual(readFileSync(other), before);
    await assert.rejects(stand.ledger.backup(join(folder.path, 'nowhere', 'b.sqlite')), fails('backup_failed'));
    for (const bad of ['', 7, null, 'x'.repeat(10_000)]) {
      await assert.rejects(stand.ledger.backup(bad as string), fails('bad_input'));
    }
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes('.part')),
      [],
    );
    assert.equal((await stand.ledger.health()).ok, true);
  });

  it('is a store that opens and holds what was acknowledged before it began, whatever is written meanwhile', async () => {
    const people = Array.from({ length: 4_000 }, (_, index) => `+49151${String(index).padStart(8, '0')}`);
    await stand.ledger.importDoNotCall(NUMBER.id, people, { source: 'list' });
    await stand.granted();
    await stand.conversation('wacid.1');
    const path = join(folder.path, 'backup.sqlite');
    let copied = false;
    const copying = stand.ledger.backup(path).finally(() => {
      copied = true;
    });
    let meanwhile = 0;
    while (!copied) {
      await stand.asked(`wamid.${meanwhile}`, { phone: `55119555${10_000 + meanwhile}` });
      meanwhile++;
    }
    await copying;
    const copy = await Stand.open({ path, clock: stand.clock });
    const verdict = await copy.ledger.verifyAudit();
    const original = await stand.ledger.verifyAudit();
    assert.ok(verdict.ok && original.ok, JSON.stringify([verdict, original]));
    assert.ok(meanwhile > 0 && verdict.rows >= 4_000 && verdict.rows <= original.rows);
    assert.equal((await copy.ledger.status(NUMBER.id, ANA)).status, 'granted');
    assert.equal(word(await copy.call({ phone: '4915100000007' })), 'do_not_call');
    assert.equal((await copy.ledger.findCall({ callId: 'wacid.1' }))?.outcome, 'completed');
    await copy.ledger.close();
  });

  it('takes the place of an older one, but not of one that was opened and is a store now', async () => {
    const path = join(folder.path, 'backup.sqlite');
    await stand.ledger.backup(path);
    await stand.granted();
    await stand.ledger.backup(path);
    const copy = await Stand.open({ path, clock: stand.clock });
    assert.equal((await copy.ledger.status(NUMBER.id, ANA)).status, 'granted');
    await assert.rejects(stand.ledger.backup(path), fails('backup_refused'));
    await copy.ledger.close();
    await assert.rejects(stand.ledger.backup(path), fails('backup_refused'));
  });

  it('is finished before the store closes, and can be made of a store in memory', async () => {
    const path = join(folder.path, 'backup.sqlite');
    await stand.granted();
    const copying = stand.ledger.backup(path);
    await stand.ledger.close();
    await copying;
    assert.ok(existsSync(path));
    const memory = await Stand.open();
    await memory.granted();
    const second = join(folder.path, 'of-memory.sqlite');
    await memory.ledger.backup(second);
    await memory.ledger.close();
    const copy = await Stand.open({ path: second });
    assert.equal((await copy.ledger.status(NUMBER.id, ANA)).status, 'granted');
    await copy.ledger.close();
  });
});
