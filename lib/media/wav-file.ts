import { type FileHandle, open } from 'node:fs/promises';
import { MediaError } from './media.ts';
import { sampleReader, type WavLayout, type WavLimits, walkWav } from './wav-format.ts';
import type { WavSource } from './wav-reader.ts';

/** One read of the disk. */
const BLOCK_BYTES = 128 * 1024;
/** So much sound is read before it is needed. */
const AHEAD_SECONDS = 1;

function missing(error: unknown): MediaError {
  if (error instanceof MediaError) return error;
  return new MediaError(
    'media_file_missing',
    `The WAV file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    'Check its path and that the Node-RED process may read it.',
  );
}

/** Reads so many bytes, or what there is; the rest stays zero, which is silence or refused. */
async function read(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}

/** A WAV file of which only the second that is about to be played is in memory. */
class WavFile implements WavSource {
  readonly sampleRate: number;
  readonly channels: number;
  readonly frames: number;
  readonly #handle: FileHandle;
  readonly #layout: WavLayout;
  readonly #blockFrames: number;
  readonly #blocks = new Map<number, (at: number) => number>();
  #wanted: number[] = [];
  #reading: Promise<void> | undefined;
  #fault: MediaError | undefined;
  #closed = false;

  constructor(handle: FileHandle, layout: WavLayout) {
    this.#handle = handle;
    this.#layout = layout;
    this.sampleRate = layout.sampleRate;
    this.channels = layout.channels;
    this.frames = layout.frames;
    this.#blockFrames = Math.max(1, Math.floor(BLOCK_BYTES / layout.blockAlign));
  }

  ready(from: number, to: number): boolean {
    if (this.#fault) throw this.#fault;
    const end = Math.min(to, this.frames);
    if (end <= from) return true;
    const count = Math.ceil(this.frames / this.#blockFrames);
    const first = Math.floor(Math.max(0, from) / this.#blockFrames);
    const last = Math.floor((end - 1) / this.#blockFrames);
    const ahead = Math.max(2, Math.ceil((AHEAD_SECONDS * this.sampleRate) / this.#blockFrames));
    const window: number[] = [];
    // After the end comes the beginning: the file may be played again.
    for (let index = first; index <= last + ahead && window.length < count; index += 1) window.push(index % count);
    for (const index of this.#blocks.keys()) if (!window.includes(index)) this.#blocks.delete(index);
    this.#wanted = window.filter((index) => !this.#blocks.has(index));
    if (this.#wanted.length > 0) this.#reading ??= this.#read();
    for (let index = first; index <= last; index += 1) if (!this.#blocks.has(index)) return false;
    return true;
  }

  sample(channel: number, frame: number): number {
    const index = Math.floor(frame / this.#blockFrames);
    const { blockAlign, width } = this.#layout;
    return this.#blocks.get(index)?.((frame - index * this.#blockFrames) * blockAlign + channel * width) ?? 0;
  }

  /** Resolves when the beginning is there. */
  async begin(): Promise<void> {
    while (!this.ready(0, 1)) await this.#reading;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void Promise.resolve(this.#reading)
      .then(() => this.#handle.close())
      .catch(() => undefined);
  }

  async #read(): Promise<void> {
    const { start, blockAlign, frames } = { ...this.#layout };
    try {
      for (let index = this.#wanted.shift(); index !== undefined && !this.#closed; index = this.#wanted.shift()) {
        const first = index * this.#blockFrames;
        const length = Math.min(this.#blockFrames, frames - first) * blockAlign;
        const bytes = await read(this.#handle, start + first * blockAlign, length);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.#blocks.set(index, sampleReader(view, this.#layout));
      }
    } catch (error) {
      this.#fault = missing(error);
    } finally {
      this.#reading = undefined;
    }
  }
}

/**
 * Opens a WAV file to be read while it plays, in the formats of `openWav`. An hour of it costs as much memory as a second.
 *
 * @throws MediaError `media_file_missing`, `media_file_invalid`
 */
export async function openWavFile(file: string, limits: WavLimits): Promise<WavSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const status = await handle.stat();
    if (!status.isFile())
      throw new MediaError('media_file_missing', 'It is not a file.', 'Give the path of a WAV file.');
    const walk = walkWav(status.size, limits);
    let step = walk.next();
    while (!step.done) step = walk.next(await read(handle, step.value.at, step.value.length));
    const wav = new WavFile(handle, step.value);
    await wav.begin();
    return wav;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    throw missing(error);
  }
}
