import type { RtcpPacket } from 'werift';
import type { IncomingStream } from './incoming-stream.ts';
import type { loadWerift } from './webrtc-transport.ts';

type Werift = Awaited<ReturnType<typeof loadWerift>>;

/** Mean distance of reports (RFC 3550 §6.2: 5 s); the first comes sooner, so that a short call has figures too. */
const INTERVAL_MS = 5000;
const FIRST_MS = 500;
/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_OFFSET_S = 2_208_988_800;
const SDES_CNAME = 1;

/** A moment of the monotonic clock (ms) as NTP seconds in 32.32 fixed point (RFC 3550 §4). */
function ntp(at: number): bigint {
  const seconds = (performance.timeOrigin + at) / 1000 + NTP_OFFSET_S;
  return (BigInt(Math.floor(seconds)) << 32n) | BigInt(Math.floor((seconds % 1) * 2 ** 32));
}

/** The middle 32 bits of an NTP time, as reports quote it: units of 1/65536 s. */
function middle(time: bigint): number {
  return Number((time >> 16n) & 0xffff_ffffn);
}

/** What is reported about a stream that we send. */
export interface ReportedStream {
  readonly ssrc: number;
  readonly packets: number;
  readonly octets: number;
  /** Its RTP clock at a moment (ms). */
  timestampAt(at: number): number;
}

/** Our sender and receiver reports, and the round trip time from the other side's (RFC 3550 §6.4). */
export class RtcpReporter {
  roundTripMs: number | undefined;
  /** What the other side said last about what we send: the share lost lately (0 to 1), all lost, jitter in ticks. */
  theirs: { fractionLost: number; lost: number; jitter: number } | undefined;
  readonly #werift: Werift;
  readonly #outgoing: ReportedStream;
  readonly #incoming: IncomingStream;
  readonly #cname: string;
  #due: number | undefined;
  #lastReport: { middle: number; at: number } | undefined;

  constructor(werift: Werift, outgoing: ReportedStream, incoming: IncomingStream, cname: string) {
    this.#werift = werift;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#cname = cname;
  }

  /** The compound packet that is due at `at` (ms), if one is. */
  due(at: number): RtcpPacket[] | undefined {
    this.#due ??= at + FIRST_MS;
    if (at < this.#due) return undefined;
    // Spread over 0.5 to 1.5 times the interval, so that calls do not report in step.
    this.#due = at + INTERVAL_MS * (0.5 + Math.random());
    return this.#compound(at);
  }

  receive(packet: RtcpPacket, at: number): void {
    const { RtcpSrPacket, RtcpRrPacket } = this.#werift;
    if (packet instanceof RtcpSrPacket) this.#lastReport = { middle: middle(packet.senderInfo.ntpTimestamp), at };
    if (!(packet instanceof RtcpSrPacket || packet instanceof RtcpRrPacket)) return;
    for (const { ssrc, lsr, dlsr, fractionLost, packetsLost, jitter } of packet.reports) {
      if (ssrc !== this.#outgoing.ssrc) continue;
      this.theirs = { fractionLost: fractionLost / 256, lost: packetsLost, jitter };
      if (lsr === 0) continue;
      const units = (middle(ntp(at)) - lsr - dlsr) | 0;
      // A peer whose clock jumped may yield nonsense; a minute of round trip is none.
      if (units >= 0 && units < 60 * 65_536) this.roundTripMs = (units * 1000) / 65_536;
    }
  }

  #compound(at: number): RtcpPacket[] {
    const { RtcpSrPacket, RtcpSenderInfo, RtcpReceiverInfo, RtcpRrPacket } = this.#werift;
    const { RtcpSourceDescriptionPacket, SourceDescriptionChunk, SourceDescriptionItem } = this.#werift;
    const { ssrc, packets, octets } = this.#outgoing;
    const reports =
      this.#incoming.ssrc === undefined
        ? []
        : [
            new RtcpReceiverInfo({
              ssrc: this.#incoming.ssrc,
              ...this.#incoming.report(),
              highestSequence: (this.#incoming.highest - 0x1_0000) >>> 0,
              jitter: Math.round(this.#incoming.jitter),
              lsr: this.#lastReport?.middle ?? 0,
              dlsr: this.#lastReport ? Math.round(((at - this.#lastReport.at) * 65_536) / 1000) >>> 0 : 0,
            }),
          ];
    const report =
      packets === 0
        ? new RtcpRrPacket({ ssrc, reports })
        : new RtcpSrPacket({
            ssrc,
            senderInfo: new RtcpSenderInfo({
              ntpTimestamp: ntp(at),
              rtpTimestamp: this.#outgoing.timestampAt(at),
              packetCount: packets >>> 0,
              octetCount: octets >>> 0,
            }),
            reports,
          });
    const item = new SourceDescriptionItem({ type: SDES_CNAME, text: this.#cname });
    const description = new RtcpSourceDescriptionPacket({
      chunks: [new SourceDescriptionChunk({ source: ssrc, items: [item] })],
    });
    return [report, description];
  }
}
