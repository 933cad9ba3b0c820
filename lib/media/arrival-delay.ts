/** Steps of the delay histogram, in ms. */
const STEP_MS = 5;
/** Share of packets that the delay has to cover. One in a hundred may be late: that costs less than waiting for it always. */
const COVERED = 0.99;
/** Each packet takes so much weight away from its predecessors: about ten seconds of speech count. */
const FORGET = 0.002;
/** A packet that came too late weighs like so many: the delay grows at once, and shrinks as the histogram forgets. */
const LATE_WEIGHT = 10;
/** The fastest way is the fastest of the last 5 to 10 s, so that it follows a drifting clock or another route. */
const WINDOW_MS = 5000;
/** Loss above this share makes it worth waiting for the packet after, which may carry a copy of the lost one. */
const LOSSY = 0.005;

/**
 * How long packets of one stream have to be held so that nearly all arrive before their turn. A packet's delay is its arrival minus its RTP
 * time, above that of the fastest packet lately. Pure: time is an argument.
 */
export class ArrivalDelay {
  readonly #steps: Float64Array;
  readonly #minimumMs: number;
  readonly #maximumMs: number;
  readonly #frameMs: number;
  #fastest: { from: number; now: number; before: number } | undefined;
  #loss = 0;

  constructor(minimumMs: number, maximumMs: number, frameMs: number) {
    this.#minimumMs = minimumMs;
    this.#maximumMs = maximumMs;
    this.#frameMs = frameMs;
    this.#steps = new Float64Array(Math.ceil(maximumMs / STEP_MS) + 1);
    // Before anything is known: two packets, which covers what a wired network does.
    this.#steps[Math.min(this.#steps.length - 1, Math.ceil(40 / STEP_MS) - 1)] = 1;
  }

  /** Transit time (arrival minus RTP time, ms, any origin) of the fastest packet lately; nothing before the first. */
  get floor(): number | undefined {
    return this.#fastest && Math.min(this.#fastest.now, this.#fastest.before);
  }

  /** Takes note of a packet's transit time. `late`: it came after its turn. */
  observe(transit: number, at: number, late: boolean): void {
    this.#fastest ??= { from: at, now: transit, before: transit };
    if (at - this.#fastest.from > WINDOW_MS) this.#fastest = { from: at, now: transit, before: this.#fastest.now };
    else if (transit < this.#fastest.now) this.#fastest.now = transit;
    const delay = transit - Math.min(this.#fastest.now, this.#fastest.before);
    const weight = FORGET * (late ? LATE_WEIGHT : 1);
    for (let index = 0; index < this.#steps.length; index += 1)
      this.#steps[index] = (this.#steps[index] as number) * (1 - weight);
    const step = Math.min(this.#steps.length - 1, Math.floor(delay / STEP_MS));
    this.#steps[step] = (this.#steps[step] as number) + weight;
  }

  /** Takes note of the fate of one packet's turn. */
  turn(lost: boolean): void {
    this.#loss += ((lost ? 1 : 0) - this.#loss) / 200;
  }

  /** The delay to aim for, in ms. */
  target(): number {
    let covered = 0;
    let step = 0;
    for (; step < this.#steps.length - 1; step += 1) {
      covered += this.#steps[step] as number;
      if (covered >= COVERED) break;
    }
    const wanted = (step + 1) * STEP_MS + (this.#loss > LOSSY ? this.#frameMs : 0);
    return Math.min(this.#maximumMs, Math.max(this.#minimumMs, wanted));
  }
}
