import { distance, type Position, TICKS_PER_MS } from './continuity.ts';

/** The numbers of a receiver report block (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  ssrc: number;
  fractionLost: number;
  packetsLost: number;
  highestSequence: number;
  jitter: number;
  lsr: number;
  dlsr: number;
}

/** What arrived on one leg, kept for the reports that the sender is owed (RFC 3550 A.3 and A.8). */
export class Reception {
  #ssrc: number | undefined;
  #base = 0;
  #highest = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit: number | undefined;
  #lastReport: { middle: number; at: number } | undefined;

  /** @param now milliseconds, monotonic */
  receive(ssrc: number, packet: Position, now: number): void {
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#base = packet.sequenceNumber;
      this.#highest = packet.sequenceNumber;
      this.#received = 0;
      this.#expectedBefore = 0;
      this.#receivedBefore = 0;
      this.#jitter = 0;
      this.#transit = undefined;
      this.#lastReport = undefined;
    }
    this.#received += 1;
    const ahead = distance(this.#highest & 0xffff, packet.sequenceNumber, 16);
    if (ahead > 0) this.#highest += ahead;
    const transit = (Math.round(now * TICKS_PER_MS) - packet.timestamp) >>> 0;
    if (this.#transit !== undefined)
      this.#jitter += (Math.abs(distance(this.#transit, transit, 32)) - this.#jitter) / 16;
    this.#transit = transit;
  }

  /** A sender report came in; the next report tells the sender how long ago that was. */
  senderReport(ntpTimestamp: bigint, now: number): void {
    this.#lastReport = { middle: Number((ntpTimestamp >> 16n) & 0xffffffffn), at: now };
  }

  /** The report for everything since the last one; nothing before the first packet. */
  report(now: number): ReceptionReport | undefined {
    if (this.#ssrc === undefined) return undefined;
    const expected = this.#highest - this.#base + 1;
    const lost = expected - this.#received;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      packetsLost: Math.max(0, Math.min(0x7fffff, lost)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter),
      lsr: this.#lastReport?.middle ?? 0,
      dlsr: this.#lastReport ? Math.round(((now - this.#lastReport.at) * 65536) / 1000) : 0,
    };
  }
}
