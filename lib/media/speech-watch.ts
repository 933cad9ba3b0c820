import type { Ears } from './ears.ts';
import { MediaError } from './media.ts';
import { SpeechDetector } from './speech-detector.ts';
import type { SpeechEvent, SpeechOptions, SpeechResult } from './speech-options.ts';
import { neverStarted, type RunningTask, type TaskReport } from './task.ts';

const RATE = 8000;
const DEFAULTS: Required<SpeechOptions> = { endMs: 600, initialSilenceMs: 5000, longSilenceMs: 10_000 };

/** @throws MediaError `media_options_refused` */
function check(options: SpeechOptions): Required<SpeechOptions> {
  const all = { ...DEFAULTS, ...options };
  const silences = [all.initialSilenceMs, all.longSilenceMs];
  if (!(all.endMs >= 100 && all.endMs <= 10_000) || !silences.every((ms) => ms >= 0 && ms <= 3_600_000))
    throw new MediaError(
      'media_options_refused',
      'The end of speech must be 100 ms to 10 s of silence, and silences that are told at most an hour.',
      'Correct the settings of the speech detector.',
    );
  return all;
}

interface OpenTask extends RunningTask {
  open(): void;
}

/** Listens for speech on one leg, while somebody wants to know: tasks, prompts and streams that speech interrupts. */
export class SpeechWatch {
  readonly #ears: Ears;
  readonly #tell: (event: SpeechEvent) => void;
  readonly #tasks = new Set<OpenTask>();
  #needs = 0;
  #deaf: (() => void) | undefined;

  /** @param tell what is heard for prompts and streams, with usual times */
  constructor(ears: Ears, tell: (event: SpeechEvent) => void) {
    this.#ears = ears;
    this.#tell = tell;
  }

  /** Somebody needs events of speech. Call what is returned when not any more. */
  need(): () => void {
    this.#needs += 1;
    if (!this.#deaf) this.#deaf = this.#listen(DEFAULTS, this.#tell).deaf;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#needs -= 1;
      if (this.#needs > 0) return;
      this.#deaf?.();
      this.#deaf = undefined;
    };
  }

  /** The leg is connected and accepted. */
  open(): void {
    for (const task of this.#tasks) task.open();
  }

  /**
   * Listens on somebody's own terms.
   * @throws MediaError `media_options_refused`
   */
  task(options: SpeechOptions, report: TaskReport<void, SpeechResult>, tell: (event: SpeechEvent) => void): OpenTask {
    const all = check(options);
    let listening: { detector: SpeechDetector; deaf: () => void } | undefined;
    let over = false;
    const task: OpenTask = {
      open: () => {
        if (listening || over) return;
        listening = this.#listen(all, (event) => {
          tell(event);
          // Otherwise the other one tells the leg.
          if (this.#needs === 0) this.#tell(event);
        });
        report.started();
      },
      stop: async (reason) => {
        if (over) return;
        over = true;
        this.#tasks.delete(task);
        listening?.deaf();
        if (listening) report.done({ result: reason, ...figures(listening.detector) });
        else report.failed(neverStarted('listening'));
      },
    };
    this.#tasks.add(task);
    return task;
  }

  #listen(
    options: Required<SpeechOptions>,
    tell: (event: SpeechEvent) => void,
  ): { detector: SpeechDetector; deaf: () => void } {
    const detector = new SpeechDetector();
    const deaf = this.#ears.listen(RATE, (frame) => {
      for (const event of detector.frame(frame, options)) tell(event);
    });
    return { detector, deaf };
  }
}

function figures({ nowMs, speechMs, utterances, holdMs }: SpeechDetector): Omit<SpeechResult, 'result'> {
  const silentMs = nowMs - speechMs - holdMs;
  const heard = speechMs > 0 && speechMs >= holdMs ? 'speech' : holdMs > silentMs ? 'hold' : 'silence';
  return { listenedMs: nowMs, speechMs, utterances, heard };
}
