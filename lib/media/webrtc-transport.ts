import { isIPv4, isIPv6 } from 'node:net';
import type { RTCDtlsTransport, RTCIceTransport, RtcpPacket } from 'werift';
import type { MediaFacts } from './doctor/media-facts.ts';
import { dropRepeats } from './handshake-repeats.ts';
import type { RTCIceConnection } from './ice-connection.ts';
import { checkAddresses } from './leg-addresses.ts';
import type { LegOptions } from './media.ts';
import { MediaError } from './media.ts';
import { MediaPath } from './media-path.ts';
import { withPublicAddress } from './public-candidate.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import type { LocalCandidate } from './sdp-writer.ts';
import { limitServers } from './server-wait.ts';
import { srtpKeys } from './srtp/srtp-handshake.ts';
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, type SrtpProfile } from './srtp/srtp-stream.ts';
import { guardChecks } from './stun-guard.ts';
import type { DtlsRole, IceRole, LocalParameters, Transport, TransportEvents } from './transport.ts';
import { within } from './within.ts';

/** The one WebRTC library, loaded as an ES module: its CommonJS build costs 15 % more per call (measured 2026-11-20). */
export const loadWerift = () => import('werift');
type Werift = Awaited<ReturnType<typeof loadWerift>>;

/** Longest time that collecting addresses may take; beyond it a socket did not open. */
export const GATHER_TIMEOUT_MS = 15_000;
/**
 * Checks and handshake together. The library itself waits for ever: its failed checks do not end the wait, and as DTLS server it waits for a
 * first message. Meta hangs up after 20 s without media from us (troubleshooting page, 2026-06-24).
 */
export const CONNECT_TIMEOUT_MS = 30_000;
const MOST_EARLY_PACKETS = 8;
/** A role conflict that comes back this often is no conflict but a broken peer. */
const MAXIMUM_ROLE_SWITCHES = 5;
const PROFILES: readonly SrtpProfile[] = [AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80];

/**
 * ICE and DTLS of werift for one audio stream, without its peer connection, and media on a path of our own. The library's sender and receiver clone
 * every packet and keep 128 of them per call, which costs half the CPU and nearly all of the latency tail (measured 2026-11-20), and they rewrite
 * payload types.
 */
export class WebRtcTransport implements Transport {
  readonly #ice: RTCIceTransport;
  readonly #dtls: RTCDtlsTransport;
  readonly #werift: Werift;
  readonly #media: MediaPath;
  readonly #options: LegOptions;
  readonly #closeLate: () => void;
  #closed = false;
  readonly #ended = new AbortController();
  #closing: Promise<void> | undefined;
  #gathering: Promise<void> | undefined;
  #handshakeReceived = 0;
  #consentLost = false;
  #strangers = 0;
  #tried: { pairs: number; sent: number; answered: number; received: number } | undefined;

  private constructor(
    werift: Werift,
    ice: RTCIceTransport,
    dtls: RTCDtlsTransport,
    media: MediaPath,
    options: LegOptions,
    closeLate: () => void,
  ) {
    this.#werift = werift;
    this.#ice = ice;
    this.#dtls = dtls;
    this.#media = media;
    this.#options = options;
    this.#closeLate = closeLate;
  }

  /** @param profiles of SRTP, the preferred one first */
  static async create(options: LegOptions, events: TransportEvents, profiles = PROFILES): Promise<WebRtcTransport> {
    await checkAddresses(options);
    const werift = await loadWerift();
    const certificate = await werift.RTCDtlsTransport.SetupCertificate();
    const servers = werift.parseIceServers(options.iceServers ?? []);
    const bind = options.bindAddress;
    const gatherer = new werift.RTCIceGatherer({
      ...servers,
      useTcp: false,
      ...(options.portRange ? { portRange: options.portRange } : {}),
      ...(bind === undefined
        ? {}
        : {
            useIpv4: false,
            useIpv6: false,
            additionalHostAddresses: [bind],
            interfaceAddresses: isIPv4(bind) ? { udp4: bind } : { udp6: bind },
          }),
    });
    // Without this the library would ask a public STUN server that nobody has configured.
    if (!servers.stunServer) delete gatherer.connection.stunServer;
    const connection = gatherer.connection as unknown as RTCIceConnection;
    guardChecks(connection, werift.parseMessage, () => {
      transport.#strangers += 1;
    });
    const closeLate = limitServers(connection);
    const media = new MediaPath(connection, events);
    const ice = new werift.RTCIceTransport(gatherer);
    const dtls = new werift.RTCDtlsTransport({}, ice, certificate, [...profiles]);
    dtls.startSrtp = () => {
      dtls.srtpStarted = true;
      media.begin(srtpKeys(werift, dtls));
    };
    const transport = new WebRtcTransport(werift, ice, dtls, media, options, closeLate);
    ice.connection.onData.subscribe(([first = 0]) => {
      if (first > 19 && first < 64) transport.#handshakeReceived += 1;
    });
    dtls.onStateChange.subscribe((state) => {
      if (transport.#closed) return;
      if (state === 'connected' || state === 'failed' || state === 'closed') events.state(state);
    });
    ice.onStateChange.subscribe((state) => {
      if (state !== 'failed' || transport.#closed) return;
      // Checks that worked once fail only by consent that was not renewed (the library: 30 s after the last answer).
      transport.#consentLost = dtls.state === 'connected';
      events.state('failed');
    });
    return transport;
  }

  /**
   * Opens the sockets and returns every address at which this leg can be reached. The ICE role is settled before the first socket is open:
   * the peer's checks may come before its answer, and would otherwise end in a role conflict.
   */
  async gather(role: IceRole): Promise<LocalParameters> {
    this.#ice.connection.iceControlling = role === 'controlling';
    this.#gathering = this.#ice.gather();
    const inTime = await within(GATHER_TIMEOUT_MS, this.#gathering);
    const candidates = this.#localCandidates();
    if (candidates.length === 0 || !inTime)
      throw this.#options.portRange
        ? new MediaError(
            'media_port_in_use',
            `No free UDP port between ${this.#options.portRange.join(' and ')}.`,
            'Give the configuration a wider port range: two ports per call and network address.',
          )
        : new MediaError(
            'media_address_refused',
            'This machine has no network address that a call could use.',
            'Connect it to a network, or set the local address of the media in the configuration.',
          );
    const { usernameFragment, password } = this.#ice.localParameters;
    const fingerprint = this.#dtls.localParameters.fingerprints[0]?.value ?? '';
    return { ufrag: usernameFragment, password, fingerprint, candidates };
  }

  #localCandidates(): LocalCandidate[] {
    const found = this.#ice.localCandidates.map(
      ({ foundation, priority, ip, port, type, relatedAddress, relatedPort }) => ({
        foundation: foundation.replace(/^candidate:/, ''),
        priority,
        ip,
        port,
        type,
        ...(relatedAddress === undefined ? {} : { relatedAddress, relatedPort: relatedPort ?? 0 }),
      }),
    );
    return withPublicAddress(found, this.#options.publicAddress);
  }

  /** Checks connectivity, then shakes hands. Resolves when SRTP is up; rejects when either fails. */
  async connect(remote: RemoteDescription, role: DtlsRole): Promise<void> {
    this.#ice.setRemoteParams(
      new this.#werift.RTCIceParameters({
        iceLite: remote.iceLite,
        usernameFragment: remote.ufrag,
        password: remote.password,
      }),
    );
    if (remote.iceLite) this.#neverControlled();
    this.#dtls.role = role;
    this.#dtls.setRemoteParams(
      new this.#werift.RTCDtlsParameters(
        [new this.#werift.RTCDtlsFingerprint('sha-256', remote.fingerprint)],
        role === 'client' ? 'server' : 'client',
      ),
    );
    for (const { foundation, priority, ip, port, type } of remote.candidates)
      await this.#ice.addRemoteCandidate(new this.#werift.IceCandidate(1, foundation, ip, port, priority, 'udp', type));
    await this.#ice.addRemoteCandidate(undefined);
    const early = this.#keepEarlyHandshake();
    const connecting = this.#ice.start().then(() => {
      const started = this.#dtls.start();
      dropRepeats(this.#dtls);
      early();
      return started;
    });
    if (!(await within(CONNECT_TIMEOUT_MS, connecting, this.#ended.signal))) throw new Error('not connected in time');
  }

  /**
   * An active peer may begin the handshake while our side still finishes its checks. The library drops what comes then, and the peer tries again
   * only a second later (RFC 6347 §4.2.4.1). Returns a function that hands over what was kept.
   */
  #keepEarlyHandshake(): () => void {
    const { onData } = this.#ice.connection;
    const kept: Buffer[] = [];
    const subscription = onData.subscribe((data) => {
      const [first = 0] = data;
      if (first > 19 && first < 64 && kept.length < MOST_EARLY_PACKETS) kept.push(data);
    });
    return () => {
      subscription.unSubscribe();
      for (const data of kept) {
        try {
          onData.execute(data);
        } catch {
          // Anybody may send a broken record; it must not end the call.
        }
      }
    };
  }

  /** With an ICE-lite peer we stay controlling, whatever a (possibly forged) message says: two controlled sides never connect. */
  #neverControlled(): void {
    let switches = 0;
    const connection = this.#ice.connection as unknown as { switchRole(controlling: boolean): void };
    connection.switchRole = () => {
      switches += 1;
      if (switches > MAXIMUM_ROLE_SWITCHES) void this.close();
    };
  }

  /** Encrypts and sends one RTP packet. Errors of the network are not the sender's business. */
  send(
    payloadType: number,
    sequenceNumber: number,
    timestamp: number,
    ssrc: number,
    marker: boolean,
    payload: Buffer,
  ): void {
    this.#media.send(payloadType, sequenceNumber, timestamp, ssrc, marker, payload);
  }

  sendRtcp(packets: RtcpPacket[]): void {
    this.#media.sendRtcp(packets);
  }

  describe(): ReturnType<Transport['describe']> {
    const pair = this.#ice.getSelectedCandidatePair();
    const { nominated } = this.#ice.connection;
    const profile = this.#dtls.dtls?.srtp.srtpProfile;
    const { role } = this.#dtls;
    return {
      engine: 'werift',
      ...(role === 'auto' ? {} : { dtlsRole: role }),
      ...(profile === undefined
        ? {}
        : { srtpProfile: profile === AEAD_AES_128_GCM ? 'AEAD_AES_128_GCM' : 'AES_CM_128_HMAC_SHA1_80' }),
      ...(pair && nominated
        ? {
            candidatePair: [nominated.localCandidate, nominated.remoteCandidate]
              .map(({ type, host, port }) => `${type} ${isIPv6(host) ? `[${host}]` : host}:${port}`)
              .join(' - '),
          }
        : {}),
    };
  }

  /** How far the connection has come. Also after the end: as it stood then. */
  facts(): Omit<MediaFacts, 'packetsTaken'> {
    const { pairs, sent, answered, received } = this.#tried ?? this.#count();
    const { role } = this.#dtls;
    return {
      pairs,
      checksSent: sent,
      checksAnswered: answered,
      checksReceived: received,
      paired: answered > 0 && this.#dtls.state !== 'new',
      consentLost: this.#consentLost,
      ...(role === 'auto' ? {} : { dtlsRole: role }),
      secure: this.#dtls.srtpStarted,
      handshakeReceived: this.#handshakeReceived,
      mediaReceived: this.#media.received,
      undecryptable: this.#media.undecryptable,
      reportsReceived: this.#media.reports,
    };
  }

  /** The sockets, one for each address. */
  get protocols(): RTCIceConnection['protocols'] {
    return (this.#ice.connection as unknown as RTCIceConnection).protocols;
  }

  /** Checks of people who do not know our password. */
  get strangers(): number {
    return this.#strangers;
  }

  #count(): { pairs: number; sent: number; answered: number; received: number } {
    const counts = { pairs: 0, sent: 0, answered: 0, received: 0 };
    for (const pair of this.#ice.connection.candidatePairs) {
      counts.pairs += 1;
      counts.sent += pair.requestsSent;
      counts.answered += pair.responsesReceived;
      counts.received += pair.requestsReceived;
    }
    return counts;
  }

  close(): Promise<void> {
    this.#tried ??= this.#count();
    this.#closed = true;
    this.#media.end();
    this.#ended.abort();
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    // Ends the retransmission of a handshake that will not come to its end, and the beginning of one (a client waits
    // 100 ms): the library does not begin its first flight twice, and does not repeat a flight that it is beyond. Also of one
    // that has succeeded: a message that came twice made it begin a flight again.
    const handshake = this.#dtls.dtls?.dtls;
    if (handshake) handshake.flight = handshake.flight === 0 ? 1 : Number.MAX_SAFE_INTEGER;
    // A socket that is just being opened is known to the library only afterwards, and would stay open.
    if (this.#gathering) await within(GATHER_TIMEOUT_MS, this.#gathering);
    await this.#dtls.stop();
    this.#closeLate();
  }
}
