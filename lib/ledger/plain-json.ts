/**
 * Whether a value can be written down as JSON of at most so many characters: no function, no stream, nothing circular, nothing
 * deeper than the stack. What JSON writes in its own way (a date, a buffer) is taken.
 */
export function isPlainJson(value: unknown, most: number): boolean {
  try {
    const text = JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part === 'function' || typeof part === 'symbol') throw new TypeError('no data');
      return part;
    });
    return text === undefined || text.length <= most;
  } catch {
    return false;
  }
}
