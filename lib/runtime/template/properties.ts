import type { z } from 'zod';
import { READY_LANGUAGES, READY_NAMES, readyTemplate } from '../../template/ready.ts';
import { readDraft, type TemplateDraft } from '../../template/template.ts';
import { flag, oneOf, text } from '../node-config.ts';

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
