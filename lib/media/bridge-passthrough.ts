import { randomInt } from 'node:crypto';
import type { BridgeCodec } from './bridge-codec.ts';
import type { BridgedLeg, BridgeWay, PersonPacket } from './bridge-way.ts';
import { IncomingStream } from './incoming-stream.ts';
import { FRAME_TICKS } from './rtp-clock.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { RtpOutput } from './rtp-output.ts';
import { eventEnds, rescaleEvent } from './telephone-event.ts';

/** WhatsApp counts durations of key presses at 8000 Hz (Meta Cloud API, DTMF, 2026-06-24). */
const WHATSAPP_EVENT_UNITS = 8;

/** Passes Opus on without decoding it: SSRC, payload type, sequence and timestamp are rewritten; gaps, markers and key presses stay where they are. */
export class BridgePassthrough implements BridgeWay {
  readonly incoming = new IncomingStream();
  keysToRtp = 0;
  keysFromRtp = 0;
  readonly #codec: BridgeCodec;
  readonly #eventPayloadType: number | undefined;
  readonly #output: RtpOutput;
  readonly #leg: BridgedLeg;
  #sequenceOffset: number | undefined;
  #timestampOffset = 0;
  #fromSsrc: number | undefined;
  #lastOut = { sequenceNumber: 0, timestamp: 0 };
  #lastKeyOut: number | undefined;
  #lastKeyIn: number | undefined;

  constructor(codec: BridgeCodec, eventPayloadType: number | undefined, output: RtpOutput, leg: BridgedLeg) {
    this.#codec = codec;
    this.#eventPayloadType = eventPayloadType;
    this.#output = output;
    this.#leg = leg;
  }

  person(packet: PersonPacket, at: number): void {
    this.#toRtp(packet, this.#codec.payloadType, packet.payload, at);
  }

  personKey(packet: PersonPacket, at: number): void {
    const event = rescaleEvent(packet.payload, WHATSAPP_EVENT_UNITS, this.#codec.ticksPerMs);
    if (this.#eventPayloadType !== undefined && event) {
      this.#toRtp(packet, this.#eventPayloadType, event, at);
      if (eventEnds(event) && packet.timestamp !== this.#lastKeyOut) {
        this.keysToRtp += 1;
        this.#lastKeyOut = packet.timestamp;
      }
    }
    // Nobody wants it: its place in the sequence is closed, so that it is not counted as lost.
    else if (this.#sequenceOffset !== undefined) this.#sequenceOffset -= 1;
  }

  far(packet: RtpDatagram, at: number): boolean {
    return this.incoming.accept(packet, at) !== undefined && this.#leg.forward(packet, at, false);
  }

  farKey(packet: RtpDatagram, at: number): boolean {
    if (this.incoming.accept(packet, at) === undefined) return false;
    const payload = rescaleEvent(packet.payload, this.#codec.ticksPerMs, WHATSAPP_EVENT_UNITS);
    if (!payload || !this.#leg.forward({ ...packet, payload }, at, true)) return false;
    if (eventEnds(payload) && packet.timestamp !== this.#lastKeyIn) {
      this.keysFromRtp += 1;
      this.#lastKeyIn = packet.timestamp;
    }
    return true;
  }

  beat(): undefined {
    return undefined;
  }

  playouts(): Record<string, never> {
    return {};
  }

  free(): void {
    this.#sequenceOffset = undefined;
  }

  #toRtp(packet: PersonPacket, payloadType: number, payload: Buffer, at: number): void {
    if (packet.ssrc !== this.#fromSsrc || this.#sequenceOffset === undefined) this.#aim(packet);
    const sequenceNumber = (packet.sequenceNumber + (this.#sequenceOffset ?? 0)) & 0xffff;
    const timestamp = (packet.timestamp + this.#timestampOffset) >>> 0;
    this.#lastOut = { sequenceNumber, timestamp };
    this.#output.send({ payloadType, sequenceNumber, timestamp, marker: packet.marker, payload }, at);
  }

  /** A new sender continues where the last one ended. */
  #aim({ ssrc, sequenceNumber, timestamp }: PersonPacket): void {
    const first = this.#fromSsrc === undefined;
    const nextSequence = first ? randomInt(0, 0x8000) : this.#lastOut.sequenceNumber + 1;
    const nextTimestamp = first ? randomInt(0, 0xffff_ffff) : this.#lastOut.timestamp + FRAME_TICKS;
    this.#fromSsrc = ssrc;
    this.#sequenceOffset = nextSequence - sequenceNumber;
    this.#timestampOffset = nextTimestamp - timestamp;
  }
}
