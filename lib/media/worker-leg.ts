import { randomBytes } from 'node:crypto';
import { Bridge } from './bridge.ts';
import type { Made, PersonPacket } from './bridge-way.ts';
import { lintSdp } from './doctor/lint-sdp.ts';
import type { MediaFacts } from './doctor/media-facts.ts';
import { explainFailure } from './doctor/no-media.ts';
import type { SdpRole } from './doctor/sdp-view.ts';
import { IncomingStream } from './incoming-stream.ts';
import { Keypad } from './keypad.ts';
import { LegWatch } from './leg-watch.ts';
import { LiveTasks, type Tell } from './live-tasks.ts';
import {
  type BridgeInfo,
  type BridgeOptions,
  type BridgeResult,
  type DigitOptions,
  type DigitResult,
  type Interruption,
  type LegEvents,
  type LegOptions,
  type LegState,
  type LegStatistics,
  MediaError,
  type PlayOptions,
  type PlayResult,
  type RecordOptions,
  type RecordResult,
  type SpeechOptions,
  type SpeechResult,
  type StreamOptions,
  type StreamResult,
  type Written,
} from './media.ts';
import { OutgoingStream, type Place } from './outgoing-stream.ts';
import type { Pacer } from './pacer.ts';
import { Player } from './player.ts';
import { Recorder } from './recorder.ts';
import { withinReach } from './remote-address.ts';
import { RtcpReporter } from './rtcp-reporter.ts';
import { TICKS_PER_MS } from './rtp-clock.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import { type RemoteDescription, readSdp } from './sdp-reader.ts';
import { writeSdp } from './sdp-writer.ts';
import { SetupQueue } from './setup-queue.ts';
import { Stream } from './stream.ts';
import { onceOver, type RunningTask, type TaskReport } from './task.ts';
import type { DtlsRole, IceRole, IncomingPacket, Transport, TransportState } from './transport.ts';
import { createTransport } from './transport-choice.ts';
import { loadWerift } from './webrtc-transport.ts';

/** 20 ms of silence in Opus: CELT, full band, mono, nothing coded. */
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const OPUS = 111;
/** Meta uses 126 even when an offer has no telephone-event (Meta Cloud API calling documentation, 2026-06-26). */
const TELEPHONE_EVENT = 126;
/** A DTLS alert may be forged by anybody; if media still come after it, the call goes on. */
const DTLS_CLOSE_DOUBT_MS = 2000;

export type Emit = <E extends keyof LegEvents>(event: E, ...args: LegEvents[E]) => void;

/** One WebRTC leg as it lives in the worker: transport, the streams both ways, and the tasks that run on them. */
export class WorkerLeg {
  readonly #emit: Emit;
  readonly #pacer: Pacer;
  readonly #beat = (at: number) => this.#onBeat(at);
  readonly #outgoing = new OutgoingStream();
  readonly #incoming = new IncomingStream();
  readonly #keypad = new Keypad();
  readonly #player = new Player();
  readonly #recorders = new Set<Recorder>();
  readonly #bridges = new Set<Bridge>();
  readonly #live = new LiveTasks({
    play: (options, report) => this.#player.play(options, report),
    digit: (stroke) => this.#emit('digit', stroke),
    speech: (event) => {
      this.#emit('speech', event);
      if (event.event === 'speech_start') this.interrupt('speech');
    },
  });
  readonly #tasks = new Map<string, RunningTask>();
  readonly #watch: LegWatch;
  readonly #setups: SetupQueue;
  readonly #options: LegOptions;
  readonly #gone = new AbortController();
  readonly #cname = `wa-${randomBytes(6).toString('hex')}`;
  #transport!: Transport;
  #reporter!: RtcpReporter;
  #state: LegState = 'new';
  #accepted = false;
  #opusPayloadType = OPUS;
  #eventPayloadTypes = [TELEPHONE_EVENT];
  #keyTimestamp = 0;
  #lastReceivedAt: number | undefined;
  #dtlsClosedAt: number | undefined;
  #closing: Promise<void> | undefined;
  #negotiatedAt: number | undefined;
  #connectMs: number | undefined;
  /** Figures at the end: the transport forgets them when it closes. */
  #last: LegStatistics | undefined;

  private constructor(options: LegOptions, emit: Emit, pacer: Pacer, setups: SetupQueue) {
    this.#emit = emit;
    this.#setups = setups;
    this.#options = options;
    if (options.setupsAtOnce !== undefined) setups.atOnce = options.setupsAtOnce;
    this.#pacer = pacer;
    this.#watch = new LegWatch(options, {
      emit,
      facts: () => this.#facts(),
      statistics: () => this.statistics(),
      source: () => this.#incoming.ssrc,
    });
  }

  static async create(options: LegOptions, emit: Emit, pacer: Pacer, setups = new SetupQueue()): Promise<WorkerLeg> {
    const leg = new WorkerLeg(options, emit, pacer, setups);
    leg.#transport = await createTransport(options, {
      packet: (packet) => leg.#onPacket(packet),
      rtcp: (packet) => leg.#reporter.receive(packet, performance.now()),
      state: (state) => leg.#onTransport(state),
      control: (compound) => leg.#watch.control(compound, performance.now()),
    });
    leg.#reporter = new RtcpReporter(await loadWerift(), leg.#outgoing, leg.#incoming, leg.#cname);
    return leg;
  }

  async createOffer(): Promise<string> {
    this.#expect('new');
    return this.#describe('controlling', { setup: 'actpass', mid: '0', bundled: true });
  }

  async applyAnswer(sdp: string): Promise<void> {
    const remote = this.#read(sdp, 'answer');
    this.#expect('new');
    // actpass is illegal in an answer; peers that send it wait for us (reported for Meta, 2026).
    const dtls = remote.setup === 'active' ? 'server' : 'client';
    this.#connect(remote, dtls);
  }

  async answer(offer: string): Promise<string> {
    const remote = this.#read(offer, 'offer');
    this.#expect('new');
    this.#eventPayloadTypes = [...remote.eventPayloadTypes, TELEPHONE_EVENT];
    this.#opusPayloadType = remote.opusPayloadType;
    // Active: Meta does not begin the handshake on calls that it offers (reported three times, 2026).
    const setup = remote.setup === 'active' ? 'passive' : 'active';
    const role = remote.iceLite ? 'controlling' : 'controlled';
    const sdp = await this.#describe(role, { setup, mid: remote.mid, bundled: remote.bundled });
    this.#connect(remote, setup === 'active' ? 'client' : 'server');
    return sdp;
  }

  accepted(): void {
    this.#accepted = true;
    this.#watch.accepted();
    this.#openGate();
  }

  play(id: string, options: PlayOptions, report: TaskReport<void, PlayResult>): void {
    this.#add(id, (ended) => this.#live.play(options, onceOver(report, ended)));
  }

  record(id: string, options: RecordOptions, report: TaskReport<{ file: string }, RecordResult>): void {
    this.#add(id, (ended) => {
      const recorder = new Recorder(options, onceOver(report, ended), () => this.#recorders.delete(recorder));
      this.#recorders.add(recorder);
      if (this.#open) recorder.open(performance.now());
      return recorder;
    });
  }

  bridge(id: string, options: BridgeOptions, report: TaskReport<BridgeInfo, BridgeResult>): void {
    this.#add(id, (ended) => {
      const forward = (packet: RtpDatagram, at: number, event: boolean) => this.#forward(packet, at, event);
      const bridge = new Bridge(options, onceOver(report, ended), { forward }, () => this.#bridges.delete(bridge));
      this.#bridges.add(bridge);
      return bridge;
    });
  }

  stream(id: string, options: StreamOptions, report: TaskReport<void, StreamResult>, tell: Tell): void {
    this.#add(id, (ended) => this.#live.stream(id, options, onceOver(report, ended), tell));
  }

  digits(id: string, options: DigitOptions, report: TaskReport<void, DigitResult>, tell: Tell): void {
    this.#add(id, (ended) => this.#live.digits(options, onceOver(report, ended), tell));
  }

  speech(id: string, options: SpeechOptions, report: TaskReport<void, SpeechResult>, tell: Tell): void {
    this.#add(id, (ended) => this.#live.speech(options, onceOver(report, ended), tell));
  }

  write(id: string, pcm: Uint8Array): Written {
    const task = this.#tasks.get(id);
    return task instanceof Stream ? task.write(pcm) : { queuedMs: 0, refusedMs: 0 };
  }

  mark(id: string, name: string): void {
    const task = this.#tasks.get(id);
    if (task instanceof Stream) task.mark(name);
  }

  clear(id: string): number {
    const task = this.#tasks.get(id);
    return task instanceof Stream ? task.clear('flow') : 0;
  }

  /** So many chunks of a stream were taken. */
  receipt(id: string, chunks: number): void {
    this.#live.receipt(id, chunks);
  }

  async stop(id: string): Promise<void> {
    await this.#tasks.get(id)?.stop('stopped');
  }

  /** Only recordings pause; other tasks take no notice. */
  pause(id: string, on: boolean): void {
    const task = this.#tasks.get(id);
    if (!(task instanceof Recorder)) return;
    if (on) task.pause(performance.now());
    else task.resume(performance.now());
  }

  /** The person speaks or presses a key: what may be cut short is cut short. */
  interrupt(by: Interruption): void {
    this.#player.interrupt(by);
    this.#live.interrupt(by);
  }

  statistics(): LegStatistics {
    if (this.#last) return this.#last;
    const { packets, duplicates, lost, jitter } = this.#incoming;
    const { roundTripMs, theirs } = this.#reporter;
    const bridges = [...this.#bridges].map((bridge) => bridge.statistics());
    const streams = this.#live.statistics();
    return {
      packetsReceived: packets,
      packetsSent: this.#outgoing.packets,
      packetsLost: lost,
      duplicates,
      jitterMs: jitter / TICKS_PER_MS,
      codec: 'opus/48000/2',
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      ...(theirs && {
        farSide: { lost: theirs.lost, fractionLost: theirs.fractionLost, jitterMs: theirs.jitter / TICKS_PER_MS },
      }),
      ...(bridges.length > 0 && { bridges }),
      ...(streams.length > 0 && { streams }),
      ...(this.#connectMs !== undefined && { connectMs: this.#connectMs }),
      ...this.#opened(),
      ...this.#transport.describe(),
    };
  }

  #opened(): { undecryptable?: number } {
    const { undecryptable } = this.#facts();
    return undecryptable > 0 ? { undecryptable } : {};
  }

  #facts(): MediaFacts {
    return { ...this.#transport.facts(), packetsTaken: this.#incoming.packets };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut('closed');
    return this.#closing;
  }

  get #open(): boolean {
    return this.#accepted && this.#state === 'connected';
  }

  #expect(state: LegState): void {
    if (this.#state === state && !this.#closing) return;
    throw new MediaError(
      'media_not_connected',
      `The media of this call are ${this.#closing ? 'closed' : this.#state}, not ${state}.`,
      'Negotiate each leg exactly once.',
    );
  }

  async #describe(
    role: IceRole,
    part: { setup: 'actpass' | 'active' | 'passive'; mid: string; bundled: boolean },
  ): Promise<string> {
    const local = await this.#setups.run(this.#gone.signal, () => this.#transport.gather(role));
    if (!local) throw closedMeanwhile();
    const sdp = writeSdp({
      ...local,
      ...part,
      sessionId: String(randomBytes(6).readUIntBE(0, 6)),
      opusPayloadType: this.#opusPayloadType,
      eventPayloadType: this.#eventPayloadTypes[0] ?? TELEPHONE_EVENT,
      ssrc: this.#outgoing.ssrc,
      cname: this.#cname,
    });
    this.#examine(sdp, { from: 'us', type: part.setup === 'actpass' ? 'offer' : 'answer' });
    return sdp;
  }

  /** What can be known to fail is not tried, what may fail is told. */
  #examine(sdp: string, role: SdpRole): void {
    for (const finding of lintSdp(sdp, role, this.#options)) {
      if (finding.level === 'fatal')
        throw new MediaError(
          'media_sdp_invalid',
          `The SDP cannot be used: ${finding.what} ${finding.why}`,
          finding.next,
        );
      this.#emit('finding', finding);
    }
  }

  #read(sdp: string, type: 'offer' | 'answer'): RemoteDescription {
    this.#examine(sdp, { from: 'them', type });
    return withinReach(readSdp(sdp), this.#options);
  }

  #connect(remote: RemoteDescription, role: DtlsRole): void {
    this.#opusPayloadType = remote.opusPayloadType;
    this.#eventPayloadTypes = [...remote.eventPayloadTypes, TELEPHONE_EVENT];
    this.#player.setMaximumRate(remote.maximumPlaybackRate);
    this.#negotiatedAt = performance.now();
    this.#watch.negotiated();
    this.#setState('connecting');
    this.#setups
      .run(this.#gone.signal, () => this.#transport.connect(remote, role))
      .catch(() => this.#onTransport('failed'));
  }

  #onTransport(state: TransportState): void {
    if (this.#closing || this.#state === 'failed') return;
    if (state === 'connected') {
      this.#connectMs = Math.round(performance.now() - (this.#negotiatedAt ?? 0));
      this.#setState('connected');
      this.#pacer.add(this.#beat);
      this.#openGate();
    } else if (state === 'closed' && this.#state === 'connected') this.#dtlsClosedAt ??= performance.now();
    else {
      this.#emit('finding', explainFailure(this.#facts()));
      this.#closing = this.#shut('failed');
    }
  }

  #openGate(): void {
    if (!this.#open) return;
    const now = performance.now();
    this.#player.open(now);
    for (const recorder of this.#recorders) recorder.open(now);
    this.#live.open();
  }

  #setState(state: LegState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit('state', state);
  }

  #add(id: string, start: (ended: () => void) => RunningTask): void {
    if (this.#closing)
      throw new MediaError('media_not_connected', 'The call is over.', 'Begin while the call is going on.');
    let over = false;
    const task = start(() => {
      over = true;
      this.#tasks.delete(id);
    });
    if (!over) this.#tasks.set(id, task);
  }

  #onPacket({ header, payload }: IncomingPacket): void {
    const at = performance.now();
    const { payloadType, sequenceNumber, timestamp, ssrc, marker } = header;
    const audio = payloadType === this.#opusPayloadType || payloadType === OPUS;
    if (!audio && !this.#eventPayloadTypes.includes(payloadType)) return;
    if (this.#incoming.accept(header, at, audio) === undefined) return;
    const first = this.#lastReceivedAt === undefined;
    this.#lastReceivedAt = at;
    this.#watch.packet(at);
    if (!audio) {
      for (const bridge of this.#bridges) bridge.personKey({ ssrc, sequenceNumber, timestamp, marker, payload }, at);
      const before = this.#keypad.down;
      const strokes = this.#keypad.packet(timestamp, payload, at);
      // The press cuts a prompt short, not the release, which may come half a second later.
      if (strokes.length > 0 || (this.#keypad.down !== undefined && before === undefined)) this.interrupt('digit');
      this.#live.packet({ ssrc, sequenceNumber, timestamp, payload }, at, false);
      for (const stroke of strokes) this.#live.key(stroke);
      return;
    }
    if (first) this.#emit('media');
    if (payload.length === 0) return;
    const packet: PersonPacket = { ssrc, sequenceNumber, timestamp, marker, payload };
    for (const bridge of this.#bridges) bridge.person(packet, at);
    for (const recorder of this.#recorders) recorder.received(packet, at);
    this.#live.packet(packet, at);
  }

  #onBeat(at: number): void {
    this.#sendBeat(at);
    for (const recorder of this.#recorders) recorder.beat(at);
    const stroke = this.#keypad.overdue(at);
    if (stroke) this.#live.key(stroke);
    this.#live.beat(at, this.#keypad.down !== undefined);
    this.#watch.beat(at);
    const reports = this.#reporter.due(at);
    if (reports) this.#transport.sendRtcp(reports);
    if (this.#dtlsClosedAt !== undefined && at > this.#dtlsClosedAt + DTLS_CLOSE_DOUBT_MS) this.#judgeClose(at);
  }

  /** The packet of a beat: a key press of a bridge's far side, a prompt, a bridge's sound, or silence where nothing is passed through. */
  #sendBeat(at: number): void {
    let made: Made | undefined;
    for (const bridge of this.#bridges) {
      const own = bridge.beat(at);
      if (own && (!made || 'event' in own)) made = own;
    }
    if (!this.#open) made = undefined;
    if (made && 'event' in made) {
      this.#sendKey(made, at);
      return;
    }
    const sound = this.#player.next(at) ?? this.#live.next(at);
    if (sound)
      this.#send(this.#outgoing.paced(at), false, Buffer.from(sound.buffer, sound.byteOffset, sound.length), at);
    else if (made) this.#send(this.#outgoing.paced(at), false, made.sound, at);
    else if (!this.#outgoing.flowing(at)) this.#send(this.#outgoing.paced(at), false, SILENCE, at);
  }

  /** All packets of a key press have the timestamp of its first (RFC 4733 §2.1). */
  #sendKey({ event, first }: { event: Buffer; first: boolean }, at: number): void {
    const { sequenceNumber, timestamp } = this.#outgoing.paced(at);
    if (first) this.#keyTimestamp = timestamp;
    this.#put({ sequenceNumber, timestamp: this.#keyTimestamp }, first, event, this.#sentEvent);
  }

  get #sentEvent(): number {
    return this.#eventPayloadTypes[0] ?? TELEPHONE_EVENT;
  }

  /** Did the peer really hang up, or was its alert a forgery? */
  #judgeClose(at: number): void {
    const stillHere = this.#lastReceivedAt !== undefined && at - this.#lastReceivedAt < DTLS_CLOSE_DOUBT_MS / 2;
    this.#dtlsClosedAt = undefined;
    if (!stillHere) void this.close();
  }

  #forward(packet: RtpDatagram, at: number, event: boolean): boolean {
    if (!this.#open || this.#player.playing || this.#live.speaking) return false;
    const place = this.#outgoing.forwarded(packet, at);
    if (!place) return false;
    if (event) this.#put(place, packet.marker, packet.payload, this.#sentEvent);
    else this.#send(place, packet.marker, packet.payload, at);
    return true;
  }

  #send(place: Place, marker: boolean, payload: Buffer, at: number): void {
    const { ssrc } = this.#outgoing;
    this.#put(place, marker, payload, this.#opusPayloadType);
    for (const recorder of this.#recorders) recorder.sent({ ssrc, ...place, payload }, at);
  }

  #put({ sequenceNumber, timestamp }: Place, marker: boolean, payload: Buffer, payloadType: number): void {
    this.#outgoing.packets += 1;
    this.#outgoing.octets += payload.length;
    this.#transport.send(payloadType, sequenceNumber, timestamp, this.#outgoing.ssrc, marker, payload);
  }

  async #shut(state: 'failed' | 'closed'): Promise<void> {
    this.#pacer.remove(this.#beat);
    this.#watch.close();
    this.#gone.abort();
    this.#last = this.statistics();
    const tasks = [...this.#tasks.values()].map((task) => task.stop('call_ended'));
    await this.#transport.close();
    this.#live.close();
    this.#setState(state);
    await Promise.all(tasks);
  }
}

function closedMeanwhile(): MediaError {
  return new MediaError('media_not_connected', 'The call ended before its media were set up.', 'Place it again.');
}
