import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Contact } from './model.ts';

export { maskContact } from './masking.ts';

/** Why an input is no contact. `code` is always `contact_invalid`; the message never repeats the input, which may be hostile or personal. */
export class ContactError extends Error {
  readonly code = 'contact_invalid';
  readonly nextStep: string;
  constructor(
    message: string,
    nextStep = 'Give a phone number with country code, such as +55 11 95550-0123, or a WhatsApp user id such as BR.48219037716650284417.',
  ) {
    super(message);
    this.name = 'ContactError';
    this.nextStep = nextStep;
  }
}

/** Longest text that is looked at. A user id has at most 2 + 5 + 128 characters; everything longer is refused unread. */
const MAX_TEXT = 160;
const USER_ID = /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/;
const PARENT_USER_ID = /^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/;
/** Digits and what people write between them, after an optional plus. */
const PHONE = /^\+?[\d\s().\-/]{4,40}$/;
const MOBILE: ReadonlySet<string | undefined> = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);
/** Direction marks and other invisible characters that come along when a number is copied from a contact list. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Non-breaking and other hyphens and full-width forms that spreadsheets produce. */
const DASHES = /[\u2010-\u2015\u2212]/g;

/**
 * Understands a person from a message or a node's setting.
 *
 * @param input any usual phone format (`+55 11 95550-0123`, `0055…`, digits only, a safe integer, `whatsapp:+55…`), a
 *   business-scoped user id `CC.xxx` or parent id `CC.ENT.xxx` (kept as it is), or an object with `phone`, `userId`,
 *   `parentUserId`, `name`, `language`, `timeZone`. Only own properties are read; unknown ones are ignored.
 * @param defaultCountry ISO 3166 code of numbers written without country code, such as `BR`. Without it, digits are taken
 *   as an international number, which is how WhatsApp itself writes them.
 * @returns a contact with at least one of `phone` (E.164 digits without `+`), `userId` and `parentUserId`
 * @throws ContactError for anything else
 */
export function parseContact(input: unknown, defaultCountry?: string): Contact {
  if (typeof input === 'string') return parseText(input, defaultCountry);
  if (typeof input === 'number') {
    if (!Number.isSafeInteger(input) || input <= 0) throw new ContactError('This number is no phone number.');
    return parseText(String(input), defaultCountry);
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return parseObject(input, defaultCountry);
  throw new ContactError(
    input === undefined || input === null || input === ''
      ? 'There is no contact.'
      : `A contact cannot be ${Array.isArray(input) ? 'an array' : `a ${typeof input}`}.`,
  );
}

function parseText(text: string, defaultCountry: string | undefined): Contact {
  if (text.length > MAX_TEXT) throw new ContactError('This text is too long for a phone number or a user id.');
  const plain = text.replace(INVISIBLE, '').replace(DASHES, '-').normalize('NFKC').trim();
  const bare = plain.replace(/^(whatsapp|tel):/i, '').trim();
  if (bare === '') throw new ContactError('There is no contact.');
  if (PARENT_USER_ID.test(bare)) return { parentUserId: bare };
  if (USER_ID.test(bare)) return { userId: bare };
  return { phone: parsePhone(bare, defaultCountry) };
}

function parsePhone(text: string, defaultCountry: string | undefined): string {
  if (!PHONE.test(text)) throw new ContactError('This is neither a phone number nor a WhatsApp user id.');
  const country = knownCountry(defaultCountry);
  const international = text.startsWith('+')
    ? text
    : /^\(?00/.test(text)
      ? `+${text.replace(/^\(?00/, '')}`
      : undefined;
  const digits = text.replace(/\D/g, '');
  const candidates =
    international !== undefined
      ? [parsePhoneNumberFromString(international)]
      : country === undefined
        ? [parsePhoneNumberFromString(`+${digits}`)]
        : [parsePhoneNumberFromString(text, country), parsePhoneNumberFromString(`+${digits}`)];
  // Digits without a plus can be valid both ways. Nearly everybody on WhatsApp has a mobile number, so that reading wins.
  const number =
    candidates.find((candidate) => MOBILE.has(candidate?.getType())) ??
    candidates.find((candidate) => candidate?.isValid()) ??
    candidates.find((candidate) => candidate?.isPossible());
  if (number === undefined) {
    throw new ContactError(
      international === undefined && country === undefined
        ? 'This phone number is not complete: it has no known country code or the wrong length.'
        : 'This phone number does not exist in its country: wrong length or unknown country code.',
    );
  }
  return number.number.slice(1);
}

function knownCountry(country: string | undefined): CountryCode | undefined {
  if (country === undefined || country === '') return undefined;
  const upper = country.slice(0, 3).toUpperCase();
  if (isSupportedCountry(upper)) return upper;
  throw new ContactError('The default country is unknown.', 'Set it to an ISO 3166 code of two letters, such as BR.');
}

function parseObject(input: object, defaultCountry: string | undefined): Contact {
  const phone = ownText(input, 'phone', MAX_TEXT, true);
  const userId = ownText(input, 'userId', MAX_TEXT);
  const parentUserId = ownText(input, 'parentUserId', MAX_TEXT);
  const contact: Contact = {};
  if (phone !== undefined) {
    const parsed = parseText(phone, defaultCountry);
    if (parsed.phone === undefined) throw new ContactError('`phone` holds no phone number.');
    contact.phone = parsed.phone;
  }
  if (userId !== undefined) {
    if (PARENT_USER_ID.test(userId)) contact.parentUserId = userId;
    else if (USER_ID.test(userId)) contact.userId = userId;
    else throw new ContactError('`userId` holds no WhatsApp user id.');
  }
  if (parentUserId !== undefined) {
    if (!PARENT_USER_ID.test(parentUserId)) throw new ContactError('`parentUserId` holds no parent user id.');
    contact.parentUserId = parentUserId;
  }
  if (contact.phone === undefined && contact.userId === undefined && contact.parentUserId === undefined) {
    throw new ContactError('The contact has neither a phone number nor a user id.');
  }
  const name = ownText(input, 'name', 256);
  const language = ownText(input, 'language', 35);
  const timeZone = ownText(input, 'timeZone', 64);
  if (name !== undefined) contact.name = name;
  if (language !== undefined) contact.language = checkedLanguage(language);
  if (timeZone !== undefined) contact.timeZone = checkedTimeZone(timeZone);
  return contact;
}

/** The text of an own property; absent, null and empty are the same. A `phone` may come as a number. */
function ownText(input: object, key: string, maximum: number, numberToo = false): string | undefined {
  if (!Object.hasOwn(input, key)) return undefined;
  const value: unknown = (input as Record<string, unknown>)[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (numberToo && typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return String(value);
  if (typeof value !== 'string') throw new ContactError(`\`${key}\` of the contact must be a text.`);
  if (value.length > maximum) throw new ContactError(`\`${key}\` of the contact is too long.`);
  const text = value.replace(INVISIBLE, '').trim();
  return text === '' ? undefined : text;
}

function checkedLanguage(language: string): string {
  // WhatsApp writes pt_BR, the web pt-BR.
  const tag = language.replaceAll('_', '-');
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag;
  } catch {
    throw new ContactError('`language` of the contact is no language tag.', 'Write it like pt-BR.');
  }
}

function checkedTimeZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    throw new ContactError('`timeZone` of the contact is unknown.', 'Write it like America/Sao_Paulo.');
  }
}
