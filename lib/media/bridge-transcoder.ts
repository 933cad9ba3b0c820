import { randomInt } from 'node:crypto';
import type { BridgeCodec, SampleCodec } from './bridge-codec.ts';
import type { BridgePlayout } from './bridge-options.ts';
import type { BridgeWay, Made, PersonPacket } from './bridge-way.ts';
import type { IncomingStream } from './incoming-stream.ts';
import { KeyRelay } from './key-relay.ts';
import { createOpusDecoder, createOpusEncoder, type OpusEncoder } from './opus.ts';
import { opusRests, opusTicks } from './opus-duration.ts';
import { Playout } from './playout.ts';
import { FRAME_MS, TICKS_PER_MS } from './rtp-clock.ts';
import type { RtpDatagram } from './rtp-datagram.ts';
import type { RtpOutput } from './rtp-output.ts';
import { SampleDecoder } from './sample-decoder.ts';
import { LastSound } from './sound-level.ts';

/** Comfort noise (RFC 3389), only at 8000 Hz. */
const COMFORT_NOISE = 13;
/** WhatsApp counts durations of key presses at 8000 Hz (Meta Cloud API, DTMF, 2026-06-24). */
const WHATSAPP_EVENT_UNITS = 8;
/** So long after its last packet the far side still counts as speaking; with comfort noise longer. */
const FLOW_MS = 500;
const COMFORT_MS = 60_000;

/**
 * Opus on one side, a codec of single samples on the other. Each direction has a jitter buffer and is played at its receiver's pace, so that
 * losses are replaced here, where FEC can be used. Opus decodes to and encodes from the other codec's own rate: nothing is resampled.
 */
export class BridgeTranscoder implements BridgeWay {
  readonly incoming: IncomingStream;
  readonly heard = new LastSound();
  readonly #codec: BridgeCodec;
  readonly #samples: SampleCodec;
  readonly #eventPayloadType: number | undefined;
  readonly #output: RtpOutput;
  readonly #encoder: OpusEncoder;
  readonly #fromPerson: Playout;
  readonly #fromFar: Playout;
  readonly #personKeys: KeyRelay;
  readonly #farKeys: KeyRelay;
  #sequenceNumber = randomInt(0, 0x8000);
  #timestamp = randomInt(0, 0xffff_ffff);
  #keyTimestamp = 0;
  #talking = false;
  #farUntil = Number.NEGATIVE_INFINITY;

  private constructor(
    codec: BridgeCodec,
    samples: SampleCodec,
    eventPayloadType: number | undefined,
    output: RtpOutput,
    encoder: OpusEncoder,
    fromPerson: Playout,
  ) {
    this.#codec = codec;
    this.#samples = samples;
    this.#eventPayloadType = eventPayloadType;
    this.#output = output;
    this.#encoder = encoder;
    this.#fromPerson = fromPerson;
    this.#fromFar = new Playout(new SampleDecoder(samples), samples.rate, {
      ticksPerMs: codec.ticksPerMs,
      duration: (payload) => samples.length(payload),
    });
    this.incoming = this.#fromFar.buffer.stream;
    this.#personKeys = new KeyRelay(WHATSAPP_EVENT_UNITS, codec.ticksPerMs);
    this.#farKeys = new KeyRelay(codec.ticksPerMs, WHATSAPP_EVENT_UNITS);
  }

  static async create(
    codec: BridgeCodec,
    samples: SampleCodec,
    eventPayloadType: number | undefined,
    output: RtpOutput,
  ): Promise<BridgeTranscoder> {
    const sampleRate = samples.rate;
    const encoder = await createOpusEncoder({ sampleRate, channels: 1 });
    const decoder = await createOpusDecoder({ sampleRate, channels: 1 });
    const playout = new Playout(decoder, sampleRate, {
      ticksPerMs: TICKS_PER_MS,
      duration: opusTicks,
      rests: opusRests,
    });
    return new BridgeTranscoder(codec, samples, eventPayloadType, output, encoder, playout);
  }

  get keysToRtp(): number {
    return this.#personKeys.keys;
  }

  get keysFromRtp(): number {
    return this.#farKeys.keys;
  }

  person(packet: PersonPacket, at: number): void {
    this.#fromPerson.push(packet, at);
  }

  personKey(packet: PersonPacket, at: number): void {
    this.#fromPerson.omit(packet, at);
    if (this.#eventPayloadType !== undefined) this.#personKeys.packet(packet.timestamp, packet.payload, at);
  }

  far(packet: RtpDatagram, at: number): boolean {
    const comfort = packet.payloadType === COMFORT_NOISE;
    if (!this.#fromFar.push({ ...packet, comfort }, at)) return false;
    this.#farUntil = at + (comfort ? COMFORT_MS : FLOW_MS);
    return true;
  }

  farKey(packet: RtpDatagram, at: number): boolean {
    if (!this.#fromFar.omit(packet, at)) return false;
    this.#farKeys.packet(packet.timestamp, packet.payload, at);
    return true;
  }

  beat(at: number, sending: boolean): Made | undefined {
    if (sending) this.#toRtp(at);
    const key = this.#farKeys.next(at);
    const flowing = at < this.#farUntil;
    const sound = flowing ? this.#fromFar.next(at) : undefined;
    if (key) return { event: key.payload, first: key.first };
    return sound && { sound: Buffer.from(this.#encoder.encode(sound)), samples: sound };
  }

  playouts(): { fromPerson: BridgePlayout; fromRtp: BridgePlayout } {
    const figures = (playout: Playout): BridgePlayout => {
      const { late, recovered, concealed, delayMs } = playout.statistics();
      return { late, recovered, concealed, delayMs };
    };
    return { fromPerson: figures(this.#fromPerson), fromRtp: figures(this.#fromFar) };
  }

  free(): void {
    this.#encoder.free();
    this.#fromPerson.free();
    this.#fromFar.free();
  }

  /** One packet of 20 ms, also of silence: many a PBX hangs up on a stream that stops. */
  #toRtp(at: number): void {
    const samples = this.#fromPerson.next(at);
    this.heard.take(samples, at);
    this.#timestamp = (this.#timestamp + FRAME_MS * this.#codec.ticksPerMs) >>> 0;
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const key = this.#personKeys.next(at);
    const { payloadType } = this.#codec;
    const sequenceNumber = this.#sequenceNumber;
    if (key && this.#eventPayloadType !== undefined) {
      if (key.first) this.#keyTimestamp = this.#timestamp;
      const event = { payloadType: this.#eventPayloadType, payload: key.payload, marker: key.first };
      this.#talking = false;
      this.#output.send({ ...event, sequenceNumber, timestamp: this.#keyTimestamp }, at);
      return;
    }
    const payload = this.#samples.encode(samples);
    this.#output.send({ payloadType, sequenceNumber, timestamp: this.#timestamp, marker: !this.#talking, payload }, at);
    this.#talking = true;
  }
}
