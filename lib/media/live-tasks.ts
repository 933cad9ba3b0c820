import { AgentOutlet } from './agent-outlet.ts';
import { DigitCollector } from './digit-collector.ts';
import { Ears } from './ears.ts';
import { FlowOutlet } from './flow-outlet.ts';
import type { MediaPacket } from './jitter-buffer.ts';
import type { Keystroke } from './keypad.ts';
import type {
  DigitOptions,
  DigitResult,
  Interruption,
  PlayOptions,
  PlayResult,
  SpeechEvent,
  SpeechOptions,
  SpeechResult,
  StreamOptions,
  StreamResult,
  StreamStatistics,
} from './media.ts';
import type { LastSound } from './sound-level.ts';
import { SpeechWatch } from './speech-watch.ts';
import { checkStream, Stream } from './stream.ts';
import { onceOver, type RunningTask, type TaskReport } from './task.ts';

/** Tells the main thread news of a task. */
export type Tell = (news: unknown, transfer?: ArrayBuffer[]) => void;

/** What these tasks do with their leg. */
interface Around {
  play(options: PlayOptions, report: TaskReport<void, PlayResult>): RunningTask;
  speech(event: SpeechEvent): void;
  digit(stroke: Keystroke): void;
}

/** The tasks of a leg that hear what the person says or types while it happens: streams, digits, speech. */
export class LiveTasks {
  readonly #around: Around;
  readonly #ears = new Ears();
  readonly #speech: SpeechWatch;
  readonly #streams = new Set<Stream>();
  readonly #flowOutlets = new Map<string, FlowOutlet>();
  #collector: DigitCollector | undefined;
  #open = false;

  constructor(around: Around) {
    this.#around = around;
    this.#speech = new SpeechWatch(this.#ears, (event) => {
      for (const stream of this.#streams) stream.speech(event);
      around.speech(event);
    });
  }

  /** The leg is connected and accepted. */
  open(): void {
    this.#open = true;
    for (const stream of this.#streams) stream.open();
    this.#speech.open();
    this.#collector?.open();
  }

  /** A packet of the person. `sound` false: of a key press. */
  packet(packet: MediaPacket, at: number, sound = true): void {
    if (this.#open) this.#ears.packet(packet, at, sound);
  }

  /** Every 20 ms. `keyDown`: a key is being pressed. */
  beat(at: number, keyDown: boolean): void {
    this.#collector?.beat(at, keyDown);
    if (this.#open) this.#ears.beat(at);
  }

  key(stroke: Keystroke): void {
    const collector = this.#collector;
    // Events first: a flow hears of the last digit before it hears of the whole entry.
    if (!collector?.secret) {
      for (const stream of this.#streams) stream.key(stroke.digit, stroke.durationMs);
      this.#around.digit(stroke);
    }
    collector?.digit(stroke);
  }

  interrupt(by: Interruption): void {
    for (const stream of this.#streams) stream.interrupt(by);
  }

  /** Plays a prompt, and listens for speech if that may cut it. */
  play(options: PlayOptions, report: TaskReport<void, PlayResult>): RunningTask {
    if (!options.interruptBy?.includes('speech')) return this.#around.play(options, report);
    return this.#around.play(options, onceOver(report, this.#speech.need()));
  }

  /** @throws MediaError `media_options_refused`, `media_address_refused` */
  stream(id: string, options: StreamOptions, report: TaskReport<void, StreamResult>, tell: Tell): RunningTask {
    const { sampleRate, chunkMs } = checkStream(options);
    const { agent, interruptBy, mostBehindMs = 2000 } = options;
    const release = interruptBy?.includes('speech') || agent ? this.#speech.need() : () => undefined;
    let stream: Stream;
    try {
      stream = new Stream(
        options,
        report,
        this.#ears,
        (source) => {
          if (agent) return new AgentOutlet(agent, { id, sampleRate, chunkMs, mostBehindMs }, source, tell);
          const outlet = new FlowOutlet(sampleRate, mostBehindMs, tell);
          this.#flowOutlets.set(id, outlet);
          return outlet;
        },
        () => {
          release();
          this.#streams.delete(stream);
          this.#flowOutlets.delete(id);
        },
      );
    } catch (error) {
      release();
      throw error;
    }
    this.#streams.add(stream);
    if (this.#open) stream.open();
    return stream;
  }

  /** @throws MediaError `media_options_refused` */
  digits(options: DigitOptions, report: TaskReport<void, DigitResult>, tell: Tell): RunningTask {
    const over = (): void => {
      if (this.#collector === collector) this.#collector = undefined;
    };
    const around = { play: (prompt: PlayOptions, told: TaskReport<void, PlayResult>) => this.play(prompt, told), tell };
    const collector = new DigitCollector(options, onceOver(report, over), around);
    this.#collector?.replace();
    this.#collector = collector;
    if (this.#open) collector.open();
    return collector;
  }

  /** @throws MediaError `media_options_refused` */
  speech(options: SpeechOptions, report: TaskReport<void, SpeechResult>, tell: Tell): RunningTask {
    const task = this.#speech.task(options, report, tell);
    if (this.#open) task.open();
    return task;
  }

  /** So many chunks of a stream were taken. */
  receipt(id: string, chunks: number): void {
    this.#flowOutlets.get(id)?.receipt(chunks);
  }

  /** What was heard last, if anybody listens. */
  get heard(): LastSound {
    return this.#ears.last;
  }

  get speaking(): boolean {
    return [...this.#streams].some((stream) => stream.speaking);
  }

  /** What is said in the beat of `at` (ms). Streams take turns: the oldest that has something. */
  next(at: number): { sound: Uint8Array; samples: Int16Array } | undefined {
    if (!this.#open) return undefined;
    for (const stream of this.#streams) {
      const said = stream.next(at);
      if (said) return said;
    }
    return undefined;
  }

  statistics(): StreamStatistics[] {
    return [...this.#streams].map((stream) => stream.statistics());
  }

  close(): void {
    this.#open = false;
    this.#ears.close();
  }
}
