import type { Contact } from '../permission/model.ts';
import { readContact } from './contact-input.ts';

/**
 * Whether a person is the one that a node's filter names.
 *
 * @param filter phone number or business-scoped user id; empty: everybody
 */
export function isContact(filter: string, contact: Contact): boolean {
  if (filter === '') return true;
  const wanted = readContact(filter);
  if ('reason' in wanted) return false;
  const { phone, userId } = wanted.contact;
  return (phone !== undefined && phone === contact.phone) || (userId !== undefined && userId === contact.userId);
}
