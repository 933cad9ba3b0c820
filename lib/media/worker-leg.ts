import { randomBytes } from 'node:crypto';
import type { Finding } from './doctor/finding.ts';
import type { MediaFacts } from './doctor/media-facts.ts';
import { explainFailure } from './doctor/no-media.ts';
import { DtlsGoodbye } from './dtls-goodbye.ts';
import { examineSdp, readTheirs } from './examine-sdp.ts';
import { closedMeanwhile, outOfTurn } from './leg-faults.ts';
import { type Emit, LegSound } from './leg-sound.ts';
import { legStatistics } from './leg-statistics.ts';
import { LegWatch } from './leg-watch.ts';
import type { LegOptions, LegState, LegStatistics } from './media.ts';
import type { Pacer } from './pacer.ts';
import { RtcpReporter } from './rtcp-reporter.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import { writeSdp } from './sdp-writer.ts';
import { SetupQueue } from './setup-queue.ts';
import type { DtlsRole, IceRole, IncomingPacket, Transport, TransportState } from './transport.ts';
import { createTransport } from './transport-choice.ts';
import { loadWerift } from './webrtc-transport.ts';

/** One WebRTC leg as it lives in the worker: how it is connected, and until when. What is said on it is `sound`'s. */
export class WorkerLeg {
  readonly sound: LegSound;
  readonly #emit: Emit;
  readonly #pacer: Pacer;
  readonly #beat = (at: number) => this.#onBeat(at);
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
  /** Sound of the person has come. */
  #heard = false;
  readonly #goodbye = new DtlsGoodbye();
  #closing: Promise<void> | undefined;
  #negotiatedAt: number | undefined;
  #connectMs: number | undefined;
  /** Figures at the end: the transport forgets them when it closes. */
  #last: LegStatistics | undefined;

  private constructor(options: LegOptions, emit: Emit, pacer: Pacer, setups: SetupQueue) {
    this.#emit = emit;
    this.sound = new LegSound(emit);
    this.#setups = setups;
    this.#options = options;
    if (options.setupsAtOnce !== undefined) setups.atOnce = options.setupsAtOnce;
    this.#pacer = pacer;
    this.#watch = new LegWatch(options, {
      emit,
      facts: () => this.#facts(),
      statistics: () => this.statistics(),
      source: () => this.sound.incoming.ssrc,
    });
  }

  static async create(options: LegOptions, emit: Emit, pacer: Pacer, setups = new SetupQueue()): Promise<WorkerLeg> {
    const leg = new WorkerLeg(options, emit, pacer, setups);
    leg.#transport = await createTransport(options, {
      packet: (packet) => leg.#onPacket(packet),
      rtcp: (packet) => leg.#reporter.receive(packet, performance.now()),
      replayed: () => {
        leg.sound.incoming.duplicates += 1;
      },
      state: (state) => leg.#onTransport(state),
      control: (compound) => leg.#watch.control(compound, performance.now()),
    });
    const { incoming, output } = leg.sound;
    output.into(leg.#transport);
    leg.#reporter = new RtcpReporter(await loadWerift(), output.stream, incoming, leg.#cname);
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
    this.sound.agreed(remote);
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

  statistics(): LegStatistics {
    if (this.#last) return this.#last;
    const [reporter, transport, connectMs] = [this.#reporter, this.#transport, this.#connectMs];
    return legStatistics(this.sound.parts(performance.now()), { reporter, transport, connectMs });
  }

  #facts(): MediaFacts {
    return { ...this.#transport.facts(), packetsTaken: this.sound.incoming.packets };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut('closed');
    return this.#closing;
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
    const { output } = this.sound;
    const sdp = writeSdp({
      ...local,
      ...part,
      sessionId: String(randomBytes(6).readUIntBE(0, 6)),
      opusPayloadType: output.opusPayloadType,
      eventPayloadType: output.eventPayloadType,
      ssrc: output.stream.ssrc,
      cname: this.#cname,
    });
    examineSdp(sdp, { from: 'us', type: part.setup === 'actpass' ? 'offer' : 'answer' }, this.#options, this.#tell);
    return sdp;
  }

  #connect(remote: RemoteDescription, role: DtlsRole): void {
    this.sound.agreed(remote);
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
    if (this.#accepted && this.#state === 'connected') this.sound.open();
  }

  #setState(state: LegState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit('state', state);
  }

  #onPacket(packet: IncomingPacket): void {
    const at = performance.now();
    const kind = this.sound.packet(packet, at);
    if (kind === undefined) return;
    this.#lastReceivedAt = at;
    this.#watch.packet(at);
    if (kind === 'event' || this.#heard) return;
    this.#heard = true;
    this.#emit('media');
  }

  #onBeat(at: number): void {
    this.sound.beat(at, !this.#holdsBack);
    this.#watch.beat(at);
    const reports = this.#holdsBack ? undefined : this.#reporter.due(at);
    if (reports) this.#transport.sendRtcp(reports);
    if (this.#goodbye.isTrue(at, this.#lastReceivedAt)) void this.close();
  }

  async #shut(state: 'failed' | 'closed'): Promise<void> {
    this.#pacer.remove(this.#beat);
    this.#watch.close();
    this.#gone.abort();
    this.#last = this.statistics();
    const tasks = this.sound.end();
    await this.#transport.close();
    this.sound.close();
    this.#setState(state);
    await Promise.all(tasks);
  }
}
