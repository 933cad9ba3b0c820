import { workerData } from 'node:worker_threads';
import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { timeSource } from '../clock.ts';
import type { Answer } from '../worker/protocol.ts';
import { plain, type Say, type Served, serve } from '../worker/serve.ts';
import { asLedgerError } from './faults.ts';
import { type Operation, SqliteStore } from './store.ts';

export interface WorkerSettings {
  path: string;
  profile: Profile;
  optOut?: OptOutWords;
  owner: string;
  maxPages: number;
  retentionDays?: number;
  /** Wall and steady milliseconds as two float64, for tests. */
  clock?: SharedArrayBuffer;
}

/** Most operations of one commit: bounds how long the first of a burst waits. */
const LARGEST_BATCH = 512;
/** After so many operations the log is moved into the file even if there is no pause. */
const CHECKPOINT_AFTER = 4_000;
const IDLE_MS = 1_000;
/** A jumped clock is looked at again after this, so that it is believed soon, whether or not anybody asks. */
const CLOCK_MS = 11_000;

/** Has the file. Answers a batch of operations after their common commit, never before. */
function open(settings: WorkerSettings, say: Say): Served {
  const store = new SqliteStore({ ...settings, time: timeSource(settings.clock) });
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

  const answer = (results: Answer[]): void => {
    if (results.length > 0) say.answer(results);
  };
  const fault = (error: unknown): Answer['error'] & object => plain(asLedgerError(error, settings.path));
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
  const answerErased = (results: Answer[]): void => {
    aside = aside
      .then(() => store.scrub())
      .then(
        () => answer(results),
        (error: unknown) => answer(results.map((result) => ({ error: fault(error), ...result }))),
      );
  };

  return {
    take(asked) {
      // What is asked for is an operation of the store: `SqliteEngine` has no other names.
      const all = asked as (Operation & { id: number })[];
      for (const { id, name, args } of all) if (name === 'backup') backUp(id, args[0]);
      const queue = all.filter(({ name }) => name !== 'backup');
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
      if (!store.clockIsSure()) watchClock();
      if (sinceCheckpoint >= CHECKPOINT_AFTER) checkpoint();
      else if (sinceCheckpoint > 0) {
        if (idle === undefined) idle = setTimeout(checkpoint, IDLE_MS).unref();
        else idle.refresh();
      }
    },
    async close() {
      await aside;
      clearTimeout(idle);
      clearTimeout(clock);
      store.close();
    },
  };
}

const settings = workerData as WorkerSettings;
serve(
  async (say) => open(settings, say),
  (error) => asLedgerError(error, settings.path),
);
