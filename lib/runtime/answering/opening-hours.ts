import { isZone, offsetAt } from '../../permission/local-time.ts';
import type { Instant } from '../../permission/model.ts';
import { ReportableError } from '../reportable-error.ts';

/** Names of the weekdays in a node's settings, as `Date.getUTCDay` counts them. */
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Minutes since midnight on the wall clock; `to` is not in it. */
interface Span {
  from: number;
  to: number;
}

/** When a business takes calls, by the clock on its wall. */
export interface OpeningHours {
  zone: string;
  /** From Sunday. */
  week: Span[][];
  /** By date (`2026-12-25`): what holds instead of the week; nothing means closed. */
  holidays: Map<string, Span[]>;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** An opening further away than this is none. */
const HORIZON_DAYS = 400;

/**
 * Reads what a node's dialog holds.
 *
 * @param week per weekday times such as `09:00-12:30, 14:00-18:00`; empty: closed
 * @param holidays lines such as `2026-12-25` (closed) or `2026-12-24 09:00-12:00`; what follows `#` is a remark
 * @param zone IANA name; empty: the clock of this system
 * @throws ReportableError `hours_invalid`
 */
export function readOpeningHours(week: Partial<Record<Weekday, string>>, holidays: string, zone: string): OpeningHours {
  const name = zone === '' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
  if (!isZone(name)) throw invalid(`there is no time zone "${zone.slice(0, 60)}"`);
  return {
    zone: name,
    week: WEEKDAYS.map((day) => readSpans(week[day] ?? '', day)),
    holidays: new Map(holidays.split(/\r?\n/).flatMap(readHoliday)),
  };
}

/** @returns `holiday`: closed on a day that is in the list of holidays */
export function isOpen(hours: OpeningHours, at: Instant): 'open' | 'closed' | 'holiday' {
  const local = new Date(at + offsetAt(hours.zone, at));
  const special = hours.holidays.get(dateOf(local));
  const spans = special ?? hours.week[local.getUTCDay()] ?? [];
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  if (spans.some(({ from, to }) => minute >= from && minute < to)) return 'open';
  return special === undefined ? 'closed' : 'holiday';
}

/** When the business opens again; `at` itself if it is open; undefined if it never does. */
export function nextOpening(hours: OpeningHours, at: Instant): Instant | undefined {
  if (isOpen(hours, at) === 'open') return at;
  const midnight = Math.floor((at + offsetAt(hours.zone, at)) / DAY_MS) * DAY_MS;
  for (let day = 0; day < HORIZON_DAYS; day += 1) {
    const date = new Date(midnight + day * DAY_MS);
    const spans = hours.holidays.get(dateOf(date)) ?? hours.week[date.getUTCDay()] ?? [];
    for (const { from } of spans) {
      const opens = instantOf(hours.zone, date.getTime() + from * MINUTE_MS);
      if (opens > at) return opens;
    }
  }
  return undefined;
}

/** A wall clock's time as a moment. One that is skipped in spring is the moment of the change. */
function instantOf(zone: string, local: number): Instant {
  const guess = local - offsetAt(zone, local);
  return local - offsetAt(zone, guess);
}

function dateOf(local: Date): string {
  return local.toISOString().slice(0, 10);
}

function readHoliday(line: string): [string, Span[]][] {
  const text = line.replace(/#.*$/, '').trim();
  if (text === '') return [];
  const [date = '', ...rest] = text.split(/\s+/);
  const real = /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00Z`) : undefined;
  if (real === undefined || Number.isNaN(real.getTime()) || dateOf(real) !== date)
    throw invalid(`"${text.slice(0, 40)}" does not begin with a date such as 2026-12-25`);
  return [[date, readSpans(rest.join(' '), date)]];
}

function readSpans(text: string, where: string): Span[] {
  const spans = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => readSpan(part, where))
    .sort((one, other) => one.from - other.from);
  for (const [index, span] of spans.entries()) {
    const before = spans[index - 1];
    if (before !== undefined && span.from < before.to) throw invalid(`the times of ${where} overlap`);
  }
  return spans;
}

function readSpan(text: string, where: string): Span {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const isTime = Number(fromMinute) < 60 && Number(toMinute) < 60 && to <= DAY_MINUTES && from < to;
  if (!isTime) throw invalid(`"${text.slice(0, 40)}" of ${where} is not like 09:00-18:00`);
  return { from, to };
}

function invalid(why: string): ReportableError {
  return new ReportableError('hours_invalid', `The hours cannot be used: ${why}. Open the node and correct them.`);
}
