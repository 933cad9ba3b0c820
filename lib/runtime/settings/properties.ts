import { z } from 'zod';
import { flag, oneOf, text } from '../node-config.ts';

/** A table of the dialog: a list of rows, kept as JSON text. */
const rows = z.preprocess(
  (value) => {
    if (value === undefined || value === null || value === '') return [];
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      return undefined;
    }
  },
  z.array(z.record(z.string(), z.unknown()), 'must be a list of rows').max(100),
);

export const ACTIONS = ['read', 'change'] as const;

/** Properties of the settings node. `keep` changes nothing. */
export const SHAPE = {
  action: oneOf([...ACTIONS, 'message']),
  from: oneOf(['dialog', 'message']),
  settings: text('settings'),
  settingsType: text('msg'),
  status: oneOf(['keep', 'enabled', 'disabled']),
  visibility: oneOf(['keep', 'default', 'disable_all', 'hide_in_chat']),
  countries: oneOf(['keep', 'everybody', 'only']),
  countryList: text(),
  hours: oneOf(['keep', 'enabled', 'disabled']),
  changeWeek: flag(false),
  timeZone: text(),
  weekly: rows,
  changeHolidays: flag(false),
  holidays: rows,
  callback: oneOf(['keep', 'enabled', 'disabled']),
  codecs: oneOf(['keep', 'none', 'PCMA', 'PCMU', 'both']),
  voicemail: oneOf(['keep', 'enabled', 'disabled']),
  triggers: oneOf(['keep', 'reject', 'timeout', 'both']),
  timeoutSeconds: text(),
  announcement: text(),
  sip: oneOf(['keep', 'disabled']),
};
export type SettingsProperties = z.infer<z.ZodObject<typeof SHAPE>>;

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** The change that the dialog describes; checked by the provider adapter, like one from a message. */
export function patchOfDialog(node: SettingsProperties): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  if (node.status !== 'keep') patch.status = node.status;
  const icons = {
    ...(node.visibility === 'keep' ? {} : { visibility: node.visibility }),
    ...(node.countries === 'keep' ? {} : { countries: node.countries === 'only' ? words(node.countryList) : [] }),
  };
  if (Object.keys(icons).length > 0) patch.icons = icons;
  const hours = {
    ...(node.hours === 'keep' ? {} : { status: node.hours }),
    ...(node.changeWeek
      ? { weekly: weekOf(node.weekly), ...(node.timeZone === '' ? {} : { timeZone: node.timeZone }) }
      : {}),
    ...(node.changeHolidays ? { holidays: node.holidays } : {}),
  };
  if (Object.keys(hours).length > 0) patch.hours = hours;
  if (node.callback !== 'keep') patch.callbackPermission = node.callback;
  if (node.codecs !== 'keep') {
    patch.codecs = node.codecs === 'none' ? [] : node.codecs === 'both' ? ['PCMA', 'PCMU'] : [node.codecs];
  }
  const voicemail = {
    ...(node.voicemail === 'keep' ? {} : { status: node.voicemail }),
    ...(node.triggers === 'keep'
      ? {}
      : { triggers: node.triggers === 'both' ? ['reject', 'timeout'] : [node.triggers] }),
    ...(node.timeoutSeconds === '' ? {} : { timeoutSeconds: Number(node.timeoutSeconds) }),
    ...(node.announcement === '' ? {} : { announcementMediaId: node.announcement }),
  };
  if (Object.keys(voicemail).length > 0) patch.voicemail = voicemail;
  if (node.sip !== 'keep') patch.sip = { status: node.sip };
  return patch;
}

/**
 * The change that a message describes. What the node itself gives out may come back in, changed: what is *not set* there,
 * and the restrictions, which nobody can set, are no wishes.
 */
export function patchOfMessage(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      if (name === 'restrictions' || part === 'not_set' || part === undefined) return [];
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return [[name, part]];
      const inside = Object.entries(part).filter(([, one]) => one !== 'not_set' && one !== undefined);
      return inside.length === 0 ? [] : [[name, Object.fromEntries(inside)]];
    }),
  );
}

/** The table is the whole week: a day without a row is closed. */
function weekOf(table: Record<string, unknown>[]): Record<string, unknown> {
  const week: Record<string, unknown[]> = Object.fromEntries(DAYS.map((day) => [day, []]));
  for (const { day, ...range } of table) {
    const name = String(day);
    week[name] = [...(Object.hasOwn(week, name) ? (week[name] ?? []) : []), range];
  }
  return week;
}

function words(list: string): string[] {
  return list.split(/[\s,;]+/).filter((word) => word !== '');
}
