import type { Instant } from '../../permission/model.ts';
import type { CallbackRow, CallRow, NumberRow, PairRow, RequestRow } from '../operations/records.ts';

/** A call with what is stored as derived from it. */
export interface StoredCallRow extends CallRow {
  counts: boolean;
  live: boolean;
  unanswered: boolean;
  endedAt?: Instant;
}
export type StoredPair = PairRow & { mergedInto?: number };
export type StoredNumber = NumberRow & { phone: string };

/** How far back the lists of a pair are known: everything later than these times was brought. */
export interface Reach {
  requestsAfter: Instant;
  callsAfter: Instant;
  /** Unanswered calls that ended later. */
  unansweredAfter: Instant;
  whole: boolean;
}

/** Load of a business number: those surely inside the window, and the times of those near its edge. */
export interface BroughtLoad {
  /** Started later than `inside`; the list has those later than `edge` and not later than `inside`, ascending. */
  certain: number;
  edge: Instant;
  inside: Instant;
  starts: Instant[];
  live: number;
  /** Last news of live calls that are only taken for live while there is news. */
  bounded: Instant[];
}

/** Everything one try has brought from the database. Nothing here changes afterwards. */
export interface Brought {
  now: Instant;
  sure: boolean;
  createdAt: Instant;
  fingerprintKey: Uint8Array | undefined;
  /** When each owner last said that it was alive. */
  alive: Map<string, Instant>;
  numbers: Map<string, StoredNumber>;
  askedNumbers: Set<string>;
  aliases: Map<string, { pairId: number; proven: boolean }>;
  /** `number id, name` that were looked for. */
  askedNames: Set<string>;
  pairs: Map<number, StoredPair>;
  reach: Map<number, Reach>;
  requests: Map<string, RequestRow>;
  calls: Map<string, StoredCallRow>;
  /** Of every pair brought, if they were asked for: those that are open or claimed, or all if `whole` was. */
  callbacks: Map<string, CallbackRow>;
  askedCallbacks: boolean;
  askedReservations: Set<string>;
  askedMessages: Set<string>;
  askedCalls: Set<string>;
  loads: Map<number, BroughtLoad>;
  /** Keys of events that are known, and those that were looked for, hexadecimal. */
  events: Set<string>;
  askedEvents: Set<string>;
  answers: Map<string, Record<string, unknown>[]>;
  pairIds: number[];
  numberIds: number[];
}

export function aliasKey(numberId: number, name: string): string {
  return `${numberId}|${name}`;
}
