import { ContactError, parseContact } from '../permission/contact.ts';
import type { Contact, Reason } from '../permission/model.ts';

/**
 * Reads who is meant. A contact that cannot be read is a refusal, not a fault: a list of a thousand numbers has bad
 * ones, and the flow goes on with the others.
 */
export function readContact(value: unknown): { contact: Contact } | { reason: Reason } {
  try {
    return { contact: parseContact(value) };
  } catch (error) {
    if (!(error instanceof ContactError)) throw error;
    return { reason: { code: 'contact_invalid', text: error.message, nextStep: error.nextStep } };
  }
}
