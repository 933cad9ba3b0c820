import type { z } from 'zod';
import type { Instant, PermissionStatus } from '../../permission/model.ts';
import { readInstant } from '../instant-input.ts';
import { flag, number, oneOf, text } from '../node-config.ts';
import { ownProperty } from '../own-property.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

/** What the permission node can do. */
export const ACTIONS = [
  'lookup',
  'list',
  'refresh',
  'release',
  'doNotCall',
  'importDoNotCall',
  'export',
  'verify',
  'erase',
  'statistics',
] as const;
export type Action = (typeof ACTIONS)[number];
const STATUSES = ['granted', 'pending', 'denied', 'not_requested'] as const satisfies PermissionStatus[];
const FORMATS = ['jsonl', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Properties of the permission node. `message` leaves a choice to the property of the message with the same name. */
export const SHAPE = {
  action: oneOf([...ACTIONS, 'message']),
  contact: text('contact'),
  contactType: text('msg'),
  purpose: text('purpose'),
  purposeType: text('msg'),
  status: oneOf(['any', ...STATUSES, 'message']),
  limit: number(100, { min: 1, max: 1_000 }),
  template: text(),
  templateType: text('str'),
  period: oneOf(['all', 'day', 'week', 'month', 'range']),
  from: text('from'),
  fromType: text('msg'),
  to: text('to'),
  toType: text('msg'),
  format: oneOf([...FORMATS, 'message']),
  unmasked: flag(false),
  source: text('source'),
  sourceType: text('msg'),
  list: text('payload'),
  listType: text('msg'),
  country: text().refine((value) => /^([A-Za-z]{2})?$/.test(value), 'must be two letters, such as BR, or empty'),
  confirm: flag(false),
};
export type PermissionSettings = z.infer<z.ZodObject<typeof SHAPE>>;
/** Properties that may lie in the message or elsewhere. */
export type Located = 'contact' | 'purpose' | 'template' | 'from' | 'to' | 'source' | 'list';

const DAY = 86_400_000;
const PERIODS = { day: DAY, week: 7 * DAY, month: 30 * DAY };

/**
 * The status that a list is about; undefined for all.
 *
 * @throws ReportableError `status_unknown`
 */
export function readStatus(settings: PermissionSettings, msg: object): PermissionStatus | undefined {
  if (settings.status === 'any') return undefined;
  if (settings.status !== 'message') return settings.status;
  const value = ownProperty(msg, 'status');
  if (value === undefined || value === null || value === '') return undefined;
  // People write what they see: "Not requested".
  const wanted = asText(value)
    .slice(0, 40)
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  const found = STATUSES.find((status) => status === wanted);
  if (found !== undefined) return found;
  throw new ReportableError(
    'status_unknown',
    `msg.status must be one of ${STATUSES.join(', ')}, or missing for everybody.`,
  );
}

/** @throws ReportableError `format_unknown` */
export function readFormat(settings: PermissionSettings, msg: object): Format {
  if (settings.format !== 'message') return settings.format;
  const value = ownProperty(msg, 'format');
  if (value === undefined || value === null || value === '') return 'jsonl';
  const found = FORMATS.find((format) => format === value);
  if (found !== undefined) return found;
  throw new ReportableError('format_unknown', 'msg.format must be jsonl or csv.');
}

/**
 * Where a list goes on: `msg.next` as the page before gave it.
 *
 * @throws ReportableError `next_invalid`
 */
export function readNext(msg: object): number | undefined {
  const value = ownProperty(msg, 'next');
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ReportableError(
    'next_invalid',
    'msg.next is not what a list of this node gave. Pass it on unchanged, or delete it to begin at the first page.',
  );
}

/**
 * The period that figures or an export are about.
 *
 * @param look reads `from` and `to`; only asked for a range
 * @throws ReportableError `property_invalid`, `period_invalid`
 */
export async function readPeriod(
  settings: PermissionSettings,
  look: (name: 'from' | 'to') => Promise<unknown>,
  now: Instant,
): Promise<{ from?: Instant; to?: Instant }> {
  if (settings.period === 'all') return {};
  if (settings.period !== 'range') return { from: now - PERIODS[settings.period], to: now };
  const from = readInstant(await look('from'), 'beginning of the period');
  const to = readInstant(await look('to'), 'end of the period');
  if (from !== undefined && to !== undefined && from >= to) {
    throw new ReportableError('period_invalid', 'The period ends before it begins. Correct "From" and "To".');
  }
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** Longest "who and why" that the ledger keeps. */
const LONGEST_SOURCE = 256;

/**
 * Who lists or releases somebody, and why.
 *
 * @param fallback used if there is nothing; without one it has to be said
 * @throws ReportableError `source_missing`, `source_invalid`
 */
export function readSource(value: unknown, fallback?: string): string {
  const source = asText(value);
  if (source.length > LONGEST_SOURCE) {
    throw new ReportableError(
      'source_invalid',
      `Who and why (msg.source) may have at most ${LONGEST_SOURCE} characters.`,
    );
  }
  if (source !== '') return source;
  if (fallback !== undefined) return fallback;
  throw new ReportableError(
    'source_missing',
    'Say in msg.source who lifts this opt-out and why, for example "Maria, asked by phone to be called again". It is kept in the audit.',
  );
}
