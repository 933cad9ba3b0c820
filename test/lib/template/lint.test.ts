import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { hasErrors, lintTemplate, type RuleId } from '../../../lib/template/lint.ts';
import { READY_LANGUAGES, READY_NAMES, readyTemplate } from '../../../lib/template/ready.ts';
import { readDraft, type TemplateDraft, variablesOf } from '../../../lib/template/template.ts';

const GOOD: TemplateDraft = readyTemplate('general', 'en_US');
const lint = (more: Partial<TemplateDraft>): [RuleId, string][] =>
  lintTemplate({ ...GOOD, ...more }).map(({ rule, level }) => [rule, level]);

describe('the linter of templates', () => {
  const cases: [string, Partial<TemplateDraft>, [RuleId, string][]][] = [
    ['a template that asks for nothing', { asksPermission: false }, [['grants_nothing', 'error']]],
    [
      'quick replies alone',
      { asksPermission: false, quickReplies: ['Allow calls', 'Not now'] },
      [['grants_nothing', 'error']],
    ],
    [
      'quick replies beside the permission request',
      { quickReplies: ['Yes, call me'] },
      [['buttons_beside_permission', 'error']],
    ],
    ['a text that is too long', { body: `${GOOD.body}${' and more'.repeat(150)}.` }, [['text_too_long', 'error']]],
    [
      'a text that nobody reads',
      { body: `${GOOD.body} ${'It would help us a lot. '.repeat(14)}` },
      [['not_concise', 'warning']],
    ],
    ['a long footer', { footer: 'x'.repeat(61) }, [['footer_too_long', 'error']]],
    ['a long header', { header: 'x'.repeat(61) }, [['header_too_long', 'error']]],
    ['a variable in the footer', { footer: 'Team {{1}}' }, [['variable_outside_body', 'error']]],
    ['no examples', { examples: [] }, [['example_missing', 'error']]],
    ['an empty example', { examples: ['Ana', ' '] }, [['example_missing', 'error']]],
    ['an example under another name', { examples: { one: 'Ana' } }, [['example_missing', 'error']]],
    ['numbers out of order', { body: GOOD.body.replace('{{2}}', '{{3}}') }, [['variables_not_in_order', 'error']]],
    [
      'numbers and names mixed',
      { body: GOOD.body.replace('{{2}}', '{{what}}'), examples: { 1: 'Ana', what: 'your order' } },
      [['variables_mixed', 'error']],
    ],
    [
      'a name in capitals',
      { body: GOOD.body.replace('{{1}}', '{{Name}}').replace('{{2}}', '{{what}}'), examples: { Name: 'A', what: 'B' } },
      [['variable_name', 'error']],
    ],
    [
      'a variable at the end',
      { body: 'Hello {{1}}, may we call you on WhatsApp, free over WiFi, about {{2}}' },
      [['variable_at_edge', 'error']],
    ],
    [
      'a variable at the beginning',
      { body: '{{1}}, may we call you on WhatsApp about {{2}}? It is free over WiFi.' },
      [['variable_at_edge', 'error']],
    ],
    [
      'no word of WhatsApp',
      { body: 'Hello {{1}}, may we call you about {{2}}? It is free over WiFi.' },
      [['no_whatsapp', 'warning']],
    ],
    [
      'no word of the cost',
      { body: 'Hello {{1}}, may we call you on WhatsApp about {{2}}?' },
      [['cost_unsaid', 'warning']],
    ],
    ['no word of a call', { body: 'Hello {{1}}, a free WhatsApp chat about {{2}}?' }, [['no_call', 'warning']]],
    ['no reason', { body: 'Hello {{1}}, may we call you on WhatsApp, {{2}}? It is free.' }, [['no_reason', 'warning']]],
    [
      'a purpose that could be anything',
      { body: 'Hello {{1}}, may we call you on WhatsApp at any time about {{2}}? It is free.' },
      [['vague_purpose', 'warning']],
    ],
    ['names of buttons', { body: `${GOOD.body} Press “Allow” to agree.` }, [['names_buttons', 'warning']]],
    [
      'selling as utility',
      { body: 'Hello {{1}}, may we call you on WhatsApp about a discount for {{2}}? It is free.' },
      [['category_selling', 'warning']],
    ],
    ['service as marketing', { category: 'marketing' }, [['category_marketing', 'warning']]],
  ];
  for (const [name, more, expected] of cases) it(`finds ${name}`, () => assert.deepEqual(lint(more), expected));

  it('misses context where neither a matter nor a sender is named', () => {
    const bare: TemplateDraft = {
      ...GOOD,
      body: 'Hello {{1}}, may we call you on WhatsApp about news? It is free.',
      examples: ['Ana'],
    };
    delete bare.footer;
    assert.deepEqual(
      lintTemplate(bare).map(({ rule }) => rule),
      ['no_context'],
    );
  });

  it('says what to do about each', () => {
    for (const [, more] of cases) {
      for (const { text, nextStep } of lintTemplate({ ...GOOD, ...more })) {
        assert.match(text, /^[A-Z“].*[.)]$/s);
        assert.match(nextStep, /^[A-Z].*\.$/s);
      }
    }
  });

  it('speaks Portuguese, Spanish and German too, and holds its tongue in others', () => {
    const rules = (language: string, body: string): string[] =>
      lintTemplate({ ...GOOD, language, body, footer: 'x' }).map(({ rule }) => rule);
    assert.deepEqual(rules('pt_BR', 'Olá {{1}}, temos {{2}} no WhatsApp.'), ['no_call', 'no_reason', 'cost_unsaid']);
    assert.deepEqual(rules('es', 'Hola {{1}}, una oferta para {{2}} en WhatsApp.'), [
      'no_call',
      'no_reason',
      'cost_unsaid',
      'category_selling',
    ]);
    assert.deepEqual(
      rules('de', 'Hallo {{1}}, dürfen wir Sie jederzeit wegen {{2}} per WhatsApp anrufen? Kostenlos.'),
      ['vague_purpose'],
    );
    assert.deepEqual(rules('ja', 'こんにちは、{{1}}様、{{2}} WhatsApp。'), []);
  });

  it('has nothing to say about the ready templates, in any language', () => {
    for (const name of READY_NAMES) {
      for (const language of READY_LANGUAGES) {
        const draft = readyTemplate(name, language);
        assert.deepEqual(lintTemplate(draft), [], `${name} ${language}`);
        assert.deepEqual(readDraft(draft), { draft });
        assert.equal(variablesOf(draft.body).length, (draft.examples as string[]).length);
      }
    }
  });

  it('never throws, is quick on long texts, and finds errors in what cannot be sent', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.array(fc.string(), { maxLength: 3 }), (body, examples) => {
        const findings = lintTemplate({ ...GOOD, body, examples });
        assert.equal(
          hasErrors(findings),
          findings.some(({ level }) => level === 'error'),
        );
      }),
    );
    const long = 'um '.repeat(3000);
    const start = process.hrtime.bigint();
    for (const language of READY_LANGUAGES) lintTemplate({ ...GOOD, language, body: long });
    assert.ok(Number(process.hrtime.bigint() - start) < 2e9);
  });
});

describe('reading a template', () => {
  const told = (more: object): string => {
    const read = readDraft({ ...GOOD, ...more });
    return 'mistakes' in read ? read.mistakes.join('; ') : 'fine';
  };
  const wrong: [object, RegExp][] = [
    [{ name: 'Call Permission' }, /name may only have small letters/],
    [{ name: undefined }, /the name is missing/],
    [{ language: 'english' }, /language must be a code such as en_US/],
    [{ category: 'authentication' }, /category must be utility or marketing/],
    [{ body: '' }, /the text is missing/],
    [{ body: 7 }, /the text must be a text/],
    [{ examples: 'Ana' }, /examples must be a list/],
    [{ asksPermission: 'yes' }, /asksPermission/],
    [{ buttons: [] }, /no property buttons/],
  ];
  for (const [more, sentence] of wrong) it(`refuses ${JSON.stringify(more)}`, () => assert.match(told(more), sentence));
  it('refuses what is no object', () => {
    for (const value of [undefined, null, 'x', []]) assert.ok('mistakes' in readDraft(value));
  });
  it('asks for permission unless told otherwise', () => {
    const { asksPermission: _, ...rest } = GOOD;
    assert.deepEqual(readDraft(rest), { draft: GOOD });
  });
});
