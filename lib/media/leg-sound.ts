import { Bridge } from './bridge.ts';
import type { Made, PersonPacket } from './bridge-way.ts';
import { IncomingStream } from './incoming-stream.ts';
import { Keypad } from './keypad.ts';
import { callIsOver } from './leg-faults.ts';
import { LegOutput } from './leg-output.ts';
import type { SoundParts } from './leg-statistics.ts';
import { LegTasks } from './leg-tasks.ts';
import { LiveTasks, type Tell } from './live-tasks.ts';
import type {
  BridgeInfo,
  BridgeOptions,
  BridgeResult,
  DigitOptions,
  DigitResult,
  Interruption,
  LegEvents,
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
import { Player } from './player.ts';
import { Recorder } from './recorder.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { RemoteDescription } from './sdp-reader.ts';
import { firstLevel } from './sound-level.ts';
import { onceOver, type RunningTask, type TaskReport } from './task.ts';
import type { IncomingPacket } from './transport.ts';

export type Emit = <E extends keyof LegEvents>(event: E, ...args: LegEvents[E]) => void;

/** The sound of one call, whatever connects it: the streams both ways, and the tasks that run on them. */
export class LegSound {
  readonly incoming = new IncomingStream();
  readonly #recorders = new Set<Recorder>();
  readonly output = new LegOutput(this.#recorders);
  readonly #keypad = new Keypad();
  readonly #player = new Player();
  readonly #bridges = new Set<Bridge>();
  readonly #live: LiveTasks;
  readonly #tasks = new LegTasks();
  #open = false;
  #over = false;

  constructor(emit: Emit) {
    this.#live = new LiveTasks({
      play: (options, report) => this.#player.play(options, report),
      digit: (stroke) => emit('digit', stroke),
      speech: (event) => {
        emit('speech', event);
        if (event.event === 'speech_start') this.interrupt('speech');
      },
    });
  }

  /** The call is connected and accepted: what waited begins. */
  open(): void {
    const now = performance.now();
    this.#open = true;
    this.#player.open(now);
    for (const recorder of this.#recorders) recorder.open(now);
    this.#live.open();
  }

  /** What the far side wants: payload types, and the highest rate it plays. */
  agreed(remote: Pick<RemoteDescription, 'opusPayloadType' | 'eventPayloadTypes' | 'maximumPlaybackRate'>): void {
    this.output.agreed(remote.opusPayloadType, remote.eventPayloadTypes);
    this.#player.setMaximumRate(remote.maximumPlaybackRate);
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

  /** A packet of the person. @returns what it was; nothing if it is of no use here, or came twice */
  packet({ header, payload }: IncomingPacket, at: number): 'audio' | 'event' | undefined {
    const { payloadType, sequenceNumber, timestamp, ssrc, marker } = header;
    const kind = this.output.kindOf(payloadType);
    if (kind === undefined || this.incoming.accept(header, at, kind === 'audio') === undefined) return undefined;
    const packet: PersonPacket = { ssrc, sequenceNumber, timestamp, marker, payload };
    if (kind === 'event') this.#key(packet, at);
    else if (payload.length > 0) {
      for (const bridge of this.#bridges) bridge.person(packet, at);
      for (const recorder of this.#recorders) recorder.received(packet, at);
      this.#live.packet(packet, at);
    }
    return kind;
  }

  /** Every 20 ms, on time. @param sending something may be sent */
  beat(at: number, sending: boolean): void {
    if (sending) this.#send(at);
    for (const recorder of this.#recorders) recorder.beat(at);
    const stroke = this.#keypad.overdue(at);
    if (stroke) this.#live.key(stroke);
    this.#live.beat(at, this.#keypad.down !== undefined);
  }

  /** What figures are made of, at a moment. */
  parts(now: number): SoundParts {
    const recorded = [...this.#recorders].map(({ last }) => last);
    const bridged = [...this.#bridges].map(({ heard }) => heard);
    return {
      incoming: this.incoming,
      outgoing: this.output.stream,
      bridges: [...this.#bridges].map((bridge) => bridge.statistics()),
      streams: this.#live.statistics(),
      level: {
        person: firstLevel([this.#live.heard, ...bridged, ...recorded.map(({ person }) => person)], now),
        sent: firstLevel([this.output.last, ...recorded.map(({ sent }) => sent)], now),
      },
    };
  }

  /** The call is over: no task begins, and those that run end. */
  end(): Promise<void>[] {
    this.#over = true;
    this.#open = false;
    return this.#tasks.stopAll();
  }

  close(): void {
    this.#live.close();
  }

  #add(id: string, start: (ended: () => void) => RunningTask): void {
    if (this.#over) throw callIsOver();
    this.#tasks.add(id, start);
  }

  #key(packet: PersonPacket, at: number): void {
    const { timestamp, payload } = packet;
    for (const bridge of this.#bridges) bridge.personKey(packet, at);
    const before = this.#keypad.down;
    const strokes = this.#keypad.packet(timestamp, payload, at);
    // The press cuts a prompt short, not the release, which may come half a second later.
    if (strokes.length > 0 || (this.#keypad.down !== undefined && before === undefined)) this.interrupt('digit');
    this.#live.packet(packet, at, false);
    for (const stroke of strokes) this.#live.key(stroke);
  }

  /** The packet of a beat: a key press of a bridge's far side, a prompt, a bridge's sound, or silence where nothing is passed through. */
  #send(at: number): void {
    let made: Made | undefined;
    for (const bridge of this.#bridges) {
      const own = bridge.beat(at);
      if (own && (!made || 'event' in own)) made = own;
    }
    if (!this.#open) made = undefined;
    if (made && 'event' in made) {
      this.output.key(made, at);
      return;
    }
    const prompt = this.#player.next(at);
    const said = prompt ? { sound: prompt, samples: this.#player.samples } : (this.#live.next(at) ?? made);
    if (said || !this.output.stream.flowing(at)) this.output.frame(said?.sound, at, said?.samples);
  }

  #forward(packet: RtpDatagram, at: number, event: boolean): boolean {
    if (!this.#open || this.#player.playing || this.#live.speaking) return false;
    return this.output.forward(packet, at, event);
  }
}
