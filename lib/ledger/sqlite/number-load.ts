import type { Instant } from '../../permission/model.ts';
import { SILENT_CALL_MS } from '../timings.ts';
import type { Database } from './database.ts';

/** What one call means for the load of its business number. */
export interface CallLoad {
  numberId: number;
  reservationId: string;
  /** When it was started, if it counts as started by us or our systems. */
  started: Instant | undefined;
  live: boolean;
  /** It stops being live when nothing is heard for a while. */
  bounded: boolean;
  lastNews: Instant;
}

interface Load {
  /** Times of started calls, ascending. */
  starts: Instant[];
  /** Starts up to here were dropped from the list. */
  droppedTo: Instant;
  live: Set<string>;
  /** Live calls that need news to stay so, and when they last had some. */
  bounded: Map<string, Instant>;
}

/**
 * How many calls each business number has started lately and has going on, kept beside the file: to count up to 10,000 rows
 * for every reservation would be its largest cost. Read from the file when first needed and after every rollback; this
 * process owns the file, so nobody else changes it.
 */
export class NumberLoads {
  readonly #loads = new Map<number, Load>();

  /** @param after starts up to here are outside the window */
  count(
    db: Database,
    numberId: number,
    now: Instant,
    after: Instant,
  ): { started: number; live: number; startedAt: (index: number) => Instant | undefined } {
    let load = this.#loads.get(numberId);
    // A clock that was set back (it had been wrong) may want back what was dropped.
    if (load === undefined || after < load.droppedTo) load = this.#read(db, numberId, after);
    const outside = firstAfter(load.starts, after);
    if (outside > 0) load.starts.splice(0, outside);
    load.droppedTo = after;
    const { starts, live, bounded } = load;
    let lively = live.size;
    for (const lastNews of bounded.values()) if (lastNews + SILENT_CALL_MS > now) lively++;
    return { started: starts.length, live: lively, startedAt: (index) => starts[index] };
  }

  /** A call was written. `before` is what it had counted as started, if it did. */
  written(call: CallLoad, before: Instant | undefined): void {
    const load = this.#loads.get(call.numberId);
    if (load === undefined) return;
    if (call.started !== before) {
      if (before !== undefined) {
        const index = firstAfter(load.starts, before) - 1;
        if (load.starts[index] === before) load.starts.splice(index, 1);
      }
      if (call.started !== undefined && call.started > load.droppedTo) {
        load.starts.splice(firstAfter(load.starts, call.started), 0, call.started);
      }
    }
    load.live.delete(call.reservationId);
    load.bounded.delete(call.reservationId);
    if (!call.live) return;
    if (call.bounded) load.bounded.set(call.reservationId, call.lastNews);
    else load.live.add(call.reservationId);
  }

  /** After a rollback. */
  forget(): void {
    this.#loads.clear();
  }

  #read(db: Database, numberId: number, after: Instant): Load {
    const load: Load = { starts: [], droppedTo: after, live: new Set(), bounded: new Map() };
    const starts = db
      .statement(
        `SELECT started_at FROM call WHERE number_id = ? AND direction < 2 AND state <> 2 AND started_at > ?
         ORDER BY started_at`,
      )
      .all(numberId, after);
    for (const row of starts) load.starts.push(Number(row.started_at));
    const live = db
      .statement(
        `SELECT reservation_id, last_news, (owner = '' OR state = 3) AS bounded FROM call WHERE number_id = ? AND live = 1`,
      )
      .all(numberId);
    for (const row of live) {
      if (row.bounded === 1) load.bounded.set(String(row.reservation_id), Number(row.last_news));
      else load.live.add(String(row.reservation_id));
    }
    this.#loads.set(numberId, load);
    return load;
  }
}

/** Index of the first time later than `at` in an ascending list. Most often that is its end. */
function firstAfter(times: readonly Instant[], at: Instant): number {
  let low = 0;
  let high = times.length;
  if (high === 0 || (times[high - 1] ?? 0) <= at) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
