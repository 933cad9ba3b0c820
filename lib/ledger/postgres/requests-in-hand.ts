import type { Instant, Use } from '../../permission/model.ts';
import type { RequestRow } from '../operations/records.ts';
import type { Brought } from './brought.ts';
import { Missing } from './needs.ts';
import type { PairsInHand } from './pairs-in-hand.ts';
import { RowsInHand } from './rows-in-hand.ts';

/** Requests during a try; what each question means is said at `Records`. */
export class RequestsInHand {
  readonly rows: RowsInHand<RequestRow>;
  readonly #brought: Brought;
  readonly #pairs: PairsInHand;

  constructor(brought: Brought, pairs: PairsInHand) {
    this.rows = new RowsInHand(brought.requests);
    this.#brought = brought;
    this.#pairs = pairs;
  }

  write(request: RequestRow): void {
    this.rows.write(request.reservationId, request);
  }

  find(reservationId: string): RequestRow | undefined {
    const known = this.rows.get(reservationId);
    if (known !== undefined) return this.#handOut(known);
    if (this.rows.written.has(reservationId) || this.#brought.askedReservations.has(reservationId)) return undefined;
    throw new Missing('a request', (needs) => needs.reservations.add(reservationId));
  }

  findByProviderId(providerId: string, numberId: number): RequestRow | undefined {
    const known = this.rows.find(
      (row) => row.providerId === providerId && this.#pairs.insist(row.pairId).numberId === numberId,
    );
    if (known !== undefined) return this.#handOut(known);
    if (this.#brought.askedMessages.has(providerId)) return undefined;
    throw new Missing('a request by its message', (needs) => needs.messages.add(providerId));
  }

  findUnknown(pairId: number): RequestRow | undefined {
    const open = this.#known(pairId, Number.POSITIVE_INFINITY).filter(
      ({ state }) => state === 'reserved' || state === 'unknown',
    );
    let newest: RequestRow | undefined;
    for (const row of open) if (newest === undefined || row.at > newest.at) newest = row;
    return newest === undefined ? undefined : { ...newest };
  }

  uses(pairId: number, after: Instant): Use[] {
    return this.#known(pairId, after)
      .filter(({ state, at }) => state !== 'released' && (at > after || state === 'reserved'))
      .sort((a, b) => a.at - b.at)
      .map(({ reservationId, state, at }) => ({ reservationId, state, at }));
  }

  reserved(pairId: number): string[] {
    return this.#known(pairId, Number.POSITIVE_INFINITY)
      .filter(({ state }) => state === 'reserved')
      .map(({ reservationId }) => reservationId);
  }

  every(pairId: number): RequestRow[] {
    if (!this.#pairs.reach(pairId).whole) {
      throw new Missing('every request to a pair', (needs) => {
        needs.lists.whole = true;
      });
    }
    return this.rows.of(pairId).map((row) => ({ ...row }));
  }

  #handOut(row: RequestRow): RequestRow {
    this.#pairs.insist(row.pairId);
    return { ...row };
  }

  /** Requests of a pair later than `after`, and all that nobody knows the end of. For looking only. */
  #known(pairId: number, after: Instant): RequestRow[] {
    const { requestsAfter } = this.#pairs.reach(pairId);
    if (requestsAfter > after || requestsAfter === Number.POSITIVE_INFINITY) {
      throw new Missing('requests to a pair', (needs) => {
        needs.lists.requests = true;
        if (Number.isFinite(after)) needs.requestsAfter = Math.min(needs.requestsAfter ?? after, after);
      });
    }
    return this.rows.of(pairId);
  }
}
