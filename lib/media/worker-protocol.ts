import type {
  BridgeOptions,
  DigitOptions,
  Interruption,
  LegEvents,
  LegOptions,
  PlayOptions,
  RecordOptions,
  SpeechOptions,
  StreamOptions,
} from './media.ts';

/** What the main thread asks of the worker. Each request is answered once, under its number. */
export type Command =
  | { method: 'create'; options: LegOptions }
  | { method: 'createOffer' | 'accepted' | 'statistics' | 'close' }
  | { method: 'applyAnswer' | 'answer'; sdp: string }
  | { method: 'play'; task: string; options: PlayOptions }
  | { method: 'record'; task: string; options: RecordOptions }
  | { method: 'bridge'; task: string; options: BridgeOptions }
  | { method: 'stream'; task: string; options: StreamOptions }
  | { method: 'digits'; task: string; options: DigitOptions }
  | { method: 'speech'; task: string; options: SpeechOptions }
  | { method: 'write'; task: string; pcm: Uint8Array<ArrayBuffer> }
  | { method: 'mark'; task: string; name: string }
  | { method: 'clear'; task: string }
  | { method: 'stop' | 'pause' | 'resume'; task: string }
  | { method: 'interrupt'; by: Interruption };

export type Request = { request: number; leg: string } & Command;

/** Chunks that were taken note of. It needs no answer. */
export type Receipt = { receipt: number; leg: string; task: string };

/** A `MediaError` on its way between threads: classes do not survive the journey. */
export interface PlainError {
  code: string;
  message: string;
  nextStep: string;
  files?: readonly string[];
}

export type FromWorker =
  | { type: 'reply'; request: number; value: unknown }
  | { type: 'refusal'; request: number; error: PlainError }
  | { type: 'event'; leg: string; event: keyof LegEvents; args: unknown[] }
  | { type: 'started'; leg: string; task: string; value: unknown }
  | { type: 'news'; leg: string; task: string; news: unknown }
  | { type: 'done'; leg: string; task: string; value: unknown }
  | { type: 'failed'; leg: string; task: string; error: PlainError };
