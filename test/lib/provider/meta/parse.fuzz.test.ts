import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { JsonError } from '../../../../lib/provider/json.ts';
import { parseWebhook } from '../../../../lib/provider/meta/parse.ts';
import * as p from './payloads.ts';

const NOW = 1795300000000;
const TYPES = new Set([
  'call.connect',
  'call.ringing',
  'call.accepted',
  'call.rejected',
  'call.terminated',
  'permission.replied',
  'message.received',
  'message.status',
  'account.restricted',
  'capture.available',
  'unknown',
]);

/** The only way to fail is "no JSON"; whatever comes out is whole, and no prototype has changed. */
function check(bytes: Buffer): void {
  try {
    for (const event of parseWebhook(bytes, NOW)) {
      assert(TYPES.has(event.type), event.type);
      assert(typeof event.id === 'string' && event.id.length > 0);
      assert(Number.isFinite(event.at) && event.at > 0);
      assert.equal(typeof event.businessNumberId, 'string');
      if (event.type === 'permission.replied') {
        assert(event.contact.phone ?? event.contact.userId ?? event.contact.parentUserId);
        assert.equal(typeof event.permanent, 'boolean');
        assert(event.expiresAt === undefined || Number.isFinite(event.expiresAt));
      }
      if (event.type === 'call.terminated' && event.durationSeconds !== undefined) assert(event.durationSeconds >= 0);
    }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(([] as { polluted?: unknown }).polluted, undefined);
}

/** Puts another value, or another key, somewhere into a body. */
function mutated(body: unknown, at: number, replacement: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const copy: unknown = structuredClone(body);
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(copy);
  const place = places[at % places.length];
  if (place) place[0][place[1]] = replacement;
  return copy;
}

describe('parse: fuzz', () => {
  it('other values in every place', () => {
    const any = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(
        '',
        'wacid.',
        'accept',
        '1795251600',
        'BR.',
        '__proto__',
        '\u0000',
        '9'.repeat(400),
        1e308,
        -0,
        1e12,
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...p.EVERY_BODY), fc.nat(), any, fc.nat(), any, (body, at, one, again, other) =>
        check(p.bytes(mutated(mutated(body, at, one), again, other))),
      ),
      { numRuns: 4000 },
    );
  });
  it('other bytes in every place', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...p.EVERY_BODY),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (body, changes) => {
          const bytes = p.bytes(body);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          check(bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });
  it('cut off anywhere, and any JSON', () => {
    const body = p.bytes(p.EVERY_BODY[0]);
    for (let length = 0; length < body.length; length += 1) check(body.subarray(0, length));
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => check(Buffer.from(text))),
      { numRuns: 1000 },
    );
  });
  it('keys that would reach a prototype are gone, also from what is kept raw', () => {
    for (const key of ['__proto__', '\\u005f_proto__', 'constructor', 'prototype']) {
      const text = `{"entry":[{"changes":[{"field":"x","${key}":{"polluted":1},"value":{"${key}":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":[{"${key}":{"polluted":1}}]}}]}]}`;
      check(Buffer.from(text));
      const events = parseWebhook(Buffer.from(text), NOW);
      assert(!JSON.stringify(events).includes('polluted'));
      // A naive merge of what is kept raw, as a flow may do it.
      const merge = (to: Record<string, unknown>, from: Record<string, unknown>): void => {
        for (const name in from) {
          if (typeof from[name] === 'object' && from[name] !== null) {
            to[name] ??= {};
            merge(to[name] as Record<string, unknown>, from[name] as Record<string, unknown>);
          } else to[name] = from[name];
        }
      };
      merge({}, structuredClone(events[0]) as never);
      check(Buffer.from('{}'));
    }
  });
});
