import { FRAME_MS } from './rtp-clock.ts';
import { SoundAnalysis } from './sound-features.ts';
import type { SpeechEvent, SpeechOptions } from './speech-options.ts';

/** Speech must be so much above the noise of the place (dB), and not below this at all (dBFS). */
const ABOVE_NOISE_DB = 8;
const QUIETEST_DBFS = -50;
/** While somebody speaks, so much above it still counts as going on. */
const GOES_ON_DB = 5;
/** So many voiced frames among the last ones make a begin. */
const VOICED = 3;
const AMONG = 8;
/**
 * A voiced frame: periodic, its spectrum moving, no pure tone, and its pitch neither held (a note) nor jumping (the next note): voices glide, by
 * half a semitone or one in 60 ms (measured on voices, tones and music; bench/speech.ts).
 */
const PERIODIC = 0.5;
const STILL = 0.9;
const PURE = 0.93;
const HELD_CENTS = 8;
const JUMP_CENTS = 350;
/** After a held tone nothing is taken for speech for so long: notes follow notes. */
const TONE_VETO_MS = 500;
/** Sound without speech for so long, with rests not longer than that, is hold. */
const HOLD_MS = 3000;
const HOLD_REST_MS = 2500;
/** The noise floor falls at once and rises so fast (dB per frame): a fan that starts is learned in seconds, a vowel is not. */
const FLOOR_UP_DB = 0.06;
const FLOOR_LOWEST_DBFS = -70;
/** Speech that never ends is none, if it is as even as a machine; checked by going on only where voiced frames keep coming. */
const UNVOICED_MS = 1500;

/** Tells a person from nothing: speech, silence, hold. Pure: time is counted in frames. */
export class SpeechDetector {
  /** Speech up to now, and how often it began. */
  speechMs = 0;
  utterances = 0;
  holdMs = 0;
  nowMs = 0;
  readonly #analysis = new SoundAnalysis();
  readonly #recent: boolean[] = [];
  #floor = -60;
  #initial = true;
  #silenceFrom = 0;
  #longTold = false;
  #since: number | undefined;
  #lastSpeech = 0;
  #lastVoiced = 0;
  #level = 0;
  #levels = 0;
  #vetoUntil = Number.NEGATIVE_INFINITY;
  #soundFrom: number | undefined;
  #lastSound = 0;
  #soundFrames = 0;
  #hold = false;

  get speaking(): boolean {
    return this.#since !== undefined;
  }

  /**
   * @param frame 20 ms at 8 kHz
   * @returns what begins or ends with it
   */
  frame(frame: Int16Array, options: Required<SpeechOptions>): SpeechEvent[] {
    const at = this.nowMs;
    this.nowMs += FRAME_MS;
    const { levelDbfs, periodic, still, pure, glide } = this.#analysis.measure(frame);
    const above = levelDbfs - this.#floor;
    const audible = levelDbfs > QUIETEST_DBFS && above > ABOVE_NOISE_DB;
    if (audible && (still > STILL || pure > PURE)) this.#vetoUntil = at + TONE_VETO_MS;
    const glides = glide === undefined || (glide > HELD_CENTS && glide < JUMP_CENTS);
    const voiced = audible && periodic > PERIODIC && glides && still <= STILL && pure <= PURE && at >= this.#vetoUntil;
    this.#recent.push(voiced);
    if (this.#recent.length > AMONG) this.#recent.shift();
    // A tone is never the noise of the place.
    if (still <= STILL || levelDbfs < this.#floor) this.#learn(levelDbfs);
    if (voiced) this.#lastVoiced = this.nowMs;
    const events = this.#speech(at, levelDbfs, above, options);
    events.push(...this.#sound(at, audible || (above > ABOVE_NOISE_DB / 2 && levelDbfs > QUIETEST_DBFS)));
    events.push(...this.#silence(options));
    if (this.speaking) this.speechMs += FRAME_MS;
    else if (this.#hold) this.holdMs += FRAME_MS;
    return events;
  }

  #learn(level: number): void {
    const bounded = Math.max(FLOOR_LOWEST_DBFS, level);
    if (bounded < this.#floor) this.#floor += (bounded - this.#floor) * 0.3;
    else this.#floor += Math.min(FLOOR_UP_DB, bounded - this.#floor);
  }

  #speech(at: number, level: number, above: number, { endMs }: Required<SpeechOptions>): SpeechEvent[] {
    if (this.#since === undefined) {
      if (this.#recent.filter(Boolean).length < VOICED) return [];
      // The first voiced frame of the window; what comes before it, such as an s, is not heard as a begin.
      this.#since = at - (this.#recent.length - 1 - this.#recent.indexOf(true)) * FRAME_MS;
      this.#lastSpeech = this.nowMs;
      this.#level = level;
      this.#levels = 1;
      this.utterances += 1;
      const begins: SpeechEvent = { event: 'speech_start', atMs: this.#since, levelDbfs: Math.round(level) };
      return [...this.#endHold(this.#since), begins];
    }
    const unvoicedMs = this.nowMs - this.#lastVoiced;
    if (above > GOES_ON_DB && level > QUIETEST_DBFS && unvoicedMs < Math.min(UNVOICED_MS, endMs)) {
      this.#lastSpeech = this.nowMs;
      this.#levels += 1;
      this.#level += (level - this.#level) / this.#levels;
    }
    if (this.nowMs - this.#lastSpeech < endMs) return [];
    const ended: SpeechEvent = {
      event: 'speech_end',
      atMs: this.#lastSpeech,
      durationMs: this.#lastSpeech - this.#since,
      levelDbfs: Math.round(this.#level),
    };
    this.#since = undefined;
    this.#initial = false;
    this.#silenceFrom = this.#lastSpeech;
    this.#longTold = false;
    this.#recent.length = 0;
    this.#soundFrom = undefined;
    return [ended];
  }

  #sound(at: number, sound: boolean): SpeechEvent[] {
    if (this.speaking) {
      this.#soundFrom = undefined;
      return [];
    }
    if (sound) {
      this.#soundFrom ??= at;
      this.#soundFrames += 1;
      this.#lastSound = this.nowMs;
    }
    if (this.#soundFrom === undefined) return [];
    if (this.nowMs - this.#lastSound > HOLD_REST_MS) return this.#endHold(this.#lastSound);
    const enough = this.#soundFrames * FRAME_MS >= HOLD_MS / 4;
    if (this.#hold || !enough || this.nowMs - this.#soundFrom < HOLD_MS) return [];
    this.#hold = true;
    return [{ event: 'hold_start', atMs: this.#soundFrom }];
  }

  #endHold(at: number): SpeechEvent[] {
    const from = this.#soundFrom ?? at;
    this.#soundFrom = undefined;
    this.#soundFrames = 0;
    if (!this.#hold) return [];
    this.#hold = false;
    return [{ event: 'hold_end', atMs: at, durationMs: Math.max(0, at - from) }];
  }

  #silence({ initialSilenceMs, longSilenceMs }: Required<SpeechOptions>): SpeechEvent[] {
    if (this.speaking) return [];
    const silent = this.nowMs - this.#silenceFrom;
    const limit = this.#initial ? initialSilenceMs : longSilenceMs;
    if (this.#longTold || limit === 0 || silent < limit) return [];
    this.#longTold = true;
    const event = this.#initial ? 'initial_silence' : 'long_silence';
    return [{ event, atMs: this.#silenceFrom, durationMs: silent }];
  }
}
