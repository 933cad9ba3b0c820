import { strict as assert } from 'node:assert';
import { correlatePieces, median } from '../../browser/audio.ts';

/** A jitter buffer moves what it plays when the network, or a busy machine, makes it; never by more than its greatest delay. */
const MOST_MOVED_SECONDS = 0.2;

/** Every half second of the voice was heard, where it belongs. A hole costs all of a piece's likeness, codec and a moved piece a part. */
export function assertHeard(what: string, voice: Float32Array, heard: Float32Array, sampleRate: number): void {
  const pieces = correlatePieces(voice, heard, sampleRate, 0.5, MOST_MOVED_SECONDS);
  const scores = pieces.map(({ score }) => score);
  const told = `${what}: ${pieces.map(({ score, lagSeconds }) => `${score.toFixed(2)} at ${lagSeconds.toFixed(3)}`).join(', ')}`;
  assert.ok(median(scores) > 0.85 && Math.min(...scores) > 0.4, `not whole, ${told}`);
  const places = pieces.map(({ lagSeconds }) => lagSeconds);
  assert.ok(Math.max(...places) - Math.min(...places) < MOST_MOVED_SECONDS, `moved about, ${told}`);
}
