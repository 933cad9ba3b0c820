import { z } from 'zod';

/**
 * A message template that asks for permission to call, in our words. WhatsApp reviews it before it can be sent.
 * Source: call-permission-request template page, 17 Jun 2026.
 */
export interface TemplateDraft {
  /** Lower case letters, digits and underscores. */
  name: string;
  /** As WhatsApp writes it: `en_US`, `pt_BR`, `de`. */
  language: string;
  /** utility: about something the person is in the middle of; marketing: everything that wants to sell. */
  category: 'utility' | 'marketing';
  /** With `{{1}}`, `{{2}}` or `{{first_name}}`. */
  body: string;
  /** An example for each variable: in order, or by name. WhatsApp's reviewers read the text with them. */
  examples: string[] | Record<string, string>;
  /** A line of text above. */
  header?: string;
  /** A small line below, such as the team's name. */
  footer?: string;
  /** The component with which WhatsApp asks for permission, with buttons of its own. Without it nothing is granted. */
  asksPermission: boolean;
  /** Ordinary reply buttons. They cannot stand beside the permission component, and grant nothing. */
  quickReplies?: string[];
}

/** A template as WhatsApp has it. */
export interface StoredTemplate {
  id?: string;
  name: string;
  language: string;
  /** In lower case: utility, marketing, authentication. */
  category: string;
  /** In lower case: approved, pending, rejected, paused, disabled, and what WhatsApp may invent. Only approved ones can be sent. */
  status: string;
  /** Why it was rejected, as WhatsApp says it. */
  reason?: string;
  body: string;
  header?: string;
  footer?: string;
  /** Names or numbers of the variables in the body. */
  variables: string[];
  asksPermission: boolean;
  quickReplies: string[];
}

/** States in which WhatsApp sends a template; a flagged one is sent until it is paused. */
const SENDABLE: ReadonlySet<string> = new Set(['approved', 'active', 'reinstated', 'flagged']);

export function isSendable(status: string): boolean {
  return SENDABLE.has(status);
}

/** News about a template: its review is over, or WhatsApp paused or disabled it. */
export interface TemplateChange {
  name: string;
  language: string;
  status: string;
  id?: string;
  reason?: string;
}

/** Only these two categories can hold the permission component (TPL, 17 Jun 2026). */
export const CATEGORIES = ['utility', 'marketing'] as const;

const text = (what: string, longest: number) =>
  z.string(`${what} must be a text`).trim().max(longest, `${what} is longer than ${longest} characters`);

const draft = z.strictObject(
  {
    name: z
      .string('the name is missing')
      .trim()
      .regex(/^[a-z0-9_]{1,512}$/, 'the name may only have small letters a to z, digits and underscores'),
    language: z
      .string('the language is missing')
      .trim()
      .regex(/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/, 'the language must be a code such as en_US, pt_BR or de'),
    category: z
      .string('the category is missing')
      .trim()
      .toLowerCase()
      .pipe(z.enum(CATEGORIES, 'the category must be utility or marketing')),
    body: text('the text', 10_000).min(1, 'the text is missing'),
    examples: z
      .union(
        [z.array(z.coerce.string()), z.record(z.string(), z.coerce.string())],
        'the examples must be a list of texts, or an object of texts',
      )
      .default([]),
    header: text('the header', 1000).optional(),
    footer: text('the footer', 1000).optional(),
    asksPermission: z.boolean('asksPermission must be true or false').default(true),
    quickReplies: z.array(text('a quick reply', 200), 'the quick replies must be a list of texts').optional(),
  },
  'the template must be an object with name, language, category and body',
);

/**
 * Reads a draft from outside. What it says is judged by `lintTemplate`.
 * @returns the draft, or a sentence per mistake
 */
export function readDraft(value: unknown): { draft: TemplateDraft } | { mistakes: string[] } {
  const result = draft.safeParse(value);
  if (result.success) {
    const { header, footer, quickReplies, ...rest } = result.data;
    return {
      draft: {
        ...rest,
        ...(header ? { header } : {}),
        ...(footer ? { footer } : {}),
        ...(quickReplies !== undefined && quickReplies.length > 0 ? { quickReplies } : {}),
      },
    };
  }
  return {
    mistakes: result.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `a template has no property ${issue.keys.join(', ').slice(0, 100)}`
        : /^(the|a) /.test(issue.message)
          ? issue.message
          : `${issue.path.map(String).join('.').slice(0, 60)} cannot be used`,
    ),
  };
}

/** Names or numbers of the `{{…}}` in a text, each once, in the order in which they come. */
export function variablesOf(body: string): string[] {
  return [...new Set([...body.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((match) => match[1] as string))];
}
