import { z } from 'zod';
import type { Account } from '../account.ts';
import { toReportable } from '../reportable-error.ts';
import { noticesOf, settingsMessage } from './settings-message.ts';

/** Where the dialog of the settings node asks, below the editor's address. */
export const LOAD_PATH = '/wa-call-settings/load';

const QUESTION = z.object({ config: z.string().max(256) });

/**
 * Answers the dialog's "Load from WhatsApp".
 *
 * @param find the account of a deployed config node
 * @param question the request's body, of which nothing is known
 */
export async function loadSettings(
  find: (configId: string) => Account | undefined,
  question: unknown,
): Promise<{ status: number; body: object }> {
  const read = QUESTION.safeParse(question);
  if (!read.success) return { status: 400, body: { code: 'question_invalid', text: 'Choose a number first.' } };
  const account = find(read.data.config);
  if (account === undefined) {
    const text = 'This number is not deployed yet.';
    return { status: 404, body: { code: 'number_not_deployed', text, nextStep: 'Deploy and try again.' } };
  }
  try {
    const settings = await (await account.switchboard()).readSettings();
    return { status: 200, body: { settings: settingsMessage(settings), notices: noticesOf(settings) } };
  } catch (error) {
    const { code, message } = toReportable(error);
    return { status: 503, body: { code, text: message } };
  }
}
