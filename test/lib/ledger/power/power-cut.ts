import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Findings, prove, proveBackups } from '../proof.ts';
import { Disk, KEPT, type Kept } from './disk.ts';
import type { Entry } from './record.ts';

/** One cut and what was found after it. */
export interface Cut {
  /** After how many records. */
  at: number;
  kept: Kept;
  /** Lines acknowledged before it. */
  acknowledged: number;
  /** Of the store's file, then of each finished backup. */
  findings: Findings;
}

/** A generator of numbers from 0 to 1 that a failed run can be repeated with (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Cuts the power at so many moments of a recording, rebuilds the files each time, and has the store open them.
 * A third of the moments lie anywhere, a third right behind an acknowledgement, a third where something else than a commit is
 * under way (making or removing files, migration, checkpoint, backup), because those are rare.
 *
 * @param from first record after which to cut
 */
export function* powerCuts(
  entries: readonly Entry[],
  options: { count: number; seed: number; folder: string; store: string; from?: number },
): Generator<Cut> {
  const { count, seed, folder, store, from = 0 } = options;
  const random = seeded(seed);
  const moments = drawMoments(entries, count, from, random);
  const disk = new Disk();
  const lines: string[] = [];
  let done = 0;
  for (const [nr, at] of moments.entries()) {
    for (; done < at; done++) {
      const entry = entries[done] as Entry;
      if (entry.kind === 'A') lines.push(...entry.data.toString().split('\n').slice(0, -1));
      else disk.apply(entry);
    }
    const kept = KEPT[nr % KEPT.length] as Kept;
    restore(disk.cut(kept, random), folder);
    const findings = prove(join(folder, store), lines);
    proveBackups(folder, lines, findings);
    yield { at, kept, acknowledged: lines.length, findings };
  }
}

/** What the disk would hold if nothing were lost: the test of the recorder itself. */
export function wholeDisk(entries: readonly Entry[]): Map<string, Buffer> {
  const disk = new Disk();
  for (const entry of entries) if (entry.kind !== 'A') disk.apply(entry);
  return disk.cut('everything', Math.random);
}

/** The recording as a disk would have seen it that says it has flushed and has not. */
export function withoutFlushes(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ kind }) => kind !== 'S');
}

/**
 * The recording as `synchronous=NORMAL` would have made it: the log is flushed before it is moved into the file, not with
 * each commit.
 */
export function withoutFlushPerCommit(entries: readonly Entry[]): Entry[] {
  const names = new Map<number, string>();
  const flushes: { entry: Entry; log: boolean }[] = [];
  const needed = new Set<Entry>();
  for (const entry of entries) {
    const { kind, fd } = entry;
    if (kind === 'C' || kind === 'O') names.set(fd, entry.data.toString());
    const log = names.get(fd)?.endsWith('-wal') === true;
    if (kind === 'S') {
      flushes.push({ entry, log });
      if (!log) needed.add(entry);
    } else if (kind === 'W' && !log) {
      const last = flushes.at(-1);
      if (last !== undefined) needed.add(last.entry);
    }
  }
  return entries.filter((entry) => entry.kind !== 'S' || needed.has(entry));
}

function drawMoments(entries: readonly Entry[], count: number, from: number, random: () => number): number[] {
  const names = new Map<number, string>();
  const anywhere: number[] = [];
  const acknowledged: number[] = [];
  const special: number[] = [];
  for (const [nr, { kind, fd, data }] of entries.entries()) {
    if (kind === 'C' || kind === 'O') names.set(fd, data.toString());
    if (nr < from) continue;
    anywhere.push(nr + 1);
    if (kind === 'A') acknowledged.push(nr + 1);
    else if (kind !== 'X' && !names.get(fd)?.endsWith('-wal')) special.push(nr + 1);
  }
  const kinds = [anywhere, acknowledged, special].filter((moments) => moments.length > 0);
  const drawn = Array.from({ length: count }, (_, nr) => {
    const moments = kinds[nr % kinds.length] ?? anywhere;
    return moments[Math.floor(random() * moments.length)] ?? entries.length;
  });
  return drawn.sort((a, b) => a - b);
}

function restore(files: Map<string, Buffer>, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}
