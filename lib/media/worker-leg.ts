import { randomBytes } from 'node:crypto';
import { AgentOutlet } from './agent-outlet.ts';
import { Bridge } from './bridge.ts';
import type { Made, PersonPacket } from './bridge-way.ts';
import { DigitCollector } from './digit-collector.ts';
import { lintSdp } from './doctor/lint-sdp.ts';
import type { MediaFacts } from './doctor/media-facts.ts';
import { explainFailure } from './doctor/no-media.ts';
import type { SdpRole } from './doctor/sdp-view.ts';
import { Ears } from './ears.ts';
import { FlowOutlet } from './flow-outlet.ts';
import { IncomingStream } from './incoming-stream.ts';
import { Keypad, type Keystroke } from './keypad.ts';
import { LegWatch } from './leg-watch.ts';
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
  type SpeechEvent,
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
import { SpeechWatch } from './speech-watch.ts';
import { checkStream, Stream } from './stream.ts';
import type { RunningTask, TaskReport } from './task.ts';
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

/** Tells the main thread news of a task. */
export type Tell = (news: unknown, transfer?: ArrayBuffer[]) => void;
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
  readonly #streams = new Set<Stream>();
  readonly #flowOutlets = new Map<string, FlowOutlet>();
  readonly #ears = new Ears();
  readonly #speech: SpeechWatch;
  readonly #tasks = new Map<string, RunningTask>();
  readonly #watch: LegWatch;
  readonly #setups: SetupQueue;
  readonly #options: LegOptions;
  readonly #gone = new AbortController();
  readonly #cname = `wa-${randomBytes(6).toString('hex')}`;
  #collector: DigitCollector | undefined;
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
    this.#speech = new SpeechWatch(this.#ears, (event) => this.#onSpeech(event));
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
    this.#add(id, (ended) => this.#play(options, onceOver(report, ended)));
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
    const { sampleRate, chunkMs } = checkStream(options);
    this.#add(id, (ended) => {
      const unwatch = options.interruptBy?.includes('speech') || options.agent ? this.#speech.need() : () => undefined;
      const over = (): void => {
        unwatch();
        this.#streams.delete(stream);
        this.#flowOutlets.delete(id);
      };
      const mostBehindMs = options.mostBehindMs ?? 2000;
      let stream: Stream;
      try {
        stream = new Stream(
          options,
          onceOver(report, ended),
          this.#ears,
          (source) => {
            if (options.agent)
              return new AgentOutlet(options.agent, { id, sampleRate, chunkMs, mostBehindMs }, source, tell);
            const outlet = new FlowOutlet(sampleRate, mostBehindMs, tell);
            this.#flowOutlets.set(id, outlet);
            return outlet;
          },
          over,
        );
      } catch (error) {
        unwatch();
        throw error;
      }
      this.#streams.add(stream);
      if (this.#open) stream.open();
      return stream;
    });
  }

  digits(id: string, options: DigitOptions, report: TaskReport<void, DigitResult>, tell: Tell): void {
    this.#add(id, (ended) => {
      const collector = new DigitCollector(
        options,
        onceOver(report, () => {
          if (this.#collector === collector) this.#collector = undefined;
          ended();
        }),
        { play: (prompt, told) => this.#play(prompt, told), tell },
      );
      this.#collector?.replace();
      this.#collector = collector;
      if (this.#open) collector.open();
      return collector;
    });
  }

  speech(id: string, options: SpeechOptions, report: TaskReport<void, SpeechResult>, tell: Tell): void {
    this.#add(id, (ended) => {
      const task = this.#speech.task(options, onceOver(report, ended), tell);
      if (this.#open) task.open();
      return task;
    });
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
    this.#flowOutlets.get(id)?.receipt(chunks);
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
    for (const stream of this.#streams) stream.interrupt(by);
  }

  statistics(): LegStatistics {
    if (this.#last) return this.#last;
    const { packets, duplicates, lost, jitter } = this.#incoming;
    const { roundTripMs, theirs } = this.#reporter;
    const bridges = [...this.#bridges].map((bridge) => bridge.statistics());
    const streams = [...this.#streams].map((stream) => stream.statistics());
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
    for (const stream of this.#streams) stream.open();
    this.#speech.open();
    this.#collector?.open();
  }

  #play(options: PlayOptions, report: TaskReport<void, PlayResult>): RunningTask {
    if (!options.interruptBy?.includes('speech')) return this.#player.play(options, report);
    return this.#player.play(options, onceOver(report, this.#speech.need()));
  }

  #onSpeech(event: SpeechEvent): void {
    this.#emit('speech', event);
    for (const stream of this.#streams) stream.speech(event);
    if (event.event === 'speech_start') this.interrupt('speech');
  }

  #key(stroke: Keystroke): void {
    const collector = this.#collector;
    // Events first: a flow hears of the last digit before it hears of the whole entry.
    if (!collector?.secret) {
      for (const stream of this.#streams) stream.key(stroke.digit, stroke.durationMs);
      this.#emit('digit', stroke);
    }
    collector?.digit(stroke);
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
      if (this.#open) this.#ears.packet({ ssrc, sequenceNumber, timestamp, payload }, at, false);
      for (const stroke of strokes) this.#key(stroke);
      return;
    }
    if (first) this.#emit('media');
    if (payload.length === 0) return;
    const packet: PersonPacket = { ssrc, sequenceNumber, timestamp, marker, payload };
    for (const bridge of this.#bridges) bridge.person(packet, at);
    for (const recorder of this.#recorders) recorder.received(packet, at);
    if (this.#open) this.#ears.packet(packet, at);
  }

  #onBeat(at: number): void {
    this.#sendBeat(at);
    for (const recorder of this.#recorders) recorder.beat(at);
    const stroke = this.#keypad.overdue(at);
    if (stroke) this.#key(stroke);
    this.#collector?.beat(at, this.#keypad.down !== undefined);
    if (this.#open) this.#ears.beat(at);
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
    const sound = this.#player.next(at) ?? this.#voice(at);
    if (sound)
      this.#send(this.#outgoing.paced(at), false, Buffer.from(sound.buffer, sound.byteOffset, sound.length), at);
    else if (made) this.#send(this.#outgoing.paced(at), false, made.sound, at);
    else if (!this.#outgoing.flowing(at)) this.#send(this.#outgoing.paced(at), false, SILENCE, at);
  }

  /** Streams take turns: who has begun speaks to its end. */
  #voice(at: number): Uint8Array | undefined {
    if (!this.#open) return undefined;
    for (const stream of this.#streams) {
      const packet = stream.next(at);
      if (packet) return packet;
    }
    return undefined;
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
    if (!this.#open || this.#player.playing || [...this.#streams].some((stream) => stream.speaking)) return false;
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
    this.#ears.close();
    this.#setState(state);
    await Promise.all(tasks);
  }
}

function closedMeanwhile(): MediaError {
  return new MediaError('media_not_connected', 'The call ended before its media were set up.', 'Place it again.');
}

/** A report that also tells when the task is over, whichever way. */
function onceOver<Info, Result>(report: TaskReport<Info, Result>, over: () => void): TaskReport<Info, Result> {
  return {
    started: (info) => report.started(info),
    done: (result) => {
      over();
      report.done(result);
    },
    failed: (error) => {
      over();
      report.failed(error);
    },
  };
}
