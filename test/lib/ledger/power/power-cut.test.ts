import { strict as assert } from 'node:assert';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWhole } from '../proof.ts';
import { temporaryFolder } from '../stand.ts';
import { type Cut, powerCuts, wholeDisk, withoutFlushes, withoutFlushPerCommit } from './power-cut.ts';
import { buildRecorder, type Entry, record } from './record.ts';

const STORE = 'permissions.sqlite';

describe('a power cut', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let recorder = '';
  let life: Entry[] = [];

  before(async () => {
    recorder = buildRecorder(folder.path);
    life = await lived('life', '600', '');
  });
  after(() => folder.remove());

  /** What a process did to its disk that opened a store, worked, rested, worked on and closed. */
  async function lived(name: string, operations: string, manner: string): Promise<Entry[]> {
    const home = join(folder.path, name);
    mkdirSync(home);
    const writer = join('test', 'lib', 'ledger', 'crash-writer.ts');
    const args = [writer, join(home, STORE), '1', operations, manner];
    const entries = await record(recorder, home, `${home}.log`, args);
    // A recorder that misses something would prove nothing.
    for (const [file, content] of wholeDisk(entries)) assert.ok(content.equals(readFileSync(join(home, file))), file);
    return entries;
  }

  // Another one each time; a failure names it, so that it can be repeated.
  const seed = Date.now();
  function cuts(entries: readonly Entry[], count: number, from = 0): Cut[] {
    const all = [...powerCuts(entries, { count, seed, folder: join(folder.path, 'cut'), store: STORE, from })];
    assert.equal(all.length, count);
    assert.ok(all.filter(({ acknowledged }) => acknowledged > 20).length > count / 4);
    return all;
  }

  function nothingLost(all: readonly Cut[]): void {
    for (const cut of all) {
      if (!isWhole(cut.findings))
        assert.fail(
          `seed ${seed}, after record ${cut.at}, kept ${cut.kept}: ${JSON.stringify(cut.findings).slice(0, 2_000)}`,
        );
    }
  }

  it('at 60 moments of a store that is made, works, is checkpointed and closed loses nothing acknowledged', () => {
    const all = cuts(life, 60);
    nothingLost(all);
    assert.ok(all.some(({ acknowledged }) => acknowledged > 1_000));
  });

  it('at 25 moments of taking over a store of the first format leaves the old or the new one, whole', async () => {
    const entries = await lived('old', '150', 'old');
    const made = entries.findIndex(({ kind, data }) => kind === 'A' && data.toString() === 'phase opening\n');
    const open = entries.findIndex(({ kind, data }) => kind === 'A' && data.toString() === 'phase open\n');
    assert.ok(made > 0 && open > made);
    nothingLost(cuts(entries.slice(0, open), 20, made));
    nothingLost(cuts(entries, 5, open));
  });

  it('at 15 moments of work beside backups leaves store and finished copies whole', async () => {
    nothingLost(cuts(await lived('backup', '300', 'backup'), 15));
  });

  // The model itself is at stake here: if it could not show a loss, the tests above would show nothing.
  it('loses acknowledged operations if commits are not flushed (synchronous=NORMAL)', () => {
    const all = cuts(withoutFlushPerCommit(life), 24);
    assert.ok(all.filter(({ findings }) => findings.lost.length > 0).length > 6);
  });

  it('loses acknowledged operations on a disk that only says that it has flushed', () => {
    const all = cuts(withoutFlushes(life), 24);
    assert.ok(all.filter(({ findings }) => findings.lost.length + findings.damaged.length > 0).length > 12);
  });
});
