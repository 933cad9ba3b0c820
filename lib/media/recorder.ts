import type { RecordOptions, RecordResult } from './media.ts';
import { createOpusDecoder, type OpusDecoder } from './opus.ts';
import { DiskTooSlow, recordingFault } from './recording-fault.ts';
import { LevelMeter } from './recording-level.ts';
import { type OpenRecording, RecordingOutput } from './recording-output.ts';
import { openRecordingFile } from './recording-path.ts';
import { RecordingPauses } from './recording-pauses.ts';
import { planRecording, type RecordingPlan } from './recording-plan.ts';
import { RecordingTape } from './recording-tape.ts';
import { HOLD_MS, RecordingTrack, type TrackPacket } from './recording-track.ts';
import { LastSound } from './sound-level.ts';
import { neverStarted, type RunningTask, type TaskReport } from './task.ts';
import { within } from './within.ts';

const WRITE_EVERY_MS = 1000;
/** Behind the present by this much the tape is final: the tracks' hold, one frame, and slack for a placement that is being corrected. */
const FINAL_AFTER_MS = HOLD_MS + 300;
/** A disk that is so far behind will not catch up: 4 MB at 16 kHz, 12 at 48. */
const MOST_PENDING_SECONDS = 60;
/** What was said before a pause ended is still on its way when it ends: so much longer silence is written. */
const RESUME_AFTER_MS = 300;
/** A disk that hangs must not hold up the end of a call for ever. */
const FINISH_LIMIT_MS = 30_000;

type Report = TaskReport<{ file: string }, RecordResult>;

/** Records one leg: the person, and what was really sent. Time is an argument everywhere, so that an hour can be recorded in seconds. */
export class Recorder implements RunningTask {
  readonly #report: Report;
  readonly #open: OpenRecording;
  readonly #tape = new RecordingTape();
  readonly #levels = { person: new LevelMeter(), sent: new LevelMeter() };
  /** What was decoded last, of either side; nothing is in a pause. */
  readonly last = { person: new LastSound(), sent: new LastSound() };
  readonly #pauses = new RecordingPauses();
  readonly #opening: Promise<void>;
  readonly #onEnd: () => void;
  #plan: RecordingPlan | undefined;
  #output: RecordingOutput | undefined;
  #decoders: OpusDecoder[] = [];
  #tracks: { left: RecordingTrack; right: RecordingTrack } | undefined;
  #gateAt: number | undefined;
  #startAt = 0;
  #resumeAt: number | undefined;
  #nextWrite = 0;
  #now = 0;
  #ending: Promise<void> | undefined;
  /** Set once its outcome is being settled, whichever it is. */
  #over = false;

  /** @param open how files are opened; for tests with a disk that fails */
  constructor(options: RecordOptions, report: Report, onEnd: () => void, open: OpenRecording = openRecordingFile) {
    this.#report = report;
    this.#onEnd = onEnd;
    this.#open = open;
    if (options.paused) this.#pauses.begin(0);
    this.#opening = this.#prepare(options).catch((error: unknown) => this.#fail(error));
  }

  async #prepare(options: RecordOptions): Promise<void> {
    const plan = planRecording(options);
    this.#plan = plan;
    const settings = { sampleRate: plan.sampleRate, channels: 1 as const };
    this.#decoders = [await createOpusDecoder(settings), await createOpusDecoder(settings)];
    this.#output = await RecordingOutput.open(plan, this.#open);
  }

  /** The person picked up: recording begins with the next beat after the file is open. */
  open(at: number): void {
    this.#gateAt ??= at;
  }

  received(packet: TrackPacket, at: number): void {
    this.#tracks?.left.push(packet, at, this.#pauses.active);
  }

  sent(packet: TrackPacket, at: number): void {
    this.#tracks?.right.push(packet, at, this.#pauses.active);
  }

  /** From now on silence is written, for both sides. */
  pause(at: number): void {
    this.#resumeAt = undefined;
    this.#pauses.begin(this.#position(at));
  }

  resume(at: number): void {
    if (!this.#tracks) this.#pauses.end(0);
    else if (this.#pauses.active) this.#resumeAt ??= at + RESUME_AFTER_MS;
  }

  /** Every 20 ms. */
  beat(at: number): void {
    if (this.#over || this.#ending || !this.#output || !this.#plan || this.#gateAt === undefined) return;
    this.#now = at;
    if (!this.#tracks) this.#begin(this.#output, this.#plan, at);
    if (this.#resumeAt !== undefined && at >= this.#resumeAt) {
      this.#pauses.end(this.#position(this.#resumeAt));
      this.#resumeAt = undefined;
    }
    this.#tracks?.left.drain(at);
    this.#tracks?.right.drain(at);
    const { mostFrames, sampleRate } = this.#plan;
    if (this.#position(at) >= mostFrames)
      void this.#end('maximum_length', this.#startAt + (mostFrames * 1000) / sampleRate);
    else if (at >= this.#nextWrite) this.#flush(this.#output, this.#position(at - FINAL_AFTER_MS));
  }

  stop(reason: 'stopped' | 'call_ended', at = performance.now()): Promise<void> {
    return this.#end(reason, at);
  }

  #begin(output: RecordingOutput, { sampleRate }: RecordingPlan, at: number): void {
    const [left, right] = this.#decoders as [OpusDecoder, OpusDecoder];
    this.#startAt = at;
    this.#nextWrite = at + WRITE_EVERY_MS;
    const side = (decoder: OpusDecoder, channel: 0 | 1, last: LastSound) =>
      new RecordingTrack(decoder, sampleRate, at, (position, samples) => {
        last.take(samples, this.#now);
        this.#tape.write(channel, position, samples);
      });
    this.#tracks = { left: side(left, 0, this.last.person), right: side(right, 1, this.last.sent) };
    this.#report.started({ file: output.file });
  }

  #flush(output: RecordingOutput, until: number): void {
    this.#nextWrite += WRITE_EVERY_MS;
    const from = this.#tape.position;
    const samples = this.#tape.take(until);
    if (samples.length === 0) return;
    this.#pauses.silence(samples, from);
    this.#levels.person.take(samples, 0, 2);
    this.#levels.sent.take(samples, 1, 2);
    output.append(samples).catch((error: unknown) => this.#fail(error));
    if (output.pendingFrames > MOST_PENDING_SECONDS * (this.#plan?.sampleRate ?? 0)) this.#fail(new DiskTooSlow());
  }

  /** Before the beginning: 0. */
  #position(at: number): number {
    if (!this.#tracks || !this.#plan) return 0;
    return Math.max(0, Math.round(((at - this.#startAt) * this.#plan.sampleRate) / 1000));
  }

  #end(result: RecordResult['result'], at: number): Promise<void> {
    this.#ending ??= this.#finish(result, at);
    return this.#ending;
  }

  async #finish(result: RecordResult['result'], at: number): Promise<void> {
    await this.#opening;
    const [output, plan] = [this.#output, this.#plan];
    if (this.#over || !output || !plan) return;
    this.#over = true;
    if (!this.#tracks) {
      this.#release();
      await output.discard().catch(() => undefined);
      this.#report.failed(neverStarted('the recording'));
      return;
    }
    this.#tracks.left.drain(Number.POSITIVE_INFINITY);
    this.#tracks.right.drain(Number.POSITIVE_INFINITY);
    const frames = Math.min(this.#position(at), plan.mostFrames);
    this.#pauses.end(frames);
    this.#flush(output, frames);
    this.#release();
    let files: string[] = [];
    const written = output.finish().then((complete) => {
      files = complete;
    });
    try {
      if (!(await within(FINISH_LIMIT_MS, written))) throw new DiskTooSlow();
      this.#report.done({
        ...{ file: files[0] ?? output.file, files, seconds: frames / plan.sampleRate },
        ...{ channels: plan.channels, sampleRate: plan.sampleRate, result },
        levels: { person: this.#levels.person.result(), sent: this.#levels.sent.result() },
        pausedSeconds: Math.round((this.#pauses.frames / plan.sampleRate) * 1000) / 1000,
      });
    } catch (error) {
      await this.#salvage(error, output, frames / plan.sampleRate);
    }
  }

  /** A disk or a name that refuses. The call goes on; what is on the disk stays readable. */
  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const output = this.#output;
    const seconds = this.#tape.position / (this.#plan?.sampleRate ?? 1);
    this.#release();
    if (output) this.#ending = this.#salvage(error, output, seconds);
    else this.#report.failed(recordingFault(error, 0, []));
  }

  async #salvage(error: unknown, output: RecordingOutput, seconds: number): Promise<void> {
    let files = [output.part];
    // A disk that hangs would not answer here either: its file keeps its temporary name until the next start.
    if (error instanceof DiskTooSlow) output.abandon();
    else files = await output.salvage();
    this.#report.failed(recordingFault(error, seconds, files));
  }

  #release(): void {
    this.#tracks = undefined;
    for (const decoder of this.#decoders) decoder.free();
    this.#decoders = [];
    this.#onEnd();
  }
}
