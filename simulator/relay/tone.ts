import { createOpusEncoder } from '../../lib/media/opus.ts';

/** Hz of the tone's samples. */
export const TONE_RATE = 16000;
const SECONDS = 4;
const FRAME = TONE_RATE / 50;
const LOW_HZ = 440;
const HIGH_HZ = 1760;
const LEVEL = 0.4;

/**
 * A sound that can be found again: from 440 Hz up two octaves in four seconds, then from the start. A steady tone would match itself at
 * every period; this one matches itself at one place only.
 */
export function toneSamples(): Int16Array {
  const total = TONE_RATE * SECONDS;
  return Int16Array.from({ length: total }, (_, index) => {
    const time = index / TONE_RATE;
    const phase = 2 * Math.PI * (LOW_HZ * time + ((HIGH_HZ - LOW_HZ) * time * time) / (2 * SECONDS));
    return Math.round(Math.sin(phase) * LEVEL * 32767);
  });
}

let encoded: Promise<Buffer[]> | undefined;

async function encodeTone(): Promise<Buffer[]> {
  const encoder = await createOpusEncoder({ sampleRate: TONE_RATE, channels: 1 });
  try {
    const samples = toneSamples();
    return Array.from({ length: samples.length / FRAME }, (_, frame) =>
      Buffer.from(encoder.encode(samples.subarray(frame * FRAME, (frame + 1) * FRAME))),
    );
  } finally {
    encoder.free();
  }
}

/** The tone as Opus packets, over and over. Encoded once for all calls. */
export async function toneFrames(): Promise<{ next(): Buffer }> {
  encoded ??= encodeTone();
  const frames = await encoded;
  let position = 0;
  return {
    next() {
      const frame = frames[position % frames.length] as Buffer;
      position += 1;
      return frame;
    },
  };
}
