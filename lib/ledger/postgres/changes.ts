import type { Instant } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Effect } from '../ledger.ts';
import type { CallbackRow, Purge, RequestRow } from '../operations/records.ts';
import type { StoredCallRow, StoredNumber, StoredPair } from './brought.ts';

/** One row for the audit, ready but for its place in the chain. */
export interface NewAuditRow {
  at: Instant;
  numberId: number | undefined;
  pairId: number | undefined;
  event: string;
  detail: string | null;
  digest: Uint8Array;
}

/** One event for the inbox. `owner`: who holds the call it is about; `taker`: who hands it out, empty for that owner. */
export interface NewEvent {
  key: string;
  event: ProviderEvent;
  effects: readonly Effect[];
  owner: string;
  taker: string;
}

/** What one try has written so far, in the order in which it will be sent. */
export interface Changes {
  readonly numbers: Map<string, StoredNumber>;
  readonly pairs: Map<number, StoredPair>;
  readonly newPairs: Set<number>;
  /** Names by `aliasKey`; without a pair: taken away. */
  readonly aliases: Map<string, { numberId: number; name: string; pairId: number | undefined; proven: boolean }>;
  readonly absorbed: { kept: number; gone: number }[];
  readonly requests: ReadonlyMap<string, RequestRow | undefined>;
  readonly calls: ReadonlyMap<string, StoredCallRow | undefined>;
  readonly events: Map<string, NewEvent>;
  readonly callbacks: ReadonlyMap<string, CallbackRow | undefined>;
  readonly callbackKeys: ReadonlyMap<string, { numberId: number; key: string; callbackId: string }>;
  /** Keys of events that were handed out, hexadecimal. */
  readonly dispatched: string[];
  readonly notices: Effect[];
  readonly audit: NewAuditRow[];
  /** Pairs whose details go out of the audit. */
  readonly erased: number[];
  readonly purges: Purge[];
  purgeInbox: { doneBefore: Instant; allBefore: Instant } | undefined;
  fingerprintKey: Uint8Array | undefined;
  /** Something was taken out by a question already (notices). */
  taken: boolean;
  /** Times of the provider's events that were heard for the first time. */
  readonly heard: Instant[];
}

export function isEmpty(changes: Changes): boolean {
  const { numbers, pairs, aliases, absorbed, requests, calls, callbacks, callbackKeys } = changes;
  const { events, dispatched, notices, audit, erased, purges } = changes;
  const rows = requests.size + calls.size + callbacks.size + callbackKeys.size;
  const maps = numbers.size + pairs.size + aliases.size + rows + events.size;
  const lists = absorbed.length + dispatched.length + notices.length + audit.length + erased.length + purges.length;
  return (
    maps + lists === 0 && !changes.taken && changes.purgeInbox === undefined && changes.fingerprintKey === undefined
  );
}
