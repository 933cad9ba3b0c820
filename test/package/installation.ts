import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkout } from '../checkout.mts';
import { manifest } from './manifest.ts';

const run = promisify(execFile);
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Packs the package as it would be published. `dist` must be built.
 *
 * @returns the tarball's path, inside `folder`
 */
export async function pack(folder: string): Promise<string> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await npm(args, checkout);
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  return path.join(folder, packed.filename);
}

/** Unpacks a tarball and returns the package's folder. */
export async function unpack(tarball: string, folder: string): Promise<string> {
  await run('tar', ['-xzf', tarball, '-C', folder]);
  return path.join(folder, 'package');
}

/** An empty user directory with the package installed as the palette manager does it. Remove it afterwards. */
export async function userDirectoryWith(tarball: string): Promise<string> {
  const userDir = await mkdtemp(path.join(os.tmpdir(), 'wa-installed-'));
  await writeFile(path.join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  await npm(['install', '--omit=dev', '--prefer-offline', '--save-exact', ...QUIET, tarball], userDir);
  return userDir;
}

/** The package inside a user directory. */
export const installedIn = (userDir: string) => path.join(userDir, 'node_modules', ...manifest.name.split('/'));

/**
 * Node-RED's program in another version than the development dependency. Installed once and kept in the system's
 * temporary folder: it is 60 MB.
 */
export async function nodeRedProgram(version: string): Promise<string> {
  const kept = path.join(os.tmpdir(), `wa-node-red-${version}`);
  const program = path.join(kept, 'node_modules', 'node-red', 'red.js');
  if (existsSync(program)) return program;
  const fresh = await mkdtemp(path.join(os.tmpdir(), 'wa-node-red-install-'));
  await writeFile(path.join(fresh, 'package.json'), JSON.stringify({ name: 'node-red-for-tests', private: true }));
  await npm(['install', '--prefer-offline', ...QUIET, `node-red@${version}`], fresh);
  // Another run may have been quicker; its copy is as good.
  await rename(fresh, kept).catch(() => rm(fresh, { recursive: true, force: true }));
  return program;
}

/** Version of the Node-RED that a program belongs to. */
export function versionOf(program: string): string {
  return (JSON.parse(readFileSync(path.join(path.dirname(program), 'package.json'), 'utf8')) as { version: string })
    .version;
}

/**
 * The checkout's files without what is made from them, and with its installed packages: as good as a fresh clone after
 * `npm ci`. Remove it afterwards.
 */
export async function copyOfCheckout(): Promise<string> {
  const copy = await mkdtemp(path.join(os.tmpdir(), 'wa-checkout-'));
  const made = /^(node_modules|dist|\.git|\.node-red|\.test|\.build-.*|coverage|.*\.tgz)$/;
  await cp(checkout, copy, {
    recursive: true,
    filter: (source) => path.dirname(source) !== checkout || !made.test(path.basename(source)),
  });
  await linkPackages(copy);
  return copy;
}

/** A folder of links, not one link, so that the copy has a cache of its own. */
async function linkPackages(copy: string): Promise<void> {
  const from = path.join(checkout, 'node_modules');
  const to = path.join(copy, 'node_modules');
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name !== '.cache') await symlink(path.join(from, name), path.join(to, name));
  }
}

function npm(args: string[], cwd: string) {
  return run('npm', args, { cwd, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' });
}
