import { Keypad } from './keypad.ts';
import { type EventPacket, rescaleEvent, TelephoneEventSender } from './telephone-event.ts';

/** The keypad's own units (WhatsApp's, whatever the clock of the stream). */
const KEYPAD_UNITS = 8;

/** Takes the key presses of one stream and sends them into another with another clock, as they happen. */
export class KeyRelay {
  /** Keys that were passed on. */
  keys = 0;
  readonly #unitsPerMs: number;
  readonly #keypad = new Keypad();
  readonly #sender: TelephoneEventSender;
  #down: string | undefined;

  constructor(fromUnitsPerMs: number, toUnitsPerMs: number) {
    this.#unitsPerMs = fromUnitsPerMs;
    this.#sender = new TelephoneEventSender(toUnitsPerMs);
  }

  /** A telephone event packet that arrived at `at` (ms). */
  packet(timestamp: number, payload: Uint8Array, at: number): void {
    const event = rescaleEvent(payload, this.#unitsPerMs, KEYPAD_UNITS);
    if (!event) return;
    for (const { digit, durationMs } of this.#keypad.packet(timestamp, event, at)) this.#release(digit, durationMs);
    const { down } = this.#keypad;
    if (down === undefined || down === this.#down) return;
    this.#sender.press(down);
    this.#down = down;
  }

  /** What to send in this beat instead of sound, if a key is down. */
  next(at: number): EventPacket | undefined {
    const lost = this.#keypad.overdue(at);
    if (lost) this.#release(lost.digit, lost.durationMs);
    const packet = this.#sender.next();
    if (packet?.last) this.keys += 1;
    return packet;
  }

  #release(digit: string, durationMs: number): void {
    this.#sender.release(digit, durationMs);
    this.#down = undefined;
  }
}
