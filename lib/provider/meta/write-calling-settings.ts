import { isDeepStrictEqual } from 'node:util';
import { type CallHours, type CallingSettings, DAYS } from '../calling-settings.ts';
import { readHoliday } from './read-calling-settings.ts';

type Raw = Record<string, unknown>;

/**
 * The groups of `calling` to send, so that the number gets the merged settings. Meta replaces a group that is sent as a
 * whole and leaves the others alone (call settings page, 26 Jun 2026: call hours without `holiday_schedule` delete it). So
 * only groups that change are sent, each whole: our words over what was there, with what we do not know kept.
 *
 * @param raw the groups as read a moment ago
 * @param merged what they shall be
 * @param paths what differs between the two, as `differingPaths` has it
 * @returns empty if all is so already
 */
export function groupsToWrite(raw: Raw, merged: CallingSettings, paths: ReadonlySet<string>): Raw {
  const groups: Raw = {};
  const differs = (start: string): boolean => [...paths].some((path) => path.startsWith(start));
  if (differs('status')) groups.status = upper(merged.status);
  if (differs('icons.visibility')) groups.call_icon_visibility = upper(merged.icons.visibility);
  if (differs('icons.countries')) {
    groups.call_icons = { ...item(raw.call_icons), restrict_to_user_countries: merged.icons.countries };
  }
  if (differs('hours.') && merged.hours !== undefined) {
    groups.call_hours = hoursGroup(item(raw.call_hours), merged.hours, differs('hours.weekly.'));
  }
  if (differs('callbackPermission')) groups.callback_permission_status = upper(merged.callbackPermission);
  if (differs('keyExchange')) groups.srtp_key_exchange_protocol = upper(merged.keyExchange);
  if (differs('codecs')) groups.audio = { ...item(raw.audio), additional_codecs: merged.codecs };
  if (differs('voicemail.') && merged.voicemail !== undefined) {
    groups.voicemail = voicemailGroup(item(raw.voicemail), merged.voicemail);
  }
  // What was never set up is off.
  if (differs('sip.') && raw.sip !== undefined) groups.sip = sipGroup(item(raw.sip), merged.sip.status);
  return groups;
}

function hoursGroup(before: Raw, hours: CallHours, newWeek: boolean): Raw {
  const weekly =
    !newWeek && Array.isArray(before.weekly_operating_hours)
      ? before.weekly_operating_hours
      : DAYS.flatMap((day) =>
          (hours.weekly[day] ?? []).map(({ open, close }) => ({
            day_of_week: upper(day),
            open_time: hhmm(open),
            close_time: hhmm(close),
          })),
        );
  return {
    ...before,
    status: upper(hours.status === 'not_set' ? 'disabled' : hours.status),
    timezone_id: hours.timeZone,
    weekly_operating_hours: weekly,
    // Always there: without it Meta deletes the list.
    holiday_schedule: hours.holidays.map((holiday) => {
      const known = list(before.holiday_schedule).find((one) => isDeepStrictEqual(readHoliday(one), holiday));
      return known ?? { date: holiday.date, start_time: hhmm(holiday.from), end_time: hhmm(holiday.to) };
    }),
  };
}

function voicemailGroup(before: Raw, voicemail: NonNullable<CallingSettings['voicemail']>): Raw {
  const { status, triggers, timeoutSeconds, announcementMediaId } = voicemail;
  const audio = item(before.audio);
  const sound = {
    ...item(audio.default),
    ...(announcementMediaId === undefined ? {} : { announcement_media_id: mediaId(announcementMediaId) }),
    ...(timeoutSeconds === undefined ? {} : { timeout_seconds: timeoutSeconds }),
  };
  return {
    ...before,
    status: upper(status),
    triggers: triggers.map(upper),
    ...(Object.keys(sound).length > 0 ? { audio: { ...audio, default: sound } } : {}),
  };
}

/** Without what Meta adds when it is read, the SIP password among it. */
function sipGroup(before: Raw, status: string): Raw {
  const servers = list(before.servers).map((server) => without(item(server), ['app_id', 'sip_user_password']));
  return {
    ...without(before, ['app_id', 'sip_user_password']),
    status: upper(status),
    ...(servers.length > 0 ? { servers } : {}),
  };
}

/** Meta's sample has a number here; ids beyond the exact range of numbers stay text. */
function mediaId(id: string): number | string {
  return Number.isSafeInteger(Number(id)) && String(Number(id)) === id ? Number(id) : id;
}

function without(value: Raw, names: string[]): Raw {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function item(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

const upper = (text: string): string => text.toUpperCase();
const hhmm = (time: string): string => time.replace(':', '');
