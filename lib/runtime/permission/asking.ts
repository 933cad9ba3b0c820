import type { Contact } from '../../permission/model.ts';
import type { Switchboard } from '../../switchboard/switchboard.ts';
import { readContact } from '../contact-input.ts';
import { contactMessage, type ReasonMessage, reasonMessage } from '../messages.ts';
import { asText } from '../property.ts';
import { type ExplanationMessage, explanationMessage } from './explanation-message.ts';
import type { Located, PermissionSettings } from './properties.ts';

/** One message at the permission node, and what is needed to answer it. */
export interface Asking {
  settings: PermissionSettings;
  msg: object;
  /** Reads a property from where the node's dialog says it is. */
  look(name: Located): Promise<unknown>;
  switchboard: Switchboard;
}

/** The person that a message is about, or why nobody can be read from it. */
export async function person({ look }: Asking): Promise<{ contact: Contact } | { reason: ReasonMessage }> {
  const who = readContact(await look('contact'));
  return 'reason' in who ? { reason: reasonMessage(who.reason) } : who;
}

/** Everything that is known about a person, as properties of a message. */
export async function described(
  { switchboard, look }: Asking,
  contact: Contact,
): Promise<{ contact: object; permission: ExplanationMessage['permission']; explanation: ExplanationMessage }> {
  const purpose = asText(await look('purpose'));
  const told = await switchboard.explain(contact, purpose === '' ? undefined : purpose);
  const explanation = explanationMessage(told, Date.now());
  return { contact: contactMessage(told.contact), permission: explanation.permission, explanation };
}
