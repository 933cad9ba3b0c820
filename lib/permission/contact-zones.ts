import { countryOf } from './country.ts';
import { isZone } from './local-time.ts';
import type { Contact } from './model.ts';

/** Of newer systems the method, of older ones the property of the same content. */
interface RegionLocale {
  getTimeZones?(): string[] | undefined;
  timeZones?: string[];
}

/** The country a person's number or user id names, as ISO 3166 code. */
export function contactCountry(contact: Contact): string | undefined {
  const byPhone = contact.phone === undefined ? undefined : countryOf(contact.phone);
  // User ids begin with the country of the person (meta-cloud-api.md §5.12).
  return byPhone ?? contact.userId?.slice(0, 2) ?? contact.parentUserId?.slice(0, 2);
}

const zonesByCountry = new Map<string, readonly string[]>();

/**
 * The time zones that a contact may be in: the one it names, else all of its country. Empty: nothing is known.
 * Which zones a country has is the system's own knowledge (Unicode's region data), like the clocks themselves.
 */
export function contactZones(contact: Contact): readonly string[] {
  if (contact.timeZone !== undefined && isZone(contact.timeZone)) return [contact.timeZone];
  const country = contactCountry(contact);
  if (country === undefined) return [];
  const known = zonesByCountry.get(country);
  if (known !== undefined) return known;
  const zones = zonesOf(country);
  zonesByCountry.set(country, zones);
  return zones;
}

function zonesOf(country: string): string[] {
  try {
    const locale = new Intl.Locale(`und-${country}`) as RegionLocale;
    return (locale.getTimeZones?.() ?? locale.timeZones ?? []).filter(isZone);
  } catch {
    return [];
  }
}
