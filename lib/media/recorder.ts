import { MediaError, type RecordOptions, type RecordResult } from './media.ts';
import { createOpusDecoder, type OpusDecoder, type OpusRate } from './opus.ts';
import { checkRecordingName, openRecordingFile, type RecordingFile } from './recording-path.ts';
import { RecordingTape } from './recording-tape.ts';
import { HOLD_MS, RecordingTrack, type TrackPacket } from './recording-track.ts';
import { neverStarted, type RunningTask, type TaskReport } from './task.ts';
import { LARGEST_DATA, WavWriter } from './wav-writer.ts';

/** Wideband: what a WhatsApp call carries (`maxplaybackrate=16000` in Meta's SDP). */
const DEFAULT_RATE = 16_000;
const RATES = [8000, 16_000, 24_000, 48_000];
const WRITE_EVERY_MS = 1000;
/** Behind the present by this much the tape is final: the tracks' hold, one frame, and slack for a placement that is being corrected. */
const FINAL_AFTER_MS = HOLD_MS + 300;
/** A disk that is this far behind will not catch up. */
const MOST_PENDING_BYTES = 64 * 1024 * 1024;

/** Records one leg to a stereo WAV file: left the person, right what was really sent. */
export class Recorder implements RunningTask {
  readonly #options: RecordOptions;
  readonly #rate: OpusRate;
  readonly #report: TaskReport<{ file: string }, RecordResult>;
  readonly #tape = new RecordingTape();
  readonly #opening: Promise<void>;
  #file: RecordingFile | undefined;
  #decoders: OpusDecoder[] = [];
  #tracks: { left: RecordingTrack; right: RecordingTrack } | undefined;
  #writer: WavWriter | undefined;
  #pendingBytes = 0;
  #gateAt: number | undefined;
  #startAt = 0;
  #nextWrite = 0;
  #ending: Promise<void> | undefined;
  readonly #onEnd: () => void;

  constructor(options: RecordOptions, report: TaskReport<{ file: string }, RecordResult>, onEnd: () => void) {
    this.#options = options;
    this.#report = report;
    this.#onEnd = onEnd;
    this.#rate = (options.sampleRate ?? DEFAULT_RATE) as OpusRate;
    this.#opening = this.#prepare().catch((error: unknown) => this.#fail(error));
  }

  async #prepare(): Promise<void> {
    checkRecordingName(this.#options.name);
    if (!RATES.includes(this.#rate))
      throw new MediaError(
        'media_path_refused',
        `A recording cannot have ${this.#rate} Hz.`,
        `Use ${RATES.join(', ')}.`,
      );
    const settings = { sampleRate: this.#rate, channels: 1 as const };
    this.#decoders = [await createOpusDecoder(settings), await createOpusDecoder(settings)];
    this.#file = await openRecordingFile(this.#options.root, this.#options.name);
  }

  /** The person picked up: recording begins with the next beat after the file is open. */
  open(at: number): void {
    this.#gateAt ??= at;
  }

  received(packet: TrackPacket, at: number): void {
    this.#tracks?.left.push(packet, at);
  }

  sent(packet: TrackPacket, at: number): void {
    this.#tracks?.right.push(packet, at);
  }

  /** Every 20 ms. */
  beat(at: number): void {
    if (this.#ending || !this.#file || this.#gateAt === undefined) return;
    if (!this.#tracks) this.#begin(this.#file, at);
    this.#tracks?.left.drain(at);
    this.#tracks?.right.drain(at);
    if (at >= this.#nextWrite) this.#flush(at - FINAL_AFTER_MS);
    const seconds = (at - this.#startAt) / 1000;
    const full = this.#position(at) * 4 >= LARGEST_DATA;
    if (full || (this.#options.maxSeconds !== undefined && seconds >= this.#options.maxSeconds))
      void this.#end('maximum_length', full ? at : this.#startAt + (this.#options.maxSeconds ?? 0) * 1000);
  }

  stop(reason: 'stopped' | 'call_ended'): Promise<void> {
    return this.#end(reason, performance.now());
  }

  #begin(file: RecordingFile, at: number): void {
    const [leftDecoder, rightDecoder] = this.#decoders as [OpusDecoder, OpusDecoder];
    this.#startAt = at;
    this.#nextWrite = at + WRITE_EVERY_MS;
    this.#writer = new WavWriter(file.handle, this.#rate, 2);
    this.#tracks = {
      left: new RecordingTrack(leftDecoder, this.#rate, at, (position, samples) =>
        this.#tape.write(0, position, samples),
      ),
      right: new RecordingTrack(rightDecoder, this.#rate, at, (position, samples) =>
        this.#tape.write(1, position, samples),
      ),
    };
    this.#report.started({ file: file.file });
  }

  #flush(until: number): void {
    this.#nextWrite += WRITE_EVERY_MS;
    const samples = this.#tape.take(this.#position(until));
    if (samples.length === 0 || !this.#writer) return;
    this.#pendingBytes += samples.byteLength;
    this.#writer.append(samples).then(
      () => {
        this.#pendingBytes -= samples.byteLength;
      },
      (error: unknown) => this.#fail(error),
    );
    if (this.#pendingBytes > MOST_PENDING_BYTES) this.#fail(new Error('the disk is too slow'));
  }

  #position(at: number): number {
    return Math.max(0, Math.round(((at - this.#startAt) * this.#rate) / 1000));
  }

  #end(result: RecordResult['result'], at: number): Promise<void> {
    this.#ending ??= this.#finish(result, at).catch((error: unknown) => this.#fail(error));
    return this.#ending;
  }

  async #finish(result: RecordResult['result'], at: number): Promise<void> {
    await this.#opening;
    if (!this.#file) return;
    if (!this.#tracks || !this.#writer) {
      const file = this.#file;
      this.#file = undefined;
      this.#release();
      await file.discard();
      this.#report.failed(neverStarted('the recording'));
      return;
    }
    this.#tracks.left.drain(Number.POSITIVE_INFINITY);
    this.#tracks.right.drain(Number.POSITIVE_INFINITY);
    const length = this.#position(at);
    await this.#writer.append(this.#tape.take(length));
    await this.#writer.finish();
    const file = await this.#file.complete();
    this.#file = undefined;
    this.#release();
    this.#report.done({ file, seconds: length / this.#rate, channels: 2, sampleRate: this.#rate, result });
  }

  /** A disk or a name that refuses: what has been written stays under its temporary name. */
  #fail(error: unknown): void {
    this.#ending ??= Promise.resolve();
    const file = this.#file;
    this.#file = undefined;
    this.#release();
    void file?.handle.close().catch(() => undefined);
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    this.#report.failed(
      error instanceof MediaError
        ? error
        : new MediaError(
            'media_path_refused',
            `The recording stopped: the folder cannot be written (${code}).`,
            'Make room or correct the rights of the recording folder; what was recorded is in the file ending in .part.',
          ),
    );
  }

  #release(): void {
    this.#tracks = undefined;
    for (const decoder of this.#decoders) decoder.free();
    this.#decoders = [];
    this.#onEnd();
  }
}
