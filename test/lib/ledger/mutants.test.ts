import { strict as assert } from 'node:assert';
import { postgresServer } from '../../postgres.ts';
import { CALLBACKS_MUTANTS } from './mutants/callbacks.ts';
import { CLOCK_MUTANTS } from './mutants/clock.ts';
import { INBOX_MUTANTS } from './mutants/inbox.ts';
import { edited, Laboratory, verdict } from './mutants/laboratory.ts';
import type { Mutant } from './mutants/mutant.ts';
import { PEOPLE_MUTANTS } from './mutants/people.ts';
import { POSTGRES_MUTANTS } from './mutants/postgres.ts';
import { RESERVATIONS_MUTANTS } from './mutants/reservations.ts';
import { SQLITE_MUTANTS } from './mutants/sqlite.ts';

const MUTANTS: readonly Mutant[] = [
  ...POSTGRES_MUTANTS,
  ...SQLITE_MUTANTS,
  ...RESERVATIONS_MUTANTS,
  ...PEOPLE_MUTANTS,
  ...INBOX_MUTANTS,
  ...CLOCK_MUTANTS,
  ...CALLBACKS_MUTANTS,
];
/** The machine has at least so many processors. */
const AT_ONCE = 2;
/** Nothing is measured; this is longer than anything should take. */
const GUARD_MS = 300_000;

describe(`${MUTANTS.length} stores with a mistake seeded into each`, function () {
  this.timeout(GUARD_MS);
  const laboratories: Laboratory[] = [];
  const verdicts = new Map<Mutant, Promise<string | undefined>>();
  let healthy: Promise<string | undefined> | undefined;

  before(async () => {
    const environment = { WA_TEST_POSTGRES: String((await postgresServer()).port) };
    const waiting = [...MUTANTS];
    const settle = new Map<Mutant, (why: Promise<string | undefined>) => void>();
    for (const mutant of MUTANTS) {
      verdicts.set(mutant, new Promise((resolve) => settle.set(mutant, resolve)));
    }
    for (let nr = 0; nr < AT_ONCE; nr++) {
      const laboratory = new Laboratory(environment);
      laboratories.push(laboratory);
      // One of them makes sure first that it is the mistakes that the tests notice.
      const free = nr === 0 ? laboratory.healthy(MUTANTS.map(({ test }) => test)) : undefined;
      healthy ??= free;
      void work(laboratory, free);
    }
    async function work(laboratory: Laboratory, free: Promise<unknown> | undefined): Promise<void> {
      await free?.catch(() => undefined);
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const why = laboratory.survives(mutant);
        settle.get(mutant)?.(why);
        await why.catch(() => undefined);
      }
    }
  });
  after(() => Promise.all(laboratories.map((laboratory) => laboratory.remove())));

  it('are told from the one without: there all their tests pass', async () => {
    assert.equal(await healthy, undefined);
  });

  for (const mutant of MUTANTS) {
    it(`${mutant.name}: noticed by "${mutant.test.title}"`, async () => {
      assert.equal(await verdicts.get(mutant), undefined);
    });
  }
});

describe('what counts as having noticed a mutant', () => {
  const title = 'the store keeps limits';
  const report = (err?: { message?: string; code?: string }, where = title) => ({
    stats: { tests: 1 },
    passes: err === undefined ? [{ fullTitle: where }] : [],
    failures: err === undefined ? [] : [{ fullTitle: where, err }],
  });

  it('an assertion or a refusal in the test itself, and nothing else', () => {
    assert.equal(verdict(report({ message: "'ok' !== 'x'", code: 'ERR_ASSERTION' }), title), undefined);
    assert.equal(verdict(report({ message: 'refused: do_not_call' }), title), undefined);
    assert.match(verdict(report(), title) ?? '', /survives/);
    assert.match(verdict(report({ message: 'Unexpected token' }), title) ?? '', /by what it asserts/);
    assert.match(verdict(report({ message: 'Timeout', code: 'ERR_MOCHA_TIMEOUT' }), title) ?? '', /by what it asserts/);
    const hook = `${title} "before each" hook`;
    assert.match(verdict(report({ message: 'x', code: 'ERR_ASSERTION' }, hook), title) ?? '', /not the test/);
    assert.match(verdict({ stats: { tests: 0 }, passes: [], failures: [] }, title) ?? '', /nothing/);
  });

  it('only if what it changes is there exactly once', () => {
    const edit = { file: 'lib/x.ts', text: 'a', replacement: '$& b' };
    assert.equal(edited('x a y', edit), 'x $& b y');
    for (const source of ['x', 'a a']) assert.throws(() => edited(source, edit), /lib\/x\.ts has/);
  });
});
