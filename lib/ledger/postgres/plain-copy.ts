import { LedgerError } from '../ledger.ts';
import { text } from './columns.ts';

/** Kept as JSON, which can hold every text, and never looked for. */
const CONTENT = new Set(['origin', 'raw', 'text', 'payload']);

/**
 * A copy of an operation's arguments: it runs later, when they may have been changed. Names and ids become what PostgreSQL can hold.
 * @throws LedgerError `bad_input` for functions, streams and the like
 */
export function plainCopy(args: unknown[]): unknown[] {
  let copy: unknown[];
  try {
    copy = structuredClone(args);
  } catch {
    throw new LedgerError(
      'bad_input',
      'The ledger cannot store this: it holds a function, a stream or another live object.',
      'Pass plain data only (texts, numbers, lists, objects).',
    );
  }
  cleanIn(copy);
  return copy;
}

function cleanIn(holder: object): void {
  for (const [key, value] of Object.entries(holder)) {
    if (CONTENT.has(key)) continue;
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) (holder as Record<string, unknown>)[key] = text(value);
    } else if (typeof value === 'object' && value !== null) cleanIn(value);
  }
}
