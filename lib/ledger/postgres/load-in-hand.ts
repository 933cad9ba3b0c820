import type { Instant } from '../../permission/model.ts';
import { isBounded } from '../operations/call-derived.ts';
import { INBOUND, type NumberLoad } from '../operations/records.ts';
import { isLive } from '../timings.ts';
import type { BroughtLoad, StoredCallRow } from './brought.ts';
import { Missing } from './needs.ts';

/** When a call counts as started by us or our systems, if it does. */
function started(call: StoredCallRow | undefined): Instant | undefined {
  return call !== undefined && call.state !== 'released' && call.direction !== INBOUND ? call.startedAt : undefined;
}

/** Load of one business number: as it was brought, and what the calls written in this try change of it. */
export class LoadInHand {
  readonly #brought: BroughtLoad;
  readonly #number: string;
  readonly #more: Instant[] = [];
  readonly #less: Instant[] = [];
  readonly #changed = new Map<string, { before: StoredCallRow | undefined; after: StoredCallRow | undefined }>();

  constructor(brought: BroughtLoad, number: string) {
    this.#brought = brought;
    this.#number = number;
  }

  written(before: StoredCallRow | undefined, after: StoredCallRow | undefined): void {
    const id = (after ?? before)?.reservationId ?? '';
    const [was, is] = [started(before), started(after)];
    if (was !== is) {
      if (was !== undefined) this.#less.push(was);
      if (is !== undefined) this.#more.push(is);
    }
    const first = this.#changed.get(id);
    this.#changed.set(id, { before: first === undefined ? before : first.before, after });
  }

  count(now: Instant, after: Instant): NumberLoad {
    const { certain, edge, inside, starts } = this.#brought;
    if (after < edge || after > inside) throw this.#missing(after);
    const later = (times: readonly Instant[]): number => times.filter((at) => at > after).length;
    return {
      started: certain + later(starts) + later(this.#more) - later(this.#less),
      live: this.#live(now),
      startedAt: (index) => this.#startedAt(index, after),
    };
  }

  #startedAt(index: number, after: Instant): Instant | undefined {
    // Only how many there are was brought.
    if (this.#brought.certain > 0) throw this.#missing(after);
    const times = [...this.#brought.starts, ...this.#more];
    for (const gone of this.#less) times.splice(times.indexOf(gone), 1);
    return times.filter((at) => at > after).sort((a, b) => a - b)[index];
  }

  #live(now: Instant): number {
    let live =
      this.#brought.live + this.#brought.bounded.filter((lastNews) => isLive({ bounded: true, lastNews }, now)).length;
    const counts = (call: StoredCallRow | undefined): number =>
      call?.live === true && isLive({ bounded: isBounded(call), lastNews: call.lastNews }, now) ? 1 : 0;
    for (const { before, after } of this.#changed.values()) live += counts(after) - counts(before);
    return live;
  }

  #missing(after: Instant): Missing {
    return new Missing('the times of all starts', (needs) => {
      needs.loads.add(this.#number);
      needs.starts = true;
      needs.startsAfter = Math.min(needs.startsAfter ?? after, after);
    });
  }
}
