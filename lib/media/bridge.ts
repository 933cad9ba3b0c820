import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP, isIPv6 } from 'node:net';
import { bridgeSdp } from './bridge-sdp.ts';
import { IncomingStream } from './incoming-stream.ts';
import { type BridgeInfo, type BridgeOptions, type BridgeResult, MediaError } from './media.ts';
import { isRtcp, type RtpDatagram, readRtp, writeRtp } from './rtp-datagram.ts';
import type { RunningTask, TaskReport } from './task.ts';

const DEFAULT_PAYLOAD_TYPE = 111;
/** A sender that is silent for so long may be followed by another one from the same host; until then nobody can push in. */
const LOCK_MS = 5000;
const PORT_ATTEMPTS = 50;

interface Endpoint {
  address: string;
  port: number;
}

/** Packets from the person, as they arrive. */
export interface PersonPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
}

function checkEndpoint({ address, port }: Endpoint, lowest: number): void {
  if (isIP(address) === 0)
    throw new MediaError(
      'media_address_refused',
      'The RTP address must be a numeric IP address.',
      'Give an IPv4 or IPv6 address.',
    );
  if (!Number.isInteger(port) || port < lowest || port > 65_535)
    throw new MediaError('media_address_refused', 'The RTP port must be between 1 and 65535.', 'Correct the RTP port.');
}

/** Passes Opus between a leg and plain RTP on UDP. Nothing is decoded: SSRC, payload type, sequence and timestamp are rewritten, gaps stay. */
export class Bridge implements RunningTask {
  readonly #options: BridgeOptions;
  readonly #report: TaskReport<BridgeInfo, BridgeResult>;
  readonly #forward: (packet: RtpDatagram, at: number) => boolean;
  readonly #onEnd: () => void;
  readonly #payloadType: number;
  readonly #opening: Promise<void>;
  readonly #ssrc = randomInt(1, 0xffff_ffff);
  readonly #incoming = new IncomingStream();
  #socket: Socket | undefined;
  #remote: Endpoint | undefined;
  #source: (Endpoint & { lastAt: number }) | undefined;
  #sequenceOffset: number | undefined;
  #timestampOffset = 0;
  #fromSsrc: number | undefined;
  #lastOut = { sequenceNumber: 0, timestamp: 0 };
  #result = { packetsToRtp: 0, packetsFromRtp: 0, droppedFromRtp: 0 };
  #ending: Promise<void> | undefined;

  /**
   * @param forward hands a packet to the leg; false when the leg has no use for it now
   */
  constructor(
    options: BridgeOptions,
    report: TaskReport<BridgeInfo, BridgeResult>,
    forward: (packet: RtpDatagram, at: number) => boolean,
    onEnd: () => void,
  ) {
    this.#options = options;
    this.#report = report;
    this.#forward = forward;
    this.#onEnd = onEnd;
    this.#payloadType = options.payloadType ?? DEFAULT_PAYLOAD_TYPE;
    this.#remote = options.remote;
    this.#opening = this.#open().catch((error: unknown) => {
      this.#ending ??= Promise.resolve();
      this.#socket?.close();
      this.#onEnd();
      report.failed(error as MediaError);
    });
  }

  async #open(): Promise<void> {
    const { remote, local = {} } = this.#options;
    if (!Number.isInteger(this.#payloadType) || this.#payloadType < 0 || this.#payloadType > 127)
      throw new MediaError(
        'media_address_refused',
        'The RTP payload type must be 0 to 127.',
        'Use 96 to 127, such as 111.',
      );
    if (remote) checkEndpoint(remote, 1);
    const address = local.address ?? (await localAddressTowards(remote));
    checkEndpoint({ address, port: local.port ?? 0 }, 0);
    this.#socket = await bindEven(address, local.port ?? 0);
    if (this.#ending) return;
    const { port } = this.#socket.address();
    this.#socket.on('message', (data, from) => this.#datagram(data, from));
    // What the network reports about single packets (an unreachable port) is no reason to end the bridge.
    this.#socket.on('error', () => undefined);
    this.#report.started({
      local: { address, port },
      sdp: bridgeSdp(address, port, this.#payloadType),
      ...(remote ? { receiverSdp: bridgeSdp(remote.address, remote.port, this.#payloadType) } : {}),
    });
  }

  /** A new, non-duplicate Opus packet from the person. */
  person(packet: PersonPacket): void {
    if (!this.#socket || !this.#remote || this.#ending) return;
    if (packet.ssrc !== this.#fromSsrc || this.#sequenceOffset === undefined) this.#aim(packet);
    const sequenceNumber = (packet.sequenceNumber + (this.#sequenceOffset ?? 0)) & 0xffff;
    const timestamp = (packet.timestamp + this.#timestampOffset) >>> 0;
    this.#lastOut = { sequenceNumber, timestamp };
    const { marker, payload } = packet;
    const data = writeRtp({
      payloadType: this.#payloadType,
      ssrc: this.#ssrc,
      sequenceNumber,
      timestamp,
      marker,
      payload,
    });
    this.#result.packetsToRtp += 1;
    this.#socket.send(data, this.#remote.port, this.#remote.address);
  }

  /** A packet of the person that is no audio was taken out: closes its place in the sequence, so that it is not counted as lost. */
  omit(): void {
    if (this.#sequenceOffset !== undefined) this.#sequenceOffset -= 1;
  }

  /** A new sender continues where the last one ended. */
  #aim({ ssrc, sequenceNumber, timestamp }: PersonPacket): void {
    const first = this.#fromSsrc === undefined;
    const nextSequence = first ? randomInt(0, 0x8000) : this.#lastOut.sequenceNumber + 1;
    const nextTimestamp = first ? randomInt(0, 0xffff_ffff) : this.#lastOut.timestamp + 960;
    this.#fromSsrc = ssrc;
    this.#sequenceOffset = nextSequence - sequenceNumber;
    this.#timestampOffset = nextTimestamp - timestamp;
  }

  #datagram(data: Buffer, from: RemoteInfo): void {
    if (this.#ending || isRtcp(data)) return;
    const packet = readRtp(data);
    const at = performance.now();
    if (!packet || packet.payloadType !== this.#payloadType || packet.payload.length === 0 || !this.#trusts(from, at)) {
      this.#result.droppedFromRtp += 1;
      return;
    }
    if (this.#incoming.accept(packet, at) !== undefined && this.#forward(packet, at)) this.#result.packetsFromRtp += 1;
    else this.#result.droppedFromRtp += 1;
  }

  /** The sender's address must be the configured one (any port: senders seldom send from where they receive) or the first that came. */
  #trusts({ address, port }: RemoteInfo, at: number): boolean {
    const host = this.#options.remote?.address ?? this.#source?.address;
    if (host !== undefined && host !== address) return false;
    const { lastAt = Number.NEGATIVE_INFINITY } = this.#source ?? {};
    const same = this.#source?.address === address && this.#source.port === port;
    if (!same && at - lastAt < LOCK_MS) return false;
    this.#source = { address, port, lastAt: at };
    if (!this.#options.remote) this.#remote = this.#source;
    return true;
  }

  stop(reason: 'stopped' | 'call_ended'): Promise<void> {
    this.#ending ??= this.#close(reason);
    return this.#ending;
  }

  async #close(result: BridgeResult['result']): Promise<void> {
    await this.#opening;
    if (this.#socket) await new Promise<void>((resolve) => this.#socket?.close(() => resolve()));
    this.#onEnd();
    this.#report.done({ ...this.#result, result });
  }
}

/** Our address as a remote host sees it on the way there; without a remote only this machine may talk to us. */
async function localAddressTowards(remote: Endpoint | undefined): Promise<string> {
  if (!remote) return '127.0.0.1';
  const probe = createSocket(isIPv6(remote.address) ? 'udp6' : 'udp4');
  try {
    probe.connect(remote.port, remote.address);
    await once(probe, 'connect');
    return probe.address().address;
  } catch {
    throw new MediaError(
      'media_address_refused',
      'The RTP address cannot be reached from this machine.',
      'Correct the RTP address.',
    );
  } finally {
    probe.close();
  }
}

async function bind(address: string, port: number): Promise<Socket> {
  // Only numeric addresses come here; answering the look-up at once saves a turn of the event loop per packet.
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, lookup: (host, _options, found) => found(null, host, family) });
  // Before binding, which with such a look-up may be done at once.
  const listening = once(socket, 'listening');
  try {
    socket.bind({ address, port });
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EADDRINUSE' || code === 'EACCES'
      ? new MediaError(
          'media_port_in_use',
          `UDP port ${port} cannot be used (${code}).`,
          'Choose another local RTP port, or 0 for any.',
        )
      : new MediaError(
          'media_address_refused',
          `This machine has no address ${address}.`,
          'Correct the local RTP address.',
        );
  }
}

/** RTP lives on even ports, RTCP on the odd one above (RFC 3550 §11); some peers still insist. */
async function bindEven(address: string, port: number): Promise<Socket> {
  if (port !== 0) return bind(address, port);
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const socket = await bind(address, 0);
    if (socket.address().port % 2 === 0) return socket;
    socket.close();
  }
  throw new MediaError('media_port_in_use', 'No even UDP port is free.', 'Set the local RTP port.');
}
