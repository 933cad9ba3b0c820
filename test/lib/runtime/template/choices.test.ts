import { strict as assert } from 'node:assert';
import { choicesOf } from '../../../../lib/runtime/template/choices.ts';
import type { StoredTemplate } from '../../../../lib/template/template.ts';

const stored = (name: string, more: Partial<StoredTemplate> = {}): StoredTemplate => ({
  ...{ name, language: 'en_US', category: 'utility', status: 'approved', body: `May we call? ${name}` },
  ...{ variables: [], asksPermission: true, quickReplies: [] },
  ...more,
});

describe('the choice of templates', () => {
  it('has none that would grant nothing', () => {
    const choices = choicesOf([stored('news', { asksPermission: false }), stored('ask')]);
    assert.deepEqual(
      choices.map(({ name }) => name),
      ['ask'],
    );
  });

  it('begins with those that can be sent, by name and language', () => {
    const choices = choicesOf([
      stored('b', { status: 'rejected' }),
      stored('c', { status: 'flagged' }),
      stored('a', { language: 'pt_BR' }),
      stored('a', { status: 'paused', language: 'de' }),
      stored('a'),
    ]);
    assert.deepEqual(
      choices.map(({ name, language, fit }) => [name, language, fit]),
      [
        ['a', 'en_US', true],
        ['a', 'pt_BR', true],
        ['c', 'en_US', true],
        ['a', 'de', false],
        ['b', 'en_US', false],
      ],
    );
  });

  it('ends where a dialog could not show more', () => {
    const many = Array.from({ length: 700 }, (_, index) => stored(`t${index}`));
    assert.equal(choicesOf(many).length, 500);
  });
});
