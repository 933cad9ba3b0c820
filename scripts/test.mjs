import { rmSync } from 'node:fs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { inProject } from './project.mjs';
import { ensureSystemTools } from './system-tools.mjs';
import { selection, strayFiles } from './test-groups.mjs';
import { check, runGroup, stopLeftovers } from './test-run.mjs';

const CHECK = {
  lint: () =>
    check(inProject('node_modules', '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'),
  types: () => check(inProject('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'test'),
};

const total = { passed: 0, failed: 0, failures: [] };
const count = (passed, failed, failures = []) => {
  total.passed += passed;
  total.failed += failed;
  total.failures.push(...failures);
};

try {
  await everything(process.argv.slice(2));
} catch (error) {
  console.error(`✖ ${error.message}`);
  count(0, 1);
}
await stopLeftovers();
if (total.passed === 0 && total.failed === 0) console.error('✖ Not a single test ran.');
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
// Once more at the end: of a long log often only the end is kept.
for (const failure of total.failures) console.log(`✖ ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed`);

async function everything(args) {
  ensureInstalled();
  const chosen = selection(args.filter((arg) => arg !== '--coverage'));
  const coverage = args.includes('--coverage') ? inProject('coverage', 'tmp') : undefined;
  if (coverage !== undefined) rmSync(coverage, { recursive: true, force: true });
  for (const line of ensureSystemTools()) {
    console.error(`✖ ${line}`);
    count(0, 1);
  }
  // Without them half of the tests would fail with a less helpful sentence.
  if (total.failed > 0) return;
  ensureBuilt();
  for (const file of strayFiles()) {
    console.error(`✖ ${file} belongs to no group and would never run`);
    count(0, 1);
  }
  for (const name of chosen.checks) await report(name, CHECK[name]);
  const run = (group, print) => runOne(group, { title: chosen.title, coverage, print });
  const crowd = chosen.groups.filter((group) => group.quiet !== true);
  // One alone is shown as it runs.
  if (crowd.length < 2) for (const group of crowd) await run(group);
  else await Promise.all([0, 1].map(() => oneAfterTheOther(crowd, run)));
  for (const group of chosen.groups) if (group.quiet === true) await run(group);
  if (coverage !== undefined) await coverageReport(coverage);
}

/** Takes groups from the list until there are none. What each says is shown when it is through. */
async function oneAfterTheOther(groups, run) {
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    let said = '';
    await run(group, (text) => {
      said += text;
    });
    process.stdout.write(said);
  }
}

async function runOne(group, options) {
  const print = options.print ?? ((text) => process.stdout.write(text));
  print(`\n${group.name}\n`);
  if (group.files.length === 0) {
    print(`✖ ${group.name}: no test files\n`);
    count(0, 1);
    return;
  }
  const started = Date.now();
  const { passed, failed, failures } = await runGroup(group, options);
  print(`  ${group.name}: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - started) / 1000)} s\n`);
  count(passed, failed, failures);
}

async function report(name, run) {
  console.log(`\n${name}`);
  const passed = await run();
  console.log(passed ? `  ✔ ${name}` : `  ✖ ${name}`);
  count(passed ? 1 : 0, passed ? 0 : 1, passed ? [] : [name]);
}

/** Lines that ran in our own sources, as a table and as pages in `coverage/`. */
async function coverageReport(folder) {
  const sources = ['lib/**', 'nodes/**', 'simulator/**'].flatMap((pattern) => ['--include', pattern]);
  const reports = ['text', 'html'].flatMap((name) => ['--reporter', name]);
  const c8 = inProject('node_modules', 'c8', 'bin', 'c8.js');
  await check(c8, 'report', '--temp-directory', folder, '--all', ...sources, ...reports);
}
