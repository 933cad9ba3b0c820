import { randomInt } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { bridgeSdp } from './bridge-sdp.ts';
import { IncomingStream } from './incoming-stream.ts';
import { type BridgeInfo, type BridgeOptions, type BridgeResult, MediaError } from './media.ts';
import { isRtcp, type RtpDatagram, readRtp, writeRtp } from './rtp-datagram.ts';
import { bindEven, checkEndpoint, type Endpoint, localAddressTowards } from './rtp-socket.ts';
import type { RunningTask, TaskReport } from './task.ts';

const DEFAULT_PAYLOAD_TYPE = 111;
/** A sender that is silent for so long may be followed by another one from the same host; until then nobody can push in. */
const LOCK_MS = 5000;

/** Packets from the person, as they arrive. */
export interface PersonPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
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
