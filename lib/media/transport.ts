import type { RtcpPacket } from 'werift';
import type { MediaFacts } from './doctor/media-facts.ts';
import type { LegStatistics } from './media.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import type { LocalCandidate } from './sdp-writer.ts';

export type TransportState = 'connected' | 'failed' | 'closed';
export type IceRole = 'controlling' | 'controlled';
export type DtlsRole = 'client' | 'server';

/** A packet of the person, decrypted, with what a leg reads of its header. */
export interface IncomingPacket {
  header: Omit<RtpDatagram, 'payload'>;
  payload: Buffer;
}

export interface TransportEvents {
  packet(packet: IncomingPacket): void;
  rtcp(packet: RtcpPacket): void;
  /** A genuine packet that has come before. */
  replayed?(): void;
  state(state: TransportState): void;
  /** A compound RTCP packet, decrypted, whatever kinds it holds. Must not throw. */
  control?(compound: Buffer): void;
}

/** What a leg tells of its side before anything is connected. */
export interface LocalParameters {
  ufrag: string;
  password: string;
  fingerprint: string;
  candidates: LocalCandidate[];
}

/** ICE, DTLS and SRTP for one audio stream, whichever library does them. */
export interface Transport {
  /**
   * Opens the sockets and returns every address at which this leg can be reached.
   *
   * @throws MediaError `media_port_in_use`, `media_address_refused`
   */
  gather(role: IceRole): Promise<LocalParameters>;
  /** Checks connectivity, then shakes hands. Resolves when SRTP is up; rejects when either fails. */
  connect(remote: RemoteDescription, role: DtlsRole): Promise<void>;
  /** Encrypts and sends one RTP packet. Errors of the network are not the sender's business. */
  send(
    payloadType: number,
    sequenceNumber: number,
    timestamp: number,
    ssrc: number,
    marker: boolean,
    payload: Buffer,
  ): void;
  sendRtcp(packets: RtcpPacket[]): void;
  describe(): Pick<LegStatistics, 'engine' | 'dtlsRole' | 'srtpProfile' | 'candidatePair' | 'unavailable'>;
  /** How far the connection has come. Also after the end: as it stood then. */
  facts(): Omit<MediaFacts, 'packetsTaken'>;
  close(): Promise<void>;
}
