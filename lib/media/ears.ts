import type { MediaPacket } from './jitter-buffer.ts';
import { createOpusDecoder, type OpusRate } from './opus.ts';
import { opusRests, opusTicks } from './opus-duration.ts';
import { Playout } from './playout.ts';
import { TICKS_PER_MS } from './rtp-clock.ts';
import { LastSound } from './sound-level.ts';

/** Takes 20 ms of sound, in the beat of `at` (ms). The array is used again. */
export type Listener = (frame: Int16Array, at: number) => void;

/** Packets that wait for their decoder: one second. */
const MOST_WAITING = 50;

/** One decoder at one rate, for all who listen at that rate. */
class Ear {
  readonly #last: LastSound;
  readonly listeners = new Set<Listener>();
  #playout: Playout | undefined;
  #waiting: { packet: MediaPacket; at: number; sound: boolean }[] = [];
  #closed = false;

  constructor(rate: OpusRate, last: LastSound) {
    this.#last = last;
    createOpusDecoder({ sampleRate: rate, channels: 1 }).then(
      (decoder) => {
        const settings = { ticksPerMs: TICKS_PER_MS, duration: opusTicks, rests: opusRests };
        this.#playout = new Playout(decoder, rate, settings);
        if (this.#closed) this.close();
        for (const { packet, at, sound } of this.#waiting.splice(0)) this.packet(packet, at, sound);
      },
      () => undefined,
    );
  }

  packet(packet: MediaPacket, at: number, sound: boolean): void {
    if (!this.#playout) {
      if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
      this.#waiting.push({ packet, at, sound });
    } else if (sound) this.#playout.push(packet, at);
    else this.#playout.omit(packet, at);
  }

  beat(at: number): void {
    if (!this.#playout) return;
    const frame = this.#playout.next(at);
    this.#last.take(frame, at);
    for (const listener of [...this.listeners]) listener(frame, at);
  }

  close(): void {
    this.#closed = true;
    this.#playout?.free();
    this.#playout = undefined;
    this.#waiting = [];
  }
}

/** What the person says, decoded through a jitter buffer, 20 ms by 20 ms; decoded once per rate, and only while somebody listens. */
export class Ears {
  /** What was heard last, at any rate. */
  readonly last = new LastSound();
  readonly #ears = new Map<OpusRate, Ear>();

  /** Listens at a rate (Hz). Call what is returned to stop. */
  listen(rate: OpusRate, listener: Listener): () => void {
    const ear = this.#ears.get(rate) ?? new Ear(rate, this.last);
    this.#ears.set(rate, ear);
    ear.listeners.add(listener);
    return () => {
      ear.listeners.delete(listener);
      if (ear.listeners.size > 0 || this.#ears.get(rate) !== ear) return;
      this.#ears.delete(rate);
      ear.close();
    };
  }

  /** A packet that arrived at `at` (ms). `sound` false: a key press, which only has a place in the sequence. */
  packet(packet: MediaPacket, at: number, sound = true): void {
    for (const ear of this.#ears.values()) ear.packet(packet, at, sound);
  }

  beat(at: number): void {
    for (const ear of [...this.#ears.values()]) ear.beat(at);
  }

  close(): void {
    for (const ear of this.#ears.values()) ear.close();
    this.#ears.clear();
  }
}
