import type { RemoteInfo } from 'node:dgram';
import { allowedDestinations } from './allowed-destinations.ts';
import { type BridgeCodec, bridgeCodec } from './bridge-codec.ts';
import type { BridgeInfo, BridgeOptions, BridgeResult, BridgeStatistics } from './bridge-options.ts';
import { BridgePassthrough } from './bridge-passthrough.ts';
import { BridgeRtcp } from './bridge-rtcp.ts';
import { bridgeSdp } from './bridge-sdp.ts';
import { BridgeTranscoder } from './bridge-transcoder.ts';
import type { BridgedLeg, BridgeWay, Made, PersonPacket } from './bridge-way.ts';
import { depart } from './departures.ts';
import { MediaError } from './media.ts';
import { isRtcp, readRtp } from './rtp-datagram.ts';
import { RtpOutput } from './rtp-output.ts';
import { bindPair, checkEndpoint, type Endpoint, localAddressTowards, type RtpSockets } from './rtp-socket.ts';
import type { LastSound } from './sound-level.ts';
import { SourceGuard } from './source-guard.ts';
import type { RunningTask, TaskReport } from './task.ts';

const COMFORT_NOISE = 13;

interface Open {
  sockets: RtpSockets;
  guard: SourceGuard;
  output: RtpOutput;
  rtcp: BridgeRtcp;
  way: BridgeWay;
  local: Endpoint;
}

/** Connects a leg with plain RTP on UDP: sockets, whom to listen to and send to, reports and figures. How sound gets across is a `BridgeWay`. */
export class Bridge implements RunningTask {
  readonly #options: BridgeOptions;
  readonly #report: TaskReport<BridgeInfo, BridgeResult>;
  readonly #leg: BridgedLeg;
  readonly #onEnd: () => void;
  readonly #opening: Promise<void>;
  #codec: BridgeCodec | undefined;
  #open: Open | undefined;
  #heard = false;
  #fromRtp = { packets: 0, dropped: 0 };
  #ending: Promise<void> | undefined;

  constructor(
    options: BridgeOptions,
    report: TaskReport<BridgeInfo, BridgeResult>,
    leg: BridgedLeg,
    onEnd: () => void,
  ) {
    this.#options = options;
    this.#report = report;
    this.#leg = leg;
    this.#onEnd = onEnd;
    this.#opening = this.#begin().catch((error: unknown) => {
      this.#ending ??= Promise.resolve();
      this.#onEnd();
      report.failed(error as MediaError);
    });
  }

  async #begin(): Promise<void> {
    const { remote, local = {}, eventPayloadType: event, rtcpMux = false } = this.#options;
    const codec = bridgeCodec(this.#options);
    this.#codec = codec;
    const guard = this.#guard();
    const address = local.address ?? (await localAddressTowards(remote));
    checkEndpoint({ address, port: local.port ?? 0 }, 0);
    const output = new RtpOutput(codec.ticksPerMs, (data) => this.#send(data));
    const way = codec.samples
      ? await BridgeTranscoder.create(codec, codec.samples, event, output)
      : new BridgePassthrough(codec, event, output, this.#leg);
    try {
      const rtcp = await BridgeRtcp.create(output, way.incoming, codec.ticksPerMs);
      const sockets = await bindPair(address, local.port ?? 0, rtcpMux);
      const { port } = sockets.rtp.address();
      this.#open = { sockets, guard, output, rtcp, way, local: { address, port } };
    } catch (error) {
      way.free();
      throw error;
    }
    if (this.#ending) return;
    const { sockets } = this.#open;
    sockets.rtp.on('message', (data, from) => this.#datagram(data, from));
    sockets.rtcp?.on('message', (data, from) => this.#control(data, from));
    // What the network reports about single packets (an unreachable port) is no reason to end the bridge.
    for (const socket of [sockets.rtp, sockets.rtcp]) socket?.on('error', () => undefined);
    const described = { ...(event === undefined ? {} : { eventPayloadType: event }), rtcpMux };
    this.#report.started({
      local: this.#open.local,
      sdp: bridgeSdp(this.#open.local, codec, described),
      ...(remote ? { receiverSdp: bridgeSdp(remote, codec, described) } : {}),
    });
  }

  #guard(): SourceGuard {
    const { remote, learning = remote ? 'fixed' : 'learned', allowedDestinations: list } = this.#options;
    if (remote) checkEndpoint(remote, 1);
    if (!['fixed', 'learned', 'fixed_then_learned'].includes(learning))
      throw new MediaError(
        'media_address_refused',
        `There is no way of learning the RTP address called ${JSON.stringify(learning)}.`,
        'Use fixed, learned or fixed_then_learned.',
      );
    if (!remote && learning !== 'learned')
      throw new MediaError(
        'media_address_refused',
        'Without an RTP address it can only be learned from the first packet.',
        'Give the RTP address, or choose learned.',
      );
    const allowed = list && allowedDestinations(list);
    if (remote && allowed && !allowed(remote.address))
      throw new MediaError(
        'media_address_refused',
        `The RTP address ${remote.address} is not among the allowed destinations.`,
        'Add it, or its network, to the allowed destinations of the bridge.',
      );
    return new SourceGuard(learning, remote, allowed);
  }

  /** A new, non-duplicate Opus packet from the person. */
  person(packet: PersonPacket, at: number): void {
    this.#heard = true;
    if (this.#ending || !this.#open) return;
    if (this.#open.guard.destination || this.#codec?.samples) this.#open.way.person(packet, at);
  }

  /** A telephone event of the person, also a repeated one. */
  personKey(packet: PersonPacket, at: number): void {
    if (this.#ending || !this.#open) return;
    if (this.#open.guard.destination || this.#codec?.samples) this.#open.way.personKey(packet, at);
  }

  /** Every 20 ms. @returns what the person should get now, if it is transcoded */
  beat(at: number): Made | undefined {
    if (this.#ending || !this.#open) return undefined;
    const { guard, rtcp, way, output } = this.#open;
    const made = way.beat(at, this.#heard && guard.destination !== undefined);
    if (output.packets > 0 || way.incoming.packets > 0) {
      const report = rtcp.due(at);
      if (report) this.#sendControl(report);
    }
    return made;
  }

  /** What the person said last, where it is decoded. */
  get heard(): LastSound | undefined {
    return this.#open?.way.heard;
  }

  statistics(): BridgeStatistics {
    const open = this.#open;
    const remote = open?.guard.destination;
    const { roundTripMs, farSide } = open?.rtcp ?? {};
    const { incoming } = open?.way ?? {};
    return {
      codec: this.#codec?.rtpmap ?? '',
      ...(open && { local: open.local }),
      ...(remote && { remote }),
      packetsToRtp: open?.output.packets ?? 0,
      packetsFromRtp: this.#fromRtp.packets,
      droppedFromRtp: this.#fromRtp.dropped,
      strangers: open?.guard.strangers ?? 0,
      keysToRtp: open?.way.keysToRtp ?? 0,
      keysFromRtp: open?.way.keysFromRtp ?? 0,
      lostFromRtp: incoming?.lost ?? 0,
      jitterFromRtpMs: (incoming?.jitter ?? 0) / (this.#codec?.ticksPerMs ?? 1),
      ...(farSide && { farSide }),
      ...(roundTripMs !== undefined && { roundTripMs }),
      ...open?.way.playouts(),
    };
  }

  stop(reason: 'stopped' | 'call_ended'): Promise<void> {
    this.#ending ??= this.#close(reason);
    return this.#ending;
  }

  #datagram(data: Buffer, from: RemoteInfo): void {
    if (isRtcp(data)) {
      this.#control(data, from);
      return;
    }
    if (this.#ending || !this.#open) return;
    const at = performance.now();
    const used = this.#use(this.#open, data, from, at);
    if (used) this.#fromRtp.packets += 1;
    else this.#fromRtp.dropped += 1;
  }

  #use({ guard, way }: Open, data: Buffer, from: RemoteInfo, at: number): boolean {
    const packet = readRtp(data);
    if (!packet || packet.payload.length === 0) return false;
    const { payloadType } = packet;
    const key = payloadType === this.#options.eventPayloadType;
    const sound = payloadType === this.#codec?.payloadType;
    const comfort = payloadType === COMFORT_NOISE && this.#codec?.samples?.rate === 8000;
    if ((!key && !sound && !comfort) || !guard.accept(from, at)) return false;
    return key ? way.farKey(packet, at) : way.far(packet, at);
  }

  #control(data: Buffer, from: RemoteInfo): void {
    if (this.#ending || !this.#open) return;
    if (this.#open.guard.knows(from.address)) this.#open.rtcp.receive(data, performance.now());
    else this.#open.guard.strangers += 1;
  }

  #send(data: Buffer): void {
    const { sockets, guard } = this.#open ?? {};
    const to = guard?.destination;
    if (to && sockets) depart(sockets.rtp, data, to.port, to.address);
  }

  #sendControl(data: Buffer, sent?: () => void): void {
    const { sockets, guard } = this.#open ?? {};
    const to = guard?.destination;
    const port = to && (this.#options.rtcpMux ? to.port : to.port + 1);
    if (!sockets || !to || port === undefined || port > 65_535) {
      sent?.();
      return;
    }
    (sockets.rtcp ?? sockets.rtp).send(data, port, to.address, () => sent?.());
  }

  async #close(result: BridgeResult['result']): Promise<void> {
    await this.#opening;
    const open = this.#open;
    if (!open) return;
    if (open.output.packets > 0)
      await new Promise<void>((resolve) => this.#sendControl(open.rtcp.goodbye(), () => resolve()));
    for (const socket of [open.sockets.rtp, open.sockets.rtcp])
      if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
    const statistics = this.statistics();
    open.way.free();
    this.#onEnd();
    const { packetsToRtp, packetsFromRtp, droppedFromRtp } = statistics;
    this.#report.done({ packetsToRtp, packetsFromRtp, droppedFromRtp, result, statistics });
  }
}
