import { z } from 'zod';
import { type StoredTemplate, type TemplateChange, type TemplateDraft, variablesOf } from '../../template/template.ts';
import type { ProviderEvent } from '../event.ts';
import type { HttpClient } from '../http.ts';
import type { ProviderTemplates } from '../provider-templates.ts';
import { transportError } from '../transport-error.ts';
import { readConfirmation } from './replies.ts';

const FIELDS = 'id,name,language,status,category,components,rejected_reason';
const PAGE = 100;
/** Meta allows 6,000 templates in an account. */
const MOST_PAGES = 60;

const loose = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const id = z.union([z.string().min(1).max(64), z.number()]).transform(String);
const word = z.string().min(1).max(128).toLowerCase();
const component = z.object({
  type: word,
  text: loose(z.string()),
  buttons: loose(z.array(z.object({ type: word, text: loose(z.string()) }))),
});
const stored = z.object({
  id: loose(id),
  name: z.string().min(1),
  language: z.string().min(1),
  status: word,
  category: loose(word),
  components: loose(z.array(z.unknown())),
  rejected_reason: loose(z.string()),
});
const page = z.object({
  data: z.array(z.unknown()),
  paging: loose(z.object({ cursors: loose(z.object({ after: loose(z.string().min(1)) })), next: loose(z.string()) })),
});
const created = z.object({ id: loose(id), status: loose(word), category: loose(word) });
const news = z.object({
  event: word,
  message_template_id: loose(id),
  message_template_name: z.string().min(1),
  message_template_language: z.string().min(1),
  reason: loose(z.string()),
});

/**
 * Templates at Meta, `/{account}/message_templates` (meta-cloud-api.md §3.2; template pages, 17 Jun 2026).
 *
 * @param path below the base address
 */
export function metaTemplates(http: HttpClient, path: string): ProviderTemplates {
  return {
    async create(draft) {
      // Not repeated after a doubt: the second try would be refused because of the first.
      const reply = await http.send({ method: 'POST', path, body: creation(draft), retry: 'when_unsent' });
      const { id, status = 'pending', category } = read(created, reply);
      return { status, ...(id === undefined ? {} : { id }), ...(category === undefined ? {} : { category }) };
    },
    async list({ name } = {}, signal) {
      const all: StoredTemplate[] = [];
      let after: string | undefined;
      for (let count = 0; count < MOST_PAGES; count += 1) {
        const query = {
          fields: FIELDS,
          limit: String(PAGE),
          ...(name === undefined ? {} : { name }),
          ...(after === undefined ? {} : { after }),
        };
        const reply = await http.send({
          method: 'GET',
          path,
          query,
          retry: 'idempotent',
          ...(signal ? { signal } : {}),
        });
        const { data, paging } = read(page, reply);
        all.push(...data.flatMap(readStored));
        const next = paging?.cursors?.after;
        if (paging?.next === undefined || next === undefined || next === after) break;
        after = next;
      }
      // The query finds names that begin so as well.
      return name === undefined ? all : all.filter((one) => one.name === name);
    },
    async remove(name, id) {
      const query = { name, ...(id === undefined ? {} : { hsm_id: id }) };
      readConfirmation(await http.send({ method: 'DELETE', path, query, retry: 'when_unsent' }));
    },
    changeIn: templateChange,
  };
}

/** `message_template_status_update`: kept raw by the parser, since it concerns no call and no person. */
export function templateChange(event: ProviderEvent): TemplateChange | undefined {
  if (event.type !== 'unknown' || event.field !== 'message_template_status_update') return undefined;
  const { data } = news.safeParse(event.raw);
  if (data === undefined) return undefined;
  const { message_template_id: id, reason } = data;
  return {
    name: data.message_template_name,
    language: data.message_template_language,
    status: data.event,
    ...(id === undefined ? {} : { id }),
    ...(reason === undefined || /^none$/i.test(reason) ? {} : { reason }),
  };
}

function creation(draft: TemplateDraft): object {
  const names = variablesOf(draft.body);
  const named = names.some((name) => !/^\d+$/.test(name));
  const { examples } = draft;
  const example = (name: string, index: number): string =>
    (Array.isArray(examples) ? examples[index] : examples[name]) ?? '';
  const body = {
    type: 'BODY',
    text: draft.body,
    ...(names.length === 0
      ? {}
      : {
          example: named
            ? { body_text_named_params: names.map((name, at) => ({ param_name: name, example: example(name, at) })) }
            : { body_text: [names.map(example)] },
        }),
  };
  return {
    name: draft.name,
    language: draft.language,
    category: draft.category.toUpperCase(),
    ...(names.length === 0 ? {} : { parameter_format: named ? 'named' : 'positional' }),
    components: [
      ...(draft.header === undefined ? [] : [{ type: 'HEADER', format: 'TEXT', text: draft.header }]),
      body,
      ...(draft.footer === undefined ? [] : [{ type: 'FOOTER', text: draft.footer }]),
      ...(draft.asksPermission ? [{ type: 'call_permission_request' }] : []),
      ...(draft.quickReplies === undefined
        ? []
        : [{ type: 'BUTTONS', buttons: draft.quickReplies.map((text) => ({ type: 'QUICK_REPLY', text })) }]),
    ],
  };
}

/** One that cannot be read is left out: it cannot be sent from here either. */
function readStored(item: unknown): StoredTemplate[] {
  const { data } = stored.safeParse(item);
  if (data === undefined) return [];
  const components = (data.components ?? []).flatMap((one) => component.safeParse(one).data ?? []);
  const textOf = (type: string): string | undefined => components.find((one) => one.type === type)?.text;
  const [body = '', header, footer] = [textOf('body'), textOf('header'), textOf('footer')];
  const reason = data.rejected_reason;
  return [
    {
      ...(data.id === undefined ? {} : { id: data.id }),
      name: data.name,
      language: data.language,
      category: data.category ?? '',
      status: data.status,
      ...(reason === undefined || reason === '' || /^none$/i.test(reason) ? {} : { reason }),
      body,
      ...(header === undefined ? {} : { header }),
      ...(footer === undefined ? {} : { footer }),
      variables: variablesOf(body),
      asksPermission: components.some((one) => one.type === 'call_permission_request'),
      quickReplies: components.flatMap(({ buttons = [] }) =>
        buttons.flatMap((button) => (button.type === 'quick_reply' && button.text !== undefined ? [button.text] : [])),
      ),
    },
  ];
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw transportError('provider_reply_unreadable', 'unknown', {
    text: 'The provider’s answer about templates lacks what it must contain.',
  });
}
