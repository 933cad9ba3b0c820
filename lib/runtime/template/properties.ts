import type { z } from 'zod';
import { READY_LANGUAGES, READY_NAMES, readyTemplate } from '../../template/ready.ts';
import { readDraft, type TemplateDraft } from '../../template/template.ts';
import { flag, oneOf, text } from '../node-config.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

export const ACTIONS = ['create', 'list', 'status', 'delete', 'check'] as const;
export type Action = (typeof ACTIONS)[number];

/** Properties of the template node. */
export const SHAPE = {
  action: oneOf([...ACTIONS, 'message']),
  from: oneOf(['ready', 'own', 'message']),
  ready: oneOf(READY_NAMES),
  readyLanguage: oneOf(READY_LANGUAGES),
  template: text(),
  templateType: text('str'),
  language: text(),
  category: oneOf(['utility', 'marketing']),
  header: text(),
  body: text(),
  footer: text(),
  examples: text('[]'),
  draft: text('template'),
  draftType: text('msg'),
  strict: flag(false),
};
export type TemplateProperties = z.infer<z.ZodObject<typeof SHAPE>>;

/** @throws ReportableError `action_unknown` */
export function readAction(settings: Pick<TemplateProperties, 'action'>, msg: object): Action {
  if (settings.action !== 'message') return settings.action;
  const wanted = Object.hasOwn(msg, 'action') ? asText((msg as { action?: unknown }).action) : '';
  const found = ACTIONS.find((action) => action === wanted);
  if (found !== undefined) return found;
  throw new ReportableError(
    'action_unknown',
    `msg.action must say what to do: ${ACTIONS.join(', ')}. Set it, or choose an action in the node.`,
  );
}

/**
 * The template that is to be created or checked.
 *
 * @param name another name for a ready template, and the name of one's own
 * @param given what the message brings
 */
export function draftOf(
  node: TemplateProperties,
  name: string,
  given: unknown,
): { draft: TemplateDraft } | { mistakes: string[] } {
  if (node.from === 'ready') {
    const ready = readyTemplate(node.ready, node.readyLanguage);
    return readDraft(name === '' ? ready : { ...ready, name });
  }
  if (node.from === 'message') return readDraft(given);
  return readDraft({
    name,
    language: node.language,
    category: node.category,
    body: node.body,
    examples: parsed(node.examples),
    ...(node.header === '' ? {} : { header: node.header }),
    ...(node.footer === '' ? {} : { footer: node.footer }),
  });
}

function parsed(examples: string): unknown {
  if (examples === '') return [];
  try {
    return JSON.parse(examples);
  } catch {
    return examples;
  }
}
