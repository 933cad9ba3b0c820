import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Template } from '../state.ts';
import { submit } from '../template-review.ts';
import type { World } from '../world.ts';
import { GraphError } from './errors.ts';
import { type GraphRequest, parameters } from './request.ts';
import { deleteTemplates, listTemplates } from './template-list.ts';
import { placeholders } from './template-rendering.ts';

const creation = z.looseObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, 'lower case letters, digits and underscores only'),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, 'a language code such as en_US'),
  category: z.string(),
  parameter_format: z.string().optional(),
  components: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).min(1),
});

/** `GET | POST | DELETE /{account id}/message_templates` (meta-cloud-api.md §3.2). */
export function templates(world: World, request: GraphRequest): unknown {
  const { number } = world.state;
  if (request.method === 'GET') return listTemplates(world, request);
  if (request.method === 'DELETE') return deleteTemplates(world, request);
  const template = create(request.body);
  if (number.templates.some((one) => one.name === template.name && one.language === template.language))
    throw new GraphError(100, 'There is a template of this name in this language already.', { subcode: 2388024 });
  number.templates.push(template);
  submit(world, template);
  return { id: template.id, status: template.status, category: template.category };
}

function create(body: unknown): Template {
  const wanted = parameters(creation, body);
  const category = wanted.category.toUpperCase();
  const components = wanted.components.map((component) => ({ ...component, type: component.type.toUpperCase() }));
  const kinds = components.map((component) => component.type);
  const text = components.find((component) => component.type === 'BODY')?.text ?? '';
  if (category !== 'MARKETING' && category !== 'UTILITY')
    throw new GraphError(100, 'Parameter category must be MARKETING or UTILITY.');
  if (text.trim() === '' || text.length > 1024)
    throw new GraphError(100, 'A template needs a BODY with 1 to 1024 characters of text.');
  if (kinds.includes('CALL_PERMISSION_REQUEST') && kinds.some((kind) => kind === 'BUTTONS' || kind === 'CAROUSEL'))
    throw new GraphError(100, 'call_permission_request cannot be combined with other interactive components.');
  const format = (wanted.parameter_format ?? 'POSITIONAL').toUpperCase();
  if (format !== 'NAMED' && format !== 'POSITIONAL')
    throw new GraphError(100, 'Parameter parameter_format must be named or positional.');
  const numbered = placeholders(text).every((name) => /^\d+$/.test(name));
  if (placeholders(text).length > 0 && numbered !== (format === 'POSITIONAL'))
    throw new GraphError(100, 'The placeholders of the BODY do not fit parameter_format.');
  return {
    id: String(randomInt(1e14, 2e14)),
    name: wanted.name,
    language: wanted.language,
    category,
    status: 'PENDING',
    parameter_format: format,
    components,
  };
}
