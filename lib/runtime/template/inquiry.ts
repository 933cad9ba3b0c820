import { hasErrors, lintTemplate } from '../../template/lint.ts';
import { READY_LANGUAGES, READY_NAMES, readyTemplate } from '../../template/ready.ts';
import { readDraft } from '../../template/template.ts';

/** Where the dialog of the template node asks, below the editor's address. */
export const READY_PATH = '/wa-call-template/ready';
export const CHECK_PATH = '/wa-call-template/check';

/** Every ready template, for the dialog to show and to copy. */
export function readyTemplates(): object[] {
  return READY_NAMES.flatMap((ready) =>
    READY_LANGUAGES.map((language) => ({ ready, ...readyTemplate(ready, language) })),
  );
}

/** What the linter says of a draft in the dialog. @param question the request's body, of which nothing is known */
export function checkDraft(question: unknown): { status: number; body: object } {
  const read = readDraft(question);
  if ('mistakes' in read) {
    const findings = read.mistakes.map((text) => ({ rule: 'template_invalid', level: 'error', text, nextStep: '' }));
    return { status: 200, body: { fit: false, findings } };
  }
  const findings = lintTemplate(read.draft);
  return { status: 200, body: { fit: !hasErrors(findings), findings } };
}
