import type { BridgePlayout } from './bridge-options.ts';
import type { IncomingStream } from './incoming-stream.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { LastSound } from './sound-level.ts';

/** Packets from the person, as they arrive. */
export interface PersonPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
}

/** What a bridge may do with the leg it runs on. */
export interface BridgedLeg {
  /** Hands on a packet of the far side as it came: sound, or a telephone event in WhatsApp's units. False: no use for it now. */
  forward(packet: RtpDatagram, at: number, event: boolean): boolean;
}

/** What a bridge has for the person in one beat. */
export type Made = { sound: Buffer; samples?: Int16Array } | { event: Buffer; first: boolean };

/** How sound gets across a bridge: passed through, or transcoded. */
export interface BridgeWay {
  /** What came from the far side, for reports. */
  readonly incoming: IncomingStream;
  /** A new, non-duplicate Opus packet from the person. */
  person(packet: PersonPacket, at: number): void;
  /** A telephone event of the person. */
  personKey(packet: PersonPacket, at: number): void;
  /** A packet of the far side. False: of no use. */
  far(packet: RtpDatagram, at: number): boolean;
  farKey(packet: RtpDatagram, at: number): boolean;
  /** Every 20 ms. `sending`: there is somebody to send to, and something to hear. */
  beat(at: number, sending: boolean): Made | undefined;
  readonly keysToRtp: number;
  readonly keysFromRtp: number;
  /** What the person said last, where it is decoded. */
  readonly heard?: LastSound;
  playouts(): { fromPerson?: BridgePlayout; fromRtp?: BridgePlayout };
  free(): void;
}
