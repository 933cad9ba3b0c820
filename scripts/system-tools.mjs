import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Programs that the tests run beside our own, each with the Debian packages it comes in. */
const TOOLS = [
  {
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
    why: 'the browser tests',
    given: 'CHROMIUM_PATH',
  },
  { programs: ['ffmpeg'], packages: ['ffmpeg'], why: 'RTP to and from a second real program' },
  {
    programs: ['gst-launch-1.0'],
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good'],
    why: 'RTP in G.711, L16 and Opus to and from GStreamer',
  },
  { programs: ['sipp'], packages: ['sip-tester'], why: 'a telephone that calls by SIP' },
  {
    programs: ['turnserver'],
    packages: ['coturn'],
    why: 'calls through a TURN server',
    before: noTurnService,
  },
  { programs: ['gcc'], packages: ['gcc', 'libc6-dev'], why: 'the power-cut tests, which record what reaches the disk' },
  {
    programs: ['initdb'],
    packages: ['postgresql'],
    why: 'the tests of the PostgreSQL store',
    given: 'POSTGRES_BIN',
    // Debian keeps them out of PATH, because several versions may be installed.
    folders: ['/usr/lib/postgresql', 'bin'],
    before: noDefaultCluster,
  },
];

/**
 * Makes sure that every program the tests need is there: installs what is missing where it may (Debian, root), and
 * otherwise says for each what is missing.
 *
 * @returns one line per program that is still missing
 */
export function ensureSystemTools() {
  let missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length > 0 && mayInstall()) {
    const packages = missing.flatMap((tool) => tool.packages);
    console.log(`Installing ${packages.join(', ')} …`);
    for (const tool of missing) tool.before?.();
    apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
    missing = missing.filter((tool) => !isThere(tool));
  }
  return missing.map(
    (tool) =>
      `${tool.programs[0]} is missing (needed for ${tool.why}). Debian: apt-get install ${tool.packages.join(' ')}`,
  );
}

function isThere(tool) {
  if (tool.given !== undefined && process.env[tool.given]) return existsSync(process.env[tool.given]);
  const folders = (process.env.PATH ?? '').split(path.delimiter).concat(versionFolders(tool));
  return tool.programs.some((program) => folders.some((folder) => runs(path.join(folder, program))));
}

/** One folder per installed version: `<above>/<version>/<below>`. */
function versionFolders({ folders: [above, below] = [] }) {
  if (above === undefined || !existsSync(above)) return [];
  return readdirSync(above).map((version) => path.join(above, version, below));
}

/** Installing the server must not leave one running: the tests start their own, in a folder of their own. */
function noDefaultCluster() {
  try {
    mkdirSync('/etc/postgresql-common/createcluster.d', { recursive: true });
    writeFileSync('/etc/postgresql-common/createcluster.d/no-main-cluster.conf', 'create_main_cluster = false\n');
  } catch {
    // The package then makes its cluster on the default port, which the tests never use.
  }
}

/** Nor may installing coturn: its service would relay for others. Masked, as `systemctl mask` does it. */
function noTurnService() {
  try {
    symlinkSync('/dev/null', '/etc/systemd/system/coturn.service');
  } catch {
    // No systemd, or somebody has decided already.
  }
}

function runs(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mayInstall() {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}

function apt(...args) {
  const result = spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0;
}
