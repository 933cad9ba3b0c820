import { strict as assert } from 'node:assert';
import { callDoubts, LONG_PAUSE_MS, requestDoubts, SECOND_HAND_MS } from '../../../lib/permission/doubt.ts';
import type { PairSnapshot } from '../../../lib/permission/model.ts';
import { findProfile, META_2026 } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const calls = (change: Partial<PairSnapshot>, now = NOON + HOUR, profile = META_2026): string[] =>
  callDoubts(snapshot(change), profile, now);

describe('why what is stored may differ from what the provider knows', () => {
  it('is nothing for a grant that the person gave lately and that was used within its limits', () => {
    assert.deepEqual(calls({ calls: [use(NOON), use(NOON + 1)] }), []);
    assert.deepEqual(requestDoubts(snapshot({}), META_2026, NOON), []);
  });

  it('is a grant from elsewhere, once it is a day old and no call has proved it since', () => {
    for (const source of ['provider_query', 'callback'] as const) {
      const change = { permission: { status: 'granted', kind: 'permanent', grantedAt: NOON, source } } as const;
      assert.deepEqual(calls(change, NOON + SECOND_HAND_MS), []);
      assert.deepEqual(calls(change, NOON + SECOND_HAND_MS + 1), ['second_hand']);
      assert.deepEqual(calls({ ...change, lastConnectedAt: NOON + 2 * DAY }, NOON + 2 * DAY + HOUR), []);
    }
    const asked = { permission: { status: 'granted', kind: 'permanent', grantedAt: NOON, source: 'request' } } as const;
    assert.deepEqual(calls(asked, NOON + SECOND_HAND_MS + 1), []);
  });

  it('is a pause of more than a week since anything proved the grant', () => {
    const permission = { status: 'granted', kind: 'permanent', grantedAt: NOON, repliedAt: NOON } as const;
    assert.deepEqual(calls({ permission }, NOON + LONG_PAUSE_MS), []);
    assert.deepEqual(calls({ permission }, NOON + LONG_PAUSE_MS + 1), ['long_pause']);
    assert.deepEqual(calls({ permission, lastConnectedAt: NOON + 7 * DAY }, NOON + 8 * DAY), []);
  });

  it('is as many unanswered calls as make WhatsApp ask the person, under any profile', () => {
    assert.deepEqual(calls({ unanswered: 1 }), []);
    assert.deepEqual(calls({ unanswered: 2 }), ['unanswered']);
    const test = findProfile('test-number');
    assert.ok(test);
    assert.deepEqual(calls({ unanswered: 4 }, NOON + HOUR, test), []);
    assert.deepEqual(calls({ unanswered: 5 }, NOON + HOUR, test), ['unanswered']);
  });

  it('is the last use of a limit, and one of which nobody knows whether it was made', () => {
    const hundred = Array.from({ length: 99 }, (_, index) => ({ ...use(NOON + index), reservationId: `r${index}` }));
    assert.deepEqual(calls({ calls: hundred }), ['limit_edge']);
    assert.deepEqual(calls({ calls: hundred.slice(1) }), []);
    assert.deepEqual(calls({ calls: [use(NOON, 'unknown')] }), ['unknown_use']);
    assert.deepEqual(calls({ calls: [use(NOON - 2 * DAY, 'unknown')] }), []);
    const asked = (requests: PairSnapshot['requests']): string[] =>
      requestDoubts(snapshot({ requests, permission: { status: 'not_requested' } }), META_2026, NOON);
    assert.deepEqual(asked([use(NOON - 2 * DAY)]), ['limit_edge']);
    assert.deepEqual(asked([use(NOON - 2 * DAY), use(NOON - 3 * DAY)]), ['limit_full']);
    assert.deepEqual(asked([use(NOON - 2 * DAY, 'unknown')]), ['limit_edge', 'unknown_use']);
    assert.deepEqual(asked([use(NOON - 8 * DAY, 'unknown')]), []);
  });

  it('is a limit that is used up, unless the user set it or the provider was asked within a day', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => ({ ...use(NOON + index), reservationId: `r${index}` }));
    assert.deepEqual(calls({ calls: hundred }), ['limit_full']);
    const told = (allowed: number, at: number): PairSnapshot['toldLimits'] & object => ({
      requests: [{ periodMs: 7 * DAY, allowed: 2, at: NOON }],
      calls: [{ periodMs: DAY, allowed, at }],
    });
    assert.deepEqual(calls({ calls: hundred, toldLimits: told(100, NOON) }), []);
    assert.deepEqual(calls({ calls: hundred, toldLimits: told(100, NOON - DAY) }), ['limit_full']);
    assert.deepEqual(calls({ calls: hundred, toldLimits: told(200, NOON - DAY) }), []);
    assert.deepEqual(calls({ calls: hundred, toldLimits: told(101, NOON - DAY) }), ['limit_edge']);
    const own = findProfile('meta-2026', { connectedCallsPerDay: 3 });
    assert.ok(own);
    const three = { calls: hundred.slice(0, 3) };
    assert.deepEqual(calls(three, NOON + HOUR, own), []);
    assert.deepEqual(calls({ ...three, toldLimits: told(2, NOON - DAY) }, NOON + HOUR, own), ['limit_full']);
    const requests = [use(NOON - 2 * DAY), use(NOON - 3 * DAY)];
    const asked = { requests, toldLimits: told(1, NOON), permission: { status: 'not_requested' } } as const;
    assert.deepEqual(requestDoubts(snapshot(asked), META_2026, NOON), []);
    assert.deepEqual(requestDoubts(snapshot(asked), META_2026, NOON + DAY), ['limit_full']);
  });

  it('without a permission is only our own conclusion from unanswered calls; an opt-out leaves no doubt', () => {
    const permission = { status: 'denied', ended: 'automatic', endedAt: NOON } as const;
    assert.deepEqual(calls({ permission, unanswered: 4 }), []);
    assert.deepEqual(calls({ permission, unanswered: 4, concluded: true }), ['own_conclusion']);
    const listed = { doNotCall: { since: NOON, source: 'message' }, concluded: true, unanswered: 3 } as const;
    assert.deepEqual(calls({ permission, ...listed }), []);
    assert.deepEqual(requestDoubts(snapshot({ ...listed, requests: [use(NOON, 'unknown')] }), META_2026, NOON), []);
  });
});
