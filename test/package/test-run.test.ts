import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { checkout } from '../checkout.mts';

/** `npm test` must not look green when it is not: its runner, on test files that misbehave. */
describe('the test runner', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'wa-runner-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('counts what passed and what failed', async () => {
    const { counts, failures } = await run("it('good', () => {}); it('bad', () => { throw new Error('so bad'); });");
    assert.deepEqual(counts, { passed: 1, failed: 1 });
    assert.deepEqual(failures, ['sample: bad: so bad']);
  });

  it('counts skipped tests as failed, and refuses to run only some', async () => {
    assert.deepEqual((await run("it('good', () => {}); it.skip('later', () => {});")).counts, { passed: 1, failed: 1 });
    assert.deepEqual((await run("it('one', () => {}); it.only('two', () => {});")).counts, { passed: 0, failed: 1 });
  });

  it('counts a hook that fails and a file that cannot be read', async () => {
    const hook = await run("before(() => { throw new Error('no'); }); it('never', () => {});");
    assert.deepEqual(hook.counts, { passed: 0, failed: 1 });
    assert.deepEqual((await run('const = ;')).counts, { passed: 0, failed: 1 });
  });

  it('counts a crash, and says where', async () => {
    const { counts, text } = await run("it('good', () => {}); it('crashes', () => process.exit(3));");
    assert.deepEqual(counts, { passed: 1, failed: 1 });
    assert.match(text, /ended early \(3\): crashes/);
  });

  it('ends a test that hangs, and names it', async () => {
    const { counts, text } = await run("it('good', () => {}); it('hangs', () => { for (;;); });");
    assert.deepEqual(counts, { passed: 1, failed: 1 });
    assert.match(text, /it hung in: hangs/);
  });

  it('ends a process that does not end by itself, and counts it', async () => {
    const { counts, text } = await run("it('good', () => { setInterval(() => {}, 1000); });");
    assert.deepEqual(counts, { passed: 1, failed: 1 });
    assert.match(text, /keeps the process open/);
  });

  it('stops what a test left behind', async () => {
    // Only there can a process of another group be told to be ours.
    if (process.platform !== 'linux') return;
    const child = `process.kill(${process.pid}, 0); setInterval(() => {}, 1000)`;
    const { text } = await run(
      `import { spawn } from 'node:child_process';
       it('leaves', () => { spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'ignore' }).unref(); });`,
    );
    assert.match(text, /Stopping a process that a test left behind/);
  });

  async function run(test: string): Promise<{ counts: unknown; failures: string[]; text: string }> {
    const file = path.join(folder, 'sample.test.mjs');
    await writeFile(file, test);
    const runner = pathToFileURL(path.join(checkout, 'scripts', 'test-run.mjs')).href;
    const group = { name: 'sample', minutes: 1 / 15, closing: 1 / 60, files: [file] };
    const script = `const { runGroup } = await import(${JSON.stringify(runner)});
      console.log('counts ' + JSON.stringify(await runGroup(${JSON.stringify(group)}, {})));`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const text = stdout + stderr;
    const { failures, ...counts } = JSON.parse(/^counts (.*)$/m.exec(text)?.[1] ?? '{}') as {
      failures: string[];
      passed: number;
      failed: number;
    };
    assert.equal(failures.length, counts.failed);
    return { counts, failures, text };
  }
});
