import type { Instant } from '../permission/model.ts';

/** Below: seconds (until the year 5138). At or above: milliseconds (since 1973). Providers mix both. */
const FIRST_MILLISECONDS = 1e11;
/** November 2286. Later times are nonsense, and a permission must not live on nonsense. */
const LATEST = 1e13;

/**
 * Reads a provider's time: seconds or milliseconds, as number or string, or ISO 8601 (also with `+0000`).
 * @returns milliseconds since 1970-01-01 UTC, or undefined if it is no time
 */
export function readInstant(value: unknown): Instant | undefined {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,16}(\.\d{1,9})?$/.test(text)) return fromNumber(Number(text));
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return undefined;
  const parsed = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return inRange(parsed);
}

function fromNumber(value: number): Instant | undefined {
  return inRange(value < FIRST_MILLISECONDS ? Math.round(value * 1000) : Math.round(value));
}

function inRange(value: number): Instant | undefined {
  return Number.isFinite(value) && value > 0 && value < LATEST ? value : undefined;
}
