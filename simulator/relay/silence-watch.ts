/** Seconds between two reports. */
const REPORT_SECONDS = 5;

/** Notices that nothing comes from the business any more. It drops calls after 20 s (start) or 30 s (mid-call): meta-cloud-api.md §9.7. */
export class SilenceWatch {
  #since: number | undefined;
  #reported = 0;

  /** Something came, or listening begins. @param now milliseconds, monotonic */
  reset(now: number): void {
    this.#since = now;
    this.#reported = 0;
  }

  /** Like `reset`, but only once listening has begun. */
  heard(now: number): void {
    if (this.#since !== undefined) this.reset(now);
  }

  /** The whole seconds of silence when a report is due: after 5, 10, 15 … s. */
  due(now: number): number | undefined {
    if (this.#since === undefined) return undefined;
    const seconds = Math.floor((now - this.#since) / 1000);
    const step = Math.floor(seconds / REPORT_SECONDS);
    if (step <= this.#reported) return undefined;
    this.#reported = step;
    return seconds;
  }
}
