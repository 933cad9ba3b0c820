import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { Leg, LegOptions, MediaEngine } from '../../../lib/media/media.ts';
import { createOpusDecoder, createOpusEncoder } from '../../../lib/media/opus.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { answerAsMeta, type FakeMeta, reaches } from './fake-meta.ts';

export const PERSON_RATE = 16_000;
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

export interface Heard {
  at: number;
  payloadType: number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
}

/** A person on a connected and accepted leg, whose other end a test bridges to RTP. */
export class BridgedPerson {
  readonly engine: MediaEngine;
  readonly leg: Leg;
  readonly meta: FakeMeta;
  /** Everything that reached the person. */
  readonly arrivals: Heard[] = [];
  #sequenceNumber = 65_000;
  #timestamp = 0xffff_0000;

  private constructor(engine: MediaEngine, leg: Leg, meta: FakeMeta) {
    this.engine = engine;
    this.leg = leg;
    this.meta = meta;
    meta.peer.dtlsTransports[0]?.onRtp.subscribe(({ header, payload }) => {
      const { payloadType, sequenceNumber, timestamp, marker } = header;
      this.arrivals.push({ at: performance.now(), payloadType, sequenceNumber, timestamp, marker, payload });
    });
  }

  /** @param through changes the answer, so that what it leads to stands between leg and person */
  static async connect(
    through = async (answer: string): Promise<string> => answer,
    options: LegOptions = {},
  ): Promise<BridgedPerson> {
    const engine = createMediaEngine();
    const leg = await engine.createLeg('bridged', { bindAddress: '127.0.0.1', ...options });
    const meta = await answerAsMeta(await leg.createOffer(), 'active');
    const person = new BridgedPerson(engine, leg, meta);
    await leg.applyAnswer(await through(meta.answer));
    await reaches(leg, 'connected');
    await meta.connected;
    leg.accepted();
    return person;
  }

  /** Says these samples (16 kHz), 20 ms by 20 ms, as Opus. `lost`: packets that never leave. */
  async say(samples: Float32Array, lost: (index: number) => boolean = () => false): Promise<void> {
    const encoder = await createOpusEncoder({ sampleRate: PERSON_RATE, channels: 1 });
    const pcm = toInt16(samples);
    const begin = performance.now();
    for (let index = 0; index * 320 < pcm.length; index += 1) {
      await sleep(Math.max(0, begin + index * 20 - performance.now()));
      const frame = new Int16Array(320);
      frame.set(pcm.subarray(index * 320, index * 320 + 320));
      const payload = Buffer.from(encoder.encode(frame));
      this.#step();
      if (!lost(index)) this.meta.send({ ...this.#place(), payload });
    }
    encoder.free();
  }

  /** Presses a key for so many ms, as WhatsApp sends it: payload type 126, durations at 8000 Hz. */
  async press(code: number, durationMs: number): Promise<void> {
    const begin = performance.now();
    this.#step();
    const { timestamp } = this.#place();
    const send = (ms: number, end: boolean) => {
      const payload = Buffer.from([code, end ? 0x8a : 0x0a, 0, 0]);
      payload.writeUInt16BE(ms * 8, 2);
      this.meta.send({ payloadType: 126, sequenceNumber: this.#sequenceNumber, timestamp, payload });
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    };
    for (let ms = 20; ms < durationMs; ms += 20) {
      send(ms, false);
      await sleep(Math.max(0, begin + ms - performance.now()));
    }
    for (let repeat = 0; repeat < 3; repeat += 1) send(durationMs, true);
    this.#sequenceNumber = (this.#sequenceNumber - 1) & 0xffff;
    this.#timestamp = (this.#timestamp + durationMs * 48) >>> 0;
  }

  /** What the person heard since the arrival with that index, by RTP time, at 16 kHz. */
  async heard(from = 0): Promise<Float32Array> {
    const packets = this.arrivals.slice(from).filter(({ payloadType }) => payloadType === 111);
    const first = packets[0]?.timestamp ?? 0;
    const last = packets.at(-1)?.timestamp ?? 0;
    const heard = new Float32Array((((last - first) | 0) / 960 + 1) * 320);
    const decoder = await createOpusDecoder({ sampleRate: PERSON_RATE, channels: 1 });
    for (const { timestamp, payload } of packets) {
      const pcm = decoder.decode(payload);
      heard.set(
        Float32Array.from(pcm, (value) => value / 32_768).subarray(0, heard.length),
        Math.min(heard.length - pcm.length, Math.round(((timestamp - first) | 0) / 3)),
      );
    }
    decoder.free();
    return heard;
  }

  /** Packets that are not the silence of an idle leg. */
  sounds(): Heard[] {
    return this.arrivals.filter(({ payload }) => !payload.equals(SILENCE));
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.meta.close();
  }

  #step(): void {
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + 960) >>> 0;
  }

  #place(): { sequenceNumber: number; timestamp: number } {
    return { sequenceNumber: this.#sequenceNumber, timestamp: this.#timestamp };
  }
}
