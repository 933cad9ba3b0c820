import type { RtcpPacket } from 'werift';
import type { IncomingStream } from './incoming-stream.ts';
import { type ReportedStream, RtcpReporter } from './rtcp-reporter.ts';
import { loadWerift } from './webrtc-transport.ts';

const BYE = 203;

/** RTCP of a bridge's plain RTP side: our reports as datagrams, theirs into figures, and a goodbye (RFC 3550 §6). */
export class BridgeRtcp {
  readonly #reporter: RtcpReporter;
  readonly #outgoing: ReportedStream;
  readonly #read: (data: Buffer) => RtcpPacket[];
  readonly #ticksPerMs: number;

  private constructor(
    reporter: RtcpReporter,
    outgoing: ReportedStream,
    read: (data: Buffer) => RtcpPacket[],
    ticks: number,
  ) {
    this.#reporter = reporter;
    this.#outgoing = outgoing;
    this.#read = read;
    this.#ticksPerMs = ticks;
  }

  static async create(outgoing: ReportedStream, incoming: IncomingStream, ticksPerMs: number): Promise<BridgeRtcp> {
    const werift = await loadWerift();
    const reporter = new RtcpReporter(werift, outgoing, incoming, `bridge-${outgoing.ssrc.toString(16)}`);
    const read = (data: Buffer) => werift.RtcpPacketConverter.deSerialize(data);
    return new BridgeRtcp(reporter, outgoing, read, ticksPerMs);
  }

  /** The datagram that is due at `at` (ms), if one is. */
  due(at: number): Buffer | undefined {
    const packets = this.#reporter.due(at);
    return packets && Buffer.concat(packets.map((packet) => packet.serialize()));
  }

  /** Takes a datagram of the far side; what is none of RTCP is ignored. */
  receive(data: Buffer, at: number): void {
    try {
      for (const packet of this.#read(data)) this.#reporter.receive(packet, at);
    } catch {
      // Anybody may send nonsense.
    }
  }

  /** The last datagram: an empty report (a compound packet has to begin with one) and the goodbye (RFC 3550 §6.1, §6.6). */
  goodbye(): Buffer {
    const data = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, BYE, 0, 1, 0, 0, 0, 0]);
    data.writeUInt32BE(this.#outgoing.ssrc, 4);
    data.writeUInt32BE(this.#outgoing.ssrc, 12);
    return data;
  }

  get roundTripMs(): number | undefined {
    return this.#reporter.roundTripMs;
  }

  get farSide(): { lost: number; fractionLost: number; jitterMs: number } | undefined {
    const { theirs } = this.#reporter;
    return (
      theirs && { lost: theirs.lost, fractionLost: theirs.fractionLost, jitterMs: theirs.jitter / this.#ticksPerMs }
    );
  }
}
