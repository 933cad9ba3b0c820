import { isIPv6 } from 'node:net';
import type { IceServer, PeerConnection, Track } from 'node-datachannel';
import { parse } from 'sdp-transform';
import type { MediaFacts } from './doctor/media-facts.ts';
import { freePort } from './free-port.ts';
import { checkAddresses } from './leg-addresses.ts';
import { type LegOptions, type LegStatistics, MediaError } from './media.ts';
import { withPublicAddress } from './public-candidate.ts';
import { isRtcp, readRtp, writeRtp } from './rtp-datagram.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import { writeSdp } from './sdp-writer.ts';
import { SERVERS_TIMEOUT_MS } from './server-wait.ts';
import type { DtlsRole, IceRole, LocalParameters, Transport, TransportEvents } from './transport.ts';
import { CONNECT_TIMEOUT_MS, GATHER_TIMEOUT_MS, loadWerift } from './webrtc-transport.ts';
import { within } from './within.ts';

type Library = typeof import('node-datachannel');
type Werift = Awaited<ReturnType<typeof loadWerift>>;

/** The library closes on threads of its own; a socket is gone when it says so. */
const CLOSE_TIMEOUT_MS = 3000;
const MTU = 1200;
/** What this library keeps to itself, by the names that statistics have for it. */
const UNAVAILABLE: NonNullable<LegStatistics['unavailable']> = ['srtpProfile', 'undecryptable', 'duplicates', 'checks'];

/** One search for a port at a time: two would find the same. */
let searching: Promise<unknown> = Promise.resolve();

/**
 * The user's own `node-datachannel`: it is compiled for each platform, so it is not among our dependencies.
 *
 * @throws MediaError `media_engine_missing`
 */
export async function loadDatachannel(
  load: () => Promise<unknown> = () => import('node-datachannel'),
): Promise<Library> {
  try {
    const module = (await load()) as Library & { default?: Library };
    return module.default ?? module;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && /MODULE_NOT_FOUND/.test(String(error.code));
    throw new MediaError(
      'media_engine_missing',
      missing
        ? 'The media engine "node-datachannel" is not installed.'
        : `The media engine "node-datachannel" cannot be loaded: ${error instanceof Error ? error.message.split('\n', 1)[0] : 'unknown error'}.`,
      'Run "npm install node-datachannel" in the Node-RED user folder (usually ~/.node-red) and restart Node-RED, or choose the engine "werift".',
    );
  }
}

/** A STUN or TURN server as the library wants it: parts, because a password may hold any character. */
function serverOf({ urls, username, credential }: NonNullable<LegOptions['iceServers']>[number]): string | IceServer {
  const parts = /^(stuns?|turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(urls);
  const [, scheme = '', host = '', port, transport] = parts ?? [];
  if (!parts || scheme === 'stuns')
    throw new MediaError(
      'media_address_refused',
      'The address of a STUN or TURN server is not one that the engine "node-datachannel" can use.',
      'Write it like stun:host:3478 or turn:host:3478?transport=udp.',
    );
  const secure = scheme === 'turns';
  const number = Number(port ?? (secure ? 5349 : 3478));
  if (scheme === 'stun') return `stun:${host}:${number}`;
  return {
    hostname: host.replace(/^\[|\]$/g, ''),
    port: number,
    username: username ?? '',
    password: credential ?? '',
    relayType: secure ? 'TurnTls' : transport === 'tcp' ? 'TurnTcp' : 'TurnUdp',
  };
}

/**
 * The same as `WebRtcTransport`, done by libdatachannel through `node-datachannel`. It must live in a process of its own (`media-process.ts`):
 * the library ends its process when a socket cannot be opened, and hangs in a thread that is ended (both measured 2026-11-21, 0.33.4).
 *
 * RTCP is ours here too. Copies of a packet are dropped by libsrtp before they can be counted; which SRTP profile is used, what could not be
 * decrypted and how many checks there were, it does not tell.
 */
export class DatachannelTransport implements Transport {
  readonly #library: Library;
  readonly #werift: Werift;
  readonly #options: LegOptions;
  readonly #events: TransportEvents;
  readonly #servers: (string | IceServer)[];
  readonly #ended = new AbortController();
  readonly #connected = Promise.withResolvers<void>();
  readonly #shut = Promise.withResolvers<void>();
  #peer: PeerConnection | undefined;
  #track: Track | undefined;
  #gathering: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  #open = false;
  #paired = false;
  #consentLost = false;
  #role: DtlsRole | undefined;
  #pairs = 0;
  #pair: string | undefined;
  #mediaReceived = 0;
  #reportsReceived = 0;

  private constructor(library: Library, werift: Werift, options: LegOptions, events: TransportEvents) {
    this.#library = library;
    this.#werift = werift;
    this.#options = options;
    this.#events = events;
    this.#servers = (options.iceServers ?? []).map(serverOf);
    this.#connected.promise.catch(() => undefined);
  }

  static async create(options: LegOptions, events: TransportEvents): Promise<DatachannelTransport> {
    const library = await loadDatachannel();
    await checkAddresses(options);
    return new DatachannelTransport(library, await loadWerift(), options, events);
  }

  /**
   * The library is always the one that offers, whoever really does: so it is ICE controlling, as a peer of ICE-lite must be, and takes either
   * DTLS role. With a full peer that offers, the role conflict is settled by the checks (RFC 8445 §7.3.1.1).
   */
  async gather(_role: IceRole): Promise<LocalParameters> {
    const turn = searching.then(() => this.#gather());
    searching = turn.catch(() => undefined);
    return turn;
  }

  async #gather(): Promise<LocalParameters> {
    const { bindAddress, portRange, publicAddress } = this.#options;
    const refuse = (code: string, text: string, next: string) => {
      throw new MediaError(code, text, next);
    };
    if (this.#closing) refuse('media_not_connected', 'The call is over.', 'Place the call again.');
    // With a range that is used up the library ends its process, so a port is found before.
    const port = portRange && (await freePort(portRange, bindAddress));
    if (portRange && port === undefined)
      refuse(
        'media_port_in_use',
        `No free UDP port between ${portRange.join(' and ')}.`,
        'Give the configuration a wider port range: two ports per call and network address.',
      );
    const peer = new this.#library.PeerConnection('call', {
      iceServers: this.#servers,
      disableAutoNegotiation: true,
      mtu: MTU,
      ...(bindAddress === undefined ? {} : { bindAddress }),
      ...(port === undefined ? {} : { portRangeBegin: port, portRangeEnd: port }),
    });
    this.#peer = peer;
    this.#listen(peer);
    const gathered = new Promise<void>((resolve) =>
      peer.onGatheringStateChange((state) => state === 'complete' && resolve()),
    );
    const audio = new this.#library.Audio('0', 'SendRecv');
    audio.addOpusCodec(111);
    this.#track = peer.addTrack(audio);
    this.#track.onMessage((data) => this.#receive(Buffer.isBuffer(data) ? data : Buffer.from(data)));
    peer.setLocalDescription('offer');
    this.#gathering = gathered;
    const patience = this.#servers.length > 0 ? SERVERS_TIMEOUT_MS : GATHER_TIMEOUT_MS;
    await within(patience, gathered, this.#ended.signal);
    if (this.#closing) refuse('media_not_connected', 'The call is over.', 'Place the call again.');
    const local = parse(peer.localDescription()?.sdp ?? '');
    const [media] = local.media;
    const found = (media?.candidates ?? [])
      .filter(({ transport, component }) => /^udp$/i.test(transport) && component === 1)
      .map(({ foundation, priority, ip, port: at, type, raddr, rport }) => ({
        ...{ foundation: String(foundation), priority: Number(priority), ip, port: at, type },
        ...(raddr === undefined ? {} : { relatedAddress: raddr, relatedPort: rport ?? 0 }),
      }));
    if (found.length === 0)
      refuse(
        'media_address_refused',
        'This machine has no network address that a call could use.',
        'Connect it to a network, or set the local address of the media in the configuration.',
      );
    const fingerprint = (media?.fingerprint ?? local.fingerprint)?.hash ?? '';
    const [ufrag, password] = [media?.iceUfrag ?? local.iceUfrag, media?.icePwd ?? local.icePwd].map(String);
    return {
      ufrag: ufrag ?? '',
      password: password ?? '',
      fingerprint,
      candidates: withPublicAddress(found, publicAddress),
    };
  }

  #listen(peer: PeerConnection): void {
    peer.onIceStateChange((state) => {
      if (state === 'connected' || state === 'completed') this.#paired = true;
    });
    peer.onStateChange((state) => {
      if (state === 'closed') this.#shut.resolve();
      if (this.#closing) return;
      if (state === 'connected') {
        this.#open = true;
        this.#connected.resolve();
        this.#events.state('connected');
      } else if (state === 'failed') {
        // Checks that worked once fail only by consent that was not renewed.
        this.#consentLost = this.#open;
        this.#connected.reject(new Error('the checks or the handshake failed'));
        this.#events.state('failed');
      } else if (state === 'closed') {
        this.#connected.reject(new Error('the other side closed'));
        this.#events.state('closed');
      }
    });
  }

  async connect(remote: RemoteDescription, role: DtlsRole): Promise<void> {
    this.#role = role;
    this.#pairs = remote.candidates.length;
    const answer = writeSdp({
      ...{ sessionId: '1', ufrag: remote.ufrag, password: remote.password, fingerprint: remote.fingerprint },
      ...{ setup: role === 'client' ? ('passive' as const) : ('active' as const), mid: '0', bundled: true },
      ...{ opusPayloadType: 111, eventPayloadType: 126, ssrc: 1, cname: 'far', candidates: remote.candidates },
    });
    this.#peer?.setRemoteDescription(
      remote.iceLite ? answer.replace('\r\nm=', '\r\na=ice-lite\r\nm=') : answer,
      'answer',
    );
    if (!(await within(CONNECT_TIMEOUT_MS, this.#connected.promise, this.#ended.signal)))
      throw new Error('not connected in time');
  }

  #receive(data: Buffer): void {
    if (this.#closing) return;
    if (isRtcp(data)) {
      this.#reportsReceived += 1;
      this.#events.control?.(data);
      try {
        for (const packet of this.#werift.RtcpPacketConverter.deSerialize(data)) this.#events.rtcp(packet);
      } catch {
        // A report that cannot be read says nothing.
      }
      return;
    }
    const packet = readRtp(data);
    if (!packet) return;
    this.#mediaReceived += 1;
    this.#events.packet({ header: packet, payload: packet.payload });
  }

  send(
    payloadType: number,
    sequenceNumber: number,
    timestamp: number,
    ssrc: number,
    marker: boolean,
    payload: Buffer,
  ): void {
    this.#put(writeRtp({ payloadType, sequenceNumber, timestamp, ssrc, marker, payload }));
  }

  sendRtcp(packets: Parameters<Transport['sendRtcp']>[0]): void {
    this.#put(Buffer.concat(packets.map((packet) => packet.serialize())));
  }

  #put(data: Buffer): void {
    if (!this.#open || this.#closing) return;
    try {
      this.#track?.sendMessageBinary(data);
    } catch {
      // The other side has just closed; the state says so in a moment.
    }
  }

  describe(): ReturnType<Transport['describe']> {
    const pair = this.#selectedPair();
    return {
      engine: 'node-datachannel',
      unavailable: UNAVAILABLE,
      ...(this.#role && { dtlsRole: this.#role }),
      ...(pair === undefined ? {} : { candidatePair: pair }),
    };
  }

  #selectedPair(): string | undefined {
    if (!this.#open) return undefined;
    const selected = this.#closing ? null : this.#peer?.getSelectedCandidatePair();
    if (selected)
      this.#pair = [selected.local, selected.remote]
        .map(({ type, address, port }) => `${type} ${isIPv6(address) ? `[${address}]` : address}:${port}`)
        .join(' - ');
    return this.#pair;
  }

  /** Counts of checks and of the handshake are not to be had. */
  facts(): Omit<MediaFacts, 'packetsTaken'> {
    return {
      ...{ pairs: this.#pairs, checksSent: 0, checksAnswered: 0, checksReceived: 0, uncounted: true as const },
      paired: this.#paired,
      consentLost: this.#consentLost,
      ...(this.#role && { dtlsRole: this.#role }),
      secure: this.#open,
      ...{ handshakeReceived: 0, mediaReceived: this.#mediaReceived, undecryptable: 0 },
      reportsReceived: this.#reportsReceived,
    };
  }

  close(): Promise<void> {
    this.#selectedPair();
    this.#closing ??= this.#stop();
    this.#ended.abort();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.#connected.reject(new Error('closed'));
    // A search for a port that is under way sees that the call is over.
    await searching;
    const peer = this.#peer;
    if (!peer) return;
    if (this.#gathering) await within(GATHER_TIMEOUT_MS, this.#gathering);
    peer.close();
    await within(CLOSE_TIMEOUT_MS, this.#shut.promise);
    // The library holds our listeners until its connection is collected, and we the connection: one of them has to let go.
    this.#track = undefined;
    this.#peer = undefined;
  }
}
