import { isAbsolute } from 'node:path';
import type { z } from 'zod';
import {
  type BridgeCodecName,
  type BridgeOptions,
  type Leg,
  MediaError,
  type MediaTask,
  type RecordTask,
  type StreamTask,
} from '../media/media.ts';
import { greetingWav } from './greeting.ts';
import { destinations, digits, interruptions, speech, stream, WRITTEN_DOWN } from './live-media.ts';
import { flag, number, oneOf, text } from './node-config.ts';
import { type NotedRecording, notedRecordings } from './recorded-call.ts';
import { recordingName } from './recording-name.ts';
import { ReportableError } from './reportable-error.ts';
import { readRtpAddress } from './rtp-address.ts';

/** Properties of the media node. */
export const SHAPE = {
  call: text('call.id'),
  callType: text('msg'),
  action: oneOf(['play', 'record', 'pause', 'resume', 'rtp', 'stream', 'digits', 'speech', 'stop']),
  source: text(),
  sourceType: text('greeting'),
  times: number(1, { min: 0, max: 1000 }),
  interruptBy: oneOf(['nothing', 'digit', 'speech', 'both']),
  announcement: flag(false),
  longestSeconds: number(600, { min: 1, max: 86_400 }),
  largestMegabytes: number(50, { min: 1, max: 4096 }),
  folder: text(),
  fileName: text('{date}-{time}-{id}.wav'),
  sampleRate: number(48_000, { min: 8000, max: 48_000 }),
  maxSeconds: number(0, { min: 0, max: 86_400 }),
  layout: oneOf(['stereo', 'mono', 'separate']),
  split: oneOf(['no', 'seconds', 'megabytes']),
  splitAfter: number(600, { min: 1, max: 86_400 }),
  startPaused: flag(false),
  remote: text(),
  remoteType: text('str'),
  localAddress: text('127.0.0.1'),
  localPort: number(0, { min: 0, max: 65_535 }),
  codec: oneOf(['opus', 'PCMU', 'PCMA', 'L16_8000', 'L16_16000']),
  payloadType: number(111, { min: 96, max: 127 }),
  learning: oneOf(['auto', 'fixed_then_learned']),
  eventPayloadType: number(0, { min: 0, max: 127 }),
  rtcpMux: flag(false),
  allowedDestinations: text(),
  streamTo: oneOf(['flow', 'agent']),
  streamRate: number(16_000, { min: 8000, max: 24_000 }),
  chunkMs: number(100, { min: 20, max: 200 }),
  agentUrl: text(),
  agentUrlType: text('str'),
  agentHeader: text('Authorization'),
  reconnectSeconds: number(30, { min: 0, max: 3600 }),
  digitsLength: number(1, { min: 0, max: 128 }),
  digitsLeast: number(1, { min: 1, max: 128 }),
  terminator: oneOf(['#', '*', 'none']),
  allowedDigits: text(),
  firstDigitSeconds: number(5, { min: 0, max: 600, whole: false }),
  interDigitSeconds: number(3, { min: 0.2, max: 600, whole: false }),
  tries: number(1, { min: 1, max: 20 }),
  prompt: text(),
  promptType: text('str'),
  retryPrompt: text(),
  retryPromptType: text('str'),
  secret: flag(false),
  endMs: number(600, { min: 100, max: 10_000 }),
  initialSilenceSeconds: number(5, { min: 0, max: 3600, whole: false }),
  longSilenceSeconds: number(10, { min: 0, max: 3600, whole: false }),
  target: oneOf(['all', 'play', 'record', 'rtp', 'stream', 'digits', 'speech']),
};
export type MediaSettings = z.infer<z.ZodObject<typeof SHAPE>>;

/** A task whose results are properties of a message. `started` has some only if they are worth a message. */
export type MessageTask = MediaTask<Record<string, unknown> | undefined, Record<string, unknown>> &
  Partial<Pick<RecordTask, 'pause' | 'resume'>> & { stream?: StreamTask };

export interface Surroundings {
  look(value: string, type: string, name: string): Promise<unknown>;
  /** Default folder of recordings. */
  recordings: string;
  secrets: { agentToken?: string };
  /** The person has been told that the call is recorded. */
  announced(): void;
  /** @throws CallError `announcement_missing` if that must be, and was not */
  checkRecording(): void;
  /** Writes a recording that is complete into the record of its call. */
  noteRecording(recording: NotedRecording): void;
  /** Sends on output 2 what happens while a task runs. */
  emit(message: Record<string, unknown>): void;
}
type Call = Parameters<typeof recordingName>[1];

/**
 * Starts what a media node does with a call.
 *
 * @returns the task, its results already in the words of messages
 * @throws ReportableError `source_missing`, `folder_invalid`, `rtp_address_invalid`; `MediaError` from the leg
 */
export async function startMedia(
  settings: MediaSettings,
  leg: Leg,
  call: Call,
  around: Surroundings,
): Promise<MessageTask> {
  if (settings.action === 'play') return play(settings, leg, around);
  if (settings.action === 'record') return record(settings, leg, call, around);
  if (settings.action === 'stream') return stream(settings, leg, call, around);
  if (settings.action === 'digits') return digits(settings, leg, around);
  if (settings.action === 'speech') return speech(settings, leg, around);
  return bridge(settings, leg, around);
}

async function play(settings: MediaSettings, leg: Leg, { look, announced }: Surroundings): Promise<MessageTask> {
  const value =
    settings.sourceType === 'greeting' ? greetingWav() : await look(settings.source, settings.sourceType, 'sound');
  const source =
    value instanceof Uint8Array
      ? { wav: value }
      : typeof value === 'string' && value !== ''
        ? { file: value }
        : undefined;
  if (source === undefined) {
    throw new ReportableError(
      'source_missing',
      'There is nothing to play: the sound must be the path of a WAV file or a Buffer with one. Correct the field "Sound".',
    );
  }
  return inWords(
    leg.play({
      source,
      maxSeconds: settings.longestSeconds,
      maxBytes: settings.largestMegabytes * 1_000_000,
      ...(settings.times !== 1 && { times: settings.times === 0 ? Number.POSITIVE_INFINITY : settings.times }),
      ...(settings.interruptBy !== 'nothing' && { interruptBy: interruptions(settings.interruptBy) }),
    }),
    () => undefined,
    (result) => {
      if (settings.announcement && result.result === 'whole') announced();
      return { prompt: { ...result }, media: { action: 'play', ...result } };
    },
  );
}

async function record(
  settings: MediaSettings,
  leg: Leg,
  call: Call,
  { recordings, checkRecording, noteRecording }: Surroundings,
): Promise<MessageTask> {
  checkRecording();
  const root = recordingFolder(settings, recordings);
  const { split, splitAfter, layout } = settings;
  const task = leg.record({
    root,
    name: recordingName(settings.fileName, call, new Date()),
    sampleRate: settings.sampleRate,
    ...(settings.maxSeconds > 0 && { maxSeconds: settings.maxSeconds }),
    ...(layout !== 'stereo' && { layout }),
    ...(split === 'seconds' && { splitSeconds: splitAfter }),
    ...(split === 'megabytes' && { splitBytes: splitAfter * 1_000_000 }),
    ...(settings.startPaused && { paused: true }),
  });
  task.done.catch((error: unknown) => {
    // What broke off is kept as far as it came; a file that still has its temporary name is found by the next start.
    const left = error instanceof MediaError ? error.files.filter((file) => !file.endsWith('.part')) : [];
    for (const file of left) noteRecording({ file });
  });
  const words = inWords(
    task,
    () => undefined,
    (result) => {
      // In the turn in which the file is complete: the call's end waits for what has begun by then.
      for (const recording of notedRecordings(result, split !== 'no')) noteRecording(recording);
      return { payload: result.file, recording: { ...result }, media: { action: 'record', result: result.result } };
    },
  );
  return { ...words, pause: () => task.pause(), resume: () => task.resume() };
}

/**
 * Where a node's recordings go.
 *
 * @param standard the folder if none is set
 * @throws ReportableError `folder_invalid`
 */
export function recordingFolder(settings: MediaSettings, standard: string): string {
  if (settings.folder !== '' && !isAbsolute(settings.folder)) {
    throw new ReportableError(
      'folder_invalid',
      'The folder for recordings must be an absolute path. Correct the field "Folder", or leave it empty.',
    );
  }
  return settings.folder || standard;
}

/** The options of a bridge. @param remote as it was found; it is checked against the list if a message brought it (docs/adr/0012) */
function bridgeOptions(settings: MediaSettings, remote: BridgeOptions['remote']): BridgeOptions {
  const { codec, learning, eventPayloadType, rtcpMux } = settings;
  const list = destinations(settings.allowedDestinations);
  const foreign = remote !== undefined && !WRITTEN_DOWN.includes(settings.remoteType);
  const [name, rate] = codec.split('_') as [BridgeCodecName, string | undefined];
  return {
    ...(remote && { remote }),
    local: { address: settings.localAddress || '127.0.0.1', port: settings.localPort },
    codec: name,
    ...(rate !== undefined && { sampleRate: Number(rate) }),
    // G.711 has its own types; the field is about the others.
    ...(!['PCMU', 'PCMA'].includes(name) && { payloadType: settings.payloadType }),
    ...(remote && learning !== 'auto' && { learning }),
    ...(eventPayloadType > 0 && { eventPayloadType }),
    ...(rtcpMux && { rtcpMux }),
    ...((foreign || list.length > 0) && { allowedDestinations: list }),
  };
}

async function bridge(settings: MediaSettings, leg: Leg, { look }: Surroundings): Promise<MessageTask> {
  const remote = readRtpAddress(await look(settings.remote, settings.remoteType, 'remote address'));
  const task = leg.bridge(bridgeOptions(settings, remote));
  return inWords(
    task,
    (info) => ({
      payload: info.sdp,
      rtp: { ...info.local, sdp: info.sdp, ...(info.receiverSdp !== undefined && { receiverSdp: info.receiverSdp }) },
      media: { action: 'rtp', state: 'started' },
    }),
    (result) => ({ rtp: { ...result }, media: { action: 'rtp', result: result.result } }),
  );
}

function inWords<Info, Result>(
  task: MediaTask<Info, Result>,
  started: (info: Info) => Record<string, unknown> | undefined,
  done: (result: Result) => Record<string, unknown>,
): MessageTask {
  return {
    id: task.id,
    started: task.started.then(started),
    done: task.done.then(done),
    stop: () => task.stop(),
  };
}
