import type { CallbackRow } from '../operations/records.ts';
import type { Brought } from './brought.ts';
import { Missing } from './needs.ts';
import type { PairsInHand } from './pairs-in-hand.ts';
import type { Questions } from './questions.ts';
import { RowsInHand } from './rows-in-hand.ts';

/** Callback requests during a try; what each question means is said at `Records`. */
export class CallbacksInHand {
  readonly rows: RowsInHand<CallbackRow>;
  /** New keys, hexadecimal, by business number and key. */
  readonly keys = new Map<string, { numberId: number; key: string; callbackId: string }>();
  readonly #brought: Brought;
  readonly #pairs: PairsInHand;
  readonly #questions: Questions;

  constructor(brought: Brought, pairs: PairsInHand, questions: Questions) {
    this.rows = new RowsInHand(brought.callbacks);
    this.#brought = brought;
    this.#pairs = pairs;
    this.#questions = questions;
  }

  write(callback: CallbackRow): void {
    this.rows.write(callback.callbackId, callback);
  }

  find(callbackId: string): CallbackRow | undefined {
    const known = this.rows.get(callbackId);
    if (known !== undefined) return { ...known };
    return this.rows.written.has(callbackId) ? undefined : this.#locked(this.#questions.callback(callbackId));
  }

  findByKey(numberId: number, key: Uint8Array): CallbackRow | undefined {
    const hex = Buffer.from(key).toString('hex');
    const made = this.keys.get(`${numberId}|${hex}`);
    return made === undefined ? this.#locked(this.#questions.callbackByKey(numberId, hex)) : this.find(made.callbackId);
  }

  writeKey(numberId: number, key: Uint8Array, { callbackId }: CallbackRow): void {
    const hex = Buffer.from(key).toString('hex');
    this.keys.set(`${numberId}|${hex}`, { numberId, key: hex, callbackId });
  }

  open(pairId: number): CallbackRow[] {
    if (!this.#brought.askedCallbacks && !this.#pairs.reach(pairId).whole) {
      throw new Missing('callback requests of a pair', (needs) => {
        needs.lists.callbacks = true;
      });
    }
    return this.rows
      .of(pairId)
      .filter(({ state }) => state === 'open' || state === 'claimed')
      .sort((a, b) => (a.callbackId < b.callbackId ? -1 : 1))
      .map((row) => ({ ...row }));
  }

  /** Whoever asks for them at the same moment waits for the pair of the oldest, and then sees what is left. */
  toClaim(numberId: number, limit: number): CallbackRow[] {
    const rows = this.#questions.callbacksToClaim(numberId, limit);
    const [oldest] = rows;
    if (oldest !== undefined && !this.#pairs.has(oldest.pairId)) {
      this.#pairs.insistOnAll(rows.map(({ pairId }) => pairId));
    }
    return rows.filter(({ pairId }) => this.#pairs.has(pairId));
  }

  deleteAll(pairId: number): CallbackRow[] {
    if (!this.#pairs.reach(pairId).whole) {
      throw new Missing('every callback request of a pair', (needs) => {
        needs.lists.whole = true;
      });
    }
    const rows = this.rows.of(pairId).map((row) => ({ ...row }));
    for (const { callbackId } of rows) this.rows.delete(callbackId);
    return rows;
  }

  /** A row may only be relied on while its pair is locked: then it was read after that. */
  #locked(row: CallbackRow | undefined): CallbackRow | undefined {
    if (row !== undefined) this.#pairs.insist(row.pairId);
    return row;
  }
}
