import { randomBytes } from 'node:crypto';
import { Bridge } from './bridge.ts';
import type { Made, PersonPacket } from './bridge-way.ts';
import type { Finding } from './doctor/finding.ts';
import type { MediaFacts } from './doctor/media-facts.ts';
import { explainFailure } from './doctor/no-media.ts';
import { DtlsGoodbye } from './dtls-goodbye.ts';
import { examineSdp, readTheirs } from './examine-sdp.ts';
import { IncomingStream } from './incoming-stream.ts';
import { Keypad } from './keypad.ts';
import { callIsOver, closedMeanwhile, outOfTurn } from './leg-faults.ts';
import { LegOutput } from './leg-output.ts';
import { legStatistics } from './leg-statistics.ts';
import { LegTasks } from './leg-tasks.ts';
import { LegWatch } from './leg-watch.ts';
import { LiveTasks, type Tell } from './live-tasks.ts';
import type {
  BridgeInfo,
  BridgeOptions,
  BridgeResult,
  DigitOptions,
  DigitResult,
  Interruption,
  LegEvents,
  LegOptions,
  LegState,
  LegStatistics,
  PlayOptions,
  PlayResult,
  RecordOptions,
  RecordResult,
  SpeechOptions,
  SpeechResult,
  StreamOptions,
  StreamResult,
  Written,
} from './media.ts';
import type { Pacer } from './pacer.ts';
import { Player } from './player.ts';
import { Recorder } from './recorder.ts';
import { RtcpReporter } from './rtcp-reporter.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import { writeSdp } from './sdp-writer.ts';
import { SetupQueue } from './setup-queue.ts';
import { firstLevel } from './sound-level.ts';
import { onceOver, type RunningTask, type TaskReport } from './task.ts';
import type { DtlsRole, IceRole, IncomingPacket, Transport, TransportState } from './transport.ts';
import { createTransport } from './transport-choice.ts';
import { loadWerift } from './webrtc-transport.ts';

export type Emit = <E extends keyof LegEvents>(event: E, ...args: LegEvents[E]) => void;

/** One WebRTC leg as it lives in the worker: transport, the streams both ways, and the tasks that run on them. */
export class WorkerLeg {
  readonly #emit: Emit;
  readonly #pacer: Pacer;
  readonly #beat = (at: number) => this.#onBeat(at);
  readonly #incoming = new IncomingStream();
  readonly #keypad = new Keypad();
  readonly #player = new Player();
  readonly #recorders = new Set<Recorder>();
  readonly #output = new LegOutput(this.#recorders);
  readonly #bridges = new Set<Bridge>();
  readonly #live = new LiveTasks({
    play: (options, report) => this.#player.play(options, report),
    digit: (stroke) => this.#emit('digit', stroke),
    speech: (event) => {
      this.#emit('speech', event);
      if (event.event === 'speech_start') this.interrupt('speech');
    },
  });
  readonly #tasks = new LegTasks();
  readonly #tell = (finding: Finding) => this.#emit('finding', finding);
  readonly #watch: LegWatch;
  readonly #setups: SetupQueue;
  readonly #options: LegOptions;
  readonly #gone = new AbortController();
  readonly #cname = `wa-${randomBytes(6).toString('hex')}`;
  #transport!: Transport;
  #reporter!: RtcpReporter;
  #state: LegState = 'new';
  #accepted = false;
  /** Before a call to us is accepted nothing is sent: the client takes a packet for the answer (meta-cloud-api.md §1.3, 2026-06-24). */
  #holdsBack = false;
  #lastReceivedAt: number | undefined;
  readonly #goodbye = new DtlsGoodbye();
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
      replayed: () => {
        leg.#incoming.duplicates += 1;
      },
      state: (state) => leg.#onTransport(state),
      control: (compound) => leg.#watch.control(compound, performance.now()),
    });
    leg.#output.into(leg.#transport);
    leg.#reporter = new RtcpReporter(await loadWerift(), leg.#output.stream, leg.#incoming, leg.#cname);
    return leg;
  }

  async createOffer(): Promise<string> {
    this.#expect('new');
    return this.#describe('controlling', { setup: 'actpass', mid: '0', bundled: true });
  }

  async applyAnswer(sdp: string): Promise<void> {
    const remote = readTheirs(sdp, 'answer', this.#options, this.#tell);
    this.#expect('new');
    // actpass is illegal in an answer; peers that send it wait for us (reported for Meta, 2026).
    const dtls = remote.setup === 'active' ? 'server' : 'client';
    this.#connect(remote, dtls);
  }

  async answer(offer: string): Promise<string> {
    const remote = readTheirs(offer, 'offer', this.#options, this.#tell);
    this.#expect('new');
    this.#holdsBack = true;
    this.#output.agreed(remote.opusPayloadType, remote.eventPayloadTypes);
    // Active: Meta does not begin the handshake on calls that it offers (reported three times, 2026).
    const setup = remote.setup === 'active' ? 'passive' : 'active';
    const role = remote.iceLite ? 'controlling' : 'controlled';
    const sdp = await this.#describe(role, { setup, mid: remote.mid, bundled: remote.bundled });
    this.#connect(remote, setup === 'active' ? 'client' : 'server');
    return sdp;
  }

  accepted(): void {
    this.#accepted = true;
    this.#holdsBack = false;
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
    return this.#tasks.write(id, pcm);
  }

  mark(id: string, name: string): void {
    this.#tasks.mark(id, name);
  }

  clear(id: string): number {
    return this.#tasks.clear(id);
  }

  /** So many chunks of a stream were taken. */
  receipt(id: string, chunks: number): void {
    this.#live.receipt(id, chunks);
  }

  stop(id: string): Promise<void> {
    return this.#tasks.stop(id);
  }

  pause(id: string, on: boolean): void {
    this.#tasks.pause(id, on);
  }

  /** The person speaks or presses a key: what may be cut short is cut short. */
  interrupt(by: Interruption): void {
    this.#player.interrupt(by);
    this.#live.interrupt(by);
  }

  statistics(): LegStatistics {
    if (this.#last) return this.#last;
    const now = performance.now();
    return legStatistics({
      incoming: this.#incoming,
      outgoing: this.#output.stream,
      reporter: this.#reporter,
      transport: this.#transport,
      bridges: this.#bridges,
      live: this.#live,
      connectMs: this.#connectMs,
      level: {
        person: firstLevel(
          [
            this.#live.heard,
            ...[...this.#bridges].map(({ heard }) => heard),
            ...[...this.#recorders].map(({ last }) => last.person),
          ],
          now,
        ),
        sent: firstLevel([this.#output.last, ...[...this.#recorders].map(({ last }) => last.sent)], now),
      },
    });
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
    if (this.#state !== state || this.#closing) throw outOfTurn(this.#closing ? 'closed' : this.#state, state);
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
      opusPayloadType: this.#output.opusPayloadType,
      eventPayloadType: this.#output.eventPayloadType,
      ssrc: this.#output.stream.ssrc,
      cname: this.#cname,
    });
    examineSdp(sdp, { from: 'us', type: part.setup === 'actpass' ? 'offer' : 'answer' }, this.#options, this.#tell);
    return sdp;
  }

  #connect(remote: RemoteDescription, role: DtlsRole): void {
    this.#output.agreed(remote.opusPayloadType, remote.eventPayloadTypes);
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
    } else if (state === 'closed' && this.#state === 'connected') this.#goodbye.said(performance.now());
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
    if (this.#closing) throw callIsOver();
    this.#tasks.add(id, start);
  }

  #onPacket({ header, payload }: IncomingPacket): void {
    const at = performance.now();
    const { payloadType, sequenceNumber, timestamp, ssrc, marker } = header;
    const kind = this.#output.kindOf(payloadType);
    if (kind === undefined) return;
    const audio = kind === 'audio';
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
    if (!this.#holdsBack) this.#sendBeat(at);
    for (const recorder of this.#recorders) recorder.beat(at);
    const stroke = this.#keypad.overdue(at);
    if (stroke) this.#live.key(stroke);
    this.#live.beat(at, this.#keypad.down !== undefined);
    this.#watch.beat(at);
    const reports = this.#holdsBack ? undefined : this.#reporter.due(at);
    if (reports) this.#transport.sendRtcp(reports);
    if (this.#goodbye.isTrue(at, this.#lastReceivedAt)) void this.close();
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
      this.#output.key(made, at);
      return;
    }
    const prompt = this.#player.next(at);
    const said = prompt ? { sound: prompt, samples: this.#player.samples } : (this.#live.next(at) ?? made);
    if (said || !this.#output.stream.flowing(at)) this.#output.frame(said?.sound, at, said?.samples);
  }

  #forward(packet: RtpDatagram, at: number, event: boolean): boolean {
    if (!this.#open || this.#player.playing || this.#live.speaking) return false;
    return this.#output.forward(packet, at, event);
  }

  async #shut(state: 'failed' | 'closed'): Promise<void> {
    this.#pacer.remove(this.#beat);
    this.#watch.close();
    this.#gone.abort();
    this.#last = this.statistics();
    const tasks = this.#tasks.stopAll();
    await this.#transport.close();
    this.#live.close();
    this.#setState(state);
    await Promise.all(tasks);
  }
}
