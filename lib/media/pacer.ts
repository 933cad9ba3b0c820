import { FRAME_MS } from './rtp-clock.ts';

/** Called every 20 ms with the moment that was meant (not the one that was met), in ms of the monotonic clock. */
export type Beat = (meantAt: number) => void;

/** After a longer pause (a suspended machine) the beats in between are dropped, not sent in a burst. */
const LONGEST_CATCH_UP_MS = 200;
/** Legs take turns within the 20 ms, so that packets which arrive do not wait for the sounds of all of them. */
const TURNS = 4;
const TURN_MS = FRAME_MS / TURNS;

/**
 * A 20 ms beat for each leg of a worker. Every deadline is counted from the first, so that a late timer delays one beat and never the
 * ones after it: `setInterval` loses 1 % here (measured 2026-11-20). Runs only while somebody listens.
 */
export class Pacer {
  readonly #turns = Array.from({ length: TURNS }, () => new Set<Beat>());
  readonly #now: () => number;
  readonly #around: (beats: () => void) => void;
  #timer: NodeJS.Timeout | undefined;
  #origin = 0;
  /** Turns since the first one. */
  #step = 0;

  /** @param around runs the beats of one turn */
  constructor(now: () => number = () => performance.now(), around: (beats: () => void) => void = (beats) => beats()) {
    this.#now = now;
    this.#around = around;
  }

  add(beat: Beat): void {
    const [fewest] = this.#turns.toSorted((a, b) => a.size - b.size);
    if (!this.#idle) fewest?.add(beat);
    else {
      this.#turns[0]?.add(beat);
      this.#origin = this.#now() + FRAME_MS;
      this.#step = 0;
    }
    this.#schedule();
  }

  remove(beat: Beat): void {
    for (const turn of this.#turns) turn.delete(beat);
    if (this.#idle) clearTimeout(this.#timer);
  }

  get #idle(): boolean {
    return this.#turns.every(({ size }) => size === 0);
  }

  get #due(): number {
    return this.#origin + this.#step * TURN_MS;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    let empty = 0;
    while (empty < TURNS && this.#turns[(this.#step + empty) % TURNS]?.size === 0) empty += 1;
    if (empty === TURNS) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#due + empty * TURN_MS - this.#now()));
  }

  #run(): void {
    const now = this.#now();
    const late = now - this.#due;
    if (late > LONGEST_CATCH_UP_MS) this.#step += Math.floor(late / FRAME_MS) * TURNS;
    for (; this.#due <= now && !this.#idle; this.#step += 1) {
      const beats = [...(this.#turns[this.#step % TURNS] ?? [])];
      const at = this.#due;
      if (beats.length > 0)
        this.#around(() => {
          for (const beat of beats) beat(at);
        });
    }
    this.#schedule();
  }
}
