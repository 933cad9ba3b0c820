/**
 * A tiny judge of the rules for one contact, written from the reference alone and sharing nothing with the library: it keeps
 * what really happened, as the provider would, and says whether a request or a call is within the rules.
 */
const DAY = 86_400_000;

export class Referee {
  readonly connectedLimit: number;
  #requests: number[] = [];
  #connected: number[] = [];
  #lastConnected = Number.NEGATIVE_INFINITY;
  #missed = 0;
  #until = Number.NEGATIVE_INFINITY;
  #permanent = false;
  optedOut = false;
  /** The provider withdraws by itself after four missed calls in a row. */
  revokes = 0;

  constructor(connectedLimit: number) {
    this.connectedLimit = connectedLimit;
  }

  /** @param margin how much longer the windows are taken; 0 is the provider's own view */
  allowsRequest(now: number, margin: number): boolean {
    if (this.optedOut || this.#permanent) return false;
    const counting = this.#requests.filter((at) => at > this.#lastConnected);
    const day = counting.filter((at) => now - at < DAY + margin).length;
    const week = counting.filter((at) => now - at < 7 * DAY + margin).length;
    return day < 1 && week < 2;
  }

  allowsCall(now: number, margin: number): boolean {
    if (this.optedOut) return false;
    if (!this.#permanent && now + margin >= this.#until) return false;
    return this.#connected.filter((at) => now - at < DAY + margin).length < this.connectedLimit;
  }

  requested(at: number): void {
    this.#requests.push(at);
  }

  granted(at: number, permanent: boolean): void {
    this.#permanent = permanent;
    this.#until = at + 7 * DAY;
  }

  withdrawn(): void {
    this.#permanent = false;
    this.#until = Number.NEGATIVE_INFINITY;
  }

  /** @param ours the business called; only those count against the limit of connected calls */
  connected(at: number, ours: boolean): void {
    if (ours) this.#connected.push(at);
    this.#lastConnected = Math.max(this.#lastConnected, at);
    this.#missed = 0;
  }

  /** True if this was the one too many. */
  missed(): boolean {
    this.#missed++;
    if (this.#missed < 4) return false;
    this.#missed = 0;
    this.revokes++;
    this.withdrawn();
    return true;
  }
}
