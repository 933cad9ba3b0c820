import { isSendable, type StoredTemplate } from '../../template/template.ts';
import type { Account } from '../account.ts';
import { aboutNumber, type DialogAnswer } from '../dialog-question.ts';

/** Where the dialog of the request node asks, below the editor's address. */
export const CHOICES_PATH = '/wa-call-request-permission/templates';

const MOST = 500;

/** A template as a dialog lists it. */
export interface TemplateChoice {
  name: string;
  language: string;
  status: string;
  /** It may be sent, and brings a permission. */
  fit: boolean;
  body: string;
  /** Names or numbers of what has to be filled in. */
  variables: string[];
}

/**
 * Templates that ask for a permission to call, those that can be sent first. Others of the account are left out: they would grant nothing.
 *
 * @param find the account of a deployed config node
 * @param question the request's body, of which nothing is known
 */
export async function templateChoices(
  find: (configId: string) => Account | undefined,
  question: unknown,
): Promise<DialogAnswer> {
  return aboutNumber(find, question, async (account) => {
    const all = await (await account.switchboard()).listTemplates();
    return { templates: choicesOf(all) };
  });
}

/** Only templates that ask; those that can be sent first, then by name and language. */
export function choicesOf(all: readonly StoredTemplate[]): TemplateChoice[] {
  return all
    .filter(({ asksPermission }) => asksPermission)
    .map(({ name, language, status, body, variables }) => ({
      ...{ name, language, status, body, variables },
      fit: isSendable(status),
    }))
    .sort(
      (a, b) => Number(b.fit) - Number(a.fit) || a.name.localeCompare(b.name) || a.language.localeCompare(b.language),
    )
    .slice(0, MOST);
}
