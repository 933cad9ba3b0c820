/**
 * Pieces that make up most of the audit's details, each stored as one control character: JSON never holds one unescaped, so the
 * detail comes back exactly as it was hashed. A place in this list is part of the file format: add at the end, change nothing.
 */
const PIECES: readonly string[] = [
  '{"reservationId":"',
  '","callId":"',
  '","purpose":"',
  '","requestId":"',
  '{"response":"accept","source":"',
  '{"response":"reject","source":"',
  'request","at":',
  'profile","at":',
  'callback","at":',
  'user_action","at":',
  'automatic","at":',
  ',"requestId":"',
  ',"expiresAt":',
  '","expiresAt":',
  ',"kind":"temporary"}',
  ',"kind":"permanent"}',
  '","outcome":"completed"',
  '","outcome":"no_answer"',
  '","outcome":"',
  ',"durationSeconds":',
  '","via":"template"',
  '","via":"freeform"',
  '","why":"',
  '{"callbackId":"',
  '{"at":',
  ',"reservationId":"',
  '{"unanswered":',
  '{"requestId":"',
  '"}',
];
/** 31 characters of their own are there, and NUL, which is left alone. */
const byPiece = new Map(PIECES.map((piece, index) => [piece, String.fromCharCode(index + 1)]));
const longestFirst = [...PIECES].sort((a, b) => b.length - a.length);
const pieces = new RegExp(longestFirst.map((piece) => piece.replace(/[{}]/g, '\\$&')).join('|'), 'g');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what pieces are stored as
const characters = /[\x01-\x1f]/g;

/** @param json as `JSON.stringify` makes it */
export function shorten(json: string): string {
  return json.replace(pieces, (piece) => byPiece.get(piece) ?? piece);
}

/** What was shortened, letter by letter; what was not comes back as it is. */
export function lengthen(stored: string): string {
  return stored.replace(characters, (character) => PIECES[character.charCodeAt(0) - 1] ?? character);
}
