import { strict as assert } from 'node:assert';
import { type Match, median } from './audio.ts';

/** Every piece is there, in one place. Codec and jitter buffer cost a little likeness; a hole costs all of it. */
export function assertWhole(what: string, pieces: Match[]): void {
  const scores = pieces.map((piece) => piece.score);
  const told = `${what}: ${scores.map((score) => score.toFixed(2)).join(' ')}`;
  assert.ok(median(scores) > 0.85 && Math.min(...scores) > 0.4, `not whole, ${told}`);
  const places = pieces.map((piece) => piece.lagSeconds);
  assert.ok(Math.max(...places) - Math.min(...places) < 0.04, `moved about, ${what}: ${places.join(' ')}`);
}
