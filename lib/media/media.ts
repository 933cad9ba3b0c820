/**
 * The media side of calls as the rest of the house sees it. Samples stay in the worker thread; what crosses are
 * commands, events and results, all plain data. One engine (one worker) per Node-RED process.
 */
import type { BridgeInfo, BridgeOptions, BridgeResult, BridgeStatistics } from './bridge-options.ts';
import type { DigitNews, DigitOptions, DigitResult } from './digit-options.ts';
import type { Finding } from './doctor/finding.ts';
import type { SpeechEvent, SpeechOptions, SpeechResult } from './speech-options.ts';
import type { StreamNews, StreamOptions, StreamResult, StreamStatistics, Written } from './stream-options.ts';

export type {
  BridgeCodecName,
  BridgeInfo,
  BridgeLearning,
  BridgeOptions,
  BridgePlayout,
  BridgeResult,
  BridgeStatistics,
} from './bridge-options.ts';
export type { DigitNews, DigitOptions, DigitResult } from './digit-options.ts';
export type { SpeechEvent, SpeechEventName, SpeechOptions, SpeechResult } from './speech-options.ts';
export type {
  AgentOptions,
  StreamNews,
  StreamOptions,
  StreamRate,
  StreamResult,
  StreamStatistics,
  Written,
} from './stream-options.ts';

export type MediaEngineName = 'werift' | 'node-datachannel';

export interface LegOptions {
  /** UDP ports to use, for firewalls. */
  portRange?: [number, number];
  /** Address to offer beside the host's own (a 1:1 NAT's public address). */
  publicAddress?: string;
  /** Only use this local address. `127.0.0.1` for the simulator. */
  bindAddress?: string;
  iceServers?: { urls: string; username?: string; credential?: string }[];
  /** Which WebRTC library: `werift` (if left out), or the native `node-datachannel`, which the user has installed and which runs in a process of its own. */
  engine?: MediaEngineName;
  /** Checks go to private addresses of the other side too; for a media relay in the same network. */
  allowPrivate?: boolean;
  /** Checks go to this machine's own addresses too, from whatever address the leg has; for a provider's API and media relay on this machine. */
  allowLoopback?: boolean;
  /** How many legs of this process may set up their connection at once; the others wait in order. 20 if left out; the last one said counts. */
  setupsAtOnce?: number;
  /** No packet of the person for so many seconds is told (`silence`). 10 if left out, 0: never. */
  silenceSeconds?: number;
  /** The same, but the call should end then. 0 or left out: never. */
  silenceEndsSeconds?: number;
  /** `statistics` is told every so many seconds. 0 or left out: never. */
  statisticsSeconds?: number;
}

export type LegState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export interface LegStatistics {
  packetsReceived: number;
  packetsSent: number;
  packetsLost: number;
  duplicates: number;
  jitterMs: number;
  roundTripMs?: number;
  codec: string;
  /** The WebRTC library of the call. */
  engine?: MediaEngineName;
  /** What that library keeps to itself: these figures are missing, or 0 and say nothing. `checks`: counts of connectivity checks in findings. */
  unavailable?: ('srtpProfile' | 'undecryptable' | 'duplicates' | 'checks')[];
  dtlsRole?: 'client' | 'server';
  srtpProfile?: string;
  candidatePair?: string;
  /** From the other side's description to the first moment at which sound could flow. */
  connectMs?: number;
  /** Packets that no key of the call opened. */
  undecryptable?: number;
  /**
   * How loud the last 20 ms were, in dBov (0: full scale, -127: silence), of the person and of what we send. Only where it is decoded or made
   * anyway: the person's while something records, streams, listens for speech or transcodes; what we send unless a bridge passes Opus through
   * and nothing records. Otherwise left out.
   */
  level?: { person?: number; sent?: number };
  /** What the other side reports about what we send (RTCP): the share lost lately, all lost, jitter. */
  farSide?: { lost: number; fractionLost: number; jitterMs: number };
  /** RTP bridges that are open. */
  bridges?: BridgeStatistics[];
  /** Streams that are open. */
  streams?: StreamStatistics[];
}

/** What cuts a prompt short: the person speaks, or presses a key. */
export type Interruption = 'speech' | 'digit';

export interface PlayOptions {
  /** A WAV file's path, or its bytes. Files are read piece by piece while they play. */
  source: { file: string } | { wav: Uint8Array };
  /** How often, 1 if left out. `Infinity`: until stopped or interrupted. */
  times?: number;
  /** What may cut it short (barge-in); nothing if left out. Prompts that wait in the queue are cut with it. */
  interruptBy?: Interruption[];
  /** Longest sound that is taken, 600 if left out. */
  maxSeconds?: number;
  /** Largest file that is taken, 50 MB if left out. */
  maxBytes?: number;
}
export interface PlayResult {
  /** `whole`, or why it stopped before its end. */
  result: 'whole' | 'stopped' | 'interrupted' | 'call_ended';
  /** All repetitions together. */
  playedSeconds: number;
  /** `interrupted`: by what, and how much of it had been sent by then, in ms. */
  by?: Interruption;
  atMs?: number;
  /** Milliseconds of silence that a slow disk left in it. Absent: none. */
  stalledMs?: number;
}

/** `stereo`: left the person, right what we sent. `mono`: both in one. `separate`: one file each. */
export type RecordingLayout = 'stereo' | 'mono' | 'separate';

export interface RecordOptions {
  /** Folder that recordings may not leave. Created if missing. */
  root: string;
  /**
   * File name below `root`, ending in `.wav`. `{part}` becomes 001, 002 ..., `{side}` person or sent; where they are needed and missing, they
   * are put before the ending.
   */
  name: string;
  /** Hz: 8000, 16000, 24000 or 48000. */
  sampleRate?: number;
  maxSeconds?: number;
  layout?: RecordingLayout;
  /** A new part after so many seconds of sound. */
  splitSeconds?: number;
  /** A new part before a file is larger than so many bytes. */
  splitBytes?: number;
  /** Begin in pause. */
  paused?: boolean;
}
/** How loud a channel is, over everything that was written. Silence has -120 dBFS. */
export interface ChannelLevel {
  peakDbfs: number;
  rmsDbfs: number;
  /** Samples in runs of three or more at full scale: 0 means not distorted. */
  clippedSamples: number;
}
export interface RecordResult {
  /** The first file. */
  file: string;
  /** All files, in order. */
  files: string[];
  seconds: number;
  /** Channels of each file. With two, left: the person, right: what we sent. */
  channels: 1 | 2;
  sampleRate: number;
  result: 'stopped' | 'call_ended' | 'maximum_length';
  levels: { person: ChannelLevel; sent: ChannelLevel };
  /** Seconds in which silence was written because of a pause. */
  pausedSeconds: number;
}

export interface LegEvents {
  state: [LegState];
  /** The person's first audio packet arrived. */
  media: [];
  /** A keypad digit. Not while secret digits are collected. */
  digit: [{ digit: string; durationMs: number }];
  /** Somebody speaks, is silent or on hold. Only while something listens for it (`Leg.speech`, barge-in by speech). */
  speech: [SpeechEvent];
  /** The other side said goodbye in the media (RTCP BYE), and nothing came after it. */
  bye: [];
  /** Nothing has come from the person for so long. `reports`: RTCP still comes, so the way is open. `tooLong`: the call should end. */
  silence: [{ seconds: number; reports: boolean; tooLong: boolean }];
  /** Packets come again after a silence that was told. */
  sound: [{ seconds: number }];
  /** Something about the connection that a person should know. A fatal one comes just before `state` says failed. */
  finding: [Finding];
  /** Figures, every so many seconds if asked for. */
  statistics: [LegStatistics];
}

/** A task that runs on a leg: `started` when it does its work, `done` when it is over. Both reject with `MediaError`. */
export interface MediaTask<Info, Result> {
  readonly id: string;
  started: Promise<Info>;
  done: Promise<Result>;
  stop(): Promise<void>;
}

/** A recording can pause: it goes on in silence, so that its clock stays that of the call. */
export interface RecordTask extends MediaTask<{ file: string }, RecordResult> {
  /** Resolves when nothing more is recorded. What the person says from now on, also a digit, is not in the file. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** A task that tells news while it runs. The listener may be set until the end of the turn in which the task was started, or later. */
export interface TellingTask<News, Result> extends MediaTask<void, Result> {
  /** One listener; a new one takes the place of the old. */
  listen(listener: (news: News) => void): void;
}

/** Sound both ways. All that is asked for after its end does nothing. */
export interface StreamTask extends TellingTask<StreamNews, StreamResult> {
  /** Queues samples (16 bit, mono, little endian, at the stream's rate) to be said. They are copied. */
  write(pcm: Uint8Array): Promise<Written>;
  /** Tells `mark` when all that was written before it has been sent to the person. */
  mark(name: string): Promise<void>;
  /** Drops what waits to be said. @returns how much it was, ms; nothing of it is sent after the frame that is on its way. */
  clear(): Promise<{ clearedMs: number }>;
}

/** Handle, on the main thread, of one WebRTC leg in the worker. */
export interface Leg {
  readonly id: string;
  state(): LegState;
  /** Gathers all candidates and returns the whole offer. */
  createOffer(): Promise<string>;
  applyAnswer(sdp: string): Promise<void>;
  /** For incoming calls: takes the offer and returns our answer. Connects, but sends no packet before `accepted`. */
  answer(offer: string): Promise<string>;
  /** Opens the gate: the person has picked up, playing may begin. Silence flows from connecting on. */
  accepted(): void;
  /** Queued tasks start once the leg is connected and accepted. */
  play(options: PlayOptions): MediaTask<void, PlayResult>;
  record(options: RecordOptions): RecordTask;
  bridge(options: BridgeOptions): MediaTask<BridgeInfo, BridgeResult>;
  /** Starts when the call is accepted and, with an agent, the agent is there. Several may run; what they say takes turns. */
  stream(options: StreamOptions): StreamTask;
  /** Asks for digits. Newer ones replace older ones, which end with `replaced`. */
  digits(options: DigitOptions): TellingTask<DigitNews, DigitResult>;
  /** Listens for speech and tells it as events of the leg and as news of the task. */
  speech(options: SpeechOptions): TellingTask<SpeechEvent, SpeechResult>;
  /** The person did something that cuts prompts short (barge-in). Digits do so by themselves; a speech detector calls this. */
  interrupt(by: Interruption): void;
  /** Figures of now; of a leg that has failed or closed by itself, its last ones. */
  statistics(): Promise<LegStatistics>;
  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): () => void;
  /** Ends all tasks (their results say `call_ended`), closes sockets. Resolves when recordings are complete on disk. */
  close(): Promise<void>;
}

export interface MediaEngine {
  createLeg(id: string, options: LegOptions): Promise<Leg>;
  /** Number of open legs, for tests and health. */
  legs(): number;
  /** Called when the worker died; all its legs are closed already and a new worker is started on demand. */
  onCrash(listener: (error: Error) => void): () => void;
  close(): Promise<void>;
}

/** What media throws. `code`: media_sdp_invalid, media_file_missing, media_file_invalid, media_path_refused, media_port_in_use, media_not_connected, media_worker_died, media_address_refused, media_engine_missing, media_options_refused, media_disk_full, media_disk_slow, media_folder_gone, media_recording_failed, media_agent_unreachable. */
export class MediaError extends Error {
  readonly code: string;
  readonly nextStep: string;
  /** Of a recording that broke off: what it has left, readable. */
  readonly files: readonly string[];
  constructor(code: string, message: string, nextStep: string, files: readonly string[] = []) {
    super(message);
    this.name = 'MediaError';
    this.code = code;
    this.nextStep = nextStep;
    this.files = files;
  }
}
