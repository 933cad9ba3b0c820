import { z } from 'zod';
import type { CallingSettingsPatch } from './calling-settings.ts';
import { DAYS } from './calling-settings.ts';

const onOff = z.enum(['enabled', 'disabled'], 'must be enabled or disabled');
const zone = z
  .string('must be a time zone such as America/Sao_Paulo')
  .trim()
  .refine(isTimeZone, 'is no time zone such as America/Sao_Paulo');
/** `9:00`, `09:00` and Meta's `0900` are the same time. */
const time = z
  .string('must be a time such as 09:00')
  .trim()
  .regex(/^([01]?\d|2[0-3]):?[0-5]\d$/, 'must be a time from 00:00 to 23:59, such as 09:00')
  .transform((text) => {
    const digits = text.replace(':', '').padStart(4, '0');
    return `${digits.slice(0, 2)}:${digits.slice(2)}`;
  });
const date = z.iso.date('must be a date such as 2026-12-25');
const range = z.strictObject({ open: time, close: time });
const holiday = z.strictObject({ date, from: time.default('00:00'), to: time.default('23:59') });
const country = z
  .string('must be a country code such as BR')
  .trim()
  .toUpperCase()
  .refine(isCountry, 'is no country code of two letters such as BR');

const SIP = 'can only be disabled here: with SIP on, calls cannot be made or taken through the API';

const patch = z.strictObject(
  {
    status: onOff.optional(),
    icons: z
      .strictObject({
        visibility: z
          .enum(['default', 'disable_all', 'hide_in_chat'], 'must be default, disable_all or hide_in_chat')
          .optional(),
        countries: z.array(country, 'must be a list of country codes').max(300).transform(unique).optional(),
      })
      .optional(),
    hours: z
      .strictObject({
        status: onOff.optional(),
        timeZone: zone.optional(),
        weekly: z.partialRecord(z.enum(DAYS), z.array(range, 'must be a list of hours')).optional(),
        holidays: z.array(holiday, 'must be a list of dates').optional(),
        addHolidays: z.array(holiday, 'must be a list of dates').optional(),
        removeHolidays: z.array(date, 'must be a list of dates').optional(),
      })
      .optional(),
    callbackPermission: onOff.optional(),
    codecs: z
      .array(z.enum(['PCMA', 'PCMU'], 'must be PCMA or PCMU; Opus is always on'), 'must be a list')
      .transform(unique)
      .optional(),
    voicemail: z
      .strictObject({
        status: onOff.optional(),
        triggers: z
          .array(z.enum(['reject', 'timeout'], 'must be reject or timeout'), 'must be a list')
          .transform(unique)
          .optional(),
        timeoutSeconds: z
          .number('must be a number')
          .int('must be whole')
          .min(0)
          .max(30, 'must be at most 30')
          .optional(),
        announcementMediaId: z
          .string()
          .trim()
          .regex(/^\d{1,32}$/, 'must be the id (digits) of an uploaded sound')
          .optional(),
      })
      .optional(),
    sip: z.strictObject({ status: z.literal('disabled', SIP) }).optional(),
    keyExchange: z.literal('dtls', 'can only be dtls here: it is what the audio of this palette speaks').optional(),
  },
  'must be an object such as { "status": "enabled" }',
);

/**
 * Reads a patch from outside.
 * @returns the patch, or one sentence per mistake
 */
export function readPatch(value: unknown): { patch: CallingSettingsPatch } | { mistakes: string[] } {
  const result = patch.safeParse(value);
  if (result.success) return { patch: withoutUndefined(result.data) as CallingSettingsPatch };
  return {
    mistakes: result.error.issues.map((issue) => {
      const at = issue.path.map(String).join('.').slice(0, 60);
      if (issue.code === 'unrecognized_keys') {
        const names = issue.keys.map((key) => (at === '' ? key : `${at}.${key}`).slice(0, 60));
        return `there is no setting ${names.join(', ')}`;
      }
      return `${at || 'the settings'} ${plain(issue.message)}`;
    }),
  };
}

/** The library's own words begin with a capital; ours with a verb. */
function plain(message: string): string {
  return /^[A-Z]/.test(message) ? `cannot be used (${message})` : message;
}

/** Whether this system knows the IANA zone. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 are zones to the system, but not to WhatsApp.
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && regions.of(code) !== undefined;
}

function unique<T>(list: T[]): T[] {
  return [...new Set(list)];
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, withoutUndefined(part)]])),
  );
}
