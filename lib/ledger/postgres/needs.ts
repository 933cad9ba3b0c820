import type { Instant } from '../../permission/model.ts';
import type { Statement } from './link.ts';

/** Lists of a pair that can be brought with it. */
export interface PairLists {
  /** Requests of the window, and those that nobody knows the end of. */
  requests: boolean;
  /** Calls of the window, live ones, and the newest unanswered ones. */
  calls: boolean;
  /** Callback requests that are open or claimed. */
  callbacks: boolean;
  /** Everything that was ever written about the pair. */
  whole: boolean;
}

/** A question about more than single rows, made anew for each try. `now`: about the time at which it is asked. */
export type Question = (now: Instant) => Statement;

/**
 * What the operations of a batch will look at, so that it can be locked in one order and brought in one round trip. A guess
 * that is too small costs another try; one that is too large costs a few rows.
 */
export class Needs {
  /** The provider's ids of business numbers, and of those whose load is looked at: they are locked too. */
  readonly numbers = new Set<string>();
  readonly loads = new Set<string>();
  /** Names of contacts, as `number id, name`. */
  readonly names = new Map<string, [number: string, name: string]>();
  readonly pairs = new Set<number>();
  readonly reservations = new Set<string>();
  /** The provider's ids of messages that carried requests, and of calls. */
  readonly messages = new Set<string>();
  readonly calls = new Set<string>();
  /** Keys of events, hexadecimal. */
  readonly events = new Set<string>();
  readonly lists: PairLists = { requests: false, calls: false, callbacks: false, whole: false };
  /** Earlier than the usual windows, where a rule looks further back. */
  requestsAfter: Instant | undefined;
  callsAfter: Instant | undefined;
  /** So many unanswered calls of each pair, newest first. */
  unanswered = 60;
  /** Times of all calls that count for a number, not only how many there are. */
  starts = false;
  startsAfter: Instant | undefined;
  /** Ids for rows that may be made. */
  pairIds = 0;
  numberIds = 0;
  readonly questions = new Map<string, Question>();

  name(number: string, name: string): void {
    this.numbers.add(number);
    this.names.set(`${number}\n${name}`, [number, name]);
  }

  get touchesPairs(): boolean {
    const { names, pairs, reservations, messages, calls } = this;
    return names.size + pairs.size + reservations.size + messages.size + calls.size > 0;
  }
}

/** Thrown by a read of something that was not brought along. The batch is run again with it. */
export class Missing extends Error {
  readonly add: (needs: Needs) => void;
  constructor(what: string, add: (needs: Needs) => void) {
    super(`not brought along: ${what}`);
    this.add = add;
  }
}
