import { FRAME_MS } from './rtp-clock.ts';

/** Digits of the event codes 0-15 (RFC 4733 §3.2). */
const DIGITS = '0123456789*#ABCD';
const END = 0x80;
/** -10 dBm0, the level of a usual tone. */
const VOLUME = 10;
/** The end is sent three times (RFC 4733 §2.5.1.4). */
const ENDS = 3;
/** Shorter presses are not noticed by receivers (ITU-T Q.24: 40 ms), and so are shorter pauses between two. */
const SHORTEST_MS = 40;
const PAUSE_MS = 40;
/** A key whose release never comes. */
const LONGEST_MS = 10_000;
/** Keys that wait; who presses faster than they can be sent presses in vain. */
const MOST_WAITING = 32;

/** The payload of an event with its duration in other units; nothing when it is none. */
export function rescaleEvent(payload: Uint8Array, fromUnitsPerMs: number, toUnitsPerMs: number): Buffer | undefined {
  if (payload.length < 4) return undefined;
  const event = Buffer.from(payload.subarray(0, 4));
  const duration = Math.round((event.readUInt16BE(2) * toUnitsPerMs) / fromUnitsPerMs);
  event.writeUInt16BE(Math.min(0xffff, duration), 2);
  return event;
}

/** Is it the first packet of its end? For counting keys. */
export function eventEnds(payload: Uint8Array): boolean {
  return ((payload[1] ?? 0) & END) !== 0;
}

interface Key {
  code: number;
  /** Known once it is released. */
  durationMs: number | undefined;
}

export interface EventPacket {
  payload: Buffer;
  /** The first packet of a key, which sets its timestamp and has the marker. */
  first: boolean;
  /** The key is over with this packet. */
  last: boolean;
}

/** Sends key presses as telephone events (RFC 4733): one packet per 20 ms while a key is down, its end three times, one key after the other. */
export class TelephoneEventSender {
  readonly #unitsPerMs: number;
  readonly #keys: Key[] = [];
  #downMs = 0;
  #ends = 0;
  #pauseMs = 0;

  constructor(unitsPerMs: number) {
    this.#unitsPerMs = unitsPerMs;
  }

  /** A key goes down. */
  press(digit: string): void {
    const code = DIGITS.indexOf(digit);
    if (code >= 0 && digit.length === 1 && this.#keys.length < MOST_WAITING)
      this.#keys.push({ code, durationMs: undefined });
  }

  /** It comes up again, after so many ms. Without a press before it, the whole stroke. */
  release(digit: string, durationMs: number): void {
    const code = DIGITS.indexOf(digit);
    const open = this.#keys.at(-1);
    if (open?.durationMs === undefined && open?.code === code) open.durationMs = durationMs;
    else {
      this.press(digit);
      const pressed = this.#keys.at(-1);
      if (pressed?.durationMs === undefined && pressed?.code === code) pressed.durationMs = durationMs;
    }
  }

  /** What to send in this beat of 20 ms instead of sound, if a key is down. */
  next(): EventPacket | undefined {
    const [key] = this.#keys;
    if (this.#pauseMs > 0) this.#pauseMs -= FRAME_MS;
    if (!key || this.#pauseMs > 0) return undefined;
    const first = this.#downMs === 0;
    this.#downMs += FRAME_MS;
    // A second key while the first is held: the first is over.
    if (key.durationMs === undefined && (this.#keys.length > 1 || this.#downMs >= LONGEST_MS))
      key.durationMs = this.#downMs;
    const wanted = key.durationMs === undefined ? undefined : Math.max(SHORTEST_MS, key.durationMs);
    const over = wanted !== undefined && this.#downMs >= wanted;
    const durationMs = over ? wanted : this.#downMs;
    if (over) this.#ends += 1;
    const last = this.#ends === ENDS;
    if (last) {
      this.#keys.shift();
      this.#downMs = 0;
      this.#ends = 0;
      this.#pauseMs = PAUSE_MS + FRAME_MS;
    }
    const payload = Buffer.from([key.code, (over ? END : 0) | VOLUME, 0, 0]);
    payload.writeUInt16BE(Math.min(0xffff, Math.round(durationMs * this.#unitsPerMs)), 2);
    return { payload, first, last };
  }
}
