import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inProject, projectNode, root } from './project.mjs';

/**
 * Installs the packages if what lies in `node_modules` is not what the lockfile says.
 *
 * npm keeps its own record of what it installed, so nothing of ours can go stale: not after a pull, not after an
 * interrupted install, not after somebody's `npm install`.
 *
 * @returns true if it had to install
 * @throws Error with what to do
 */
export function ensureInstalled() {
  const installed = packages(inProject('node_modules', '.package-lock.json'));
  if (
    installed !== undefined &&
    existsSync(projectNode) &&
    !differs(packages(inProject('package-lock.json')), installed)
  ) {
    return false;
  }
  console.log('Installing packages …');
  const npm = npmCommand();
  const result = spawnSync(npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: npm.shell,
  });
  if (result.error) throw new Error(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new Error('`npm ci` failed (see above). Is the package registry reachable?');
  if (!existsSync(projectNode)) {
    throw new Error(
      'The development dependency "node" is there without its program. Its install script has to run: npm rebuild node --ignore-scripts=false',
    );
  }
  return true;
}

/** npm as it was called, or the one on the PATH. */
export function npmCommand() {
  const current = process.env.npm_execpath;
  if (current !== undefined && path.basename(current) === 'npm-cli.js' && existsSync(current)) {
    return { command: process.execPath, args: [current], shell: false };
  }
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Optional packages (other platforms' programs) may be missing; every other one is there in exactly this version. */
function differs(wanted, installed) {
  if (wanted === undefined) throw new Error('package-lock.json is missing or damaged. Get it from the repository.');
  const missing = Object.entries(wanted).some(([where, entry]) => {
    if (where === '') return false;
    const there = installed[where];
    if (there === undefined) return entry.optional !== true && entry.peer !== true;
    return there.version !== entry.version || there.integrity !== entry.integrity;
  });
  return (
    missing ||
    Object.keys(installed).some((where) => wanted[where] === undefined && installed[where].extraneous !== true)
  );
}
