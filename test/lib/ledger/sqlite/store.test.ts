import { strict as assert } from 'node:assert';
import { SqliteStore } from '../../../../lib/ledger/sqlite/store.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import type { ProviderEvent } from '../../../../lib/provider/event.ts';
import { ANA, NOON, NUMBER } from '../stand.ts';

describe('a batch of operations on one file', () => {
  let store: SqliteStore;
  beforeEach(() => {
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    store = new SqliteStore({ path: ':memory:', profile, owner: 'me', time: { wall: () => NOON, steady: () => 0 } });
  });
  afterEach(() => store.close());

  const grant = (id: string, contact: typeof ANA): ProviderEvent => ({
    type: 'permission.replied',
    id,
    at: NOON,
    businessNumberId: NUMBER.id,
    contact,
    response: 'accept',
    permanent: true,
    source: 'user_action',
  });
  const status = (contact: typeof ANA): unknown => {
    const [outcome] = store.run([{ name: 'status', args: [NUMBER.id, contact] }]);
    assert.ok(outcome?.ok);
    return (outcome.value as { status: unknown }).status;
  };

  it('takes back what an operation had written before it failed, and that alone', () => {
    const [before, half, after] = [ANA, { phone: '4915112345678' }, { phone: '351912000456' }];
    // Only the border would have stopped this: there is no text for it, which shows when all else of it is written.
    const unwritable = { ...grant('4', { phone: '351912000457' }), raw: 1n } as ProviderEvent;
    const outcomes = store.run([
      { name: 'append', args: [[grant('1', before)]] },
      { name: 'append', args: [[grant('2', half), unwritable]] },
      { name: 'append', args: [[grant('3', after)]] },
    ]);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.deepEqual([before, half, after].map(status), ['granted', 'not_requested', 'granted']);
    const [waiting] = store.run([{ name: 'undispatched', args: [NUMBER.id] }]);
    assert.ok(waiting?.ok);
    assert.deepEqual(
      (waiting.value as { event: ProviderEvent }[]).map(({ event }) => event.id),
      ['1', '3'],
    );
  });
});
