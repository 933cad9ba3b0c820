import { offsetAt } from '../../permission/local-time.ts';
import type { Instant } from '../../permission/model.ts';
import { readInstant } from '../instant-input.ts';
import { ReportableError } from '../reportable-error.ts';
import type { RecordSettings } from './properties.ts';

const DAY = 86_400_000;
const PERIODS = { day: DAY, week: 7 * DAY, month: 30 * DAY };

/**
 * When the calls began that are asked for: from a moment on, and before another. `today` and `yesterday` go by the calendar of
 * the node's time zone (of this machine if none is set), so a day is 23 or 25 hours long when clocks are moved.
 *
 * @param look reads `from` and `to`; only asked for a range
 * @throws ReportableError `property_invalid`, `period_invalid`
 */
export async function readRecordPeriod(
  settings: Pick<RecordSettings, 'period' | 'timeZone'>,
  look: (name: 'from' | 'to') => Promise<unknown>,
  now: Instant,
): Promise<{ from?: Instant; to?: Instant }> {
  const { period } = settings;
  switch (period) {
    case 'all':
      return {};
    case 'today':
    case 'yesterday': {
      const zone = settings.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone;
      const today = beginOfDay(zone, now);
      return period === 'today' ? { from: today } : { from: beginOfDay(zone, today - 1), to: today };
    }
    case 'range': {
      const from = readInstant(await look('from'), 'beginning of the period');
      const to = readInstant(await look('to'), 'end of the period');
      if (from !== undefined && to !== undefined && from >= to) {
        throw new ReportableError('period_invalid', 'The period ends before it begins. Correct "From" and "To".');
      }
      return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    }
    default:
      return { from: now - PERIODS[period], to: now };
  }
}

/** The first moment of the day that it is in a zone. Where the clock skips midnight, the hour before counts to the day. */
function beginOfDay(zone: string, at: Instant): Instant {
  const local = at + offsetAt(zone, at);
  const midnight = Math.floor(local / DAY) * DAY;
  const guess = midnight - offsetAt(zone, at);
  return midnight - offsetAt(zone, guess);
}
