/** A list as one part of an import takes it. */
export type DoNotCallLine = { line: number; input: unknown };

/** Fields of a contact; anything else of an object stays behind. */
const FIELDS = ['phone', 'userId', 'parentUserId', 'name', 'language', 'timeZone'] as const;
/** Longer than any contact; what is cut off makes it wrong in any case. */
const LONGEST = 400;

/**
 * The entries of a do-not-call list, numbered from 1. Of a text every line that is not empty, and of a line with several
 * columns (comma, semicolon or tab) the first.
 */
export function doNotCallLines(list: string | readonly unknown[]): DoNotCallLine[] {
  if (typeof list !== 'string') return list.map((input, index) => ({ line: index + 1, input: plain(input) }));
  return list
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((text, index) => ({ line: index + 1, input: firstColumn(text.slice(0, LONGEST)) }))
    .filter(({ input }) => input !== '');
}

function firstColumn(text: string): string {
  const quoted = /^\s*"([^"]*)"/.exec(text);
  return (quoted?.[1] ?? text.split(/[,;\t]/, 1)[0] ?? '').trim();
}

/** Plain data that can cross to another thread. */
function plain(input: unknown): unknown {
  if (typeof input === 'string') return input.slice(0, LONGEST);
  if (typeof input === 'number') return input;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null;
  const contact: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value: unknown = Object.hasOwn(input, field) ? (input as Record<string, unknown>)[field] : undefined;
    if (typeof value === 'string' || typeof value === 'number') contact[field] = value;
  }
  return contact;
}
