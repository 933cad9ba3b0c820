import type { NumberManagement } from '../../switchboard/number-management.ts';
import { type Finding, hasErrors, lintTemplate } from '../../template/lint.ts';
import type { StoredTemplate, TemplateDraft } from '../../template/template.ts';
import type { ReasonMessage } from '../messages.ts';
import type { Look } from '../status.ts';

type Desk = Pick<NumberManagement, 'createTemplate' | 'listTemplates' | 'removeTemplate'>;

/** What an action came to. */
export interface Outcome {
  to: 'result' | 'refused';
  set: Record<string, unknown>;
  status: { look: Look; key: string; count?: number };
}
/** Codes of refusals that are this node's own. */
export type RefusalCode = 'template_unfit' | 'template_exists' | 'template_unknown' | 'template_invalid';

/** What is wrong with a template, without sending anything. */
export function checkTemplate(draft: TemplateDraft): Outcome {
  const findings = lintTemplate(draft);
  const fit = !hasErrors(findings);
  const key = fit ? (findings.length === 0 ? 'fit' : 'hints') : 'unfit';
  return {
    to: 'result',
    set: { payload: fit, template: draft, findings },
    status: { look: fit ? 'connected' : 'waiting', key, ...(key === 'fit' ? {} : { count: findings.length }) },
  };
}

/** Submits a template, if it can do what it is for and is not there already. */
export async function createTemplate(desk: Desk, draft: TemplateDraft, strict: boolean): Promise<Outcome> {
  const findings = lintTemplate(draft);
  if (hasErrors(findings) || (strict && findings.length > 0)) return unfit(findings, strict);
  const [there] = await desk.listTemplates({ name: draft.name, language: draft.language });
  if (there !== undefined) {
    return refused(
      'template_exists',
      `There is a template “${draft.name.slice(0, 60)}” in ${draft.language} already (${there.status}).`,
      'Use it, delete it first, or choose another name. A deleted name is free again after 30 days.',
      { template: templateMessage(there), findings },
    );
  }
  const created = await desk.createTemplate(draft);
  const { id, status, category = draft.category } = created;
  const template = {
    ...(id === undefined ? {} : { id }),
    name: draft.name,
    language: draft.language,
    status,
    category,
  };
  return {
    to: 'result',
    set: { payload: status, template, findings },
    status: { look: status === 'approved' ? 'connected' : 'waiting', key: known(status) },
  };
}

/** All templates, or those of a name, a language, or both. */
export async function listTemplates(desk: Desk, name: string, language: string): Promise<Outcome> {
  const found = await desk.listTemplates(query(name, language));
  return {
    to: 'result',
    set: { payload: found.map(templateMessage) },
    status: { look: 'connected', key: 'listed', count: found.length },
  };
}

/** One template as WhatsApp has it now. */
export async function templateStatus(desk: Desk, name: string, language: string): Promise<Outcome> {
  if (name === '') return nameMissing();
  const found = await desk.listTemplates(query(name, language));
  const [first] = found;
  if (first === undefined) return unknown(name, language);
  return {
    to: 'result',
    set: { payload: first.status, template: templateMessage(first), templates: found.map(templateMessage) },
    status: { look: first.status === 'approved' ? 'connected' : 'waiting', key: known(first.status) },
  };
}

/** Deletes a template, in one language or in all. */
export async function deleteTemplate(desk: Desk, name: string, language: string): Promise<Outcome> {
  if (name === '') return nameMissing();
  const count = await desk.removeTemplate(name, language === '' ? undefined : language);
  if (count === 0) return unknown(name, language);
  return { to: 'result', set: { payload: count }, status: { look: 'idle', key: 'deleted', count } };
}

/** A draft that cannot be read. */
export function invalid(mistakes: string[]): Outcome {
  const told = mistakes.slice(0, 10).join('; ');
  return refused('template_invalid', `The template cannot be read: ${told}.`, 'Correct what is named.', {});
}

/** A template as flows see it. `canAsk`: it can be sent now as a permission request. */
export function templateMessage(template: StoredTemplate): StoredTemplate & { canAsk: boolean } {
  return { ...template, canAsk: template.status === 'approved' && template.asksPermission };
}

function unfit(findings: Finding[], strict: boolean): Outcome {
  const serious = strict ? findings : findings.filter(({ level }) => level === 'error');
  const nothing = serious.find(({ rule }) => rule === 'grants_nothing');
  const first = nothing ?? (serious[0] as Finding);
  return refused(
    'template_unfit',
    serious.length > 1 ? `${first.text} (${serious.length - 1} more in msg.findings.)` : first.text,
    first.nextStep,
    { findings },
  );
}

function unknown(name: string, language: string): Outcome {
  const where = language === '' ? '' : ` in ${language.slice(0, 20)}`;
  return refused(
    'template_unknown',
    `There is no template “${name.slice(0, 60)}”${where} in this business account.`,
    'Check the name, and the language exactly as it was created (en_US is not en).',
    {},
  );
}

function nameMissing(): Outcome {
  return refused(
    'template_invalid',
    'No template is named.',
    'Set its name in the node, or where the node looks for it.',
    {},
  );
}

function refused(code: RefusalCode, text: string, nextStep: string, set: Record<string, unknown>): Outcome {
  const reason: ReasonMessage = { code, text, nextStep };
  return { to: 'refused', set: { ...set, reason }, status: { look: 'waiting', key: 'refused' } };
}

function query(name: string, language: string): { name?: string; language?: string } {
  return { ...(name === '' ? {} : { name }), ...(language === '' ? {} : { language }) };
}

/** States that the catalog has words for. */
function known(status: string): string {
  return ['approved', 'pending', 'rejected', 'paused', 'disabled'].includes(status) ? status : 'other';
}
