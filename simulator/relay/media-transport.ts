import { networkInterfaces } from 'node:os';
import type { IceConnection, RTCDtlsTransport, RTCIceTransport, RtcpPacket, RtpPacket } from 'werift';
import { dropRepeats } from '../../lib/media/handshake-repeats.ts';
import type { Offer } from './offer.ts';

export interface RtpToSend {
  payloadType: number;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  payload: Buffer;
}

export interface TransportListener {
  connected(): void;
  rtp(packet: RtpPacket): void;
  rtcp(packet: RtcpPacket): void;
}

interface UdpSocketLike {
  onData: (data: Buffer, address: [string, number]) => void;
}

/** The machine's own IPv4 addresses besides loopback, for a peer elsewhere in the same network. */
function hostAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((entry) => (entry && entry.family === 'IPv4' && !entry.internal ? [entry.address] : []));
}

/**
 * An ICE-lite, DTLS-SRTP end on one UDP socket: what a media server has per leg. werift's transports are used without its peer
 * connection, which would bring negotiation, per-sender timers and payload type rewriting that a relay must not have.
 */
export class MediaTransport {
  readonly addresses: string[];
  readonly port: number;
  readonly fingerprint: string;
  connected = false;
  readonly #ice: RTCIceTransport;
  readonly #dtls: RTCDtlsTransport;
  readonly #werift: typeof import('werift');
  #closed = false;

  private constructor(
    werift: typeof import('werift'),
    ice: RTCIceTransport,
    dtls: RTCDtlsTransport,
    addresses: string[],
  ) {
    const [candidate] = ice.localCandidates;
    const [fingerprint] = dtls.localParameters.fingerprints;
    if (!candidate || !fingerprint) throw new Error('The media relay could not open a UDP socket on this machine.');
    this.#werift = werift;
    this.#ice = ice;
    this.#dtls = dtls;
    this.addresses = addresses;
    this.port = candidate.port;
    this.fingerprint = fingerprint.value;
  }

  /**
   * Opens the socket.
   *
   * @param loopbackOnly bind to 127.0.0.1; otherwise to all addresses of the machine
   */
  static async open(
    credentials: { iceUfrag: string; icePwd: string },
    { loopbackOnly }: { loopbackOnly: boolean },
  ): Promise<MediaTransport> {
    const werift = await import('werift');
    const gatherer = new werift.RTCIceGatherer({
      iceLite: true,
      useIpv4: false,
      useIpv6: false,
      useTcp: false,
      additionalHostAddresses: ['127.0.0.1'],
      ...(loopbackOnly ? { interfaceAddresses: { udp4: '127.0.0.1' } } : {}),
    });
    const { connection } = gatherer;
    // Without servers the library asks a public one by default; nothing of the simulator leaves this machine.
    delete connection.stunServer;
    connection.localUsername = credentials.iceUfrag;
    connection.localPassword = credentials.icePwd;
    await gatherer.gather();
    dropForgedChecks(connection, werift, credentials.icePwd);
    const ice = new werift.RTCIceTransport(gatherer);
    const certificate = await werift.RTCDtlsTransport.SetupCertificate();
    const dtls = new werift.RTCDtlsTransport({}, ice, certificate, [
      werift.ProtectionProfileAeadAes128Gcm,
      werift.ProtectionProfileAes128CmHmacSha1_80,
    ]);
    return new MediaTransport(werift, ice, dtls, loopbackOnly ? ['127.0.0.1'] : ['127.0.0.1', ...hostAddresses()]);
  }

  /** Waits for the peer's checks and the DTLS handshake, then delivers media. Never throws: a leg that fails stays unconnected. */
  async start(offer: Offer, role: 'client' | 'server', listener: TransportListener): Promise<void> {
    const { RTCIceParameters, RTCDtlsParameters, RTCDtlsFingerprint } = this.#werift;
    this.#ice.setRemoteParams(
      new RTCIceParameters({ usernameFragment: offer.iceUfrag, password: offer.icePwd, iceLite: false }),
    );
    this.#dtls.setRemoteParams(
      new RTCDtlsParameters(
        offer.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        role === 'client' ? 'server' : 'client',
      ),
    );
    this.#dtls.role = role;
    this.#dtls.onRtp.subscribe((packet) => listener.rtp(packet));
    this.#dtls.onRtcp.subscribe((packet) => listener.rtcp(packet));
    try {
      await this.#ice.start();
      if (this.#closed) return;
      const started = this.#dtls.start();
      dropRepeats(this.#dtls);
      await started;
    } catch {
      return;
    }
    if (this.#closed) return;
    this.connected = true;
    listener.connected();
  }

  sendRtp(packet: RtpToSend): void {
    if (!this.connected) return;
    const { payload, ...fields } = packet;
    void this.#dtls.sendRtp(payload, new this.#werift.RtpHeader(fields));
  }

  sendRtcp(packets: RtcpPacket[]): void {
    if (this.connected) void this.#dtls.sendRtcp(packets).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#dtls.dtls) endHandshake(this.#dtls.dtls.dtls);
    this.connected = false;
    this.#dtls.dtls?.close();
    await this.#dtls.stop();
  }
}

/**
 * The library repeats a handshake's first flight for half a minute, also after its end, unless it believes to be further
 * on; one that has not begun yet (it waits 100 ms) does not begin if it seems to have.
 */
function endHandshake(handshake: { flight: number }): void {
  handshake.flight = handshake.flight === 0 ? 1 : Number.MAX_SAFE_INTEGER;
}

/**
 * werift answers a connectivity check without looking at its MESSAGE-INTEGRITY. A real media server does look (RFC 8445 §7.3), and
 * a leg that signs its checks wrongly must not connect here only to fail there.
 */
function dropForgedChecks(connection: IceConnection, werift: typeof import('werift'), icePwd: string): void {
  const key = Buffer.from(icePwd, 'utf8');
  const { protocols } = connection as unknown as { protocols: { transport: UdpSocketLike }[] };
  for (const { transport } of protocols) {
    const deliver = transport.onData;
    transport.onData = (data, address) => {
      const isRequest = werift.isStunMessage(data) && (data.readUInt16BE(0) & 0x0110) === 0;
      if (isRequest && !werift.parseMessage(data, key)) return;
      deliver(data, address);
    };
  }
}
