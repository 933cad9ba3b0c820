import { MediaError } from './media.ts';

/** How a task of a leg reports to whoever started it. */
export interface TaskReport<Info, Result> {
  started(info: Info): void;
  done(result: Result): void;
  failed(error: MediaError): void;
}

/** A task in the worker. */
export interface RunningTask {
  /** Ends it early; resolves when everything is written and closed. `reason` goes into its result. */
  stop(reason: 'stopped' | 'call_ended'): Promise<void>;
}

/** The error of a task whose call ended before it could begin. */
export function neverStarted(what: string): MediaError {
  return new MediaError(
    'media_not_connected',
    `The call ended before ${what} could begin.`,
    'Begin when the call is answered.',
  );
}

/** A report that also tells when the task is over, whichever way. */
export function onceOver<Info, Result>(report: TaskReport<Info, Result>, over: () => void): TaskReport<Info, Result> {
  return {
    started: (info) => report.started(info),
    done: (result) => {
      over();
      report.done(result);
    },
    failed: (error) => {
      over();
      report.failed(error);
    },
  };
}
