import type { Instant } from '../permission/model.ts';
import {
  type CallHours,
  type CallingSettings,
  type CallingSettingsPatch,
  DAYS,
  type Holiday,
  type OpenHours,
} from './calling-settings.ts';
import { isTimeZone } from './settings-patch.ts';

/** Limits of the call hours. Source: call settings page, 26 Jun 2026. */
const MOST_RANGES = 2;
const MOST_HOLIDAYS = 20;

export interface Merged {
  settings: CallingSettings;
  /** Sentences; empty: it can be written. */
  mistakes: string[];
  droppedHolidays: string[];
}

/**
 * What the settings are after a patch. Of nested objects only what is named changes; of the week only the days that are
 * named; lists are replaced.
 *
 * @param now ms since 1970 UTC: dates before today (in the schedule's zone) cannot be written
 */
export function mergeSettings(before: CallingSettings, patch: CallingSettingsPatch, now: Instant): Merged {
  const settings: CallingSettings = { ...before };
  if (patch.status !== undefined) settings.status = patch.status;
  if (patch.icons !== undefined) settings.icons = { ...before.icons, ...patch.icons };
  if (patch.callbackPermission !== undefined) settings.callbackPermission = patch.callbackPermission;
  if (patch.codecs !== undefined) settings.codecs = patch.codecs;
  if (patch.keyExchange !== undefined) settings.keyExchange = patch.keyExchange;
  if (patch.sip !== undefined) settings.sip = { ...before.sip, ...patch.sip };
  if (patch.voicemail !== undefined) {
    settings.voicemail = { status: 'disabled', triggers: [], ...before.voicemail, ...patch.voicemail };
  }
  const mistakes: string[] = [];
  const droppedHolidays: string[] = [];
  if (patch.hours !== undefined && !isNothing(before.hours, patch.hours)) {
    const hours = mergeHours(before.hours, patch.hours);
    const today = dateIn(hours.timeZone, now);
    const asked = [...(patch.hours.holidays ?? []), ...(patch.hours.addHolidays ?? [])];
    mistakes.push(...asked.filter(({ date }) => date < today).map(({ date }) => `the holiday ${date} is in the past`));
    // What lay in the list and has passed since would make WhatsApp refuse the whole change.
    droppedHolidays.push(...hours.holidays.filter(({ date }) => date < today).map(({ date }) => date));
    hours.holidays = hours.holidays.filter(({ date }) => date >= today);
    settings.hours = hours;
    mistakes.push(...hoursMistakes(hours));
  }
  if (
    patch.voicemail !== undefined &&
    settings.voicemail?.status === 'enabled' &&
    settings.voicemail.triggers.length === 0
  ) {
    mistakes.push('the voicemail needs a trigger: reject, timeout, or both');
  }
  return { settings, mistakes, droppedHolidays };
}

/** Nothing is named, or what was never set up is to be switched off. */
function isNothing(before: CallHours | undefined, patch: NonNullable<CallingSettingsPatch['hours']>): boolean {
  const names = Object.keys(patch);
  return names.length === 0 || (before === undefined && names.length === 1 && patch.status === 'disabled');
}

function mergeHours(before: CallHours | undefined, patch: NonNullable<CallingSettingsPatch['hours']>): CallHours {
  const { status, timeZone, weekly, holidays, addHolidays = [], removeHolidays = [] } = patch;
  const hours: CallHours = { ...(before ?? { status: 'disabled', weekly: {}, holidays: [] }) };
  if (status !== undefined) hours.status = status;
  if (timeZone !== undefined) hours.timeZone = timeZone;
  if (weekly !== undefined) {
    const week = { ...hours.weekly, ...weekly };
    hours.weekly = {};
    for (const day of DAYS) {
      const ranges = week[day] ?? [];
      if (ranges.length > 0) hours.weekly[day] = weekly[day] === undefined ? ranges : byTime(ranges);
    }
  }
  const gone = new Set([...removeHolidays, ...addHolidays.map(({ date }) => date)]);
  const kept = (holidays ?? hours.holidays).filter(({ date }) => !gone.has(date));
  hours.holidays = holidays === undefined && gone.size === 0 ? hours.holidays : inOrder([...kept, ...addHolidays]);
  return hours;
}

function hoursMistakes(hours: CallHours): string[] {
  const mistakes: string[] = [];
  if (hours.timeZone === undefined || !isTimeZone(hours.timeZone)) {
    mistakes.push('the call hours need a time zone such as America/Sao_Paulo');
  }
  if (DAYS.every((day) => (hours.weekly[day] ?? []).length === 0)) {
    mistakes.push('the call hours need at least one day with hours; to take calls at any time, disable them');
  }
  for (const day of DAYS) mistakes.push(...rangeMistakes(day, hours.weekly[day] ?? []));
  if (hours.holidays.length > MOST_HOLIDAYS) {
    mistakes.push(`there are ${hours.holidays.length} holidays, and at most ${MOST_HOLIDAYS} are possible`);
  }
  const seen = new Set<string>();
  for (const { date, from, to } of hours.holidays) {
    if (seen.has(date)) mistakes.push(`the holiday ${date} is there twice`);
    seen.add(date);
    if (from >= to) mistakes.push(`the holiday ${date} begins at ${from} and ends at ${to}; it must end later`);
  }
  return mistakes;
}

function rangeMistakes(day: string, ranges: OpenHours[]): string[] {
  const mistakes = ranges
    .filter(({ open, close }) => open >= close)
    .map(({ open, close }) => `on ${day} the hours ${open} to ${close} end before they begin`);
  if (ranges.length > MOST_RANGES) {
    mistakes.push(`${day} has ${ranges.length} times, and at most ${MOST_RANGES} a day are possible`);
  }
  const sorted = byTime(ranges);
  for (const [index, { open }] of sorted.entries()) {
    const earlier = sorted[index - 1];
    if (earlier !== undefined && open < earlier.close) mistakes.push(`on ${day} the hours overlap`);
  }
  return mistakes;
}

/** The date at a moment, where the schedule is; UTC if the zone is unknown. */
export function dateIn(zone: string | undefined, at: Instant): string {
  const timeZone = zone !== undefined && isTimeZone(zone) ? zone : 'UTC';
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

function byTime(ranges: OpenHours[]): OpenHours[] {
  return [...ranges].sort((a, b) => (a.open < b.open ? -1 : a.open > b.open ? 1 : 0));
}

function inOrder(holidays: Holiday[]): Holiday[] {
  return [...holidays].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
}
