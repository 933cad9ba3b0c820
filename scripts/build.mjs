import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inProject, projectNode, root } from './project.mjs';

/** What the build is made of. */
const INPUTS = ['lib', 'nodes', 'simulator', 'icons', 'locales', 'package.json', 'tsconfig.json', 'scripts/build.mjs'];
const STAMP = inProject('node_modules', '.cache', 'whatsapp-calling', 'build');
const DIST = inProject('dist');

/**
 * Builds `dist` from scratch: compiled sources, and beside the nodes what Node-RED looks for there and nowhere else.
 * The old `dist` stays in place until the new one is whole, so a failed build breaks nothing that runs.
 *
 * @throws Error if a file does not compile
 */
export function build() {
  const fresh = inProject(`.build-${process.pid}`);
  // Taken first: what is edited while the compiler runs counts as changed the next time.
  const sources = fingerprint();
  rmSync(fresh, { recursive: true, force: true });
  try {
    const tsc = inProject('node_modules', 'typescript', 'bin', 'tsc');
    const compiled = spawnSync(projectNode, [tsc, '-p', root, '--outDir', fresh], { cwd: root, stdio: 'inherit' });
    if (compiled.status !== 0) throw new Error('The sources do not compile (see above).');
    copyEditorFiles(fresh);
    for (const file of Object.values(JSON.parse(readFileSync(inProject('package.json'), 'utf8')).bin)) {
      chmodSync(path.join(fresh, path.relative('dist', file)), 0o755);
    }
    swap(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  mkdirSync(path.dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, sources);
}

/** Builds only if a source changed since the last build. Returns true if it built. */
export function ensureBuilt() {
  if (existsSync(path.join(DIST, 'nodes')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint())
    return false;
  console.log('Building …');
  build();
  return true;
}

function copyEditorFiles(fresh) {
  const nodes = path.join(fresh, 'nodes');
  mkdirSync(nodes, { recursive: true });
  for (const name of readdirSync(inProject('nodes'))) {
    if (name.endsWith('.html')) writeFileSync(path.join(nodes, name), dialog(inProject('nodes', name)));
  }
  cpSync(inProject('icons'), path.join(nodes, 'icons'), { recursive: true });
  cpSync(inProject('locales'), path.join(nodes, 'locales'), { recursive: true });
}

/** A dialog with the script and the style that it refers to inside: the editor waits for ever for a file that does not come. */
function dialog(file) {
  const part = (name) => readFileSync(path.join(path.dirname(file), name), 'utf8');
  return readFileSync(file, 'utf8')
    .replace(
      /<script src="([\w-]+\.js)"><\/script>/g,
      (_, name) => `<script type="text/javascript">\n${part(name)}</script>`,
    )
    .replace(/<link rel="stylesheet" href="([\w-]+\.css)">/g, (_, name) => `<style>\n${part(name)}</style>`);
}

function swap(fresh) {
  const old = inProject(`.build-${process.pid}-old`);
  if (existsSync(DIST)) renameSync(DIST, old);
  renameSync(fresh, DIST);
  rmSync(old, { recursive: true, force: true });
}

/** Over the contents, so that neither a checkout nor a touched file makes a difference. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const input of INPUTS) hashInto(hash, input);
  return hash.digest('hex');
}

function hashInto(hash, name) {
  const file = inProject(name);
  if (!existsSync(file)) return;
  let entries;
  try {
    entries = readdirSync(file).sort();
  } catch {
    hash.update(`${name}\0`).update(readFileSync(file)).update('\0');
    return;
  }
  for (const entry of entries) hashInto(hash, `${name}/${entry}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ensureInstalled } = await import('./install.mjs');
  try {
    ensureInstalled();
    build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
