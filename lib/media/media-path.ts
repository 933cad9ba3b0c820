import type { RtcpPacket } from 'werift';
import type { RTCIceConnection } from './ice-connection.ts';
import { IceSocket } from './ice-socket.ts';
import { isRtcp, readRtp } from './rtp-datagram.ts';
import type { SrtcpStream } from './srtp/srtcp-stream.ts';
import type { SrtpStream } from './srtp/srtp-stream.ts';
import type { TransportEvents } from './transport.ts';

const HEADER_BYTES = 12;
const STUN = 'stun';

/** What the handshake agreed on. */
export interface MediaKeys {
  incoming: SrtpStream;
  outgoing: SrtpStream;
  control: SrtcpStream;
}

/**
 * The way of media between socket and leg, past the WebRTC library: it has done checks and handshake, and goes on with consent. No promise and no
 * event of the library per packet. Which sender a packet has does not matter here: only who has the keys can make one.
 */
export class MediaPath {
  /** Datagrams of sound that came, those that no key opens, and those of reports. */
  received = 0;
  undecryptable = 0;
  reports = 0;
  readonly #connection: RTCIceConnection;
  readonly #events: TransportEvents;
  #keys: MediaKeys | undefined;

  constructor(connection: RTCIceConnection, events: TransportEvents) {
    this.#connection = connection;
    this.#events = events;
    this.#ownSockets();
    // What a relay brings is unpacked by the library.
    connection.onData.subscribe((data) => {
      const [first = 0] = data;
      if (first >= 128 && first <= 191) this.#datagram(data);
    });
  }

  get open(): boolean {
    return this.#keys !== undefined;
  }

  begin(keys: MediaKeys): void {
    this.#keys ??= keys;
  }

  end(): void {
    this.#keys = undefined;
  }

  send(
    payloadType: number,
    sequenceNumber: number,
    timestamp: number,
    ssrc: number,
    marker: boolean,
    payload: Uint8Array,
  ): void {
    const { outgoing } = this.#keys ?? {};
    if (!outgoing || !this.#connection.canSendApplicationData()) return;
    const end = HEADER_BYTES + payload.length;
    const data = Buffer.allocUnsafe(end + outgoing.tagBytes);
    data[0] = 0x80;
    data[1] = payloadType | (marker ? 0x80 : 0);
    data.writeUInt16BE(sequenceNumber, 2);
    data.writeUInt32BE(timestamp, 4);
    data.writeUInt32BE(ssrc, 8);
    data.set(payload, HEADER_BYTES);
    outgoing.seal(data, HEADER_BYTES, end);
    this.#put(data);
  }

  sendRtcp(packets: readonly RtcpPacket[]): void {
    const { control } = this.#keys ?? {};
    if (!control || !this.#connection.canSendApplicationData()) return;
    this.#put(control.seal(Buffer.concat(packets.map((packet) => packet.serialize()))));
  }

  #put(data: Buffer): void {
    const pair = this.#connection.nominated;
    const transport = pair?.protocol.transport;
    if (pair && transport instanceof IceSocket) transport.sendNow(data, pair.remoteAddr);
    else void this.#connection.send(data).catch(() => undefined);
  }

  /** The library opens its sockets itself otherwise; what it opens towards a relay stays its own. */
  #ownSockets(): void {
    const connection = this.#connection;
    const ensure = connection.ensureProtocol;
    const media = (data: Buffer) => this.#datagram(data);
    connection.ensureProtocol = (protocol) => {
      if (protocol.type === STUN)
        protocol.connectionMade = async (useIpv4, portRange, addresses) => {
          const address = addresses?.[useIpv4 ? 'udp4' : 'udp6'];
          const socket = await IceSocket.open(
            useIpv4 ? 4 : 6,
            { ...(address === undefined ? {} : { address }), ...(portRange ? { portRange } : {}) },
            media,
          );
          socket.onData = (data, from) => protocol.datagramReceived(data, from);
          protocol.transport = socket;
        };
      ensure.call(connection, protocol);
    };
  }

  #datagram(data: Buffer): void {
    const keys = this.#keys;
    if (!keys) return;
    if (isRtcp(data)) this.#report(data, keys.control);
    else this.#sound(data, keys.incoming);
  }

  #sound(data: Buffer, incoming: SrtpStream): void {
    this.received += 1;
    const opened = incoming.open(data);
    if (opened === 'forged') this.undecryptable += 1;
    else if (opened === 'replayed') this.#events.replayed?.();
    if (typeof opened !== 'number') return;
    const packet = readRtp(data.subarray(0, opened));
    if (packet) this.#events.packet({ header: packet, payload: packet.payload });
  }

  #report(data: Buffer, control: SrtcpStream): void {
    const compound = control.open(data);
    if (!compound) return;
    this.reports += 1;
    this.#events.control?.(compound);
    for (const packet of control.read(compound)) this.#events.rtcp(packet);
  }
}
