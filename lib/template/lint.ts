import { LINT_WORDS, type LintWords } from './lint-words.ts';
import { type TemplateDraft, variablesOf } from './template.ts';

/** One thing about a template. An error: WhatsApp would refuse it, or it would not do what it is for. */
export interface Finding {
  /** Stable; see `RULES`. */
  rule: RuleId;
  level: 'error' | 'warning';
  text: string;
  nextStep: string;
}
export type RuleId =
  | 'grants_nothing'
  | 'buttons_beside_permission'
  | 'text_too_long'
  | 'footer_too_long'
  | 'header_too_long'
  | 'variables_mixed'
  | 'variables_not_in_order'
  | 'variable_name'
  | 'variable_outside_body'
  | 'variable_at_edge'
  | 'example_missing'
  | 'not_concise'
  | 'no_reason'
  | 'no_context'
  | 'vague_purpose'
  | 'no_call'
  | 'no_whatsapp'
  | 'cost_unsaid'
  | 'names_buttons'
  | 'category_selling'
  | 'category_marketing';

/** Limits of the API: body 1,024 characters (TPL, 17 Jun 2026), header and footer 60 (templates overview). */
const LONGEST_BODY = 1024;
const LONGEST_LINE = 60;
/** What people read in a notification and still decide about. A house rule. */
const CONCISE = 350;

/**
 * Judges a template that shall bring a permission to call: what WhatsApp would refuse, what would grant nothing, and what
 * makes people decline (too long, no reason, no context, unsaid that it is a free WhatsApp call, wrong category).
 * Pure. An empty list: nothing to say.
 */
export function lintTemplate(draft: TemplateDraft): Finding[] {
  return [...grants(draft), ...shape(draft), ...variables(draft), ...wording(draft)];
}

/** Whether it can be submitted. */
export function hasErrors(findings: Finding[]): boolean {
  return findings.some(({ level }) => level === 'error');
}

const error = (rule: RuleId, text: string, nextStep: string): Finding => ({ rule, level: 'error', text, nextStep });
const warning = (rule: RuleId, text: string, nextStep: string): Finding => ({ rule, level: 'warning', text, nextStep });

function grants({ asksPermission, quickReplies = [] }: TemplateDraft): Finding[] {
  if (asksPermission && quickReplies.length > 0) {
    return [
      error(
        'buttons_beside_permission',
        'Buttons of your own cannot stand beside the permission request: WhatsApp puts its own below the text, to allow or decline.',
        'Take the quick replies out.',
      ),
    ];
  }
  if (asksPermission) return [];
  return [
    error(
      'grants_nothing',
      quickReplies.length > 0
        ? `Pressing a quick reply such as “${(quickReplies[0] as string).slice(0, 25)}” is an ordinary message: it grants no permission to call, whatever it says.`
        : 'The template does not hold the call permission request, so answering it grants nothing.',
      'Use the call permission request instead; WhatsApp shows the buttons by itself.',
    ),
  ];
}

function shape({ body, header, footer }: TemplateDraft): Finding[] {
  const findings: Finding[] = [];
  if (body.length > LONGEST_BODY) {
    findings.push(
      error('text_too_long', `The text has ${body.length} characters; ${LONGEST_BODY} are possible.`, 'Shorten it.'),
    );
  } else if (body.length > CONCISE) {
    findings.push(
      warning(
        'not_concise',
        `The text has ${body.length} characters. People decide in a moment; more than ${CONCISE} are seldom read.`,
        'Say who, why and when, and leave the rest for the call.',
      ),
    );
  }
  for (const [rule, what, line] of [
    ['header_too_long', 'header', header],
    ['footer_too_long', 'footer', footer],
  ] as const) {
    if (line === undefined) continue;
    if (line.length > LONGEST_LINE) {
      findings.push(
        error(rule, `The ${what} has ${line.length} characters; ${LONGEST_LINE} are possible.`, 'Shorten it.'),
      );
    }
    if (line.includes('{{')) {
      findings.push(
        error('variable_outside_body', `The ${what} holds a variable.`, 'Put variables into the text only.'),
      );
    }
  }
  return findings;
}

function variables({ body, examples }: TemplateDraft): Finding[] {
  const findings: Finding[] = [];
  const names = variablesOf(body);
  const numbers = names.filter((name) => /^\d+$/.test(name));
  const words = names.filter((name) => !/^\d+$/.test(name));
  if (words.some((name) => !/^[a-z][a-z0-9_]{0,63}$/.test(name)) || /\{\{\s*\}\}/.test(body)) {
    findings.push(
      error(
        'variable_name',
        'A variable is neither a number nor a name in small letters.',
        'Write {{1}} or {{first_name}}.',
      ),
    );
  }
  if (numbers.length > 0 && words.length > 0) {
    findings.push(
      error('variables_mixed', 'Numbered and named variables cannot stand in the same text.', 'Use one kind.'),
    );
  } else if (numbers.some((name, index) => Number(name) !== index + 1)) {
    findings.push(
      error(
        'variables_not_in_order',
        `The variables are ${names.map((name) => `{{${name}}}`).join(', ')}.`,
        'Number them {{1}}, {{2}}, … in the order in which they come.',
      ),
    );
  }
  // A sign after it counts as text: "… about {{2}}?" is fine.
  if (/^\s*\{\{/.test(body) || /\}\}\s*$/.test(body)) {
    findings.push(
      error(
        'variable_at_edge',
        'The text begins or ends with a variable, which WhatsApp does not accept.',
        'Put a word before it, or a full stop or question mark after it.',
      ),
    );
  }
  const missing = names.filter((name, index) => {
    const example = Array.isArray(examples)
      ? examples[index]
      : Object.hasOwn(examples, name)
        ? examples[name]
        : undefined;
    return example === undefined || example.trim() === '';
  });
  if (missing.length > 0) {
    findings.push(
      error(
        'example_missing',
        `There is no example for ${missing.map((name) => `{{${name}}}`).join(', ')}.`,
        'Give one for each variable, such as a name and a purpose: the reviewers judge the text with them.',
      ),
    );
  }
  return findings;
}

function wording({ body, header = '', footer = '', category, language }: TemplateDraft): Finding[] {
  const words = LINT_WORDS[language.split('_')[0] ?? ''];
  const all = [header, body, footer].join('\n');
  const findings: Finding[] = [];
  // The name alone, {{1}} after a greeting, is no context.
  const named = variablesOf(body).length;
  if (named < 2 && footer === '' && header === '') {
    findings.push(
      warning(
        'no_context',
        'Nothing in the text ties it to this person’s own matter, or says who is asking.',
        'Name the order, the appointment or the request as a variable, or your team in the footer.',
      ),
    );
  }
  if (!/whats\s?app/i.test(all)) {
    findings.push(
      warning(
        'no_whatsapp',
        'The text does not say that the call comes through WhatsApp.',
        'Say so: people expect an ordinary phone call otherwise.',
      ),
    );
  }
  return words === undefined ? findings : [...findings, ...spoken(all, category, words)];
}

function spoken(all: string, category: TemplateDraft['category'], words: LintWords): Finding[] {
  const findings: Finding[] = [];
  if (!words.call.test(all)) {
    findings.push(
      warning('no_call', 'The text does not say that you want to call.', 'Ask for the call in plain words.'),
    );
  }
  if (!words.why.test(all)) {
    findings.push(
      warning(
        'no_reason',
        'The text does not say why you want to call.',
        'Say what it is about, such as “about {{2}}”.',
      ),
    );
  }
  if (words.vague.test(all)) {
    findings.push(
      warning(
        'vague_purpose',
        'The text asks for calls at any time or about anything.',
        'Ask for one call about one matter: WhatsApp wants a purpose, and so do people.',
      ),
    );
  }
  if (!words.free.test(all)) {
    findings.push(
      warning(
        'cost_unsaid',
        'The text does not say that the call is free for the person, over mobile data or WiFi.',
        'Add it: many take it for a charged call.',
      ),
    );
  }
  if (words.buttons.test(all)) {
    findings.push(
      warning(
        'names_buttons',
        'The text tells which button to press. WhatsApp writes the buttons itself, in the person’s language.',
        'Leave the names of buttons out.',
      ),
    );
  }
  const selling = words.selling.test(all);
  if (selling && category === 'utility') {
    findings.push(
      warning(
        'category_selling',
        'The text sounds like advertising, and the category is utility. WhatsApp changes the category or rejects it.',
        'Choose marketing, or take the offer out.',
      ),
    );
  }
  if (!selling && category === 'marketing') {
    findings.push(
      warning(
        'category_marketing',
        'The text is about the person’s own matter, and the category is marketing: it costs more, and people may have declined marketing.',
        'Choose utility for appointments, deliveries and support.',
      ),
    );
  }
  return findings;
}
