import type { Contact } from '../../permission/model.ts';

type Item = Record<string, unknown>;
/** The three ways in which Meta names a person beside an event. */
export interface ContactIds {
  phone?: unknown;
  userId?: unknown;
  parentUserId?: unknown;
}

const LONGEST_NAME = 256;

/**
 * Joins the ids of an event with the `contacts` of its envelope: phone and business-scoped id often come in different
 * places, and either may be missing (people with a username need not show their number).
 * @param only the event is the only one in its envelope; a single contact then belongs to it, and its `wa_id` wins over the number dialled
 * @returns undefined if nothing names a person
 */
export function joinContact(ids: ContactIds, contacts: unknown, only: boolean): Contact | undefined {
  // A field named as a number sometimes carries a user id.
  const phone = readPhone(ids.phone);
  const userId = readUserId(ids.userId) ?? readUserId(ids.phone);
  const parentUserId = [ids.parentUserId, ids.userId, ids.phone].map(readParentId).find((id) => id !== undefined);
  const list = Array.isArray(contacts) ? contacts.filter(isItem) : [];
  const entry =
    list.find((item) => userId !== undefined && readUserId(item.user_id) === userId) ??
    list.find((item) => phone !== undefined && readPhone(item.wa_id) === phone) ??
    (only && list.length === 1 && !contradicts(list[0] as Item, userId) ? list[0] : undefined);
  const profile = isItem(entry?.profile) ? entry.profile : undefined;
  const contact: Contact = {};
  const joinedPhone = readPhone(entry?.wa_id) ?? phone;
  const joinedUser = userId ?? readUserId(entry?.user_id);
  const joinedParent = parentUserId ?? readParentId(entry?.parent_user_id) ?? readParentId(entry?.user_id);
  const name = readName(profile?.name) ?? readName(profile?.username);
  if (joinedPhone !== undefined) contact.phone = joinedPhone;
  if (joinedUser !== undefined) contact.userId = joinedUser;
  if (joinedParent !== undefined) contact.parentUserId = joinedParent;
  if (contact.phone === undefined && contact.userId === undefined && contact.parentUserId === undefined)
    return undefined;
  if (name !== undefined) contact.name = name;
  return contact;
}

/** E.164 digits, from text or number, with or without `+`. */
export function readPhone(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const digits = text.trim().replace(/^\+/, '').replace(/[\s-]/g, '');
  return /^\d{5,15}$/.test(digits) ? digits : undefined;
}

function readUserId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(value) ? value : undefined;
}

/** Told from a user id by its middle part, whatever field it came in. */
function readParentId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/.test(value) ? value : undefined;
}

function readName(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, LONGEST_NAME) : undefined;
}

function contradicts(entry: Item, userId: string | undefined): boolean {
  const other = readUserId(entry.user_id);
  return userId !== undefined && other !== undefined && other !== userId;
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
