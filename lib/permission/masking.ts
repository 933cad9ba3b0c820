import type { Contact } from './model.ts';

/**
 * A phone number or user id that people can recognise but not use: `+55119…0123`, `BR.4821…4417`.
 * For logs, errors, statuses and the audit. Anything too short to be masked disappears whole.
 */
export function maskContact(contact: Contact | string): string {
  if (typeof contact === 'string') return contact.includes('.') ? maskUserId(contact) : maskPhone(contact);
  if (contact.phone !== undefined) return maskPhone(contact.phone);
  if (contact.userId !== undefined) return maskUserId(contact.userId);
  if (contact.parentUserId !== undefined) return maskUserId(contact.parentUserId);
  return '…';
}

function maskPhone(phone: string): string {
  const digits = phone.slice(0, 40).replace(/\D/g, '');
  // At least four digits stay hidden, whatever the length of the country's numbers.
  if (digits.length < 8) return '+…';
  const shownInFront = Math.min(5, digits.length - 8);
  return `+${digits.slice(0, shownInFront)}…${digits.slice(-4)}`;
}

function maskUserId(userId: string): string {
  const dot = userId.lastIndexOf('.', 10);
  const prefix = userId.slice(0, dot + 1);
  const rest = userId.slice(dot + 1);
  if (rest.length < 12) return `${prefix}…`;
  return `${prefix}${rest.slice(0, 4)}…${rest.slice(-4)}`;
}
