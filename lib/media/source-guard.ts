import type { BridgeLearning } from './bridge-options.ts';
import type { Endpoint } from './rtp-socket.ts';

/** A sender that is silent for so long may be followed by another one; until then nobody can push in. */
export const LOCK_MS = 5000;

/**
 * Decides whose packets are taken and where ours go. One sender at a time: while it sends, packets of anybody else are counted and dropped,
 * and never change where we send. A sender that has fallen silent may only be followed by one of the same host, or of the remote's.
 */
export class SourceGuard {
  /** Packets of others. */
  strangers = 0;
  readonly #learning: BridgeLearning;
  readonly #given: Endpoint | undefined;
  readonly #allowed: ((address: string) => boolean) | undefined;
  #source: (Endpoint & { lastAt: number }) | undefined;

  constructor(learning: BridgeLearning, given?: Endpoint, allowed?: (address: string) => boolean) {
    this.#learning = learning;
    this.#given = given;
    this.#allowed = allowed;
  }

  /** Where to send to; nothing as long as nobody is known. */
  get destination(): Endpoint | undefined {
    if (this.#learning === 'fixed') return this.#given;
    const learned = this.#source && { address: this.#source.address, port: this.#source.port };
    return learned ?? (this.#learning === 'fixed_then_learned' ? this.#given : undefined);
  }

  /** May the sender of this valid packet be listened to? Follows it if so. */
  accept({ address, port }: Endpoint, at: number): boolean {
    const source = this.#source;
    const same = source?.address === address && source.port === port;
    if (!same && !this.#maySucceed(address, at)) {
      this.strangers += 1;
      return false;
    }
    if (source && same) source.lastAt = at;
    else this.#source = { address, port, lastAt: at };
    return true;
  }

  /** Does this address belong to whom we talk with? For RTCP, which comes from another port. */
  knows(address: string): boolean {
    return address === this.#source?.address || address === this.destination?.address;
  }

  #maySucceed(address: string, at: number): boolean {
    if (this.#allowed && !this.#allowed(address)) return false;
    const source = this.#source;
    if (source && at - source.lastAt < LOCK_MS) return false;
    // Any port of the remote that was given: senders seldom send from where they receive.
    if (this.#learning === 'fixed') return address === this.#given?.address;
    return source === undefined || address === source.address || address === this.#given?.address;
  }
}
