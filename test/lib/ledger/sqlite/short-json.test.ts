import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { longEvent, shortEvent } from '../../../../lib/ledger/sqlite/short-event.ts';
import { lengthen, shorten } from '../../../../lib/ledger/sqlite/short-json.ts';

describe('the short form of the audit’s details', () => {
  it('gives back every JSON letter by letter, whatever texts are in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('","callId":"', '"}', '\u0001\u001f', '{"at":', '\\', '\\u0001', '","why":"'),
    );
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))), (detail) => {
        const json = JSON.stringify(detail);
        assert.equal(lengthen(shorten(json)), json);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves what an older version has written as it is', () => {
    for (const stored of ['{}', '{"why":"its process ended"}', '{"response":"accept","at":1}']) {
      assert.equal(lengthen(stored), stored);
    }
  });

  it('takes most of an ordinary detail away', () => {
    const json = '{"response":"accept","source":"profile","at":1795248450639,"kind":"permanent"}';
    assert.equal(shorten(json).length, 16);
  });

  it('is the same for ever: a file that was written once is read by every later version', () => {
    const codes = Array.from({ length: 29 }, (_, index) => lengthen(String.fromCharCode(index + 1)));
    assert.deepEqual(codes.slice(0, 4), ['{"reservationId":"', '","callId":"', '","purpose":"', '","requestId":"']);
    assert.deepEqual(codes.slice(27), ['{"requestId":"', '"}']);
    assert.equal(new Set(codes).size, 29);
  });
});

describe('the short form of the audit’s events', () => {
  it('gives every name back, known or not, and is the same for ever', () => {
    for (const event of ['permission_granted', 'call_reserved', 'callback_reopened', 'person_erased', 'x', '']) {
      assert.equal(longEvent(shortEvent(event)), event);
    }
    assert.deepEqual(['request_reserved', 'permission_granted', 'callback_reopened'].map(shortEvent), ['0', '6', 'Y']);
  });
});
