/*
 * Crashes and power cuts: is everything there that was acknowledged?
 *   kill     a process that works on a store is killed at a random moment, again and again; after each death the store is
 *            opened and searched for everything it had acknowledged
 *   cut      what a process writes and flushes is recorded; at random moments the files are rebuilt with what was flushed and, by
 *            chance, some of the rest. `no flush per commit` and `lying disk` take flushes out of the same recording: they
 *            must lose something, or the model could not show a loss
 *
 *   node bench/crash.ts [--loops=500] [--cuts=1000] [--lanes=2] [--seed=N] [--folder=DIR]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killLoops, MOMENTS } from '../test/lib/ledger/kill-loops.ts';
import { powerCuts, wholeDisk, withoutFlushes, withoutFlushPerCommit } from '../test/lib/ledger/power/power-cut.ts';
import { buildRecorder, type Entry, record } from '../test/lib/ledger/power/record.ts';
import type { Findings } from '../test/lib/ledger/proof.ts';

const { values } = parseArgs({
  options: {
    loops: { type: 'string', default: '500' },
    cuts: { type: 'string', default: '1000' },
    lanes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now()) },
    folder: { type: 'string', default: tmpdir() },
  },
});
const LOOPS = Number(values.loops);
const CUTS = Number(values.cuts);
const LANES = Number(values.lanes);
const SEED = Number(values.seed);
const STORE = 'permissions.sqlite';
const folder = mkdtempSync(join(values.folder, 'wa-crash-bench-'));

/** What a row of the table counts: crashes after which something was wrong, each kind for itself. */
class Tally {
  crashes = 0;
  acknowledged = 0;
  checked = 0;
  lost = 0;
  mostLost = 0;
  over = 0;
  halfWritten = 0;
  damaged = 0;
  readonly openMs: number[] = [];

  add(found: { acknowledged: number; checked: number; findings: Findings }): void {
    const { lost, over, halfWritten, damaged, openMs } = found.findings;
    const missing = new Set(lost).size;
    this.crashes++;
    this.acknowledged += found.acknowledged;
    this.checked += found.checked;
    this.lost += Number(missing > 0);
    this.mostLost = Math.max(this.mostLost, missing);
    this.over += Number(over.length > 0);
    this.halfWritten += Number(halfWritten.length > 0);
    this.damaged += Number(damaged.length > 0);
    if (openMs > 0) this.openMs.push(openMs);
  }

  row(name: string): string {
    const sorted = this.openMs.sort((a, b) => a - b);
    const open = `${(sorted[sorted.length >> 1] ?? 0).toFixed(0)} / ${(sorted.at(-1) ?? 0).toFixed(0)}`;
    const numbers = [this.crashes, this.acknowledged, this.checked, this.lost, this.mostLost, this.over];
    return `| ${[name, ...numbers.map((count) => count.toLocaleString('en')), this.halfWritten, this.damaged, open].join(' | ')} |`;
  }
}

async function kills(): Promise<string[]> {
  const tallies = new Map(MOMENTS.map((moment) => [moment, new Tally()]));
  const lane = async (nr: number): Promise<void> => {
    for await (const { moment, acknowledged, lookedFor, findings } of killLoops(folder, Math.ceil(LOOPS / LANES), nr)) {
      tallies.get(moment)?.add({ acknowledged, checked: lookedFor, findings });
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, nr) => lane(nr)));
  return [...tallies].map(([moment, tally]) => tally.row(`killed: ${moment}`));
}

/** So many cuts of recordings of one kind; a new recording for each hundred. */
async function cuts(recorder: string): Promise<string[]> {
  const tallies = new Map<string, Tally>();
  const cut = (name: string, entries: readonly Entry[], count: number, nr: number, from = 0): void => {
    const tally = tallies.get(name) ?? new Tally();
    tallies.set(name, tally);
    const options = { count, seed: SEED + nr, folder: join(folder, 'cut'), store: STORE, from };
    tally.acknowledged += entries.filter(({ kind }) => kind === 'A').length;
    for (const { acknowledged, findings } of powerCuts(entries, options)) {
      tally.add({ acknowledged: 0, checked: acknowledged, findings });
    }
  };
  for (let nr = 0; nr * 100 < CUTS; nr++) {
    const life = await recorded(recorder, `life-${nr}`, '1000', '');
    cut('power cut: work, checkpoint, closing', life, 60, nr);
    const old = await recorded(recorder, `old-${nr}`, '200', 'old');
    const opening = old.findIndex(({ kind, data }) => kind === 'A' && data.toString() === 'phase opening\n');
    cut('power cut: migration', old, 20, nr, opening);
    cut('power cut: backup', await recorded(recorder, `backup-${nr}`, '300', 'backup'), 20, nr);
    cut('the same, no flush per commit', withoutFlushPerCommit(life), 20, nr);
    cut('the same, lying disk', withoutFlushes(life), 20, nr);
  }
  return [...tallies].map(([name, tally]) => tally.row(name));
}

async function recorded(recorder: string, name: string, operations: string, manner: string): Promise<Entry[]> {
  const home = join(folder, name);
  mkdirSync(home);
  const writer = join('test', 'lib', 'ledger', 'crash-writer.ts');
  const entries = await record(recorder, home, `${home}.log`, [writer, join(home, STORE), '1', operations, manner]);
  for (const [file, content] of wholeDisk(entries)) {
    if (!content.equals(readFileSync(join(home, file)))) throw new Error(`the recorder missed something of ${file}`);
  }
  rmSync(home, { recursive: true });
  rmSync(`${home}.log`);
  return entries;
}

async function main(): Promise<void> {
  const rows = [...(await kills()), ...(await cuts(buildRecorder(folder)))];
  console.log(
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${values.folder}, seed ${SEED}\n`,
  );
  console.log(
    '| what | crashes | acknowledged | looked for | crashes with a loss | most lost | over a limit | half-written | damaged | opening p50 / max ms |',
  );
  console.log(`|${'---|'.repeat(10)}`);
  for (const row of rows) console.log(row);
}

main().finally(() => rmSync(folder, { recursive: true, force: true }));
