import type { FileHandle } from 'node:fs/promises';

/** What a writer needs of an open file. */
export type WritableFile = Pick<FileHandle, 'write' | 'sync'>;

const HEADER_BYTES = 44;
/** RIFF counts in 32 bits; a little is left for readers that compute with signed sizes plus header. */
export const LARGEST_DATA = 0xffff_ffff - 1024;

/** The 44 bytes before 16-bit PCM samples (Microsoft/IBM, "Multimedia Programming Interface and Data Specifications", 1991). */
export function wavHeader(sampleRate: number, channels: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Writes a 16-bit WAV file piece by piece. The header is brought up to date with every piece, so that a crash leaves a readable file. */
export class WavWriter {
  readonly #handle: WritableFile;
  readonly #sampleRate: number;
  readonly #channels: number;
  #bytes = 0;
  #last: Promise<void>;

  constructor(handle: WritableFile, sampleRate: number, channels: number) {
    this.#handle = handle;
    this.#sampleRate = sampleRate;
    this.#channels = channels;
    this.#last = this.#writeHeader();
    this.#last.catch(() => undefined);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends interleaved samples, in the order of the calls. Rejects when the disk refuses. */
  append(samples: Int16Array): Promise<void> {
    const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const at = HEADER_BYTES + this.#bytes;
    this.#bytes += data.length;
    this.#last = this.#last.then(async () => {
      await writeAll(this.#handle, data, at);
      await this.#writeHeader(at - HEADER_BYTES + data.length);
    });
    this.#last.catch(() => undefined);
    return this.#last;
  }

  /** Everything is with the disk when this resolves. */
  async finish(): Promise<void> {
    await this.#last;
    await this.#handle.sync();
  }

  async #writeHeader(bytes = 0): Promise<void> {
    await writeAll(this.#handle, wavHeader(this.#sampleRate, this.#channels, bytes), 0);
  }
}

async function writeAll(handle: WritableFile, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}
