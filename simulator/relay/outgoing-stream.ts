import { randomInt } from 'node:crypto';
import { Continuity, type Position } from './continuity.ts';
import type { MediaTransport } from './media-transport.ts';
import type { Reception } from './reception.ts';
import { reports } from './reports.ts';

export interface AudioPacket extends Position {
  marker: boolean;
  payload: Buffer;
}

/** The one RTP stream that the relay sends on a leg: one SSRC for the whole call, whoever is speaking. */
export class OutgoingStream {
  readonly ssrc = randomInt(1, 2 ** 32 - 1);
  /** Audio packets sent. */
  audioPackets = 0;
  readonly #transport: MediaTransport;
  readonly #payloadTypes: { opus: number; event: number };
  readonly #continuity = new Continuity({ sequenceNumber: randomInt(2 ** 16), timestamp: randomInt(2 ** 32) });
  #packets = 0;
  #octets = 0;

  constructor(transport: MediaTransport, payloadTypes: { opus: number; event: number }) {
    this.#transport = transport;
    this.#payloadTypes = payloadTypes;
  }

  /** Sends on audio of a source, unchanged but for its numbers. `source` tells one stream from another. */
  audio(source: string, packet: AudioPacket, now: number): void {
    if (!this.#transport.connected) return;
    this.audioPackets += 1;
    this.#send('opus', this.#continuity.place(source, packet, now), packet);
  }

  /** Sends on a DTMF event that the source itself put into its stream. */
  event(source: string, packet: AudioPacket, now: number): void {
    if (this.#transport.connected) this.#send('event', this.#continuity.place(source, packet, now), packet);
  }

  /** Sends a DTMF event of the relay's own at `timestamp`, which all packets of one event share (RFC 4733 §2.2). */
  ownEvent(timestamp: number, marker: boolean, payload: Buffer, now: number): void {
    if (this.#transport.connected) this.#send('event', this.#continuity.insert(timestamp, now), { marker, payload });
  }

  /** Audio left out on purpose while an event replaces it. */
  leaveOut(source: string): void {
    this.#continuity.leaveOut(source);
  }

  timestampAt(now: number): number {
    return this.#continuity.timestampAt(now);
  }

  /** Sends a sender report, with what was received on the same leg. */
  report(reception: Reception, now: number): void {
    if (!this.#transport.connected) return;
    void reports(
      { ssrc: this.ssrc, packets: this.#packets, octets: this.#octets, timestamp: this.timestampAt(now) },
      reception.report(now),
    ).then((packets) => this.#transport.sendRtcp(packets));
  }

  #send(kind: 'opus' | 'event', place: Position, { marker, payload }: { marker: boolean; payload: Buffer }): void {
    this.#packets += 1;
    this.#octets += payload.length;
    this.#transport.sendRtp({ ...place, ssrc: this.ssrc, payloadType: this.#payloadTypes[kind], marker, payload });
  }
}
