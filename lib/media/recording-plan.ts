import { MediaError, type RecordingLayout, type RecordOptions } from './media.ts';
import type { OpusRate } from './opus.ts';
import { LARGEST_DATA } from './wav-writer.ts';

/** Wideband: what a WhatsApp call carries (`maxplaybackrate=16000` in Meta's SDP). */
const DEFAULT_RATE = 16_000;
const RATES = [8000, 16_000, 24_000, 48_000];
const HEADER_BYTES = 44;
/** Shorter parts would spend more on opening files than on sound. */
const SHORTEST_PART_SECONDS = 1;

export type Side = 'person' | 'sent';

/** A recording as it will lie on the disk. */
export interface RecordingPlan {
  root: string;
  name: string;
  layout: RecordingLayout;
  sampleRate: OpusRate;
  /** Frames (samples per channel) of a part, and of everything. */
  partFrames: number;
  mostFrames: number;
  split: boolean;
  /** The files of each part. */
  sides: readonly (Side | undefined)[];
  /** Channels of each file. */
  channels: 1 | 2;
}

function refuse(what: string, nextStep: string): never {
  throw new MediaError('media_options_refused', `A recording cannot have ${what}.`, nextStep);
}

/**
 * Reads what a recording is to be.
 *
 * @throws MediaError `media_options_refused`
 */
export function planRecording(options: RecordOptions): RecordingPlan {
  const { root, name, sampleRate = DEFAULT_RATE, layout = 'stereo', maxSeconds, splitSeconds, splitBytes } = options;
  if (!RATES.includes(sampleRate)) refuse(`${sampleRate} Hz`, `Use ${RATES.join(', ')}.`);
  if (!['stereo', 'mono', 'separate'].includes(layout))
    refuse(`the layout "${layout}"`, 'Use stereo, mono or separate.');
  if (maxSeconds !== undefined && !(maxSeconds > 0)) refuse(`a length of ${maxSeconds} s`, 'Use a positive number.');
  const channels = layout === 'stereo' ? 2 : 1;
  const bytesPerFrame = channels * 2;
  const largest = Math.floor(LARGEST_DATA / bytesPerFrame);
  const smallest = SHORTEST_PART_SECONDS * sampleRate;
  const bySeconds = splitSeconds === undefined ? largest : Math.round(splitSeconds * sampleRate);
  const byBytes = splitBytes === undefined ? largest : Math.floor((splitBytes - HEADER_BYTES) / bytesPerFrame);
  const partFrames = Math.min(largest, bySeconds, byBytes);
  if (!(partFrames >= smallest))
    refuse(
      `parts shorter than ${SHORTEST_PART_SECONDS} s`,
      `Split after at least ${SHORTEST_PART_SECONDS} s, or ${smallest * bytesPerFrame + HEADER_BYTES} bytes.`,
    );
  const split = splitSeconds !== undefined || splitBytes !== undefined;
  const longest = maxSeconds === undefined ? Number.POSITIVE_INFINITY : Math.round(maxSeconds * sampleRate);
  return {
    root,
    name,
    layout,
    sampleRate: sampleRate as OpusRate,
    partFrames,
    mostFrames: split ? longest : Math.min(longest, largest),
    split,
    sides: layout === 'separate' ? ['person', 'sent'] : [undefined],
    channels,
  };
}

/** The name of one file: `{part}` and `{side}` filled in, or put before the ending if the plan needs them and the name has none. */
export function partName({ name, split }: RecordingPlan, part: number, side: Side | undefined): string {
  const ending = /\.wav$/i.exec(name)?.[0] ?? '';
  let stem = name.slice(0, name.length - ending.length);
  if (side !== undefined && !stem.includes('{side}')) stem += '-{side}';
  if (split && !stem.includes('{part}')) stem += '-{part}';
  const values = { part: String(part).padStart(3, '0'), side: side ?? 'both' };
  return stem.replace(/\{(part|side)\}/g, (_, key: 'part' | 'side') => values[key]) + ending;
}
