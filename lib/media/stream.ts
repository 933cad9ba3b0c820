import type { Ears } from './ears.ts';
import { type Interruption, MediaError } from './media.ts';
import { createOpusEncoder, type OpusEncoder } from './opus.ts';
import { FRAME_MS } from './rtp-clock.ts';
import type { SpeechEvent } from './speech-options.ts';
import type {
  StreamNews,
  StreamOptions,
  StreamRate,
  StreamResult,
  StreamStatistics,
  Written,
} from './stream-options.ts';
import { neverStarted, type RunningTask, type TaskReport } from './task.ts';
import { VoiceQueue } from './voice-queue.ts';

/** Longest name of a mark, in characters. */
const LONGEST_MARK = 200;

/** Where the person's sound goes: to the flow, or to an agent. */
export interface StreamOutlet {
  /** Resolves when sound may flow; rejects with `MediaError`. */
  open(): Promise<void>;
  /** The array is the outlet's from here on. @returns ms that had to be dropped because of it, or itself was dropped */
  chunk(pcm: Int16Array, sequence: number, timeMs: number): number;
  tell(news: StreamNews): void;
  key?(digit: string, durationMs: number): void;
  speech?(event: SpeechEvent): void;
  close(result: StreamResult): void;
  readonly reconnects?: number;
}

/** What an outlet can do with its stream, besides taking sound. */
export interface StreamSource {
  write(pcm: Uint8Array): Written;
  mark(name: string): void;
  clear(by: Interruption | 'agent' | 'flow'): number;
  /** Another rate for what is written from now on (Hz). What waits is said first; false: something waits, or it is no possible rate. */
  setRate(rate: number): Promise<boolean>;
  end(reason: 'agent_stopped'): void;
  fail(error: MediaError): void;
}

/** @throws MediaError `media_options_refused` */
export function checkStream(options: StreamOptions): Required<Pick<StreamOptions, 'sampleRate' | 'chunkMs'>> {
  const { sampleRate = 16_000, chunkMs = options.agent ? 20 : 100 } = options;
  const bounds = [options.mostBehindMs ?? 2000, options.mostQueuedMs ?? 60_000];
  if (![8000, 16_000, 24_000].includes(sampleRate))
    throw new MediaError(
      'media_options_refused',
      `A stream cannot have ${sampleRate} Hz.`,
      'Use 8000, 16000 or 24000.',
    );
  if (!(chunkMs >= 20 && chunkMs <= 200 && chunkMs % FRAME_MS === 0))
    throw new MediaError(
      'media_options_refused',
      `Chunks of a stream cannot last ${chunkMs} ms.`,
      'Use 20 to 200 ms, in steps of 20.',
    );
  if (!bounds.every((ms) => ms >= 200 && ms <= 600_000))
    throw new MediaError(
      'media_options_refused',
      'The queues of a stream must hold from 200 ms to 10 minutes.',
      'Correct mostBehindMs or mostQueuedMs.',
    );
  return { sampleRate, chunkMs };
}

/** Sound both ways between a person and somebody who takes and makes samples. Nobody who is slow or away holds up the call. */
export class Stream implements RunningTask, StreamSource {
  readonly #options: StreamOptions;
  readonly #report: TaskReport<void, StreamResult>;
  readonly #ears: Ears;
  readonly #onEnd: () => void;
  readonly #outlet: StreamOutlet;
  readonly #rate: StreamRate;
  readonly #frames: number;
  readonly #counts = { listenedMs: 0, droppedMs: 0, droppedChunks: 0, spokenMs: 0, clearedMs: 0, refusedMs: 0 };
  #queue: VoiceQueue;
  #encoder: OpusEncoder | undefined;
  #encoderRate: StreamRate;
  #deaf: (() => void) | undefined;
  #chunk: Int16Array | undefined;
  #filled = 0;
  #sequence = 0;
  #beganAt: number | undefined;
  #chunkAt = 0;
  #legOpen = false;
  #ready = false;
  #tail = false;
  #refusing = false;
  #ended = false;

  /**
   * @param outlet made with the stream as its source
   * @throws MediaError `media_options_refused`, `media_address_refused`
   */
  constructor(
    options: StreamOptions,
    report: TaskReport<void, StreamResult>,
    ears: Ears,
    outlet: (source: StreamSource) => StreamOutlet,
    onEnd: () => void,
  ) {
    const { sampleRate, chunkMs } = checkStream(options);
    this.#options = options;
    this.#report = report;
    this.#ears = ears;
    this.#onEnd = onEnd;
    this.#rate = sampleRate;
    this.#encoderRate = sampleRate;
    this.#frames = chunkMs / FRAME_MS;
    this.#queue = new VoiceQueue(sampleRate, options.mostQueuedMs ?? 60_000);
    this.#outlet = outlet(this);
    this.#begin().catch((error: unknown) => this.fail(error as MediaError));
  }

  /** The leg is connected and accepted. */
  open(): void {
    this.#legOpen = true;
    this.#start();
  }

  get speaking(): boolean {
    return !this.#queue.empty || this.#tail;
  }

  write(pcm: Uint8Array): Written {
    if (this.#ended) return { queuedMs: 0, refusedMs: 0 };
    const written = this.#queue.write(pcm, performance.now());
    this.#counts.refusedMs += written.refusedMs;
    // Told once per jam, not per piece.
    if (written.refusedMs > 0 && !this.#refusing) this.#outlet.tell({ kind: 'refused', ms: written.refusedMs });
    this.#refusing = written.refusedMs > 0;
    return written;
  }

  mark(name: string): void {
    const short = name.slice(0, LONGEST_MARK);
    if (this.#ended || !this.#queue.mark(short)) this.#outlet.tell({ kind: 'mark', name: short, played: false });
    else if (this.#queue.empty && !this.#tail) this.#tellMarks();
  }

  clear(by: Interruption | 'agent' | 'flow'): number {
    const { ms, marks } = this.#queue.clear();
    this.#counts.clearedMs += ms;
    // Barge-in of nothing is no news; who asks gets an answer.
    if (ms > 0 || by === 'agent' || by === 'flow') this.#outlet.tell({ kind: 'cleared', ms, by });
    for (const name of marks) this.#outlet.tell({ kind: 'mark', name, played: false });
    return ms;
  }

  /** The person speaks or presses a key. */
  interrupt(by: Interruption): void {
    if (this.#options.interruptBy?.includes(by)) this.clear(by);
  }

  key(digit: string, durationMs: number): void {
    this.#outlet.key?.(digit, durationMs);
  }

  speech(event: SpeechEvent): void {
    this.#outlet.speech?.(event);
  }

  async setRate(rate: number): Promise<boolean> {
    if (rate === this.#encoderRate) return true;
    if (this.speaking || ![8000, 16_000, 24_000].includes(rate)) return false;
    this.#encoderRate = rate as StreamRate;
    this.#queue = new VoiceQueue(rate, this.#options.mostQueuedMs ?? 60_000);
    const encoder = await createOpusEncoder({ sampleRate: this.#encoderRate, channels: 1 });
    this.#encoder?.free();
    this.#encoder = this.#ended ? undefined : encoder;
    if (this.#ended) encoder.free();
    return true;
  }

  /** The packet to send in the beat of `at` (ms), if there is something to say. */
  next(at: number): { sound: Uint8Array; samples: Int16Array } | undefined {
    const encoder = this.#encoder;
    if (this.#ended || !this.#ready || !encoder) return undefined;
    const frame = this.#queue.next(at);
    if (!frame && (!this.#tail || !this.#queue.empty)) return undefined;
    // One frame beyond the end: the encoder looks ahead, the last 6.5 ms leave it one packet later.
    this.#tail = frame !== undefined;
    const samples = frame ?? new Int16Array((this.#encoderRate * FRAME_MS) / 1000);
    const sound = encoder.encode(samples);
    if (frame) this.#counts.spokenMs += FRAME_MS;
    this.#tellMarks();
    return { sound, samples };
  }

  statistics(): StreamStatistics {
    const { reconnects } = this.#outlet;
    return {
      sampleRate: this.#rate,
      ...this.#counts,
      queuedMs: this.#queue.queuedMs,
      ...(reconnects !== undefined && { reconnects }),
    };
  }

  async stop(reason: 'stopped' | 'call_ended'): Promise<void> {
    if (!this.#ready && !this.#ended) this.fail(neverStarted('the stream'));
    else this.#finish(reason);
  }

  end(reason: 'agent_stopped'): void {
    this.#finish(reason);
  }

  fail(error: MediaError): void {
    if (this.#ended) return;
    this.#release();
    this.#outlet.close({ result: 'stopped', ...this.statistics() });
    this.#onEnd();
    this.#report.failed(error);
  }

  async #begin(): Promise<void> {
    const encoder = await createOpusEncoder({ sampleRate: this.#encoderRate, channels: 1 });
    if (this.#ended) encoder.free();
    else this.#encoder = encoder;
    await this.#outlet.open();
    this.#ready = true;
    this.#start();
  }

  #start(): void {
    if (!this.#legOpen || !this.#ready || this.#ended || this.#deaf) return;
    this.#deaf = this.#ears.listen(this.#rate, (frame, at) => this.#hear(frame, at));
    this.#report.started();
  }

  #hear(frame: Int16Array, at: number): void {
    this.#beganAt ??= at;
    if (!this.#chunk) {
      this.#chunk = new Int16Array(frame.length * this.#frames);
      this.#chunkAt = at;
    }
    this.#chunk.set(frame, this.#filled);
    this.#filled += frame.length;
    if (this.#filled < this.#chunk.length) return;
    const chunk = this.#chunk;
    const lengthMs = this.#frames * FRAME_MS;
    this.#chunk = undefined;
    this.#filled = 0;
    const dropped = this.#outlet.chunk(chunk, this.#sequence, Math.round(this.#chunkAt - this.#beganAt));
    this.#sequence += 1;
    this.#counts.listenedMs += lengthMs - dropped;
    this.#counts.droppedMs += dropped;
    this.#counts.droppedChunks += Math.round(dropped / lengthMs);
  }

  #tellMarks(): void {
    for (const name of this.#queue.passed()) this.#outlet.tell({ kind: 'mark', name, played: true });
  }

  #finish(result: StreamResult['result']): void {
    if (this.#ended) return;
    const told = { result, ...this.statistics() };
    this.#release();
    for (const name of this.#queue.clear().marks) this.#outlet.tell({ kind: 'mark', name, played: false });
    this.#outlet.close(told);
    this.#onEnd();
    this.#report.done(told);
  }

  #release(): void {
    this.#ended = true;
    this.#deaf?.();
    this.#deaf = undefined;
    this.#encoder?.free();
    this.#encoder = undefined;
  }
}
