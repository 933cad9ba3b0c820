import { JitterBuffer, type JitterBufferSettings, type JitterStatistics, type MediaPacket } from './jitter-buffer.ts';
import { FRAME_MS } from './rtp-clock.ts';

/** Turns payloads of one codec into samples. The same shape for Opus (`OpusDecoder`) and for plain samples (`SampleDecoder`). */
export interface FrameDecoder {
  decode(payload: Uint8Array): Int16Array;
  conceal(samples: number): Int16Array;
  recover(next: Uint8Array, samples: number): Int16Array;
  /** Silence of the sender's side; without it, concealment, which Opus lets fade to the noise of the place. */
  rest?(samples: number): Int16Array;
  /** A comfort noise packet, when its turn comes. */
  comfort?(payload: Uint8Array): void;
  free(): void;
}

/** Mean amplitude below which a frame counts as quiet: about -50 dBFS. */
const QUIET = 70;

function isQuiet(samples: Int16Array): boolean {
  let sum = 0;
  for (let index = 0; index < samples.length; index += 4) sum += Math.abs(samples[index] as number);
  return sum * 4 <= QUIET * samples.length;
}

/**
 * Plays one stream of RTP: packets in as they come, 20 ms of sound out whenever asked, with what is lost replaced. Free it after use: the
 * decoder may hold WASM memory.
 */
export class Playout {
  readonly buffer: JitterBuffer;
  readonly #decoder: FrameDecoder;
  readonly #frame: Int16Array;
  readonly #samplesPerTick: number;
  #rest: Int16Array = new Int16Array(0);
  #quiet = true;

  /** @param sampleRate Hz of the decoder; the decoder is mono */
  constructor(decoder: FrameDecoder, sampleRate: number, settings: JitterBufferSettings) {
    this.buffer = new JitterBuffer(settings);
    this.#decoder = decoder;
    this.#frame = new Int16Array((sampleRate * FRAME_MS) / 1000);
    this.#samplesPerTick = sampleRate / 1000 / settings.ticksPerMs;
  }

  push(packet: MediaPacket, at: number): boolean {
    return this.buffer.push(packet, at);
  }

  /** A packet of the same stream that carries no sound (a key press). False: it is not new. */
  omit(packet: { ssrc: number; sequenceNumber: number; timestamp: number }, at: number): boolean {
    return this.buffer.omit(packet, at);
  }

  /** The next 20 ms. The array is used again by the next call. */
  next(at: number): Int16Array {
    let filled = 0;
    while (filled < this.#frame.length) {
      if (this.#rest.length === 0) this.#rest = this.#sound(at);
      const part = this.#rest.subarray(0, this.#frame.length - filled);
      this.#frame.set(part, filled);
      this.#rest = this.#rest.subarray(part.length);
      filled += part.length;
    }
    return this.#frame;
  }

  statistics(): JitterStatistics {
    return this.buffer.statistics();
  }

  free(): void {
    this.#decoder.free();
  }

  /** Sound of the next turn; empty when the turn had none to play. */
  #sound(at: number): Int16Array {
    const turn = this.buffer.next(at, this.#quiet);
    const length = Math.max(1, Math.round(turn.ticks * this.#samplesPerTick));
    switch (turn.kind) {
      case 'concealed':
        return this.#decoder.conceal(length);
      case 'recovered':
        return this.#attempt(() => this.#decoder.recover(turn.next.payload, length), length);
      case 'silence':
        this.#quiet = true;
        return this.#decoder.rest?.(length) ?? this.#decoder.conceal(length);
      default: {
        if (turn.packet.comfort) {
          this.#decoder.comfort?.(turn.packet.payload);
          return new Int16Array(0);
        }
        const samples = this.#attempt(() => this.#decoder.decode(turn.packet.payload), length);
        if (turn.kind === 'skipped') return samples.subarray(0, 0);
        this.#quiet = isQuiet(samples);
        return samples;
      }
    }
  }

  /** A payload that the decoder refuses sounds like a lost one. */
  #attempt(decode: () => Int16Array, length: number): Int16Array {
    try {
      return decode();
    } catch {
      return this.#decoder.conceal(length);
    }
  }
}
