import { strict as assert } from 'node:assert';
import { JsonError, MAX_JSON_BYTES, parseJson } from '../../../lib/provider/json.ts';

const code = (text: string | Buffer): string => {
  try {
    parseJson(Buffer.from(text as string));
  } catch (error) {
    assert(error instanceof JsonError);
    assert(!error.message.includes('canary'));
    return error.code;
  }
  return 'read';
};

describe('json', () => {
  it('refuses what is no JSON, without quoting it', () => {
    for (const text of [
      '',
      ' ',
      '{',
      '{"canary":',
      'canary',
      '{"a":1}}',
      '<html>canary</html>',
      '\u0000',
      '{"a":NaN}',
    ]) {
      assert.equal(code(text), 'json_invalid', text);
    }
  });
  it('refuses too much of it, before reading', () => {
    assert.equal(code(`"${'a'.repeat(MAX_JSON_BYTES)}"`), 'json_too_large');
    assert.equal(code(`"${'a'.repeat(MAX_JSON_BYTES - 2)}"`), 'read');
  });
  it('refuses deep nesting, before reading', () => {
    assert.equal(code('['.repeat(32) + ']'.repeat(32)), 'read');
    assert.equal(code('['.repeat(33) + ']'.repeat(33)), 'json_too_deep');
    assert.equal(code(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), 'json_too_deep');
    assert.equal(code('['.repeat(200_000)), 'json_too_deep');
  });
  it('does not count brackets in texts', () => {
    assert.equal(code(JSON.stringify({ text: '[{'.repeat(100) })), 'read');
    assert.equal(code(JSON.stringify({ text: '"\\'.repeat(100) + '[['.repeat(100) })), 'read');
    assert.equal(code(`["\\\\",${'['.repeat(40)}${']'.repeat(40)}]`), 'json_too_deep');
  });
  it('reads a byte order mark and what is no UTF-8', () => {
    assert.deepEqual(parseJson(Buffer.from('\uFEFF{"a":1}')), { a: 1 });
    assert.equal(code(Buffer.from([0x22, 0xff, 0x22])), 'read');
  });
  it('leaves out keys that reach prototypes', () => {
    const value = parseJson(Buffer.from('{"a":{"__proto__":{"x":1},"b":[{"constructor":2,"prototype":3,"c":4}]}}'));
    assert.deepEqual(value, { a: { b: [{ c: 4 }] } });
    assert.equal(Object.getPrototypeOf((value as { a: object }).a), Object.prototype);
  });
});
