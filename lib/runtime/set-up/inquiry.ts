import { z } from 'zod';
import type { Finding } from '../../doctor/finding.ts';
import type { Account } from '../account.ts';
import { toReportable } from '../reportable-error.ts';

/** Where the dialog of the config node asks, below the editor's address. */
export const CHECK_PATH = '/wa-call-config/check';

const QUESTION = z.object({ config: z.string().max(256) });

export interface CheckAnswer {
  status: number;
  body: { findings: Finding[] } | { code: string; text: string; nextStep?: string };
}

/**
 * Answers the dialog's "Check set-up" about a deployed number.
 *
 * @param find the account of a deployed config node
 * @param question the request's body, of which nothing is known
 */
export async function checkSetUp(
  find: (configId: string) => Account | undefined,
  question: unknown,
): Promise<CheckAnswer> {
  const read = QUESTION.safeParse(question);
  if (!read.success)
    return { status: 400, body: { code: 'question_invalid', text: 'The number to check is missing.' } };
  const account = find(read.data.config);
  if (account?.check === undefined) {
    return {
      status: 404,
      body: {
        code: 'number_not_deployed',
        text: 'This number is not deployed yet.',
        nextStep: 'Press "Done", deploy, and check again: what is checked is what runs.',
      },
    };
  }
  try {
    return { status: 200, body: { findings: await account.check() } };
  } catch (error) {
    const { code, message } = toReportable(error);
    return { status: 503, body: { code, text: message } };
  }
}
