import type { Account } from '../account.ts';
import { aboutNumber, type DialogAnswer } from '../dialog-question.ts';

/** Where the dialog of the config node asks, below the editor's address. */
export const CHECK_PATH = '/wa-call-config/check';

/**
 * Answers the dialog's "Check set-up" about a deployed number, with its findings.
 *
 * @param find the account of a deployed config node
 * @param question the request's body, of which nothing is known
 */
export async function checkSetUp(
  find: (configId: string) => Account | undefined,
  question: unknown,
): Promise<DialogAnswer> {
  const checkable = (configId: string): Account | undefined => {
    const account = find(configId);
    return account?.check === undefined ? undefined : account;
  };
  return aboutNumber(
    checkable,
    question,
    async (account) => ({ findings: (await account.check?.()) ?? [] }),
    'Press "Done", deploy, and check again: what is checked is what runs.',
  );
}
