import type { Voice } from '../relay-contract.ts';
import { toneFrames } from './tone.ts';
import { wavFrames } from './wav-frames.ts';

/** An Opus frame of 20 ms silence (fullband CELT, mono), as discord.js and others send it. */
export const SILENCE_FRAME = Buffer.from([0xf8, 0xff, 0xfe]);

/** What a person without a browser says. */
export interface Speech {
  /** The next 20 ms as an Opus packet; undefined: says nothing at all. */
  next(): Buffer | undefined;
  /** Whether what the business says comes back. */
  echo: boolean;
  free(): void;
}

/**
 * Prepares a voice. It begins to speak with the first `next`.
 *
 * @throws Error when a WAV file is missing or is none; the message says which and why
 */
export async function speech(voice: Voice): Promise<Speech> {
  const nothing = { next: () => undefined, echo: false, free: () => {} };
  switch (voice.kind) {
    case 'none':
      return nothing;
    case 'echo':
      return { ...nothing, echo: true };
    case 'silence':
      return { ...nothing, next: () => SILENCE_FRAME };
    case 'tone':
      return { ...nothing, ...(await toneFrames()) };
    case 'wav':
      return { ...nothing, ...(await wavFrames(voice.file, SILENCE_FRAME)) };
  }
}
