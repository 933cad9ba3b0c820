import { OutgoingStream, type Place } from './outgoing-stream.ts';
import type { Recorder } from './recorder.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import { LastSound } from './sound-level.ts';
import type { Transport } from './transport.ts';

const OPUS = 111;
/** Meta uses 126 even when an offer has no telephone-event (Meta Cloud API calling documentation, 2026-06-26). */
const TELEPHONE_EVENT = 126;
/** 20 ms of silence in Opus: CELT, full band, mono, nothing coded. */
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

/** What a leg sends: every packet gets its place in the one stream, and every sound is heard by the recordings. */
export class LegOutput {
  readonly stream = new OutgoingStream();
  /** What of it has not only passed through. */
  readonly last = new LastSound();
  readonly #recorders: Iterable<Recorder>;
  #transport: Transport | undefined;
  #opus = OPUS;
  #events = [TELEPHONE_EVENT];
  #keyTimestamp = 0;

  constructor(recorders: Iterable<Recorder>) {
    this.#recorders = recorders;
  }

  into(transport: Transport): void {
    this.#transport = transport;
  }

  /** Payload types as the far side wants them. */
  agreed(opus: number, events: readonly number[]): void {
    this.#opus = opus;
    this.#events = [...events, TELEPHONE_EVENT];
  }

  get opusPayloadType(): number {
    return this.#opus;
  }

  get eventPayloadType(): number {
    return this.#events[0] ?? TELEPHONE_EVENT;
  }

  /** Far sides send 111 and 126 even where something else was agreed. */
  kindOf(payloadType: number): 'audio' | 'event' | undefined {
    if (payloadType === this.#opus || payloadType === OPUS) return 'audio';
    return this.#events.includes(payloadType) ? 'event' : undefined;
  }

  /** A frame of our own in the beat of `at` (ms), and the samples that it was made of; without one, silence. */
  frame(sound: Uint8Array | undefined, at: number, samples?: Int16Array): void {
    if (sound === undefined) this.last.silence(at);
    else if (samples) this.last.take(samples, at);
    const payload = sound === undefined ? SILENCE : Buffer.from(sound.buffer, sound.byteOffset, sound.length);
    this.#sound(this.stream.paced(at), false, payload, at);
  }

  /** All packets of a key press have the timestamp of its first (RFC 4733 §2.1). */
  key({ event, first }: { event: Buffer; first: boolean }, at: number): void {
    const { sequenceNumber, timestamp } = this.stream.paced(at);
    if (first) this.#keyTimestamp = timestamp;
    this.#put({ sequenceNumber, timestamp: this.#keyTimestamp }, first, event, this.eventPayloadType);
  }

  /** A packet of somebody else's, passed on. @returns whether it had a place */
  forward(packet: RtpDatagram, at: number, event: boolean): boolean {
    const place = this.stream.forwarded(packet, at);
    if (!place) return false;
    if (event) this.#put(place, packet.marker, packet.payload, this.eventPayloadType);
    else this.#sound(place, packet.marker, packet.payload, at);
    this.last.forget();
    return true;
  }

  #sound(place: Place, marker: boolean, payload: Buffer, at: number): void {
    const { ssrc } = this.stream;
    this.#put(place, marker, payload, this.#opus);
    for (const recorder of this.#recorders) recorder.sent({ ssrc, ...place, payload }, at);
  }

  #put({ sequenceNumber, timestamp }: Place, marker: boolean, payload: Buffer, payloadType: number): void {
    this.stream.packets += 1;
    this.stream.octets += payload.length;
    this.#transport?.send(payloadType, sequenceNumber, timestamp, this.stream.ssrc, marker, payload);
  }
}
