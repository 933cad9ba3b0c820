import { contactCountry } from './contact-zones.ts';
import { countryOf } from './country.ts';
import type { Judged } from './judged.ts';
import type { Instant, PairSnapshot } from './model.ts';
import type { Profile } from './profile.ts';
import { judgeTerritories } from './territory.ts';

/**
 * What forbids requests and calls alike, in the order in which people should hear of it: an opt-out precedes everything,
 * then what no permission could change.
 */
export function sharedChecks(snapshot: PairSnapshot, profile: Profile, now: Instant): Judged[] {
  return [
    snapshot.doNotCall === undefined ? {} : { refusal: { code: 'do_not_call', facts: {} } },
    identity(snapshot),
    businessCountry(snapshot, profile),
    contactsCountry(snapshot, profile) ?? {},
    ...judgeTerritories(snapshot, profile),
    restriction(snapshot, profile, now),
  ];
}

function identity({ contact }: PairSnapshot): Judged {
  if (contact.phone !== undefined || contact.userId !== undefined || contact.parentUserId !== undefined) return {};
  return { refusal: { code: 'contact_invalid', facts: {} } };
}

function businessCountry({ businessNumber }: PairSnapshot, { countries }: Profile): Judged {
  const country = countryOf(businessNumber.phone);
  if (country === undefined || !countries.excluded.includes(country)) return {};
  return { refusal: { code: 'country_not_supported', facts: { rule: countries.rule, name: country } } };
}

/** The user's own rule: WhatsApp lets people of every country be called. */
export function contactsCountry({ contact }: PairSnapshot, { contactCountries }: Profile): Judged | undefined {
  if (contactCountries === undefined) return undefined;
  const { rule, excluded } = contactCountries;
  const country = contactCountry(contact);
  const judged: Judged = { limit: { rule, allowed: 1, used: 0 } };
  if (country === undefined || !excluded.includes(country)) return judged;
  return {
    limit: { rule, allowed: 1, used: 1 },
    refusal: { code: 'contact_country_excluded', facts: { rule, name: country } },
  };
}

function restriction({ number }: PairSnapshot, profile: Profile, now: Instant): Judged {
  if (number.restrictedUntil === undefined || now >= number.restrictedUntil + profile.skewMs) return {};
  return {
    refusal: {
      code: 'number_restricted',
      facts: {
        nextAllowedAt: number.restrictedUntil + profile.skewMs,
        ...(number.restriction === undefined ? {} : { name: number.restriction }),
      },
    },
  };
}
