import type { RtpPacket } from 'werift';
import { createOpusDecoder, createOpusEncoder } from '../../../lib/media/opus.ts';

const RATE = 16000;
const FRAME = RATE / 50;

/** Sound at 16 kHz as Opus packets of 20 ms. */
export async function encode(samples: Float32Array): Promise<Uint8Array[]> {
  const encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1 });
  try {
    return Array.from({ length: Math.floor(samples.length / FRAME) }, (_, index) =>
      encoder
        .encode(Int16Array.from(samples.subarray(index * FRAME, (index + 1) * FRAME), (value) => value * 32767))
        .slice(),
    );
  } finally {
    encoder.free();
  }
}

/** What arrived, each packet at its RTP time from the first on, at 16 kHz. */
export async function decode(packets: RtpPacket[]): Promise<Float32Array> {
  const [first] = packets;
  if (!first) return new Float32Array(0);
  const decoder = await createOpusDecoder({ sampleRate: RATE, channels: 1 });
  try {
    const pieces = packets.map(({ header, payload }) => ({
      at: Math.round(((header.timestamp - first.header.timestamp) >>> 0) / 3),
      samples: decoder.decode(payload).slice(),
    }));
    const sound = new Float32Array(Math.max(...pieces.map(({ at, samples }) => at + samples.length)));
    for (const { at, samples } of pieces)
      sound.set(
        Float32Array.from(samples, (value) => value / 32768),
        at,
      );
    return sound;
  } finally {
    decoder.free();
  }
}

/** 16-bit samples as ±1. */
export function toFloat(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (value) => value / 32768);
}
