/** Kept as JSON, which can hold every text, and never looked for. */
const CONTENT = new Set(['origin', 'raw', 'text', 'payload']);

/** PostgreSQL cannot hold the character NUL, nor halves of characters; neither means anything in a text of ours. */
export function text(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Makes names and ids in an operation's arguments what PostgreSQL can hold. */
export function cleanTexts(holder: object): void {
  for (const [key, value] of Object.entries(holder)) {
    if (CONTENT.has(key)) continue;
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) (holder as Record<string, unknown>)[key] = text(value);
    } else if (typeof value === 'object' && value !== null) cleanTexts(value);
  }
}
