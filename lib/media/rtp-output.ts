import { randomInt } from 'node:crypto';
import { timestampDistance } from './rtp-clock.ts';
import { writeRtp } from './rtp-datagram.ts';

/** One RTP stream that we send on UDP: its numbers for sender reports, whoever chooses them. */
export class RtpOutput {
  readonly ssrc = randomInt(1, 0xffff_ffff);
  packets = 0;
  octets = 0;
  readonly #ticksPerMs: number;
  readonly #send: (data: Buffer) => void;
  #timestamp = 0;
  #at = 0;

  constructor(ticksPerMs: number, send: (data: Buffer) => void) {
    this.#ticksPerMs = ticksPerMs;
    this.#send = send;
  }

  send(
    packet: { payloadType: number; sequenceNumber: number; timestamp: number; marker: boolean; payload: Buffer },
    at: number,
  ): void {
    if (this.packets === 0 || timestampDistance(packet.timestamp, this.#timestamp) > 0) {
      this.#timestamp = packet.timestamp;
      this.#at = at;
    }
    this.packets += 1;
    this.octets += packet.payload.length;
    this.#send(writeRtp({ ...packet, ssrc: this.ssrc }));
  }

  /** The stream's clock at a moment (RFC 3550 §6.4.1). */
  timestampAt(at: number): number {
    return (this.#timestamp + Math.round((at - this.#at) * this.#ticksPerMs)) >>> 0;
  }
}
