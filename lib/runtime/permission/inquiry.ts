import { z } from 'zod';
import { maskContact } from '../../permission/masking.ts';
import type { Account } from '../account.ts';
import { readContact } from '../contact-input.ts';
import { deliveryMessage } from '../delivery-message.ts';
import { aboutAccount, type DialogAnswer } from '../dialog-question.ts';
import { explanationMessage } from './explanation-message.ts';

/** Where the dialog of the permission node asks, below the editor's address. */
export const LOOKUP_PATH = '/wa-call-permission/lookup';

const QUESTION = z.object({ config: z.string().max(256), contact: z.string().max(400) });

/**
 * Answers the dialog's "Look up": the explanation that the node would put into a message, about a masked person: no whole
 * phone number, no id, no name.
 *
 * @param find the account of a deployed config node
 * @param question the request's body, of which nothing is known
 */
export async function lookUp(
  find: (configId: string) => Account | undefined,
  question: unknown,
): Promise<DialogAnswer> {
  const read = QUESTION.safeParse(question);
  if (!read.success) {
    return { status: 400, body: { code: 'question_invalid', text: 'Enter a phone number or a user id.' } };
  }
  const who = readContact(read.data.contact);
  if ('reason' in who) {
    const { code, text, nextStep } = who.reason;
    return { status: 422, body: { code, text, nextStep } };
  }
  return aboutAccount(find(read.data.config), async (account) => {
    const switchboard = await account.switchboard();
    // Ids of messages hold the person's number.
    const { delivery, ...told } = await switchboard.explain(who.contact);
    const explanation = explanationMessage(told, Date.now());
    if (delivery !== undefined) {
      const { requestId: _, ...shown } = deliveryMessage(delivery);
      explanation.permission.delivery = shown;
    }
    return { contact: maskContact(told.contact), explanation };
  });
}
