import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { type OptOutMatcher, optOutMatcher } from '../../../lib/permission/opt-out.ts';
import { confirmationText } from '../../../lib/permission/opt-out-confirmation.ts';
import { OPT_OUT_WORDS } from '../../../lib/permission/opt-out-words.ts';
import { NO_OPT_OUTS, OPT_OUTS } from './opt-out-sentences.ts';

describe('lib/permission/opt-out', function () {
  this.timeout(30_000);
  let matches: OptOutMatcher;
  before(() => {
    matches = optOutMatcher();
  });

  it('is tried on at least 200 sentences, with every language of the list among them', () => {
    assert.ok(Object.values(OPT_OUTS).flat().length >= 150);
    assert.ok(NO_OPT_OUTS.length >= 150);
    assert.deepEqual(Object.keys(OPT_OUTS).sort(), OPT_OUT_WORDS.map(({ language }) => language).sort());
    assert.ok(OPT_OUT_WORDS.length >= 12);
  });

  for (const [language, sentences] of Object.entries(OPT_OUTS)) {
    it(`takes these for opt-outs (${language})`, () => {
      assert.deepEqual(
        sentences.filter((sentence) => matches(sentence) === undefined),
        [],
      );
    });
  }

  it('takes none of these for an opt-out', () => {
    assert.deepEqual(
      NO_OPT_OUTS.filter((sentence) => matches(sentence) !== undefined),
      [],
    );
  });

  it('tells the language of words that one language has, for the confirmation', () => {
    assert.equal(matches('Pare de me ligar!!')?.language, 'pt');
    assert.equal(matches('Rufen Sie mich nicht mehr an')?.language, 'de');
    assert.equal(matches('别再给我打电话了')?.language, 'zh');
    assert.match(confirmationText('pt-BR'), /ligar/);
    assert.match(confirmationText('pt_PT'), /ligar/);
    assert.equal(confirmationText('tlh'), confirmationText('en'));
    assert.equal(confirmationText(undefined), confirmationText('en'));
    for (const { confirmation, language } of OPT_OUT_WORDS) {
      assert.ok(confirmation.length > 10 && confirmation.length < 200, language);
      assert.equal(matches(confirmation), undefined, `${language}: our own words are no opt-out`);
    }
  });

  it('is not changed by case, accents, punctuation, spaces and signs around', () => {
    const sentences = Object.values(OPT_OUTS).flat();
    const around = fc.constantFrom(
      '',
      ' ',
      '  ',
      '!',
      '!!!',
      '...',
      ' 🙏',
      '😡 ',
      '\u200f',
      '\t',
      '\n',
      '*',
      '"',
      '_',
      '\u00a0',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...sentences),
        around,
        around,
        fc.boolean(),
        fc.boolean(),
        (said, left, right, upper, decomposed) => {
          const cased = upper ? said.toUpperCase() : said;
          const text = `${left}${decomposed ? cased.normalize('NFD') : cased}${right}`;
          return matches(text) !== undefined || assert.fail(JSON.stringify(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('forgives one mistake in a longer word, and none in a short one', () => {
    for (const text of [
      'stop calilng me',
      'stop clling me',
      'stop callimg me',
      'stop callingg me',
      'nusubscribe',
      'unsubscribee',
    ])
      assert.ok(matches(text), text);
    for (const text of ['stpo', 'sotp', 'shop', 'step', 'atop', 'stop falling me', 'stop cxlxing me', 'pure', 'bata']) {
      assert.equal(matches(text), undefined, text);
    }
  });

  it('can be given more words and rid of some', () => {
    const own = optOutMatcher({
      added: ['Cancelar', 'Chega por hoje!', 'ΤΕΛΟΣ'],
      removed: ['SAIR', 'No calls', 'pare de me ligar'],
    });
    for (const text of [
      'cancelar',
      'por favor cancelar',
      'Chegá por hoje',
      'Oi. Chega por hoje. Tchau',
      'Τέλος',
      'stop',
      'pare',
    ])
      assert.ok(own(text), text);
    for (const text of ['sair', 'no calls', 'No calls please', 'Pare de me ligar!', 'cancelar o pedido'])
      assert.equal(own(text), undefined, text);
    assert.deepEqual(own('Cancelar'), { phrase: 'cancelar' });
    assert.ok(optOutMatcher({ added: ['sair'], removed: ['sair'] })('sair'), 'what was added stays');
    assert.equal(optOutMatcher({ added: ['', '!!!', '   '] })('hello'), undefined);
  });

  it('reads no more of a hostile text than a WhatsApp message can hold', () => {
    const texts = [
      'a b ',
      'please ',
      'stop ',
      'stop, ',
      'unsubscribd ',
      'please stop calling mex. ',
      '停',
      '🛑',
      'ａ\u0301',
      '((((',
      'zzzz',
    ].map((part) => part.repeat(Math.ceil(10_000_000 / part.length)));
    texts.push(
      'stop calling me. '.padStart(5_000),
      '\ud800'.repeat(10_000_000),
      '\u0000'.repeat(1_000),
      'a'.repeat(10_000_000),
    );
    for (const text of texts) {
      const start = performance.now();
      matches(text);
      assert.ok(performance.now() - start < 2_000, `${text.slice(0, 12)}: hang guard`);
    }
    assert.equal(matches(`${' '.repeat(5_000)}stop`), undefined);
  });

  it('never throws, whatever it reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        matches(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
