import type { DigitNews, DigitOptions, DigitResult } from './digit-options.ts';
import type { Keystroke } from './keypad.ts';
import { MediaError, type PlayOptions, type PlayResult } from './media.ts';
import { neverStarted, type RunningTask, type TaskReport } from './task.ts';

const FIRST_DIGIT_MS = 5000;
const INTER_DIGIT_MS = 3000;
const ALL = '0123456789*#ABCD';
/** Longer entries than any card, account or phone number. */
const LONGEST = 128;

export interface CollectorAround {
  play(options: PlayOptions, report: TaskReport<void, PlayResult>): RunningTask;
  tell(news: DigitNews): void;
}

function check(options: DigitOptions): void {
  const { length, least = 1, terminator = '#', allowed = ALL, tries = 1 } = options;
  const whole = (value: number, from: number, to: number) => Number.isInteger(value) && value >= from && value <= to;
  const times = [options.firstDigitMs ?? 0, options.interDigitMs ?? INTER_DIGIT_MS];
  const wrong = !whole(length, 0, LONGEST)
    ? `The number of digits must be 0 to ${LONGEST}.`
    : !whole(least, 0, length === 0 ? LONGEST : length)
      ? 'The least number of digits must not be more than the most.'
      : !whole(tries, 1, 20)
        ? 'Digits can be asked for 1 to 20 times.'
        : terminator.length > 1 || [...terminator, ...allowed].some((digit) => !ALL.includes(digit))
          ? 'The terminator must be one key or none, and only keys (0-9, *, #, A-D) can be allowed.'
          : !times.every((ms) => ms >= 0 && ms <= 600_000) || times[1] === 0
            ? 'The waits for digits must be at most ten minutes, and that between two more than nothing.'
            : '';
  if (wrong) throw new MediaError('media_options_refused', wrong, 'Correct the settings of the digits.');
}

/** Collects what the person types: prompt, timeouts, tries. The time is that of the beats. */
export class DigitCollector implements RunningTask {
  readonly secret: boolean;
  readonly #options: DigitOptions;
  readonly #report: TaskReport<void, DigitResult>;
  readonly #around: CollectorAround;
  #digits = '';
  #try = 0;
  #wrong = false;
  #prompt: RunningTask | undefined;
  /** When waiting began; not while the prompt plays or a key is down. */
  #since: number | undefined;
  #open = false;
  #ended = false;

  /** @throws MediaError `media_options_refused` */
  constructor(options: DigitOptions, report: TaskReport<void, DigitResult>, around: CollectorAround) {
    check(options);
    this.secret = options.secret ?? false;
    this.#options = options;
    this.#report = report;
    this.#around = around;
  }

  /** The leg is connected and accepted. */
  open(): void {
    if (this.#open || this.#ended) return;
    this.#open = true;
    this.#report.started();
    this.#next();
  }

  digit({ digit, durationMs }: Keystroke): void {
    if (!this.#open || this.#ended) return;
    const { length, least = 1, terminator = '#', allowed } = this.#options;
    this.#silence();
    this.#since = undefined;
    if (digit === terminator) {
      if (this.#digits.length >= least) this.#judge('terminator');
      else this.#again(this.#digits === '' ? 'no_digits' : 'too_few');
      return;
    }
    this.#digits += digit;
    this.#around.tell({ kind: 'digit', count: this.#digits.length, ...(!this.secret && { digit, durationMs }) });
    if (allowed !== undefined && !allowed.includes(digit)) this.#wrong = true;
    // A menu of single keys answers at once; a longer entry is judged when it is complete.
    if (length > 0 && this.#digits.length >= length) this.#judge('length');
    else if (length === 0 && this.#digits.length >= LONGEST) this.#digits = this.#digits.slice(-LONGEST);
  }

  /** Every 20 ms. `down`: a key is being pressed. */
  beat(at: number, down: boolean): void {
    if (!this.#open || this.#ended || this.#prompt) return;
    if (down || this.#since === undefined) {
      this.#since = at;
      return;
    }
    const { length, least = 1, firstDigitMs = FIRST_DIGIT_MS, interDigitMs = INTER_DIGIT_MS } = this.#options;
    const waited = at - this.#since;
    if (this.#digits === '') {
      if (firstDigitMs > 0 && waited >= firstDigitMs) this.#again('no_digits');
    } else if (length > 0 && waited >= interDigitMs) {
      if (this.#digits.length >= least) this.#judge('timeout');
      else this.#again('too_few');
    }
  }

  /** Newer digits are asked for. */
  replace(): void {
    this.#end('replaced');
  }

  async stop(reason: 'stopped' | 'call_ended'): Promise<void> {
    if (this.#open) this.#end(reason);
    else if (!this.#ended) {
      this.#ended = true;
      if (reason === 'stopped') this.#report.done({ digits: '', result: 'stopped', tries: 0 });
      else this.#report.failed(neverStarted('asking for digits'));
    }
  }

  #next(): void {
    this.#try += 1;
    this.#digits = '';
    this.#wrong = false;
    this.#since = undefined;
    const { prompt, retryPrompt } = this.#options;
    const source = this.#try > 1 ? (retryPrompt ?? prompt) : prompt;
    if (!source) return;
    const over = (): void => {
      if (this.#prompt === playing) this.#prompt = undefined;
      this.#since = undefined;
    };
    const playing: RunningTask = this.#around.play(
      { source, interruptBy: ['digit'] },
      { started: () => undefined, done: over, failed: (error) => this.#fail(error) },
    );
    this.#prompt = playing;
  }

  #silence(): void {
    const prompt = this.#prompt;
    this.#prompt = undefined;
    void prompt?.stop('stopped');
  }

  #judge(how: 'length' | 'terminator' | 'timeout'): void {
    if (this.#wrong) this.#again('wrong');
    else this.#end(how);
  }

  #again(how: 'no_digits' | 'too_few' | 'wrong'): void {
    if (this.#try < (this.#options.tries ?? 1)) this.#next();
    else this.#end(how);
  }

  #end(result: DigitResult['result']): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#silence();
    this.#report.done({ digits: this.#digits, result, tries: this.#try });
    this.#digits = '';
  }

  #fail(error: MediaError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#report.failed(error);
  }
}
