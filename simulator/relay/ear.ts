import { createOpusDecoder } from '../../lib/media/opus.ts';
import { Continuity, distance, type Position, TICKS_PER_MS } from './continuity.ts';

/** Hz of what `listen` returns: WhatsApp plays wideband (meta-cloud-api.md §9.4, `maxplaybackrate=16000`). */
export const EAR_RATE = 16000;
const MEMORY_SECONDS = 60;
const TICKS_PER_SAMPLE = (TICKS_PER_MS * 1000) / EAR_RATE;

/** What a person without a browser heard: the last minute of packets, decoded only when somebody asks. */
export class Ear {
  packets = 0;
  readonly #continuity = new Continuity({ sequenceNumber: 0, timestamp: 0 });
  /** Payload by RTP time in ticks since the first packet, not wrapped. */
  readonly #memory = new Map<number, Buffer>();
  #latest = { timestamp: 0, ticks: 0 };

  hear(source: string, packet: Position & { payload: Buffer }, now: number): void {
    this.packets += 1;
    const { timestamp } = this.#continuity.place(source, packet, now);
    const ticks = this.#latest.ticks + distance(this.#latest.timestamp, timestamp, 32);
    if (ticks > this.#latest.ticks) this.#latest = { timestamp, ticks };
    if (!this.#memory.has(ticks)) this.#memory.set(ticks, packet.payload);
    for (const old of this.#memory.keys()) {
      if (old >= this.#latest.ticks - MEMORY_SECONDS * 1000 * TICKS_PER_MS) break;
      this.#memory.delete(old);
    }
  }

  /** Mono sound from the first remembered packet on, each packet at its RTP time, silence where nothing came. */
  async listen(): Promise<{ sampleRate: number; pcm: Int16Array }> {
    const heard = [...this.#memory].sort(([a], [b]) => a - b);
    const [first] = heard;
    if (!first) return { sampleRate: EAR_RATE, pcm: new Int16Array(0) };
    const decoder = await createOpusDecoder({ sampleRate: EAR_RATE, channels: 1 });
    try {
      const pieces = heard.flatMap(([ticks, payload]) => {
        const samples = decodeOrNothing(decoder.decode, payload);
        return samples ? [{ at: Math.round((ticks - first[0]) / TICKS_PER_SAMPLE), samples }] : [];
      });
      const pcm = new Int16Array(pieces.reduce((end, { at, samples }) => Math.max(end, at + samples.length), 0));
      for (const { at, samples } of pieces) pcm.set(samples, at);
      return { sampleRate: EAR_RATE, pcm };
    } finally {
      decoder.free();
    }
  }
}

/** A broken packet is a gap in what was heard, as in a real phone. */
function decodeOrNothing(decode: (packet: Uint8Array) => Int16Array, payload: Buffer): Int16Array | undefined {
  try {
    return decode(payload).slice();
  } catch {
    return undefined;
  }
}
