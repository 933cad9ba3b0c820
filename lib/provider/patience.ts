/** How long one request may take: until its time is up, or until its caller gives up, whichever is first. */
export class Patience {
  readonly #limit = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #given: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#end('provider_aborted');
  #ending: 'provider_timeout' | 'provider_aborted' | undefined;

  constructor(ms: number, given?: AbortSignal) {
    this.#timer = setTimeout(() => this.#end('provider_timeout'), ms);
    this.#given = given;
    given?.addEventListener('abort', this.#onAbort, { once: true });
    if (given?.aborted) this.#onAbort();
  }

  /** Stops the request. */
  get signal(): AbortSignal {
    return this.#limit.signal;
  }

  /** Why it is over, if it is. */
  get ending(): 'provider_timeout' | 'provider_aborted' | undefined {
    return this.#ending;
  }

  /** There is an answer, or none is wanted: lets go of the timer and the caller's signal. */
  release(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener('abort', this.#onAbort);
  }

  #end(why: 'provider_timeout' | 'provider_aborted'): void {
    this.#ending ??= why;
    this.#limit.abort();
  }
}
