import type { OutgoingStream } from './outgoing-stream.ts';

const KEYS = '0123456789*#';
/** Ticks (20 ms) that a key is held: 100 ms, above the 40 ms that receivers need (ITU-T Q.24). */
const HOLD_TICKS = 5;
/** Ticks of rest between two keys. */
const PAUSE_TICKS = 4;
/** The final packet is sent three times, as it must not get lost (RFC 4733 §2.5.1.4). */
const END_PACKETS = 3;
/** 20 ms in the 8000 Hz units of `telephone-event/8000`, whatever the audio's clock (meta-cloud-api.md §9.6). */
const TICK_DURATION = 160;
/** -10 dBm0. */
const VOLUME = 10;

/** True for what a phone's keypad has. */
export function isKey(digit: string): boolean {
  return digit.length === 1 && KEYS.includes(digit);
}

/** The four bytes of an event: which key, end bit and volume, how long so far in 8000 Hz units (RFC 4733 §2.3). */
export function eventPayload(digit: string, end: boolean, duration: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt8(KEYS.indexOf(digit), 0);
  payload.writeUInt8((end ? 0x80 : 0) | VOLUME, 1);
  payload.writeUInt16BE(duration, 2);
  return payload;
}

/** The keys that a person presses, one after the other, in the person's stream. */
export class Dialpad {
  readonly #waiting: string[] = [];
  #digit = '';
  #step = 0;
  #timestamp = 0;

  press(digit: string): void {
    this.#waiting.push(digit);
  }

  /** While true the event stands for the sound, and the person's audio is left out: one tick longer, so that they never overlap. */
  get busy(): boolean {
    return this.#digit !== '' && this.#step <= HOLD_TICKS + 1;
  }

  /** Every 20 ms. */
  tick(stream: OutgoingStream, now: number): void {
    if (this.#digit === '') {
      this.#digit = this.#waiting.shift() ?? '';
      if (this.#digit === '') return;
      this.#step = 0;
      this.#timestamp = stream.timestampAt(now);
    }
    this.#step += 1;
    if (this.#step <= HOLD_TICKS) {
      const end = this.#step === HOLD_TICKS;
      const payload = eventPayload(this.#digit, end, this.#step * TICK_DURATION);
      for (let copy = 0; copy < (end ? END_PACKETS : 1); copy += 1)
        stream.ownEvent(this.#timestamp, this.#step === 1, payload, now);
    }
    if (this.#step >= HOLD_TICKS + PAUSE_TICKS) this.#digit = '';
  }
}
