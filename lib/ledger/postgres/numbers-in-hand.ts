import type { Instant } from '../../permission/model.ts';
import type { NumberLoad, NumberRow } from '../operations/records.ts';
import type { Brought, StoredNumber } from './brought.ts';
import { LoadInHand } from './load-in-hand.ts';
import { Missing } from './needs.ts';

const NOTHING_YET = {
  certain: 0,
  edge: Number.NEGATIVE_INFINITY,
  inside: Number.POSITIVE_INFINITY,
  starts: [],
  live: 0,
  bounded: [],
};

/** Business numbers and their loads during a try; what each question means is said at `Records`. */
export class NumbersInHand {
  readonly rows = new Map<string, StoredNumber>();
  readonly #brought: Brought;
  readonly #loads = new Map<number, LoadInHand>();
  /** New numbers of this try. */
  #made = 0;

  constructor(brought: Brought) {
    this.#brought = brought;
    for (const [numberId, load] of brought.loads) this.#loads.set(numberId, new LoadInHand(load, this.idOf(numberId)));
  }

  read(id: string, phone?: string): NumberRow {
    const known = this.#find(id);
    if (known === undefined) return this.#make(id, phone);
    if (phone !== undefined && known.phone !== phone) this.rows.set(id, { ...known, phone });
    const { phone: _, ...row } = known;
    return row;
  }

  find(id: string): NumberRow | undefined {
    return this.#find(id) === undefined ? undefined : this.read(id);
  }

  idOf(numberId: number): string {
    for (const numbers of [this.rows, this.#brought.numbers]) {
      for (const [id, row] of numbers) if (row.numberId === numberId) return id;
    }
    throw new Error(`business number ${numberId} was not brought with its rows`);
  }

  restrict(numberId: number, until: Instant, restriction: string): void {
    const known = this.#find(this.idOf(numberId));
    if (known !== undefined) this.rows.set(known.id, { ...known, restrictedUntil: Math.round(until), restriction });
  }

  loadOf(numberId: number): LoadInHand | undefined {
    return this.#loads.get(numberId);
  }

  load(numberId: number, after: Instant): NumberLoad {
    const load = this.#loads.get(numberId);
    if (load !== undefined) return load.count(this.#brought.now, after);
    const number = this.idOf(numberId);
    throw new Missing('the load of a number', (needs) => needs.loads.add(number));
  }

  #make(id: string, phone = ''): NumberRow {
    const numberId = this.#brought.numberIds[this.#made];
    if (numberId === undefined) {
      throw new Missing('an id for a new number', (needs) => {
        needs.numberIds += 1;
      });
    }
    this.#made += 1;
    this.rows.set(id, { numberId, id, phone });
    this.#loads.set(numberId, new LoadInHand({ ...NOTHING_YET, starts: [], bounded: [] }, id));
    return { numberId, id };
  }

  #find(id: string): StoredNumber | undefined {
    const known = this.rows.get(id) ?? this.#brought.numbers.get(id);
    if (known !== undefined || this.#brought.askedNumbers.has(id)) return known;
    throw new Missing('a number', (needs) => needs.numbers.add(id));
  }
}
