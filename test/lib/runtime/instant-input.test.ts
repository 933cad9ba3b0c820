import { strict as assert } from 'node:assert';
import { readInstant } from '../../../lib/runtime/instant-input.ts';
import { warningsMessage } from '../../../lib/runtime/messages.ts';

const AT = Date.UTC(2026, 10, 20, 15, 0, 0);

describe('a moment from a message', () => {
  it('is ISO 8601 with its zone, milliseconds, or a Date', () => {
    for (const value of [
      '2026-11-20T15:00:00Z',
      ' 2026-11-20T15:00Z ',
      '2026-11-20T12:00:00-03:00',
      '2026-11-20T20:30:00.000+0530',
      AT,
      new Date(AT),
    ]) {
      assert.equal(readInstant(value, 'promised time'), AT, String(value));
    }
    for (const nothing of [undefined, null, '']) assert.equal(readInstant(nothing, 'promised time'), undefined);
  });

  it('is nothing that two machines would understand differently', () => {
    const bad = [
      '2026-11-20T15:00:00',
      '2026-11-20',
      'tomorrow',
      '15:00',
      '2026-13-40T15:00:00Z',
      AT / 1000,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      9e15,
      -1,
      true,
      {},
      [],
      new Date(Number.NaN),
      '1'.repeat(1_000_000),
    ];
    for (const value of bad) {
      assert.throws(
        () => readInstant(value, 'promised time'),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'property_invalid');
          assert.match(error.message, /promised time is no point in time.*2026-11-20T15:00:00Z/);
          return error.message.length < 200;
        },
      );
    }
  });
});

describe('warnings in a message', () => {
  it('are reasons, and nothing at all if there are none', () => {
    assert.deepEqual(warningsMessage(undefined), {});
    assert.deepEqual(warningsMessage([]), {});
    const warning = { code: 'quiet_hours', text: 'It is late.', nextStep: 'Wait.', nextAllowedAt: AT } as const;
    assert.deepEqual(warningsMessage([warning]), {
      warnings: [{ ...warning, nextAllowedAt: '2026-11-20T15:00:00.000Z' }],
    });
  });
});
