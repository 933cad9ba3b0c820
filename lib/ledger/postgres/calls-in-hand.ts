import type { Instant, Use } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import { derive, isBounded } from '../operations/call-derived.ts';
import { type CallRow, type CountedCall, INBOUND, OURS } from '../operations/records.ts';
import type { Brought, StoredCallRow } from './brought.ts';
import type { LoadInHand } from './load-in-hand.ts';
import { Missing } from './needs.ts';
import type { PairsInHand } from './pairs-in-hand.ts';
import { RowsInHand } from './rows-in-hand.ts';

/** Calls during a try; what each question means is said at `Records`. */
export class CallsInHand {
  readonly rows: RowsInHand<StoredCallRow>;
  readonly #brought: Brought;
  readonly #pairs: PairsInHand;
  readonly #profile: Profile;
  readonly #load: (numberId: number) => LoadInHand | undefined;

  constructor(
    brought: Brought,
    pairs: PairsInHand,
    profile: Profile,
    load: (numberId: number) => LoadInHand | undefined,
  ) {
    this.rows = new RowsInHand(brought.calls);
    this.#brought = brought;
    this.#pairs = pairs;
    this.#profile = profile;
    this.#load = load;
  }

  write(call: CallRow): void {
    const { counts, live, unanswered, endedAt } = derive(call, this.#profile);
    const { counted, ...row } = call;
    const stored: StoredCallRow = { ...row, counts, live, unanswered };
    // Columns of time hold whole milliseconds.
    if (endedAt !== undefined) stored.endedAt = Math.round(endedAt);
    this.#load(call.numberId)?.written(this.rows.get(call.reservationId), stored);
    this.rows.write(call.reservationId, stored);
  }

  delete(call: CallRow): void {
    this.#load(call.numberId)?.written(this.rows.get(call.reservationId), undefined);
    this.rows.delete(call.reservationId);
  }

  find(reservationId: string): CallRow | undefined {
    const known = this.rows.get(reservationId);
    if (known !== undefined) return this.#handOut(known);
    if (this.rows.written.has(reservationId) || this.#brought.askedReservations.has(reservationId)) return undefined;
    throw new Missing('a call', (needs) => needs.reservations.add(reservationId));
  }

  findByProviderId(callId: string, numberId?: number): CallRow | undefined {
    const known = this.rows.find(
      (row) => row.callId === callId && (numberId === undefined || row.numberId === numberId),
    );
    if (known !== undefined) return this.#handOut(known);
    if (this.#brought.askedCalls.has(callId)) return undefined;
    throw new Missing('a call by its id', (needs) => needs.calls.add(callId));
  }

  every(pairId: number): CallRow[] {
    if (!this.#pairs.reach(pairId).whole) {
      throw new Missing('every call of a pair', (needs) => {
        needs.lists.whole = true;
      });
    }
    return this.rows.of(pairId).map((row) => ({ ...row }));
  }

  of(pairId: number, after: Instant): CountedCall[] {
    return this.#counted(pairId, after)
      .filter((row) => row.live || row.at > after)
      .sort((a, b) => a.at - b.at)
      .map((row) => {
        const call: CountedCall = {
          reservationId: row.reservationId,
          state: row.state,
          at: row.at,
          reservedAt: row.reservedAt,
          lastNews: row.lastNews,
          counts: row.counts,
          live: row.live,
          bounded: isBounded(row),
        };
        if (row.callId !== undefined) call.callId = row.callId;
        if (row.grantedAt !== undefined) call.grantedAt = row.grantedAt;
        return call;
      });
  }

  last(pairId: number): Instant | undefined {
    const { callsAfter, unansweredAfter } = this.#pairs.reach(pairId);
    const newest = max(
      this.#counted(pairId, callsAfter).filter((row) => row.direction !== INBOUND && row.at > callsAfter),
      (row) => row.at,
    );
    const missed = max(
      this.#unanswered(pairId).filter((row) => (row.endedAt ?? 0) > unansweredAfter),
      (row) => row.endedAt ?? 0,
    );
    // The newest may lie before what was brought.
    if (newest === undefined && callsAfter > 0) this.#further(0);
    if (missed === undefined && unansweredAfter > Number.NEGATIVE_INFINITY) this.#moreUnanswered();
    const ends = [
      ...(newest === undefined
        ? []
        : [Math.max(newest.startedAt, Math.min(newest.endedAt ?? newest.startedAt, newest.lastNews))]),
      ...(missed === undefined ? [] : [Math.max(missed.startedAt, Math.min(missed.endedAt ?? 0, missed.lastNews))]),
    ];
    return ends.length === 0 ? undefined : Math.max(...ends);
  }

  unanswered(pairId: number, after: Instant): Use[] {
    if (this.#pairs.reach(pairId).unansweredAfter > after) this.#moreUnanswered();
    return this.#unanswered(pairId)
      .filter((row) => (row.endedAt ?? 0) > after)
      .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
      .map((row) => ({
        reservationId: row.reservationId,
        state: row.state,
        at: row.endedAt ?? 0,
        ...(row.grantedAt === undefined ? {} : { grantedAt: row.grantedAt }),
      }));
  }

  unansweredEnds(pairId: number, limit: number): Instant[] {
    const { unansweredAfter } = this.#pairs.reach(pairId);
    const ends = this.#unanswered(pairId)
      .map((row) => row.endedAt ?? 0)
      .filter((at) => at > unansweredAfter)
      .sort((a, b) => b - a)
      .slice(0, limit);
    if (ends.length < limit && unansweredAfter > Number.NEGATIVE_INFINITY) this.#moreUnanswered();
    return ends;
  }

  live(pairId: number): string[] {
    const { callsAfter } = this.#pairs.reach(pairId);
    return this.#counted(pairId, callsAfter)
      .filter((row) => row.live && row.direction === OURS)
      .map((row) => row.reservationId);
  }

  #handOut(row: StoredCallRow): CallRow {
    this.#pairs.insist(row.pairId);
    return { ...row };
  }

  /** Calls that count or are live, for looking only. */
  #counted(pairId: number, after: Instant): StoredCallRow[] {
    const { callsAfter } = this.#pairs.reach(pairId);
    if (callsAfter > after || callsAfter === Number.POSITIVE_INFINITY) this.#further(after);
    return this.rows.of(pairId).filter((row) => row.counts || row.live);
  }

  #unanswered(pairId: number): StoredCallRow[] {
    return this.rows.of(pairId).filter((row) => row.unanswered && row.endedAt !== undefined);
  }

  #further(after: Instant): never {
    throw new Missing('calls of a pair', (needs) => {
      needs.lists.calls = true;
      if (Number.isFinite(after)) needs.callsAfter = Math.min(needs.callsAfter ?? after, after);
    });
  }

  #moreUnanswered(): never {
    throw new Missing('unanswered calls', (needs) => {
      needs.unanswered = needs.lists.calls ? needs.unanswered * 100 : needs.unanswered;
      needs.lists.calls = true;
    });
  }
}

function max<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  let best: T | undefined;
  for (const item of items) if (best === undefined || value(item) > value(best)) best = item;
  return best;
}
