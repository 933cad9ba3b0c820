import type { Answer } from './graph-reader.ts';
import type { Subject } from './subject.ts';

/** What several checks want to know is asked once. */
export interface Facts {
  token(): Promise<Answer>;
  number(): Promise<Answer>;
  /** The question that this provider surely knows: whether it is reached, and takes the token. */
  basic(): Promise<Answer>;
  settings(): Promise<Answer>;
  /** Undefined: which account it is, is not known. */
  apps(): Promise<Answer | undefined>;
  /** What the app receives and where; undefined: it cannot be asked. */
  subscriptions(): Promise<Answer | undefined>;
  appId(): Promise<string | undefined>;
}

/** Fields of a number that are worth a look (`meta-cloud-api.md` §7, useful diagnostics). */
const NUMBER_FIELDS =
  'id,display_phone_number,verified_name,status,quality_rating,account_mode,whatsapp_business_manager_messaging_limit,health_status,webhook_configuration';

export function createFacts(subject: Subject): Facts {
  const { graph, phoneNumberId, provider } = subject;
  const once = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
    let answer: Promise<T> | undefined;
    return () => {
      answer ??= ask();
      return answer;
    };
  };
  const token = once(() => graph.readToken());
  const appId = once(async () => {
    const answer = await token();
    return answer.ok ? textOf(dataOf(answer.body).app_id) : undefined;
  });
  const accountId = once(async () => {
    if (subject.wabaId !== undefined) return subject.wabaId;
    const answer = await token();
    const targets = answer.ok ? targetsOf(dataOf(answer.body), 'whatsapp_business_management') : undefined;
    return targets?.length === 1 ? targets[0] : undefined;
  });
  const number = once(() => graph.read(`/${phoneNumberId}`, { fields: NUMBER_FIELDS }));
  const settings = once(() =>
    graph.read(provider === '360dialog' ? '/calling/settings' : `/${phoneNumberId}/settings`),
  );
  return {
    token,
    appId,
    number,
    settings,
    basic: provider === '360dialog' ? settings : number,
    apps: once(async () => {
      const account = await accountId();
      return account === undefined ? undefined : graph.read(`/${account}/subscribed_apps`);
    }),
    subscriptions: once(async () => {
      const id = await appId();
      return id === undefined ? undefined : subject.appGraph?.(id).read(`/${id}/subscriptions`);
    }),
  };
}

/** `data` of a reply, if it is an object. */
export function dataOf(body: Record<string, unknown>): Record<string, unknown> {
  return itemOf(body.data) ?? {};
}

export function itemOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function itemsOf(value: unknown): Record<string, unknown>[] {
  const items: Record<string, unknown>[] = [];
  for (const one of Array.isArray(value) ? value : []) {
    const item = itemOf(one);
    if (item !== undefined) items.push(item);
  }
  return items;
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Ids for which a permission of the token holds; undefined: for all, or nothing is said. */
export function targetsOf(token: Record<string, unknown>, scope: string): string[] | undefined {
  const granular = itemsOf(token.granular_scopes).find((item) => item.scope === scope);
  return Array.isArray(granular?.target_ids) ? granular.target_ids.flatMap((id) => textOf(id) ?? []) : undefined;
}
