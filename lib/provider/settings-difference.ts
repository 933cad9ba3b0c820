import { isDeepStrictEqual } from 'node:util';
import { type CallingSettings, DAYS } from './calling-settings.ts';

/**
 * Settings as a flat list of what can change by itself: `hours.weekly.monday`, `icons.countries`. Restrictions are not
 * among them: nobody sets them.
 */
export function settingPaths(settings: CallingSettings): Map<string, unknown> {
  const { hours, voicemail } = settings;
  const weekly = DAYS.map((day) => [`hours.weekly.${day}`, hours?.weekly[day] ?? []] as const);
  return new Map<string, unknown>([
    ['status', settings.status],
    ['icons.visibility', settings.icons.visibility],
    // The order of these lists means nothing.
    ['icons.countries', [...settings.icons.countries].sort()],
    ['hours.status', hours?.status ?? 'not_set'],
    ['hours.timeZone', hours?.timeZone],
    ...weekly,
    ['hours.holidays', hours?.holidays ?? []],
    ['callbackPermission', settings.callbackPermission],
    ['codecs', [...settings.codecs].sort()],
    ['voicemail.status', voicemail?.status ?? 'not_set'],
    ['voicemail.triggers', [...(voicemail?.triggers ?? [])].sort()],
    ['voicemail.timeoutSeconds', voicemail?.timeoutSeconds],
    ['voicemail.announcementMediaId', voicemail?.announcementMediaId],
    ['sip.status', settings.sip.status],
    ['keyExchange', settings.keyExchange],
  ]);
}

/** Paths at which two settings differ. */
export function differingPaths(one: CallingSettings, other: CallingSettings): string[] {
  const others = settingPaths(other);
  return [...settingPaths(one)].flatMap(([path, value]) => (isDeepStrictEqual(value, others.get(path)) ? [] : [path]));
}
