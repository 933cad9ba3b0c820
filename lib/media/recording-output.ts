import type { openRecordingFile, RecordingFile } from './recording-path.ts';
import { partName, type RecordingPlan, type Side } from './recording-plan.ts';
import { WavWriter } from './wav-writer.ts';

export type OpenRecording = typeof openRecordingFile;

/** How often it is looked whether the file is still where it was: nothing else tells that a folder was removed under an open file. */
const LOOK_EVERY_PIECES = 3;

interface Part {
  files: RecordingFile[];
  writers: WavWriter[];
  frames: number;
}

/** A folder that went away while a recording was written to it. */
export class FolderGone extends Error {}

function side(stereo: Int16Array, channel: 0 | 1): Int16Array {
  return Int16Array.from({ length: stereo.length / 2 }, (_, index) => stereo[index * 2 + channel] as number);
}

/** Both voices as loud as they are: who speaks alone is not halved, who speaks together is limited. */
function mixed(stereo: Int16Array): Int16Array {
  const mix = (index: number) => (stereo[index * 2] as number) + (stereo[index * 2 + 1] as number);
  return Int16Array.from({ length: stereo.length / 2 }, (_, index) => Math.max(-32_768, Math.min(32_767, mix(index))));
}

/**
 * The files of one recording: takes stereo in the order of time and lays it down as the plan wants it, in one file or several, one part after
 * the other without a seam. Never waits for the disk; what has been handed over and not written yet is counted.
 */
export class RecordingOutput {
  readonly #plan: RecordingPlan;
  readonly #open: OpenRecording;
  readonly #complete: string[] = [];
  #part: Part;
  #parts = 1;
  #pieces = 0;
  #pending = 0;
  #abandoned = false;
  #last: Promise<void> = Promise.resolve();

  private constructor(plan: RecordingPlan, open: OpenRecording, part: Part) {
    this.#plan = plan;
    this.#open = open;
    this.#part = part;
  }

  /** @throws MediaError `media_path_refused` */
  static async open(plan: RecordingPlan, open: OpenRecording): Promise<RecordingOutput> {
    return new RecordingOutput(plan, open, await openPart(plan, open, 1));
  }

  /** The name that the first file will have. */
  get file(): string {
    return this.#complete[0] ?? this.#part.files[0]?.file ?? '';
  }

  /** Where the part that is being written lies now. */
  get part(): string {
    return this.#part.files[0]?.part ?? this.file;
  }

  /** Frames that wait for the disk. */
  get pendingFrames(): number {
    return this.#pending;
  }

  /** Appends interleaved stereo. Rejects when the disk refuses, and from then on always. */
  append(stereo: Int16Array): Promise<void> {
    const frames = stereo.length / 2;
    this.#pending += frames;
    this.#last = this.#last.then(async () => {
      await this.#write(stereo);
      this.#pending -= frames;
    });
    this.#last.catch(() => undefined);
    return this.#last;
  }

  /** Everything is with the disk, and has its name, when this resolves. @returns the files in order */
  async finish(): Promise<string[]> {
    await this.#last;
    await this.#close();
    return this.#complete;
  }

  /** After a failure: what is on the disk gets its name if possible. @returns the files, those that kept their temporary name too */
  async salvage(): Promise<string[]> {
    for (const file of this.#part.files)
      this.#complete.push(
        await file.complete().catch(async () => {
          await file.handle.close().catch(() => undefined);
          return file.part;
        }),
      );
    this.#part.files = [];
    return this.#complete;
  }

  /** Gives up on a disk that hangs: nothing more is written, and the files are closed once it answers. */
  abandon(): void {
    this.#abandoned = true;
    const { files } = this.#part;
    void this.#last
      .catch(() => undefined)
      .then(() => Promise.all(files.map(({ handle }) => handle.close())))
      .catch(() => undefined);
  }

  async discard(): Promise<void> {
    for (const file of this.#part.files) await file.discard();
  }

  async #write(stereo: Int16Array): Promise<void> {
    if (this.#abandoned) return;
    let left = stereo;
    while (left.length > 0) {
      if (this.#part.frames >= this.#plan.partFrames) await this.#next();
      const frames = Math.min(left.length / 2, this.#plan.partFrames - this.#part.frames);
      const piece = left.subarray(0, frames * 2);
      left = left.subarray(frames * 2);
      this.#part.frames += frames;
      const pieces = this.#laid(piece);
      await Promise.all(this.#part.writers.map((writer, index) => writer.append(pieces[index] as Int16Array)));
    }
    this.#pieces += 1;
    if (this.#pieces % LOOK_EVERY_PIECES !== 0) return;
    for (const file of this.#part.files) if (!(await file.present())) throw new FolderGone();
  }

  #laid(stereo: Int16Array): Int16Array[] {
    if (this.#plan.layout === 'stereo') return [stereo];
    return this.#plan.layout === 'mono' ? [mixed(stereo)] : [side(stereo, 0), side(stereo, 1)];
  }

  async #next(): Promise<void> {
    await this.#close();
    this.#parts += 1;
    this.#part = await openPart(this.#plan, this.#open, this.#parts);
  }

  async #close(): Promise<void> {
    const { files, writers } = this.#part;
    for (const writer of writers) await writer.finish();
    for (const file of files) if (!(await file.present())) throw new FolderGone();
    while (files.length > 0) this.#complete.push(await (files.shift() as RecordingFile).complete());
  }
}

async function openPart(plan: RecordingPlan, open: OpenRecording, number: number): Promise<Part> {
  const files: RecordingFile[] = [];
  try {
    for (const which of plan.sides as readonly (Side | undefined)[])
      files.push(await open(plan.root, partName(plan, number, which)));
  } catch (error) {
    for (const file of files) await file.discard().catch(() => undefined);
    throw error;
  }
  const writers = files.map(({ handle }) => new WavWriter(handle, plan.sampleRate, plan.channels));
  return { files, writers, frames: 0 };
}
