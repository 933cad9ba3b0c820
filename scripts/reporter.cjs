const { appendFileSync } = require('node:fs');
const Mocha = require('mocha');

const { Base } = Mocha.reporters;
const { EVENT_HOOK_BEGIN, EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Mocha.Runner.constants;
const { EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/**
 * One line per test for people, and one JSON line per event for scripts/test.mjs (file named by WA_TEST_REPORT). The
 * latter is written at once and not at the end: it still names the test that hung after the process had to be killed.
 */
class Reporter extends Base {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.WA_TEST_REPORT;
    const note = (event) => file && appendFileSync(file, `${JSON.stringify(event)}\n`);
    let depth = 0;
    const line = (text) => console.log(`${'  '.repeat(depth)}${text}`);

    runner.on(EVENT_SUITE_BEGIN, (suite) => {
      if (suite.root) return;
      depth++;
      line(suite.title);
    });
    runner.on(EVENT_SUITE_END, (suite) => {
      if (!suite.root) depth--;
    });
    runner.on(EVENT_HOOK_BEGIN, (hook) => note({ event: 'begin', title: hook.fullTitle() }));
    runner.on(EVENT_TEST_BEGIN, (test) => note({ event: 'begin', title: test.fullTitle() }));
    runner.on(EVENT_TEST_PASS, (test) => {
      note({ event: 'pass', title: test.fullTitle() });
      line(`  ${Base.color('checkmark', Base.symbols.ok)} ${test.title}${slow(test)}`);
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      note({ event: 'skipped', title: test.fullTitle() });
      line(`  ${Base.color('fail', `- ${test.title} (skipped: counts as failed)`)}`);
    });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      note({ event: 'fail', title: test.fullTitle(), why: String(error?.message ?? error).slice(0, 500) });
      line(`  ${Base.color('fail', `${Base.symbols.err} ${test.title}`)}`);
    });
    runner.on(EVENT_RUN_END, () => {
      if (this.failures.length > 0) Base.list(this.failures);
      note({ event: 'end' });
    });
  }
}

function slow(test) {
  return test.duration > test.slow() ? Base.color('medium', ` (${test.duration} ms)`) : '';
}

module.exports = Reporter;
