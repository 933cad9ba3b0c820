/** Meta sends up to 3 MB in one webhook (webhook guide, 21 Apr 2026). */
export const MAX_JSON_BYTES = 3 * 1024 * 1024;
/** Meta's deepest payload has 12 levels; 200,000 levels fit in 400 kB and would block the event loop. */
export const MAX_JSON_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DANGEROUS_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Why bytes from outside were not read as JSON. */
export class JsonError extends Error {
  readonly code: 'json_invalid' | 'json_too_deep' | 'json_too_large';
  constructor(code: JsonError['code'], message: string) {
    super(message);
    this.name = 'JsonError';
    this.code = code;
  }
}

/**
 * Reads JSON from outside: size and depth are checked on the bytes before the parser runs, and keys that a later merge
 * would write into a prototype are left out. Throws `JsonError`, whose message never quotes the input.
 */
export function parseJson(bytes: Buffer, maxBytes: number = MAX_JSON_BYTES): unknown {
  if (bytes.length > maxBytes) throw new JsonError('json_too_large', `The body has more than ${maxBytes} bytes.`);
  if (isDeeperThan(bytes, MAX_JSON_DEPTH)) {
    throw new JsonError('json_too_deep', `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  let value: unknown;
  try {
    // A byte order mark is no JSON but some gateways send one.
    value = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new JsonError('json_invalid', 'The body is not JSON.');
  }
  dropDangerousKeys(value);
  return value;
}

/** Brackets inside strings do not count. ASCII bytes never occur inside a UTF-8 sequence, so bytes are enough. */
function isDeeperThan(bytes: Buffer, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

function dropDangerousKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) dropDangerousKeys(item);
    return;
  }
  for (const key of DANGEROUS_KEYS) {
    if (Object.hasOwn(value, key)) delete (value as Record<string, unknown>)[key];
  }
  for (const key of Object.keys(value)) dropDangerousKeys((value as Record<string, unknown>)[key]);
}
