export interface SpeechOptions {
  /** Silence of this length after speech is its end, ms; 600 if left out. */
  endMs?: number;
  /** Nobody has spoken for so long since the call was answered, ms: told once. 5000 if left out; 0: not told. */
  initialSilenceMs?: number;
  /** Nobody has spoken for so long since the last speech, ms: told once each time. 10000 if left out; 0: not told. */
  longSilenceMs?: number;
}

export type SpeechEventName =
  | 'speech_start'
  | 'speech_end'
  /** Nothing was said since the call was answered. */
  | 'initial_silence'
  | 'long_silence'
  /** Tones, music or noise for three seconds, and no speech: somebody is on hold, or nobody is there. */
  | 'hold_start'
  | 'hold_end';

export interface SpeechEvent {
  event: SpeechEventName;
  /** Counted from when listening began. The moment of which it tells, which lies before the event. */
  atMs: number;
  /** `speech_end`: how long it was. Silences: how long they are. */
  durationMs?: number;
  /** `speech_start` and `speech_end`: how loud. */
  levelDbfs?: number;
}

export interface SpeechResult {
  result: 'stopped' | 'call_ended';
  listenedMs: number;
  speechMs: number;
  /** How often somebody spoke. */
  utterances: number;
  /** What was heard most of the time. */
  heard: 'speech' | 'hold' | 'silence';
}
