import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import { type Account, findAccount } from './account.ts';
import { toReportable } from './reportable-error.ts';

/** What the editor is told: an HTTP status, and what the dialog shows. */
export interface DialogAnswer {
  status: number;
  body: object;
}

/**
 * Lets a dialog ask something, below the editor's address, of whoever may read there. Answers are never kept by the browser: they are about people.
 *
 * @param answer gets the request's body, of which nothing is known. Must not reject
 */
export function answerDialog(
  RED: Pick<NodeAPI, 'httpAdmin' | 'auth' | 'nodes'>,
  path: string,
  answer: (find: (configId: string) => Account | undefined, question: unknown) => Promise<DialogAnswer> | DialogAnswer,
): void {
  RED.httpAdmin.post(
    path,
    RED.auth.needsPermission('whatsapp-calling.read'),
    async (request: { body?: unknown }, response) => {
      const { status, body } = await answer((id) => findAccount(RED, id), request.body);
      response.status(status).set('cache-control', 'no-store').json(body);
    },
  );
}

const NUMBER = z.object({ config: z.string().max(256) });

/**
 * A question about the number that a dialog has chosen. Never rejects.
 *
 * @param question the request's body, of which nothing is known: the id of a config node is wanted
 */
export async function aboutNumber(
  find: (configId: string) => Account | undefined,
  question: unknown,
  work: (account: Account) => Promise<object>,
  nextStep?: string,
): Promise<DialogAnswer> {
  const read = NUMBER.safeParse(question);
  if (!read.success) return { status: 400, body: { code: 'question_invalid', text: 'Choose a number first.' } };
  return aboutAccount(find(read.data.config), work, nextStep);
}

/** A question about a deployed number. Never rejects: faults are answers with `code` and `text`. */
export async function aboutAccount(
  account: Account | undefined,
  work: (account: Account) => Promise<object>,
  nextStep = 'Deploy and try again.',
): Promise<DialogAnswer> {
  if (account === undefined) {
    const text = 'This number is not deployed yet.';
    return { status: 404, body: { code: 'number_not_deployed', text, nextStep } };
  }
  try {
    return { status: 200, body: await work(account) };
  } catch (error) {
    const { code, message } = toReportable(error);
    return { status: 503, body: { code, text: message } };
  }
}
