/** Indices so far behind the newest are taken for replays (RFC 3711 §3.3.2 asks for 64 at least). */
const WINDOW = 256;
const HALF = 0x8000;

/** The 48-bit indices of one stream's packets: how often its 16-bit numbers have started over, and which have come (RFC 3711 §3.3.1, §3.3.2). */
export class PacketIndex {
  /** Index of the newest packet; none before the first. */
  #highest = -1;
  readonly #seen = new Float64Array(WINDOW).fill(-1);

  /** The index that a sequence number most likely means (RFC 3711, appendix A). Nothing is remembered: the packet may be a forgery. */
  guess(sequenceNumber: number): number {
    if (this.#highest < 0) return sequenceNumber;
    const newest = this.#highest % 0x1_0000;
    const rollover = this.#highest - newest;
    const ahead = sequenceNumber - newest;
    const index = rollover + sequenceNumber;
    if (ahead > HALF) return index >= 0x1_0000 ? index - 0x1_0000 : index;
    return ahead < -HALF ? index + 0x1_0000 : index;
  }

  /** Has a packet of this index come, or is it too old to know? */
  replayed(index: number): boolean {
    return index <= this.#highest - WINDOW || this.#seen[index % WINDOW] === index;
  }

  /** Takes note of a genuine packet. */
  note(index: number): void {
    if (index > this.#highest) this.#highest = index;
    this.#seen[index % WINDOW] = index;
  }
}

/** How often a stream's numbers had started over before this index. */
export function rolloverOf(index: number): number {
  return Math.floor(index / 0x1_0000);
}
