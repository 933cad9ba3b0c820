/** A planned moment. Cancelling twice, or after it ran, is harmless. */
export interface Timer {
  cancel(): void;
}

interface Planned {
  due: number;
  run: () => void;
  handle: NodeJS.Timeout;
}

/**
 * The simulator's time: the machine's clock plus an offset that tests and people may move forward. What is planned with
 * `after` follows: moving the clock over a moment runs it, in order and with the clock standing at that moment, so that
 * "a week later" needs no week and its time stamps are right.
 */
export class Clock {
  readonly pace: number;
  private offset: number;
  private readonly planned = new Set<Planned>();

  /**
   * @param offset milliseconds ahead of the machine's clock
   * @param pace real seconds per planned second: 0.01 makes a 60 s ring take 0.6 s
   */
  constructor(offset = 0, pace = 1) {
    this.offset = offset;
    this.pace = pace;
  }

  /** Milliseconds since 1970 UTC. */
  now(): number {
    return Date.now() + this.offset;
  }

  /** Whole seconds since 1970 UTC, as Meta writes times. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Milliseconds ahead of the machine's clock, kept in the state file. */
  ahead(): number {
    return this.offset;
  }

  /** Runs once, after `seconds` of planned time or when the clock is moved over that moment. */
  after(seconds: number, run: () => void): Timer {
    const planned: Planned = {
      due: this.now() + seconds * 1000,
      run: () => {
        this.planned.delete(planned);
        clearTimeout(planned.handle);
        run();
      },
      // setTimeout cannot hold more than 2^31 - 1 ms; anything that long is only reached by moving the clock.
      handle: setTimeout(() => planned.run(), Math.min(seconds * 1000 * this.pace, 2 ** 31 - 1)),
    };
    this.planned.add(planned);
    return {
      cancel: () => {
        clearTimeout(planned.handle);
        this.planned.delete(planned);
      },
    };
  }

  /** Moves time forward and runs, in order, what was planned for the time passed over. Seconds must not be negative. */
  advance(seconds: number): void {
    const target = this.now() + seconds * 1000;
    for (;;) {
      let next: Planned | undefined;
      for (const one of this.planned) if (one.due <= target && (!next || one.due < next.due)) next = one;
      if (!next) break;
      this.reach(next.due);
      next.run();
    }
    this.reach(target);
  }

  /** Forgets everything planned. */
  stop(): void {
    for (const one of this.planned) clearTimeout(one.handle);
    this.planned.clear();
  }

  private reach(moment: number): void {
    const missing = moment - this.now();
    if (missing > 0) this.offset += missing;
  }
}
