import { A_LAW_TO_LINEAR, MU_LAW_TO_LINEAR } from './g711.ts';
import { MediaError } from './media.ts';

/** An opened WAV file whose samples are converted as they are asked for, so that a long file stalls nobody. */
export interface WavSource {
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** Samples per channel. */
  frames: number;
  /** One sample of one channel, full scale ±1. Only for `frame` below `frames`. */
  sample(channel: number, frame: number): number;
}

export interface WavAudio {
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** One array per channel, full scale ±1. */
  samples: Float32Array[];
}

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

function refuse(why: string): never {
  throw new MediaError(
    'media_file_invalid',
    `Not a WAV file that can be played: ${why}.`,
    'Use a WAV file with PCM 8/16/24/32 bit, float, A-law or mu-law samples, for example: ffmpeg -i input -ar 16000 -ac 1 output.wav',
  );
}

function readFormat(view: DataView, at: number, length: number): Format {
  if (length < 16) refuse(`its format chunk has ${length} bytes, at least 16 are needed`);
  let tag = view.getUint16(at, true);
  const format = {
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    blockAlign: view.getUint16(at + 12, true),
    bits: view.getUint16(at + 14, true),
  };
  if (tag === TAG_EXTENSIBLE) {
    if (length < 40) refuse('its extensible format chunk is cut short');
    tag = view.getUint16(at + 24, true);
    const tail = Buffer.from(view.buffer, view.byteOffset + at + 26, 14).toString('hex');
    if (tail !== SUBFORMAT_TAIL) refuse('its extensible sub-format is unknown');
  }
  if (format.channels < 1 || format.channels > MAXIMUM_CHANNELS) refuse(`it claims ${format.channels} channels`);
  if (format.sampleRate < 1000 || format.sampleRate > MAXIMUM_RATE) refuse(`it claims ${format.sampleRate} Hz`);
  return { tag, ...format };
}

/** Reads one sample at a byte offset as ±1, for the format. The container (blockAlign / channels), not `bits`, is the width. */
function sampleReader(view: DataView, format: Format, width: number): (at: number) => number {
  const { tag } = format;
  if (tag === TAG_PCM && width === 1) return (at) => (view.getUint8(at) - 128) / 128;
  if (tag === TAG_PCM && width === 2) return (at) => view.getInt16(at, true) / 32768;
  if (tag === TAG_PCM && width === 3)
    return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608;
  if (tag === TAG_PCM && width === 4) return (at) => view.getInt32(at, true) / 2_147_483_648;
  if (tag === TAG_FLOAT && width === 4) return (at) => finite(view.getFloat32(at, true));
  if (tag === TAG_FLOAT && width === 8) return (at) => finite(view.getFloat64(at, true));
  if (tag === TAG_A_LAW && width === 1) return (at) => (A_LAW_TO_LINEAR[view.getUint8(at)] ?? 0) / 32768;
  if (tag === TAG_MU_LAW && width === 1) return (at) => (MU_LAW_TO_LINEAR[view.getUint8(at)] ?? 0) / 32768;
  return refuse(`format tag ${tag} with ${width} bytes per sample is not supported`);
}

/** A NaN or infinity in a file would spread through every filter behind it. */
function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(-8, Math.min(8, value)) : 0;
}

/**
 * Opens a WAV file: PCM 8/16/24/32 bit, float 32/64, A-law, mu-law, also as WAVE_FORMAT_EXTENSIBLE. Chunks are walked with their padding; a
 * `data` size of 0 or 0xFFFFFFFF (a stream or a crash) or one beyond the file means "to the end". Memory is taken for the bytes that are
 * there, never for those that a header claims.
 *
 * @throws MediaError `media_file_invalid`
 */
export function openWav(bytes: Uint8Array): WavSource {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).toString('latin1');
  if (bytes.byteLength < 12) refuse(`it has only ${bytes.byteLength} bytes`);
  if (text(0) !== 'RIFF' || text(8) !== 'WAVE') refuse('it does not begin with RIFF and WAVE');

  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const name = text(at);
    const claimed = view.getUint32(at + 4, true);
    const body = at + 8;
    const left = bytes.byteLength - body;
    if (name === 'data') {
      if (!format) return refuse('its data come before its format');
      const toEnd = claimed === 0 || claimed === 0xffffffff || claimed > left;
      return source(view, format, body, toEnd ? left : claimed);
    }
    if (claimed > left) refuse(`its chunk "${name.replace(/[^ -~]/g, '?')}" claims more bytes than the file has`);
    if (name === 'fmt ') format = readFormat(view, body, claimed);
    at = body + claimed + (claimed % 2);
  }
  return refuse(format ? 'it has no data chunk' : 'it has no format chunk');
}

function source(view: DataView, format: Format, start: number, length: number): WavSource {
  const { channels, sampleRate, blockAlign, bits } = format;
  const width = blockAlign / channels;
  if (!Number.isInteger(width) || width < 1 || bits > width * 8 || bits < 1)
    refuse(`its block size of ${blockAlign} bytes does not fit ${channels} channels of ${bits} bits`);
  const read = sampleReader(view, format, width);
  return {
    sampleRate,
    channels,
    frames: Math.floor(length / blockAlign),
    sample: (channel, frame) => read(start + frame * blockAlign + channel * width),
  };
}

/**
 * Reads a whole WAV file at once, in the formats of `openWav`.
 *
 * @throws MediaError `media_file_invalid`
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const { sampleRate, channels, frames, sample } = openWav(bytes);
  const samples = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, frame) => sample(channel, frame)),
  );
  return { sampleRate, channels, samples };
}
