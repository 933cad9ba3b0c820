import type { Check } from '../check.ts';
import { fail, ok, unknown, warn } from '../finding.ts';

/** Until when each version of Meta's API lives (versions page, as of 20 Nov 2026). Older ones are gone. */
const ENDS: Readonly<Record<string, string>> = {
  'v21.0': '2027-01-21',
  'v22.0': '2027-05-20',
  'v23.0': '2027-10-08',
  'v24.0': '2028-02-18',
  'v25.0': '2028-07-29',
};
const OLDEST = 21;
const SOON_MS = 60 * 86_400_000;

export const apiVersion: Check = {
  name: 'API version',
  async run({ apiVersion: version, provider, now }) {
    if (version === undefined || provider === 'simulator') return [];
    const major = Number(/^v(\d+)\.\d+$/.exec(version)?.[1]);
    const end = ENDS[version];
    if (major < OLDEST || (end !== undefined && now() >= Date.parse(end)))
      return [
        fail(
          'api_version_expired',
          `The API version ${version} has expired.`,
          'Meta answers with a newer version, or not at all.',
          'Empty the field "API version" to use the one that this package is tested with.',
        ),
      ];
    if (end === undefined)
      return [
        unknown(
          'api_version_unseen',
          `The API version ${version} is newer than this package.`,
          'It was not tested with it.',
          'Empty the field "API version" if something does not work.',
        ),
      ];
    if (Date.parse(end) - now() < SOON_MS)
      return [
        warn(
          'api_version_ends',
          `The API version ${version} ends on ${end}.`,
          'Meta turns versions off after two years.',
          'Empty the field "API version" to use the one that this package is tested with.',
        ),
      ];
    return [ok('api_version', `The API version ${version} lives until ${end}.`, 'Meta’s list of versions.')];
  },
};
