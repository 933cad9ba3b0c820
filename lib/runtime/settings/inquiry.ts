import { z } from 'zod';
import type { Account } from '../account.ts';
import { aboutNumber, type DialogAnswer } from '../dialog-question.ts';
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
): Promise<DialogAnswer> {
  const read = QUESTION.safeParse(question);
  if (!read.success) return { status: 400, body: { code: 'question_invalid', text: 'Choose a number first.' } };
  return aboutNumber(find(read.data.config), async (account) => {
    const settings = await (await account.switchboard()).readSettings();
    return { settings: settingsMessage(settings), notices: noticesOf(settings) };
  });
}
