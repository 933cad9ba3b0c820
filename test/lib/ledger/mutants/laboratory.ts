import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Edit, Mutant } from './mutant.ts';

/** What the tests of the ledger need of the project. */
const COPIED = ['package.json', 'tsconfig.json', 'lib', 'simulator', 'test/postgres.ts', 'test/lib/ledger'];
/** A mutant that makes a test hang is no proof: nobody would know why it did. */
const HUNG_MS = 60_000;
/** How the tests' own helpers say that a reservation was refused that should not have been. */
const REFUSED = /^refused: [a-z_]+$/;

interface Failure {
  fullTitle: string;
  err: { message?: string; code?: string; stack?: string };
}
/** What mocha's report of a run holds, as far as it is looked at. */
interface Report {
  stats: { tests: number };
  passes: { fullTitle: string }[];
  failures: Failure[];
}

/**
 * A copy of the sources in a temporary folder, where mistakes are made and the tests that should notice them are run, each run
 * in a process of its own. The project itself is never touched.
 */
export class Laboratory {
  readonly #home: string;
  readonly #root: string;
  readonly #environment: Record<string, string>;
  readonly #running = new Set<ChildProcess>();

  /** @param environment for the tests, such as a server that they share */
  constructor(environment: Record<string, string> = {}, project = resolve('.')) {
    this.#environment = environment;
    this.#home = mkdtempSync(join(tmpdir(), 'wa-mutants-'));
    this.#root = join(this.#home, 'project');
    mkdirSync(this.#root);
    for (const path of COPIED) cpSync(join(project, path), join(this.#root, path), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(this.#root, 'node_modules'));
  }

  /** Why these tests do not all pass on the sources as they are; undefined: they do. */
  async healthy(tests: readonly Mutant['test'][]): Promise<string | undefined> {
    const wanted = [...new Set(tests.map(({ title }) => title))];
    const report = await this.#run([...new Set(tests.map(({ file }) => file))], wanted);
    if (typeof report === 'string') return report;
    const [failure] = report.failures;
    if (failure !== undefined) return `without a mutant "${failure.fullTitle}" fails: ${failure.err.message}`;
    const ran = report.passes.map(({ fullTitle }) => fullTitle);
    const missing = wanted.filter((title) => ran.filter((one) => one === title).length !== 1);
    return missing.length === 0 ? undefined : `no test, or more than one, has this title: ${missing.join(', ')}`;
  }

  /** Why a mutant lives on, or why it is none; undefined: exactly its test has failed, because of what it does. */
  async survives({ edits, test }: Mutant): Promise<string | undefined> {
    const before = new Map(edits.map(({ file }) => [file, readFileSync(join(this.#root, file), 'utf8')]));
    try {
      const after = new Map(before);
      for (const edit of edits) after.set(edit.file, edited(after.get(edit.file) ?? '', edit));
      for (const [file, text] of after) writeFileSync(join(this.#root, file), text);
      const report = await this.#run([test.file], [test.title]);
      return typeof report === 'string' ? report : verdict(report, test.title);
    } catch (error) {
      if (error instanceof Error) return error.message;
      throw error;
    } finally {
      for (const [file, text] of before) writeFileSync(join(this.#root, file), text);
    }
  }

  async remove(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await Promise.all([...this.#running].map((child) => once(child, 'close')));
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** @returns a sentence if there is no report: the sources do not load, or the run hung */
  async #run(files: readonly string[], titles: readonly string[]): Promise<Report | string> {
    const output = join(this.#home, 'report.json');
    rmSync(output, { force: true });
    const pattern = `^(${titles.map(escaped).join('|')})$`;
    const options = ['--timeout', '30000', '--exit', '--reporter', 'json', '--reporter-option', `output=${output}`];
    const { NODE_V8_COVERAGE, ...environment } = process.env;
    const child = spawn(
      process.execPath,
      [join(this.#root, 'node_modules', 'mocha', 'bin', 'mocha.js'), ...options, '--grep', pattern, ...files],
      {
        cwd: this.#root,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...environment,
          ...this.#environment,
          NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
          // Half of a run would be reading the same sources again.
          NODE_COMPILE_CACHE: join(this.#home, 'compiled'),
        },
      },
    );
    this.#running.add(child);
    const guard = setTimeout(() => child.kill('SIGKILL'), HUNG_MS + 10_000 * titles.length);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2_000);
    });
    const [code, signal] = await once(child, 'close');
    clearTimeout(guard);
    this.#running.delete(child);
    try {
      return JSON.parse(readFileSync(output, 'utf8')) as Report;
    } catch {
      return `no test ran (${signal ?? code}): ${errors}`;
    }
  }
}

/** @throws Error if the piece is not there exactly once */
export function edited(source: string, { file, text, replacement }: Edit): string {
  const pieces = source.split(text);
  if (pieces.length !== 2) {
    throw new Error(`${file} has ${pieces.length - 1} times what the mutant is about, and not once: ${text}`);
  }
  return pieces.join(replacement);
}

/** Whether a run shows that its one test has noticed the mutant: it was run, and what it asserts did not hold. */
export function verdict({ stats, passes, failures }: Report, title: string): string | undefined {
  if (passes.some(({ fullTitle }) => fullTitle === title)) return 'the mutant survives: its test passes';
  const failure = failures.find(({ fullTitle }) => fullTitle === title);
  if (failure === undefined || stats.tests !== 1) {
    const first = failures[0];
    return `not the test has failed, but ${first === undefined ? 'nothing' : `${first.fullTitle}: ${first.err.message}`}`;
  }
  const { message = '', code } = failure.err;
  if (code === 'ERR_ASSERTION' || REFUSED.test(message)) return undefined;
  return `the test has not failed by what it asserts, but by: ${failure.err.stack ?? message}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
