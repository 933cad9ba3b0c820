import { strict as assert } from 'node:assert';
import { DigitCollector } from '../../../lib/media/digit-collector.ts';
import type { DigitNews, DigitOptions, DigitResult } from '../../../lib/media/digit-options.ts';
import type { PlayOptions, PlayResult } from '../../../lib/media/media.ts';
import type { TaskReport } from '../../../lib/media/task.ts';

const PROMPT = { wav: new Uint8Array(1) };
const RETRY = { wav: new Uint8Array(2) };

/** A collector, its beats, and prompts that end when the test says so. */
class Bench {
  at = 0;
  down = false;
  readonly news: DigitNews[] = [];
  readonly prompts: { options: PlayOptions; report: TaskReport<void, PlayResult>; stopped: boolean }[] = [];
  result: DigitResult | undefined;
  readonly collector: DigitCollector;

  constructor(options: DigitOptions) {
    this.collector = new DigitCollector(
      options,
      { started: () => undefined, done: (result) => (this.result = result), failed: (error) => assert.fail(error) },
      {
        tell: (news) => this.news.push(news),
        play: (promptOptions, report) => {
          const prompt = { options: promptOptions, report, stopped: false };
          this.prompts.push(prompt);
          return {
            stop: async () => {
              prompt.stopped = true;
            },
          };
        },
      },
    );
    this.collector.open();
  }
  wait(ms: number): this {
    for (let passed = 0; passed < ms; passed += 20) {
      this.at += 20;
      this.collector.beat(this.at, this.down);
    }
    return this;
  }
  press(digits: string): this {
    for (const digit of digits) this.collector.digit({ digit, durationMs: 100 });
    return this.wait(20);
  }
  promptEnds(): this {
    this.prompts.at(-1)?.report.done({ result: 'whole', playedSeconds: 1 });
    return this;
  }
}

describe('collecting digits', () => {
  const ended = (options: DigitOptions, act: (bench: Bench) => unknown) => {
    const bench = new Bench(options);
    act(bench);
    return bench.result;
  };

  it('ends by length, terminator or pause, and says which', () => {
    assert.deepEqual(
      ended({ length: 4 }, (bench) => bench.press('1234')),
      { digits: '1234', result: 'length', tries: 1 },
    );
    assert.deepEqual(
      ended({ length: 10 }, (bench) => bench.press('12#3')),
      { digits: '12', result: 'terminator', tries: 1 },
    );
    assert.deepEqual(
      ended({ length: 10, interDigitMs: 2000 }, (bench) => bench.press('12').wait(2100)),
      { digits: '12', result: 'timeout', tries: 1 },
    );
    assert.equal(
      ended({ length: 10, interDigitMs: 2000 }, (bench) => bench.press('1').wait(1900).press('2').wait(1900)),
      undefined,
    );
    assert.deepEqual(
      ended({ length: 4, terminator: '' }, (bench) => bench.press('1#2*')),
      { digits: '1#2*', result: 'length', tries: 1 },
    );
  });

  it('tries again after nothing, too few or wrong digits, with the prompt of a retry, and gives up at last', () => {
    const bench = new Bench({
      length: 4,
      least: 3,
      tries: 3,
      prompt: PROMPT,
      retryPrompt: RETRY,
      allowed: '0123456789',
    });
    bench.wait(60_000);
    assert.equal(bench.result, undefined, 'no time passes while the prompt plays');
    bench.promptEnds().wait(5100);
    bench.promptEnds().press('12').wait(3100);
    assert.deepEqual(
      bench.prompts.map(({ options }) => options.source),
      [PROMPT, RETRY, RETRY],
    );
    assert.ok(bench.prompts.every(({ options }) => options.interruptBy?.includes('digit')));
    bench.promptEnds().press('12*4');
    assert.deepEqual(bench.result, { digits: '12*4', result: 'wrong', tries: 3 });
    assert.deepEqual(
      ended({ length: 4 }, (other) => other.wait(5100)),
      { digits: '', result: 'no_digits', tries: 1 },
    );
    assert.deepEqual(
      ended({ length: 4, least: 4 }, (other) => other.press('12#')),
      { digits: '12', result: 'too_few', tries: 1 },
    );
  });

  it('stops its prompt at the first digit, and waits while a key is down', () => {
    const bench = new Bench({ length: 2, prompt: PROMPT });
    bench.press('1');
    assert.equal(bench.prompts[0]?.stopped, true);
    bench.down = true;
    bench.wait(20_000);
    assert.equal(bench.result, undefined);
    bench.down = false;
    bench.press('2');
    assert.deepEqual(bench.result, { digits: '12', result: 'length', tries: 1 });
    assert.deepEqual(
      bench.news.map(({ digit, count }) => [digit, count]),
      [
        ['1', 1],
        ['2', 2],
      ],
    );
  });

  it('keeps secret digits to its result, listens without end, is replaced, and ends with the call', async () => {
    const secret = new Bench({ length: 4, secret: true });
    secret.press('1234');
    assert.equal(secret.result?.digits, '1234');
    assert.ok(!/digit":|durationMs/.test(JSON.stringify(secret.news)), JSON.stringify(secret.news));
    const endless = new Bench({ length: 0, firstDigitMs: 0 });
    endless.press('12').wait(60_000).press('3');
    assert.equal(endless.result, undefined);
    endless.collector.replace();
    assert.deepEqual(endless.result, { digits: '123', result: 'replaced', tries: 1 });
    const cut = new Bench({ length: 4, prompt: PROMPT });
    await cut.collector.stop('call_ended');
    assert.deepEqual(cut.result, { digits: '', result: 'call_ended', tries: 1 });
    assert.equal(cut.prompts[0]?.stopped, true);
  });

  it('refuses what makes no sense', () => {
    for (const options of [
      { length: -1 },
      { length: 200 },
      { length: 2, least: 3 },
      { length: 2, tries: 0 },
      { length: 2, terminator: '##' },
      { length: 2, allowed: '12x' },
      { length: 2, interDigitMs: 0 },
    ])
      assert.throws(() => new Bench(options), { code: 'media_options_refused' }, JSON.stringify(options));
  });
});
