import { strict as assert } from 'node:assert';
import { findProfile, META_2026, profileNames } from '../../../lib/permission/rules.ts';
import { DAY } from './snapshots.ts';

describe('the rule table', () => {
  it('gives every limit an id of its own, a source and a date', () => {
    const rules = [
      ...META_2026.requests,
      META_2026.connectedCalls,
      META_2026.livePerPair,
      META_2026.starts,
      META_2026.livePerNumber,
      META_2026.unanswered,
      META_2026.validity,
      META_2026.requestLife,
      META_2026.serviceWindow,
      META_2026.countries,
    ].map(({ rule }) => rule);
    for (const rule of rules) {
      assert.match(rule.date, /^\d{4}-\d{2}-\d{2}$/);
      assert.match(rule.source, /WhatsApp/);
      assert.ok(rule.limit.length > 10);
    }
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  });

  it("holds Meta's numbers of autumn 2026", () => {
    assert.deepEqual(
      META_2026.requests.map(({ allowed, periodMs }) => [allowed, periodMs]),
      [
        [1, DAY],
        [2, 7 * DAY],
      ],
    );
    assert.deepEqual([META_2026.connectedCalls.allowed, META_2026.connectedCalls.periodMs], [100, DAY]);
    assert.deepEqual([META_2026.unanswered.warnAt, META_2026.unanswered.revokeAt], [2, 4]);
    assert.deepEqual([META_2026.starts.allowed, META_2026.livePerNumber.allowed], [10_000, 1_000]);
    assert.deepEqual([META_2026.validity.ms, META_2026.serviceWindow.ms, META_2026.skewMs], [604_800_000, DAY, 60_000]);
    for (const country of ['US', 'CA', 'EG', 'VN', 'NG']) assert.ok(META_2026.countries.excluded.includes(country));
    assert.ok(!META_2026.countries.excluded.includes('TR'));
  });

  it('applies overrides to a copy and says in the source that they are', () => {
    const changed = findProfile('meta-2026', { connectedCallsPerDay: 5, validitySeconds: 86_400, skewSeconds: 0 });
    assert.equal(changed?.connectedCalls.allowed, 5);
    assert.equal(changed?.connectedCalls.rule.limit, '5 connected calls per 24 h and contact');
    assert.match(changed?.connectedCalls.rule.source ?? '', /set in the permission store.*100 connected/);
    assert.equal(changed?.validity.ms, DAY);
    assert.equal(changed?.validity.caps, true);
    assert.equal(changed?.skewMs, 0);
    assert.equal(META_2026.connectedCalls.allowed, 100);
    assert.equal(META_2026.skewMs, 60_000);
    assert.equal(findProfile('nonsense'), undefined);
    assert.ok(profileNames().includes('meta-2026'));
  });
});
