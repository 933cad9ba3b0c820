import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * The country a business number calls from, as ISO 3166 code, or undefined if the number belongs to none.
 *
 * +1 is shared by 25 countries and told apart by the area code. A +1 number whose area code is nobody's is taken for the
 * United States (in doubt, no call), except 555: these are the provider's test numbers, which may call.
 */
export function countryOf(phone: string): string | undefined {
  const known = cache.get(phone);
  if (known !== undefined || cache.has(phone)) return known;
  const country = lookUp(phone);
  // A handful of business numbers per process; the bound is for whoever feeds it something else.
  if (cache.size >= 1000) cache.clear();
  cache.set(phone, country);
  return country;
}

const cache = new Map<string, string | undefined>();

function lookUp(phone: string): string | undefined {
  const digits = phone.slice(0, 40).replace(/\D/g, '');
  const country = parsePhoneNumberFromString(`+${digits}`)?.country;
  if (country !== undefined) return country;
  if (digits.startsWith('1')) return digits.startsWith('1555') ? undefined : 'US';
  return undefined;
}
