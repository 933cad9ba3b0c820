import type { Instant } from './model.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A format costs some 50 µs to make and 30 kB to keep; there are about 420 zones. */
const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/** The clock of a zone, or undefined if there is no such zone. What a contact carries was checked once, perhaps by a newer system. */
function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined || formats.has(zone)) return known;
  if (formats.size >= 1000) formats.clear();
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    format = undefined;
  }
  formats.set(zone, format);
  return format;
}

/** Whether this system knows the IANA zone. */
export function isZone(zone: string): boolean {
  return formatOf(zone) !== undefined;
}

/** Per zone, the offset of one whole hour of UTC; absent within an hour in which the clock is moved. */
const hours = new Map<string, { hour: Instant; offset: number | undefined }>();

/**
 * How far the clock of a zone is ahead of UTC at a moment, in milliseconds (negative: behind).
 *
 * @throws RangeError if there is no such zone
 */
export function offsetAt(zone: string, at: Instant): number {
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  let known = hours.get(zone);
  if (known?.hour !== hour) {
    // Reading a clock costs 8 µs, and a country may have 29 of them.
    const offset = readOffset(zone, hour);
    known = { hour, offset: readOffset(zone, hour + HOUR_MS) === offset ? offset : undefined };
    if (hours.size >= 1000) hours.clear();
    hours.set(zone, known);
  }
  return known.offset ?? readOffset(zone, at);
}

function readOffset(zone: string, at: Instant): number {
  const format = formatOf(zone);
  if (format === undefined) throw new RangeError('unknown time zone');
  const second = Math.floor(at / 1000) * 1000;
  const read: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(second)) read[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = read;
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

/**
 * The first moment in (from, until] at which the clock of a zone is moved, or undefined if it is not. Two moves within one
 * day that cancel each other out would be overlooked; no zone does that.
 */
export function nextClockChange(zone: string, from: Instant, until: Instant): Instant | undefined {
  const offset = offsetAt(zone, from);
  for (let low = from; low < until; ) {
    let high = Math.min(low + DAY_MS, until);
    if (readOffset(zone, high) === offset) {
      low = high;
      continue;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (readOffset(zone, middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
  return undefined;
}
