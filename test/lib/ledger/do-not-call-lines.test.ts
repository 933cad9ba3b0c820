import { strict as assert } from 'node:assert';
import { type DoNotCallLine, doNotCallParts } from '../../../lib/ledger/do-not-call-lines.ts';

const read = (list: string | readonly unknown[], size = 2): DoNotCallLine[] => [...doNotCallParts(list, size)].flat();
const inputs = (list: string | readonly unknown[]) => read(list).map(({ input }) => input);

describe('lines of a do-not-call list', () => {
  it('are the first columns of a text, numbered as an editor numbers them', () => {
    assert.deepEqual(read('\uFEFFnumber,name\r\n+55 11 95550-0123;Ana\n\n"+55 11 95550-0177, office"\tx\rlast'), [
      { line: 1, input: 'number' },
      { line: 2, input: '+55 11 95550-0123' },
      { line: 4, input: '+55 11 95550-0177, office' },
      { line: 5, input: 'last' },
    ]);
  });

  it('are none of an empty text, and the same with and without a last line break', () => {
    for (const text of ['', '\n', '\r\n\r\n', ' \n ', '\uFEFF']) assert.deepEqual(read(text), []);
    assert.deepEqual(read('a\nb'), read('a\nb\n'));
  });

  it('keep known fields of contacts and nothing else', () => {
    const hostile = JSON.parse('{"__proto__":{"phone":"1"},"phone":"+5511","evil":"x","name":{}}');
    assert.deepEqual(read(['+5511', 5511, hostile, null, [1], true]), [
      { line: 1, input: '+5511' },
      { line: 2, input: 5511 },
      { line: 3, input: { phone: '+5511' } },
      { line: 4, input: null },
      { line: 5, input: null },
      { line: 6, input: null },
    ]);
  });

  it('come in parts', () => {
    const parts = [...doNotCallParts('a\nb\nc\n\nd\ne', 2)];
    assert.deepEqual(
      parts.map((part) => part.map(({ line }) => line)),
      [[1, 2], [3, 5], [6]],
    );
  });

  it('are read only as far as they are asked for', () => {
    const list = new Proxy(['+1', '+2', '+3', '+4'], {
      get: (target, name) => {
        if (name === '3') throw new Error('read too far');
        return Reflect.get(target, name);
      },
    });
    const parts = doNotCallParts(list, 2);
    assert.equal(parts.next().value?.length, 2);
    assert.throws(() => parts.next(), /read too far/);
  });

  it('of ten million characters in one line are cut, whatever they are', () => {
    const [only] = inputs('5'.repeat(10_000_000));
    assert.equal(String(only).length, 400);
    assert.equal(inputs(`${'5'.repeat(10_000_000)}\n+5511`).at(-1), '+5511');
  });
});
