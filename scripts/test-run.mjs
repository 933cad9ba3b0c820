import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { whenNpmIsGone } from './parent.mjs';
import { inProject, projectEnvironment, projectNode, root } from './project.mjs';

/** Minutes a test process may go on after its last test: closing, not working. */
const CLOSING = 1 / 3;

/** Every process of this run carries it in its environment, however deep it was started, and its group's name behind it. */
const RUN = randomUUID();

/** Runs one program of the project to its end. Returns true if it succeeded. */
export async function check(script, ...args) {
  const child = start(script, args, {});
  return (await ended(child)) === 0;
}

/**
 * Runs one group of test files in a process of its own.
 *
 * @param options.print takes what the tests say; without it, it is shown as it comes
 * @returns numbers of passed and failed tests, and a text for each failure; a skipped test, a crash, a hang and a process that does not end are failures
 */
export async function runGroup(group, options) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wa-test-'));
  const report = path.join(folder, 'report');
  const args = [
    '--timeout',
    '30000',
    '--exit=false',
    '--forbid-only',
    '--reporter',
    inProject('scripts', 'reporter.cjs'),
  ];
  if (options.title !== undefined) args.push('--fgrep', options.title);
  const child = start(
    inProject('node_modules', 'mocha', 'bin', 'mocha.js'),
    [...args, ...group.files],
    {
      WA_TEST_REPORT: report,
      WA_TEST_RUN: `${RUN}-${group.name}.`,
      ...(options.coverage === undefined ? {} : { NODE_V8_COVERAGE: options.coverage }),
    },
    options.print,
  );
  const trouble = await Promise.race([ended(child), hung(child, report, group)]);
  killGroup(child);
  await stopLeftovers(`${RUN}-${group.name}.`);
  const events = eventsIn(report);
  rmSync(folder, { recursive: true, force: true });
  return verdict(group, events, trouble, options.print);
}

/** Ends whatever this run (or one group of it) has started and has not ended itself. */
export async function stopLeftovers(mark = RUN) {
  // A browser's last helpers may need a moment to notice that it is gone.
  for (let patience = 20; patience > 0 && leftovers(mark).length > 0; patience--) await pause(100);
  for (const { pid, command } of leftovers(mark)) {
    console.log(`Stopping a process that a test left behind: ${command}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

function start(script, args, environment, print) {
  const child = spawn(projectNode, [script, ...args], {
    cwd: root,
    stdio: ['ignore', ...Array(2).fill(print === undefined ? 'inherit' : 'pipe')],
    // A process group of its own, so that all of it can be ended.
    detached: true,
    env: projectEnvironment({
      NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      WA_TEST_RUN: RUN,
      ...environment,
    }),
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', print);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

const running = new Set();
async function giveUp() {
  for (const child of running) killGroup(child);
  await stopLeftovers();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, giveUp);
whenNpmIsGone(giveUp);

function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve('error');
    });
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
}

/** Resolves when the group is over its time, or is through its tests and does not end. */
async function hung(child, report, { minutes, closing = CLOSING }) {
  const deadline = Date.now() + minutes * 60_000;
  let through;
  while (child.exitCode === null && child.signalCode === null) {
    await pause(500);
    if (Date.now() > deadline) return 'hung';
    if (through === undefined && eventsIn(report).at(-1)?.event === 'end') through = Date.now();
    if (through !== undefined && Date.now() > through + closing * 60_000) return 'open';
  }
  return new Promise(() => {});
}

function verdict(group, events, trouble, print = console.error) {
  const count = (event) => events.filter((entry) => entry.event === event).length;
  const passed = count('pass');
  const failures = events
    .filter(({ event }) => event === 'fail' || event === 'skipped')
    .map(({ event, title, why }) => `${group.name}: ${title}: ${event === 'skipped' ? 'skipped' : why}`);
  const fail = (text) => {
    failures.push(`${group.name}: ${text}`);
    print(`✖ ${group.name}: ${text}\n`);
  };
  const last = events.findLast((entry) => entry.event === 'begin')?.title ?? 'before the first test';
  if (trouble === 'hung') fail(`not done after ${group.minutes} minutes; it hung in: ${last}`);
  else if (trouble === 'open') fail('all tests ran, but something keeps the process open (a timer, socket or worker)');
  else if (count('end') === 0) fail(`ended early (${trouble}): ${last}`);
  else if (trouble !== 0 && failures.length === 0) fail(`ended with ${trouble}`);
  return { passed, failed: failures.length, failures };
}

function eventsIn(report) {
  try {
    const lines = readFileSync(report, 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** Only where the system shows environments (Linux). Elsewhere the process groups have to do. */
function leftovers(mark) {
  const found = [];
  let pids = [];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return found;
  }
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, 3).join(' ');
      if (command !== '') found.push({ pid: Number(pid), command });
    } catch {
      // Ended, or not ours to look at.
    }
  }
  return found;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
