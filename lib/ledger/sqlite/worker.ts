import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { TimeSource } from '../clock.ts';
import type { LedgerError } from '../ledger.ts';
import { asLedgerError } from './faults.ts';
import type { FromWorker, PlainError, ToWorker, WorkerSettings } from './protocol.ts';
import { SqliteStore } from './store.ts';

/** Most operations of one commit: bounds how long the first of a burst waits. */
const LARGEST_BATCH = 512;
/** After so many operations the log is moved into the file even if there is no pause. */
const CHECKPOINT_AFTER = 4_000;
const IDLE_MS = 1_000;
/** A jumped clock is looked at again after this, so that it is believed soon, whether or not anybody asks. */
const CLOCK_MS = 11_000;

/** The thread that owns the file. It answers a batch of operations after their common commit, never before. */
function serve(settings: WorkerSettings): void {
  const port = parentPort;
  if (port === null) throw new Error('this file runs as a worker');
  // As text: the caller's thread reads it in half the time that it needs to receive the objects themselves.
  const send = (message: FromWorker): void => port.postMessage(JSON.stringify(message));
  let store: SqliteStore;
  try {
    store = new SqliteStore({ ...settings, time: timeSource(settings.clock) });
  } catch (error) {
    send({ failed: plain(asLedgerError(error, settings.path)) });
    port.close();
    return;
  }
  let sinceCheckpoint = 0;
  let idle: NodeJS.Timeout | undefined;
  let clock: NodeJS.Timeout | undefined;

  const checkpoint = (): void => {
    sinceCheckpoint = 0;
    try {
      store.checkpoint();
    } catch {
      // The log simply stays longer; a disk that fails shows in the next commit.
    }
  };
  const watchClock = (): void => {
    clock ??= setTimeout(() => {
      clock = undefined;
      if (!store.clockIsSure()) watchClock();
    }, CLOCK_MS).unref();
  };

  const answer = (results: NonNullable<FromWorker['results']>): void => {
    if (results.length > 0) send({ results });
  };
  const fault = (error: unknown): PlainError => plain(asLedgerError(error, settings.path));
  /** What takes longer than a transaction: one after the other, while the store goes on, and before it closes. */
  let aside: Promise<void> = Promise.resolve();
  const backUp = (id: number, path: unknown): void => {
    aside = aside
      .then(() => store.backUp(String(path)))
      .then(
        () => answer([{ id }]),
        (error: unknown) => answer([{ id, error: fault(error) }]),
      );
  };
  /** An erasure is told when no trace of the person is left. */
  const answerErased = (results: NonNullable<FromWorker['results']>): void => {
    aside = aside
      .then(() => store.scrub())
      .then(
        () => answer(results),
        (error: unknown) => answer(results.map((result) => ({ error: fault(error), ...result }))),
      );
  };
  const finish = (): void => {
    clearTimeout(idle);
    clearTimeout(clock);
    store.close();
    send({ closed: true });
    port.close();
  };

  port.on('message', (first: ToWorker) => {
    let close = first.close === true;
    let queue = first.operations;
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      const message = more.message as ToWorker;
      close ||= message.close === true;
      queue = queue.concat(message.operations);
    }
    for (const { id, args } of queue.filter(({ name }) => name === 'backup')) backUp(id, args[0]);
    queue = queue.filter(({ name }) => name !== 'backup');
    for (let start = 0; start < queue.length; start += LARGEST_BATCH) {
      const batch = queue.slice(start, start + LARGEST_BATCH);
      const outcomes = store.run(batch);
      const results = outcomes.map((outcome, index) => ({
        id: batch[index]?.id ?? 0,
        ...(outcome.ok ? { value: outcome.value } : { error: fault(outcome.error) }),
      }));
      const erased = results.filter((_, index) => batch[index]?.name === 'erase');
      if (erased.length > 0) answerErased(erased);
      answer(erased.length === 0 ? results : results.filter((result) => !erased.includes(result)));
      sinceCheckpoint += batch.length;
    }
    if (close) {
      void aside.then(finish);
      return;
    }
    if (!store.clockIsSure()) watchClock();
    if (sinceCheckpoint >= CHECKPOINT_AFTER) checkpoint();
    else if (sinceCheckpoint > 0) {
      if (idle === undefined) idle = setTimeout(checkpoint, IDLE_MS).unref();
      else idle.refresh();
    }
  });
  send({ ready: true });
}

/** The machine's clocks, or the two numbers of a test: wall and steady milliseconds. */
function timeSource(shared: SharedArrayBuffer | undefined): TimeSource {
  if (shared === undefined) return { wall: () => Date.now(), steady: () => performance.now() };
  const numbers = new Float64Array(shared);
  return { wall: () => numbers[0] ?? 0, steady: () => numbers[1] ?? 0 };
}

function plain(error: LedgerError): PlainError {
  return { code: error.code, message: error.message, nextStep: error.nextStep };
}

serve(workerData as WorkerSettings);
