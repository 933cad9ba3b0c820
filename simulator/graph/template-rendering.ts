import { z } from 'zod';
import type { Template } from '../state.ts';
import { GraphError } from './errors.ts';
import { parameters } from './request.ts';

const parameter = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  parameter_name: z.string().optional(),
});
const sending = z.looseObject({
  template: z.looseObject({
    name: z.string().min(1),
    language: z.looseObject({ code: z.string().min(2) }),
    components: z.array(z.looseObject({ type: z.string(), parameters: z.array(parameter).optional() })).optional(),
  }),
});

/** Names or numbers of the `{{…}}` in a text. */
export function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] as string))];
}

/**
 * The text of a template message as the person reads it.
 * @throws GraphError 132001, 132015, 132016, 132000, 132012
 */
export function renderTemplate(
  templates: readonly Template[],
  body: unknown,
): { text: string; asksPermission: boolean } {
  const { template } = parameters(sending, body, 131008);
  const language = template.language.code;
  const known = templates.find((one) => one.name === template.name && one.language === language);
  if (!known || known.status === 'PENDING' || known.status === 'REJECTED')
    throw new GraphError(
      132001,
      `template name (${template.name}) does not exist in ${language}${known ? ', or is not approved' : ''}`,
    );
  if (known.status === 'PAUSED') throw new GraphError(132015, 'The template is paused because of low quality.');
  if (known.status === 'DISABLED') throw new GraphError(132016, 'The template is disabled.');

  const text = known.components.find((component) => component.type === 'BODY')?.text ?? '';
  const wanted = placeholders(text);
  const given = template.components?.find((component) => component.type.toLowerCase() === 'body')?.parameters ?? [];
  if (given.length !== wanted.length)
    throw new GraphError(
      132000,
      `body: number of localizable_params (${given.length}) does not match the expected number of params (${wanted.length})`,
    );
  const values = new Map<string, string>();
  for (const [index, one] of given.entries()) {
    if (one.type !== 'text' || one.text === undefined || one.text === '')
      throw new GraphError(132012, 'body: every parameter must be of type text and have a text.');
    const name = known.parameter_format === 'NAMED' ? one.parameter_name : String(index + 1);
    if (name === undefined || !wanted.includes(name))
      throw new GraphError(132012, `body: the template has the parameters ${wanted.join(', ')}.`);
    values.set(name, one.text);
  }
  if (values.size !== wanted.length) throw new GraphError(132012, 'body: a parameter is given twice.');
  return {
    text: text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => values.get(name) ?? ''),
    asksPermission: known.components.some((component) => component.type.toLowerCase() === 'call_permission_request'),
  };
}
