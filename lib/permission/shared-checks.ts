import { countryOf } from './country.ts';
import type { Instant, PairSnapshot, Reason } from './model.ts';
import type { Profile } from './profile.ts';
import { reasonFor } from './reason-text.ts';

/**
 * What forbids requests and calls alike, in the order in which people should hear of it: an opt-out precedes everything,
 * then what no permission could change.
 */
export function sharedRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Reason | undefined {
  if (snapshot.doNotCall !== undefined) return reasonFor('do_not_call');
  const { contact, businessNumber, number } = snapshot;
  if (contact.phone === undefined && contact.userId === undefined && contact.parentUserId === undefined) {
    return reasonFor('contact_invalid');
  }
  const country = countryOf(businessNumber.phone);
  if (country !== undefined && profile.countries.excluded.includes(country)) {
    return reasonFor('country_not_supported', { rule: profile.countries.rule, name: country });
  }
  if (number.restrictedUntil !== undefined && now < number.restrictedUntil + profile.skewMs) {
    return reasonFor('number_restricted', {
      nextAllowedAt: number.restrictedUntil + profile.skewMs,
      ...(number.restriction === undefined ? {} : { name: number.restriction }),
    });
  }
  return undefined;
}
