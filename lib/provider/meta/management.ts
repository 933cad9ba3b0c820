import type { Instant } from '../../permission/model.ts';
import type { HttpClient } from '../http.ts';
import type { Provider } from '../provider.ts';
import { numberSettings } from './number-settings.ts';
import type { CheckedSettings } from './settings.ts';
import { metaTemplates } from './templates.ts';

/** What manages the number and its account. Templates are there if the account's id is known, or is not needed. */
export function management(
  http: HttpClient,
  { profile, phoneNumberId, wabaId }: CheckedSettings,
  now: () => Instant,
): Pick<Provider, 'settings' | 'templates'> {
  const { settings, templates } = profile.management;
  const path = (text: string): string =>
    text.replaceAll('{number}', phoneNumberId).replaceAll('{account}', wabaId ?? '');
  // A path without the account's id is a proxy's own, whose key is bound to the account.
  const known = templates !== undefined && (wabaId !== undefined || !templates.includes('{account}'));
  return {
    settings: numberSettings(http, path(settings), now),
    ...(known ? { templates: metaTemplates(http, path(templates)) } : {}),
  };
}
