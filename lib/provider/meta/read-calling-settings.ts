import { z } from 'zod';
import type { CallHours, CallingSettings, Day, Holiday, Restriction, Voicemail } from '../calling-settings.ts';
import { DAYS } from '../calling-settings.ts';
import { readInstant } from '../instant.ts';
import { transportError } from '../transport-error.ts';

/**
 * Meta's answer to `GET /{number}/settings` (call settings page, 26 Jun 2026), read tolerantly: whatever is missing is
 * *not set*, whatever is unreadable is left out of our words and kept in the raw groups, which are what is written back.
 */
export interface SettingsRead {
  settings: CallingSettings;
  /** The groups of `calling` as they came. */
  raw: Record<string, unknown>;
}

const loose = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const word = loose(z.string().min(1).max(128).toLowerCase());
const record = z.record(z.string(), z.unknown());
const items = loose(z.array(z.unknown()));

const reply = z.object({ calling: record });
const calling = z.object({
  status: word,
  call_icon_visibility: word,
  call_icons: loose(z.object({ restrict_to_user_countries: items })),
  call_hours: loose(
    z.object({ status: word, timezone_id: loose(z.string()), weekly_operating_hours: items, holiday_schedule: items }),
  ),
  callback_permission_status: word,
  srtp_key_exchange_protocol: word,
  audio: loose(z.object({ additional_codecs: items })),
  voicemail: loose(
    z.object({
      status: word,
      triggers: items,
      audio: loose(z.object({ default: loose(record) })),
    }),
  ),
  sip: loose(z.object({ status: word })),
  restrictions: loose(z.object({ restrictions_list: items })),
});

const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):?[0-5]\d$/)
  .transform((text) => `${text.slice(0, 2)}:${text.slice(-2)}`);
const weekly = z.object({
  day_of_week: z.string().toLowerCase().pipe(z.enum(DAYS)),
  open_time: clock,
  close_time: clock,
});
const otherDay = z.object({
  date: z.iso.date(),
  // Samples have start and end, the table has open and close.
  start_time: loose(clock),
  end_time: loose(clock),
  open_time: loose(clock),
  close_time: loose(clock),
});
const restriction = z.object({ type: z.string().min(1).max(256), reason: loose(z.string().max(500)) });

/** @throws ProviderError `provider_reply_unreadable` if there is no `calling` at all */
export function readSettingsReply(body: unknown): SettingsRead {
  const result = reply.safeParse(body);
  if (!result.success) {
    throw transportError('provider_reply_unreadable', 'unknown', {
      text: 'The provider’s answer lacks the call settings.',
    });
  }
  const raw = result.data.calling;
  const known = calling.parse(raw);
  const hours = known.call_hours && readHours(known.call_hours);
  const voicemail = known.voicemail && readVoicemail(known.voicemail);
  const settings: CallingSettings = {
    status: known.status ?? 'not_set',
    icons: {
      visibility: known.call_icon_visibility ?? 'not_set',
      countries: texts(known.call_icons?.restrict_to_user_countries).map((code) => code.toUpperCase()),
    },
    ...(hours === undefined ? {} : { hours }),
    callbackPermission: known.callback_permission_status ?? 'not_set',
    codecs: texts(known.audio?.additional_codecs).map((name) => name.toUpperCase()),
    ...(voicemail === undefined ? {} : { voicemail }),
    sip: { status: known.sip?.status ?? 'not_set' },
    keyExchange: known.srtp_key_exchange_protocol ?? 'not_set',
    restrictions: (known.restrictions?.restrictions_list ?? []).flatMap(readRestriction),
  };
  return { settings, raw };
}

function readHours(group: NonNullable<z.infer<typeof calling>['call_hours']>): CallHours {
  const week: Partial<Record<Day, { open: string; close: string }[]>> = {};
  for (const item of group.weekly_operating_hours ?? []) {
    const { data } = weekly.safeParse(item);
    if (data === undefined) continue;
    week[data.day_of_week] = [...(week[data.day_of_week] ?? []), { open: data.open_time, close: data.close_time }];
  }
  for (const ranges of Object.values(week)) ranges.sort((a, b) => (a.open < b.open ? -1 : 1));
  return {
    status: group.status ?? 'not_set',
    ...(group.timezone_id === undefined ? {} : { timeZone: group.timezone_id }),
    weekly: Object.fromEntries(DAYS.flatMap((day) => (week[day] === undefined ? [] : [[day, week[day]]]))),
    holidays: (group.holiday_schedule ?? []).flatMap((item) => readHoliday(item) ?? []),
  };
}

/** An entry of Meta's holiday list in our words; undefined if it cannot be read. */
export function readHoliday(item: unknown): Holiday | undefined {
  const { data } = otherDay.safeParse(item);
  const from = data?.start_time ?? data?.open_time;
  const to = data?.end_time ?? data?.close_time;
  return data === undefined || from === undefined || to === undefined ? undefined : { date: data.date, from, to };
}

function readVoicemail(group: NonNullable<z.infer<typeof calling>['voicemail']>): Voicemail {
  const { announcement_media_id: media, timeout_seconds: timeout } = group.audio?.default ?? {};
  const seconds = Number(timeout);
  return {
    status: group.status ?? 'not_set',
    triggers: texts(group.triggers).map((name) => name.toLowerCase()),
    ...(timeout !== undefined && timeout !== null && Number.isFinite(seconds) ? { timeoutSeconds: seconds } : {}),
    ...(typeof media === 'string' || typeof media === 'number' ? { announcementMediaId: String(media) } : {}),
  };
}

/** One that names no direction, or both, stops our calls too: in doubt, no call. */
function readRestriction(item: unknown): Restriction[] {
  const { data } = restriction.safeParse(item);
  if (data === undefined) return [];
  const until = readInstant((item as { expiration?: unknown }).expiration);
  return [
    {
      type: data.type,
      ...(data.reason === undefined ? {} : { reason: data.reason }),
      ...(until === undefined ? {} : { until }),
      outgoing: !/USER_INITIATED/i.test(data.type) || /(BIZ|BUSINESS)_INITIATED/i.test(data.type),
    },
  ];
}

function texts(list: unknown[] | undefined): string[] {
  return (list ?? []).filter((item): item is string => typeof item === 'string' && item !== '');
}
