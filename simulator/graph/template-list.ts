import type { World } from '../world.ts';
import { GraphError } from './errors.ts';
import type { GraphRequest } from './request.ts';

const PAGE = 25;

/** `GET /{account id}/message_templates`: by the beginning of the name, in pages with a cursor. */
export function listTemplates(world: World, { query }: GraphRequest): unknown {
  const name = query.get('name');
  const limit = Number(query.get('limit') ?? PAGE);
  if (!Number.isInteger(limit) || limit < 1) throw new GraphError(100, 'Parameter limit must be a positive number.');
  const after = query.get('after');
  const offset = after === null ? 0 : Number(Buffer.from(after, 'base64url').toString('utf8'));
  if (!Number.isInteger(offset) || offset < 0) throw new GraphError(100, 'Parameter after is no cursor.');
  const found = world.state.number.templates.filter((one) => name === null || one.name.startsWith(name));
  const data = found.slice(offset, offset + limit);
  const end = offset + data.length;
  const cursor = (at: number): string => Buffer.from(String(at)).toString('base64url');
  return {
    data,
    paging:
      data.length === 0
        ? {}
        : {
            cursors: { before: cursor(offset), after: cursor(end) },
            ...(end < found.length ? { next: 'https://graph.facebook.com/next' } : {}),
          },
  };
}

/** `DELETE`: every language of a name, or with `hsm_id` the one version. */
export function deleteTemplates(world: World, { query }: GraphRequest): unknown {
  const { number } = world.state;
  const name = query.get('name');
  const id = query.get('hsm_id');
  if (name === null) throw new GraphError(100, 'The parameter name is required.');
  const goes = (one: { id: string; name: string }): boolean => one.name === name && (id === null || one.id === id);
  if (!number.templates.some(goes)) throw new GraphError(100, 'There is no template of this name.');
  number.templates = number.templates.filter((one) => !goes(one));
  return { success: true };
}
