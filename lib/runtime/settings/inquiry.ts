import type { Account } from '../account.ts';
import { aboutNumber, type DialogAnswer } from '../dialog-question.ts';
import { noticesOf, settingsMessage } from './settings-message.ts';

/** Where the dialog of the settings node asks, below the editor's address. */
export const LOAD_PATH = '/wa-call-settings/load';

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
  return aboutNumber(find, question, async (account) => {
    const settings = await (await account.switchboard()).readSettings();
    return { settings: settingsMessage(settings), notices: noticesOf(settings) };
  });
}
