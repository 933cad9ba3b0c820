/** Digits of the event codes 0-15 (RFC 4733 §3.2). */
const DIGITS = '0123456789*#ABCD';
/** WhatsApp counts durations at 8000 Hz though the stream's clock is 48000 Hz (Meta Cloud API, DTMF, 2026-06-24). */
const UNITS_PER_MS = 8;
/** If the end of a key press is lost, it is over when nothing came for so long. */
const RELEASE_MS = 150;

export interface Keystroke {
  digit: string;
  durationMs: number;
}

/**
 * Turns telephone-event packets (RFC 4733) into key strokes: each key once, when it is released, however often its end is repeated.
 * An event is known by its timestamp, which all its packets share.
 */
export class Keypad {
  #current: { timestamp: number; code: number; duration: number; at: number } | undefined;
  #finished: number[] = [];

  /** The key that is held down. */
  get down(): string | undefined {
    return this.#current && DIGITS.charAt(this.#current.code);
  }

  /** Takes a packet that arrived at `at` (ms); returns the strokes that are complete with it. */
  packet(timestamp: number, payload: Uint8Array, at: number): Keystroke[] {
    const [code, flags, high, low] = payload;
    if (code === undefined || flags === undefined || high === undefined || low === undefined) return [];
    if (code >= DIGITS.length || this.#finished.includes(timestamp)) return [];
    const strokes: Keystroke[] = [];
    if (this.#current && this.#current.timestamp !== timestamp) strokes.push(this.#finish(this.#current));
    const duration = Math.max((high << 8) | low, this.#current?.duration ?? 0);
    this.#current = { timestamp, code, duration, at };
    if (flags & 0x80) strokes.push(this.#finish(this.#current));
    return strokes;
  }

  /** The stroke whose end got lost, if there is one at `at` (ms). */
  overdue(at: number): Keystroke | undefined {
    return this.#current && at - this.#current.at > RELEASE_MS ? this.#finish(this.#current) : undefined;
  }

  #finish({ timestamp, code, duration }: { timestamp: number; code: number; duration: number }): Keystroke {
    this.#current = undefined;
    this.#finished = [...this.#finished.slice(-7), timestamp];
    return { digit: DIGITS.charAt(code), durationMs: Math.round(duration / UNITS_PER_MS) };
  }
}
