import { A_LAW_TO_LINEAR, MU_LAW_TO_LINEAR } from './g711.ts';
import { MediaError } from './media.ts';

interface Format {
  tag: number;
  channels: number;
  sampleRate: number;
  blockAlign: number;
  bits: number;
}

const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_A_LAW = 6;
const TAG_MU_LAW = 7;
const TAG_EXTENSIBLE = 0xfffe;
/** Last 14 bytes of every extensible sub-format GUID (Microsoft, "Multiple channel audio data and WAVE files", 2001). */
const SUBFORMAT_TAIL = '000000001000800000aa00389b71';
const MAXIMUM_CHANNELS = 32;
const MAXIMUM_RATE = 768_000;
/** 192 kHz with 8 channels of 32 bits is less; more would have to be read for every second that plays. */
const MOST_BYTES_PER_SECOND = 8_000_000;
/** Real files have fewer than ten; one full of empty chunks would be walked for minutes. */
const MOST_CHUNKS = 1000;

/** What of a file may be played. */
export interface WavLimits {
  maxSeconds: number;
  maxBytes: number;
}

/** Where the samples of a WAV file lie and what they are. */
export interface WavLayout {
  tag: number;
  channels: number;
  /** Hz. */
  sampleRate: number;
  /** Bytes of all channels of one moment, and of one sample. */
  blockAlign: number;
  width: number;
  /** First byte of the samples, and samples per channel. */
  start: number;
  frames: number;
}

export function refuseWav(why: string): never {
  throw new MediaError(
    'media_file_invalid',
    `Not a WAV file that can be played: ${why}.`,
    'Use a WAV file with PCM 8/16/24/32 bit, float, A-law or mu-law samples, for example: ffmpeg -i input -ar 16000 -ac 1 output.wav',
  );
}

function readFormat(bytes: Uint8Array, length: number): Format {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = 0;
  if (length < 16) refuseWav(`its format chunk has ${length} bytes, at least 16 are needed`);
  let tag = view.getUint16(at, true);
  const format = {
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    blockAlign: view.getUint16(at + 12, true),
    bits: view.getUint16(at + 14, true),
  };
  if (tag === TAG_EXTENSIBLE) {
    if (length < 40) refuseWav('its extensible format chunk is cut short');
    tag = view.getUint16(at + 24, true);
    const tail = Buffer.from(view.buffer, view.byteOffset + at + 26, 14).toString('hex');
    if (tail !== SUBFORMAT_TAIL) refuseWav('its extensible sub-format is unknown');
  }
  if (format.channels < 1 || format.channels > MAXIMUM_CHANNELS) refuseWav(`it claims ${format.channels} channels`);
  if (format.sampleRate < 1000 || format.sampleRate > MAXIMUM_RATE) refuseWav(`it claims ${format.sampleRate} Hz`);
  return { tag, ...format };
}

/** Reads one sample at a byte offset as ±1, for the format. The container (blockAlign / channels), not `bits`, is the width. */
export function sampleReader(view: DataView, { tag, width }: Pick<WavLayout, 'tag' | 'width'>): (at: number) => number {
  if (tag === TAG_PCM && width === 1) return (at) => (view.getUint8(at) - 128) / 128;
  if (tag === TAG_PCM && width === 2) return (at) => view.getInt16(at, true) / 32768;
  if (tag === TAG_PCM && width === 3)
    return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608;
  if (tag === TAG_PCM && width === 4) return (at) => view.getInt32(at, true) / 2_147_483_648;
  if (tag === TAG_FLOAT && width === 4) return (at) => finite(view.getFloat32(at, true));
  if (tag === TAG_FLOAT && width === 8) return (at) => finite(view.getFloat64(at, true));
  if (tag === TAG_A_LAW && width === 1) return (at) => (A_LAW_TO_LINEAR[view.getUint8(at)] ?? 0) / 32768;
  if (tag === TAG_MU_LAW && width === 1) return (at) => (MU_LAW_TO_LINEAR[view.getUint8(at)] ?? 0) / 32768;
  return refuseWav(`format tag ${tag} with ${width} bytes per sample is not supported`);
}

/** A NaN or infinity in a file would spread through every filter behind it. */
function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(-8, Math.min(8, value)) : 0;
}

/**
 * Walks the chunks of a WAV file of `size` bytes: asks for the bytes it wants to see, is given them, returns where the samples are. One
 * walk serves files that lie in memory and files that are read piece by piece. Chunks are walked with their padding; a `data` size of 0 or
 * 0xFFFFFFFF (a stream or a crash) or one beyond the file means "to the end".
 *
 * @throws MediaError `media_file_invalid`
 */
export function* walkWav(
  size: number,
  limits: WavLimits,
): Generator<{ at: number; length: number }, WavLayout, Uint8Array> {
  if (size < 12) refuseWav(`it has only ${size} bytes`);
  if (size > limits.maxBytes)
    refuseWav(`it has ${Math.ceil(size / 1e6)} MB, at most ${Math.floor(limits.maxBytes / 1e6)} are taken`);
  const riff = latin1(yield { at: 0, length: 12 });
  if (riff.slice(0, 4) !== 'RIFF' || riff.slice(8) !== 'WAVE') refuseWav('it does not begin with RIFF and WAVE');
  let format: Format | undefined;
  let chunks = 0;
  for (let at = 12; at + 8 <= size; chunks += 1) {
    if (chunks > MOST_CHUNKS) refuseWav(`there are more than ${MOST_CHUNKS} chunks before its data`);
    const header = yield { at, length: 8 };
    const name = latin1(header.subarray(0, 4));
    const claimed = new DataView(header.buffer, header.byteOffset, 8).getUint32(4, true);
    const body = at + 8;
    const left = size - body;
    if (name === 'data') {
      if (!format) return refuseWav('its data come before its format');
      const toEnd = claimed === 0 || claimed === 0xffffffff || claimed > left;
      return layout(format, body, toEnd ? left : claimed, limits);
    }
    if (claimed > left) refuseWav(`its chunk "${name.replace(/[^ -~]/g, '?')}" claims more bytes than the file has`);
    if (name === 'fmt ') format = readFormat(yield { at: body, length: Math.min(claimed, 40) }, claimed);
    at = body + claimed + (claimed % 2);
  }
  return refuseWav(format ? 'it has no data chunk' : 'it has no format chunk');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function layout(format: Format, start: number, length: number, { maxSeconds }: WavLimits): WavLayout {
  const { tag, channels, sampleRate, blockAlign, bits } = format;
  const width = blockAlign / channels;
  if (!Number.isInteger(width) || width < 1 || bits > width * 8 || bits < 1)
    refuseWav(`its block size of ${blockAlign} bytes does not fit ${channels} channels of ${bits} bits`);
  sampleReader(new DataView(new ArrayBuffer(0)), { tag, width });
  if (blockAlign * sampleRate > MOST_BYTES_PER_SECOND)
    refuseWav(`it claims ${Math.round((blockAlign * sampleRate) / 1e6)} MB per second of sound`);
  const frames = Math.floor(length / blockAlign);
  if (frames > maxSeconds * sampleRate)
    refuseWav(`it lasts ${Math.ceil(frames / sampleRate)} s, at most ${maxSeconds} are taken`);
  return { tag, channels, sampleRate, blockAlign, width, start, frames };
}
