import { randomBytes } from 'node:crypto';
import type { Contact } from '../../permission/model.ts';
import { newPair } from '../../permission/pair-state.ts';
import type { PairRow } from '../operations/records.ts';
import { aliasKey, type Brought, type Reach, type StoredPair } from './brought.ts';
import type { Changes } from './changes.ts';
import { Missing } from './needs.ts';

/** Everything is known about a row that this try has made itself. */
const ALL: Reach = {
  requestsAfter: Number.NEGATIVE_INFINITY,
  callsAfter: Number.NEGATIVE_INFINITY,
  unansweredAfter: Number.NEGATIVE_INFINITY,
  whole: true,
};
const NOTHING: Reach = {
  requestsAfter: Number.POSITIVE_INFINITY,
  callsAfter: Number.POSITIVE_INFINITY,
  unansweredAfter: Number.POSITIVE_INFINITY,
  whole: false,
};

/** Pairs and their names during a try. */
export class PairsInHand {
  readonly #brought: Brought;
  readonly #changes: Changes;
  readonly #reach = new Map<number, Reach>();
  readonly #numberIdOf: (numberId: number) => string;
  #made = 0;

  constructor(brought: Brought, changes: Changes, numberIdOf: (numberId: number) => string) {
    this.#brought = brought;
    this.#changes = changes;
    this.#numberIdOf = numberIdOf;
  }

  /** A row may only be relied on while its pair is locked, and only what was brought is. */
  insist(pairId: number): StoredPair {
    const pair = this.#changes.pairs.get(pairId) ?? this.#brought.pairs.get(pairId);
    if (pair === undefined) throw new Missing('a pair', (needs) => needs.pairs.add(pairId));
    return pair;
  }

  has(pairId: number): boolean {
    return this.#changes.pairs.has(pairId) || this.#brought.pairs.has(pairId);
  }

  /** Of many at once, so that one more try brings them all. */
  insistOnAll(pairIds: readonly number[]): void {
    const missing = pairIds.filter((id) => !this.has(id));
    if (missing.length === 0) return;
    throw new Missing('pairs', (needs) => {
      for (const id of missing) needs.pairs.add(id);
    });
  }

  reach(pairId: number): Reach {
    this.insist(pairId);
    return this.#reach.get(pairId) ?? this.#brought.reach.get(pairId) ?? NOTHING;
  }

  read(pairId: number): PairRow {
    const { mergedInto, ...pair } = this.insist(pairId);
    return { ...pair, contact: { ...pair.contact }, state: { ...pair.state } };
  }

  insert(numberId: number, contact: Contact): PairRow {
    const pairId = this.#brought.pairIds[this.#made];
    if (pairId === undefined) {
      const made = this.#made + 1;
      throw new Missing('an id for a new pair', (needs) => {
        needs.pairIds = Math.max(needs.pairIds * 2, made);
      });
    }
    this.#made += 1;
    const pair: StoredPair = { pairId, numberId, contact: { ...contact }, state: newPair(), auditKey: randomBytes(16) };
    this.#changes.pairs.set(pairId, pair);
    this.#changes.newPairs.add(pairId);
    this.#reach.set(pairId, ALL);
    return this.read(pairId);
  }

  writeContact({ pairId, contact }: PairRow): void {
    this.#changes.pairs.set(pairId, { ...this.insist(pairId), contact: { ...contact } });
  }

  writeState({ pairId, state }: PairRow): void {
    this.#changes.pairs.set(pairId, { ...this.insist(pairId), state: { ...state } });
  }

  forget(pairId: number): void {
    this.#changes.pairs.set(pairId, { ...this.insist(pairId), contact: {}, auditKey: randomBytes(16) });
  }

  findAlias(numberId: number, name: string): { pairId: number; proven: boolean } | undefined {
    const key = aliasKey(numberId, name);
    const changed = this.#changes.aliases.get(key);
    if (changed !== undefined) {
      return changed.pairId === undefined ? undefined : { pairId: changed.pairId, proven: changed.proven };
    }
    const known = this.#brought.aliases.get(key);
    if (known !== undefined) {
      this.insist(known.pairId);
      return { ...known };
    }
    const number = this.#numberIdOf(numberId);
    if (this.#brought.askedNames.has(`${number}\n${name}`)) return undefined;
    throw new Missing('a name', (needs) => needs.name(number, name));
  }

  link(numberId: number, name: string, pairId: number, proven: boolean): void {
    const known = this.findAlias(numberId, name);
    const stays = known?.proven === true || proven;
    this.#changes.aliases.set(aliasKey(numberId, name), { numberId, name, pairId, proven: stays });
  }

  unlink(numberId: number, name: string): void {
    this.#changes.aliases.set(aliasKey(numberId, name), { numberId, name, pairId: undefined, proven: false });
  }

  aliasesOf(pairId: number): { name: string; proven: boolean }[] {
    const { numberId } = this.insist(pairId);
    const found = new Map<string, { name: string; proven: boolean }>();
    // All names of a pair come with it.
    for (const [key, alias] of this.#brought.aliases) {
      if (alias.pairId === pairId) found.set(key, { name: key.slice(key.indexOf('|') + 1), proven: alias.proven });
    }
    for (const [key, alias] of this.#changes.aliases) {
      if (alias.pairId === pairId && alias.numberId === numberId)
        found.set(key, { name: alias.name, proven: alias.proven });
      else found.delete(key);
    }
    return [...found.values()];
  }

  /** Requests and calls are moved by their own. */
  absorb(kept: number, gone: number): void {
    const [one, other] = [this.reach(kept), this.reach(gone)];
    this.#reach.set(kept, {
      requestsAfter: Math.max(one.requestsAfter, other.requestsAfter),
      callsAfter: Math.max(one.callsAfter, other.callsAfter),
      unansweredAfter: Math.max(one.unansweredAfter, other.unansweredAfter),
      whole: one.whole && other.whole,
    });
    const { numberId } = this.insist(gone);
    for (const { name, proven } of this.aliasesOf(gone)) {
      this.#changes.aliases.set(aliasKey(numberId, name), { numberId, name, pairId: kept, proven });
    }
    this.#changes.pairs.set(gone, { ...this.insist(gone), mergedInto: kept });
    this.#changes.absorbed.push({ kept, gone });
  }
}
