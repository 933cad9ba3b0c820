import { isAbsolute } from 'node:path';
import type { z } from 'zod';
import type { Leg, MediaTask } from '../media/media.ts';
import { greetingWav } from './greeting.ts';
import { number, oneOf, text } from './node-config.ts';
import { recordingName } from './recording-name.ts';
import { ReportableError } from './reportable-error.ts';
import { readRtpAddress } from './rtp-address.ts';

/** Properties of the media node. */
export const SHAPE = {
  call: text('call.id'),
  callType: text('msg'),
  action: oneOf(['play', 'record', 'rtp', 'stop']),
  source: text(),
  sourceType: text('greeting'),
  folder: text(),
  fileName: text('{date}-{time}-{id}.wav'),
  sampleRate: number(48_000, { min: 8000, max: 48_000 }),
  maxSeconds: number(0, { min: 0, max: 86_400 }),
  remote: text(),
  remoteType: text('str'),
  localAddress: text('127.0.0.1'),
  localPort: number(0, { min: 0, max: 65_535 }),
  payloadType: number(111, { min: 96, max: 127 }),
  target: oneOf(['all', 'play', 'record', 'rtp']),
};
export type MediaSettings = z.infer<z.ZodObject<typeof SHAPE>>;

/** A task whose results are properties of a message. `started` has some only if they are worth a message. */
export type MessageTask = MediaTask<Record<string, unknown> | undefined, Record<string, unknown>>;

interface Surroundings {
  look(value: string, type: string, name: string): Promise<unknown>;
  /** Default folder of recordings. */
  recordings: string;
}

/**
 * Starts what a media node does with a call.
 *
 * @returns the task, its results already in the words of messages
 * @throws ReportableError `source_missing`, `folder_invalid`, `rtp_address_invalid`; `MediaError` from the leg
 */
export async function startMedia(
  settings: MediaSettings,
  leg: Leg,
  callId: string,
  around: Surroundings,
): Promise<MessageTask> {
  if (settings.action === 'play') return play(settings, leg, around);
  if (settings.action === 'record') return record(settings, leg, callId, around);
  return bridge(settings, leg, around);
}

async function play(settings: MediaSettings, leg: Leg, { look }: Surroundings): Promise<MessageTask> {
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
    leg.play({ source }),
    () => undefined,
    (result) => ({ media: { action: 'play', ...result } }),
  );
}

async function record(
  settings: MediaSettings,
  leg: Leg,
  callId: string,
  { recordings }: Surroundings,
): Promise<MessageTask> {
  if (settings.folder !== '' && !isAbsolute(settings.folder)) {
    throw new ReportableError(
      'folder_invalid',
      'The folder for recordings must be an absolute path. Correct the field "Folder", or leave it empty.',
    );
  }
  const task = leg.record({
    root: settings.folder || recordings,
    name: recordingName(settings.fileName, callId, new Date()),
    sampleRate: settings.sampleRate,
    ...(settings.maxSeconds > 0 && { maxSeconds: settings.maxSeconds }),
  });
  return inWords(
    task,
    () => undefined,
    (result) => ({
      payload: result.file,
      recording: { ...result },
      media: { action: 'record', result: result.result },
    }),
  );
}

async function bridge(settings: MediaSettings, leg: Leg, { look }: Surroundings): Promise<MessageTask> {
  const remote = readRtpAddress(await look(settings.remote, settings.remoteType, 'remote address'));
  const task = leg.bridge({
    ...(remote && { remote }),
    local: { address: settings.localAddress || '127.0.0.1', port: settings.localPort },
    payloadType: settings.payloadType,
  });
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
