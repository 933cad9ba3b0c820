/** A list as one part of an import takes it. */
export type DoNotCallLine = { line: number; input: unknown };

/** Fields of a contact; anything else of an object stays behind. */
const FIELDS = ['phone', 'userId', 'parentUserId', 'name', 'language', 'timeZone'] as const;
/** Longer than any contact; what is cut off makes it wrong in any case. */
const LONGEST = 400;

/**
 * The entries of a do-not-call list in parts, numbered from 1. Of a text every line that is not empty, and of a line with
 * several columns (comma, semicolon or tab) the first. Read as far as it is asked for: a file of a million lines would
 * otherwise hold up everything else for seconds.
 *
 * @param size entries of a part
 */
export function* doNotCallParts(list: string | readonly unknown[], size: number): Generator<DoNotCallLine[]> {
  let part: DoNotCallLine[] = [];
  for (const entry of typeof list === 'string' ? linesOf(list) : contactsOf(list)) {
    part.push(entry);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

function* contactsOf(list: readonly unknown[]): Generator<DoNotCallLine> {
  for (let index = 0; index < list.length; index += 1) yield { line: index + 1, input: plain(list[index]) };
}

function* linesOf(text: string): Generator<DoNotCallLine> {
  const end = /\r\n|\n|\r/g;
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  for (let line = 1; from <= text.length; line += 1) {
    end.lastIndex = from;
    const found = end.exec(text);
    const to = found?.index ?? text.length;
    const input = firstColumn(text.slice(from, Math.min(to, from + LONGEST)));
    if (input !== '') yield { line, input };
    from = found === null ? text.length + 1 : end.lastIndex;
  }
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
