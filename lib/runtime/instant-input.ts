import type { Instant } from '../permission/model.ts';
import { ReportableError } from './reportable-error.ts';

/** A date, a time and where that time is meant. Without the last, every machine would understand another moment. */
const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Reads a moment from a message: ISO 8601 with `Z` or an offset, milliseconds since 1970 as Node-RED's Inject gives them, or a
 * Date. Nothing there is `undefined`.
 *
 * @param name what the value is, for the error's sentence
 * @throws ReportableError `property_invalid`
 */
export function readInstant(value: unknown, name: string): Instant | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'string' ? value.trim() : '';
  const at =
    value instanceof Date
      ? value.getTime()
      : ISO_WITH_ZONE.test(text)
        ? Date.parse(text)
        : typeof value === 'number'
          ? value
          : Number.NaN;
  // Seconds taken for milliseconds would be a day in January 1970.
  if (Number.isFinite(at) && at >= 31_536_000_000 && at <= 8.64e15) return at;
  throw new ReportableError(
    'property_invalid',
    `The ${name} is no point in time. Give it like 2026-11-20T15:00:00Z, with Z or an offset, or in milliseconds since 1970.`,
  );
}
