import { strict as assert } from 'node:assert';
import { flag, number, oneOf, parseNodeConfig, text } from '../../../lib/runtime/node-config.ts';

const SHAPE = {
  seconds: number(45, { min: 5, max: 300 }),
  ready: flag(false),
  engine: oneOf(['sqlite', 'postgres']),
  path: text('a'),
};

describe('parseNodeConfig', () => {
  it('fills what an older flow lacks', () => {
    assert.deepEqual(parseNodeConfig(SHAPE, {}), { seconds: 45, ready: false, engine: 'sqlite', path: 'a' });
    assert.deepEqual(parseNodeConfig(SHAPE, { seconds: '', ready: '', engine: '', path: null }), {
      seconds: 45,
      ready: false,
      engine: 'sqlite',
      path: 'a',
    });
  });

  it('understands the strings that environment variables hold', () => {
    assert.deepEqual(parseNodeConfig(SHAPE, { seconds: ' 60 ', ready: 'TRUE', engine: 'postgres', path: ' b ' }), {
      seconds: 60,
      ready: true,
      engine: 'postgres',
      path: 'b',
    });
  });

  it('names every wrong property and never repeats a value', () => {
    assert.throws(
      () => parseNodeConfig(SHAPE, { seconds: 'hush', ready: 'hush', engine: 'hush', path: { hush: 1 } }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'config_invalid');
        for (const name of ['seconds', 'ready', 'engine', 'path']) assert.ok(error.message.includes(name), name);
        assert.ok(!error.message.includes('hush'), error.message);
        return true;
      },
    );
  });

  it('refuses what lies outside the range, and halves where whole numbers belong', () => {
    for (const seconds of [4, 301, 45.5, '1e9', Number.NaN, []]) {
      assert.throws(() => parseNodeConfig(SHAPE, { seconds }), /seconds/);
    }
  });
});
