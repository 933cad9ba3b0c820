import type { BridgeOptions } from './bridge-options.ts';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.ts';
import { MediaError } from './media.ts';

/** A codec of the plain RTP side. Sample rate and RTP clock are the same, except for Opus. */
export interface BridgeCodec {
  name: 'opus' | 'PCMU' | 'PCMA' | 'L16';
  payloadType: number;
  /** As in `a=rtpmap`. */
  rtpmap: string;
  /** Ticks of the RTP clock, and units of telephone events (RFC 4733 §2.1). */
  ticksPerMs: number;
  /** What turns samples into payloads; none: passed through. */
  samples?: SampleCodec;
}

/** A codec that codes each sample by itself. */
export interface SampleCodec {
  /** Hz, one that Opus codes natively. */
  rate: 8000 | 16_000;
  encode(samples: Int16Array): Buffer;
  decode(payload: Uint8Array): Int16Array;
  /** Samples in a payload; nothing when its length is none that a sender could mean. */
  length(payload: Uint8Array): number | undefined;
}

/** Longest packet that is taken, ms: senders use 10 to 60. */
const LONGEST_MS = 120;
/** RFC 3551 §6, tables 4: static payload types. */
const PCMU = 0;
const PCMA = 8;
const COMFORT_NOISE = 13;

function sampleCodec(
  rate: 8000 | 16_000,
  bytes: 1 | 2,
  encode: SampleCodec['encode'],
  decode: SampleCodec['decode'],
): SampleCodec {
  return {
    rate,
    encode,
    decode,
    length: (payload) => {
      const samples = payload.length / bytes;
      const fits = samples > 0 && Number.isInteger(samples) && samples <= (LONGEST_MS * rate) / 1000;
      return fits ? samples : undefined;
    },
  };
}

function encodeL16(samples: Int16Array): Buffer {
  const data = Buffer.allocUnsafe(samples.length * 2);
  for (let index = 0; index < samples.length; index += 1) data.writeInt16BE(samples[index] as number, index * 2);
  return data;
}

function decodeL16(payload: Uint8Array): Int16Array {
  const samples = new Int16Array(payload.length >> 1);
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = ((payload[index * 2] as number) << 8) | (payload[index * 2 + 1] as number);
  return samples;
}

function refuse(text: string, nextStep: string): never {
  throw new MediaError('media_address_refused', text, nextStep);
}

function checkPayloadType(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 127 && value !== COMFORT_NOISE) return value;
  return refuse(`The RTP payload type of ${what} must be 0 to 127, but not ${COMFORT_NOISE}.`, 'Use 96 to 127.');
}

/**
 * The codec that a bridge is asked for, its options checked.
 * @throws MediaError `media_address_refused`
 */
export function bridgeCodec(options: BridgeOptions): BridgeCodec {
  const { codec = 'opus', sampleRate } = options;
  const payloadType = (standard: number) => checkPayloadType(options.payloadType ?? standard, 'the sound');
  if (options.eventPayloadType !== undefined) checkPayloadType(options.eventPayloadType, 'key presses');
  const chosen = choose();
  if (options.eventPayloadType === chosen.payloadType)
    refuse('Sound and key presses cannot have one RTP payload type.', 'Use another payload type for key presses.');
  return chosen;

  function choose(): BridgeCodec {
    switch (codec) {
      case 'opus':
        return { name: codec, payloadType: payloadType(111), rtpmap: 'opus/48000/2', ticksPerMs: 48 };
      case 'PCMU': {
        const samples = sampleCodec(8000, 1, encodeMuLaw, decodeMuLaw);
        return { name: codec, payloadType: payloadType(PCMU), rtpmap: 'PCMU/8000', ticksPerMs: 8, samples };
      }
      case 'PCMA': {
        const samples = sampleCodec(8000, 1, encodeALaw, decodeALaw);
        return { name: codec, payloadType: payloadType(PCMA), rtpmap: 'PCMA/8000', ticksPerMs: 8, samples };
      }
      case 'L16': {
        const rate = sampleRate ?? 16_000;
        if (rate !== 8000 && rate !== 16_000)
          return refuse('L16 has 8000 or 16000 Hz here.', 'Correct the sample rate.');
        const samples = sampleCodec(rate, 2, encodeL16, decodeL16);
        return { name: codec, payloadType: payloadType(96), rtpmap: `L16/${rate}`, ticksPerMs: rate / 1000, samples };
      }
      default:
        return refuse(`There is no RTP codec ${JSON.stringify(codec)}.`, 'Use opus, PCMU, PCMA or L16.');
    }
  }
}
