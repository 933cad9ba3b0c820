import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inProject } from './project.mjs';

/** Tests of media that listen in real time: another test beside them would be heard as a gap. */
const SOUND = [
  'agent',
  'attention',
  'bridge-keys',
  'bridge-rtcp',
  'bridge-transcoding',
  'chromium',
  'ffmpeg',
  'media-path',
  'other-programs',
  'player',
  'sound-level',
  'stream',
  'tasks',
].map((name) => `lib/media/${name}.test.ts`);

/**
 * Folders below `test/`, and how many minutes each may take before it counts as hung. `quiet`: these tests measure sound,
 * so nothing else runs meanwhile; the others run two at a time, the longest first.
 */
export const GROUPS = [
  { name: 'model', folder: 'lib/ledger/model', minutes: 45 },
  { name: 'ledger', folder: 'lib/ledger', except: ['lib/ledger/model'], minutes: 40 },
  { name: 'media', folder: 'lib/media', except: SOUND, minutes: 25 },
  { name: 'package', minutes: 20 },
  { name: 'nodes', minutes: 25 },
  { name: 'simulator', minutes: 20 },
  { name: 'lib', except: ['lib/ledger', 'lib/media'], minutes: 25 },
  { name: 'sound', folder: 'lib/media', only: SOUND, minutes: 12, quiet: true },
  { name: 'system', minutes: 20, quiet: true },
  { name: 'browser', minutes: 10, quiet: true },
];

/** Checks that are no test files. */
export const CHECKS = ['lint', 'types'];

/** Test files of a group, sorted. */
export function filesOf({ name, folder = name, except = [], only = [folder] }) {
  const below = (file, places) =>
    places.some((place) => `${file}${path.sep}`.startsWith(path.join('test', place) + path.sep));
  return testFiles(path.join('test', folder)).filter((file) => below(file, only) && !below(file, except));
}

/** Test files that no group would run. */
export function strayFiles() {
  const known = new Set(GROUPS.flatMap((group) => filesOf(group)));
  return testFiles('test').filter((file) => !known.has(file));
}

/**
 * What a command line asks for: names of checks and groups first, then words that choose among their files (part of
 * the path) or, where no path has them, among their tests (part of the title).
 *
 * @returns checks to make, groups with their files, and the title pattern if there is one
 */
export function selection(args) {
  const names = [...CHECKS, ...GROUPS.map((group) => group.name)];
  const wanted = args.filter((arg) => names.includes(arg));
  const words = args.filter((arg) => !names.includes(arg));
  const everything = args.length === 0;
  const groups = GROUPS.filter(({ name }) => everything || wanted.includes(name) || wanted.length === 0).map(
    (group) => ({
      ...group,
      files: filesOf(group),
    }),
  );
  const checks = everything ? CHECKS : CHECKS.filter((check) => wanted.includes(check));
  if (words.length === 0) return { checks, groups };
  const byPath = groups
    .map((group) => ({ ...group, files: group.files.filter((file) => words.every((word) => file.includes(word))) }))
    .filter((group) => group.files.length > 0);
  return byPath.length > 0 ? { checks, groups: byPath } : { checks, groups, title: words.join(' ') };
}

function testFiles(folder) {
  if (!existsSync(inProject(folder))) return [];
  return readdirSync(inProject(folder), { recursive: true })
    .map((file) => path.join(folder, file))
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
}
