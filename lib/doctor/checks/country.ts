import { countryOf } from '../../permission/country.ts';
import { META_2026 } from '../../permission/rules.ts';
import type { Check } from '../check.ts';
import { textOf } from '../facts.ts';
import { fail, ok, unknown } from '../finding.ts';

/** Whether business numbers of this country may call. */
export const country: Check = {
  name: 'Country',
  async run({ businessPhone }, facts) {
    const answer = await facts.number();
    const told = answer.ok ? textOf(answer.body.display_phone_number)?.replace(/\D/g, '') : undefined;
    const code = countryOf(told || businessPhone);
    if (code === undefined)
      return [
        unknown(
          'country_unseen',
          'The country of the number is not known.',
          'The number has no country code that says it.',
          'Enter the number with its country code.',
        ),
      ];
    const { excluded, rule } = META_2026.countries;
    if (excluded.includes(code))
      return [
        fail(
          'country_not_supported',
          `Business numbers of ${code} may not call people.`,
          `${rule.source}, ${rule.date}. People may call such a number.`,
          'Use a number of another country, or let people call you by a call button.',
        ),
      ];
    return [ok('country', `Business numbers of ${code} may call.`, `${rule.source}, ${rule.date}.`)];
  },
};
