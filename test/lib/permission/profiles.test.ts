import { strict as assert } from 'node:assert';
import { applyUnanswered } from '../../../lib/permission/apply.ts';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import type { RuleSource } from '../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import type { Profile } from '../../../lib/permission/profile.ts';
import { findProfile, META_2026, profileNames } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const profileOf = (id: string, overrides: ProfileOverrides = {}): Profile => {
  const profile = findProfile(id, overrides);
  assert.ok(profile, id);
  return profile;
};
/** Every rule in a profile, wherever it stands. */
function sources(value: unknown): RuleSource[] {
  if (Array.isArray(value)) return value.flatMap(sources);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'rule' ? [inner as RuleSource] : sources(inner)));
}
/** Everything that a store's settings can change, away from what any profile has. */
const EVERYTHING: Required<ProfileOverrides> = {
  requestsPerDay: 7,
  requestsPerThreeDays: 8,
  requestsPerWeek: 9,
  connectedCallsPerDay: 6,
  startsPerDay: 50,
  concurrentCalls: 3,
  unansweredWarn: 3,
  unansweredRevoke: 8,
  cancelledRing: 'always',
  validitySeconds: 4_000,
  requestLifeSeconds: 5_000,
  serviceWindowSeconds: 6_000,
  skewSeconds: 5,
  excludedCountries: ['FR'],
  excludedContactCountries: ['DE'],
  territories: 'block',
  territoryNumbers: ['38044'],
  requestsWithoutGrant: 12,
  callsPerPermission: 4,
  unansweredConsumes: true,
  maxGrantAgeSeconds: 300,
  maxGrantAge: 'warn',
  callGapSeconds: 120,
  callGap: 'warn',
  purposeBinding: 'block',
  promise: 'warn',
  quietRequests: { from: '20:00', to: '09:00' },
  quietCalls: { from: '21:30', to: '08:00', mode: 'warn' },
  permanentExempt: true,
};

describe('profiles', () => {
  it('are five, the default first', () => {
    assert.deepEqual(profileNames(), ['meta-2026', 'meta-2025', 'test-number', 'strict', 'ycloud']);
    for (const id of profileNames()) assert.equal(profileOf(id).id, id);
  });

  it('give every rule an id of its own, a limit in words, a source and a date', () => {
    for (const id of profileNames()) {
      for (const overrides of [{}, EVERYTHING]) {
        const all = sources(profileOf(id, overrides));
        assert.ok(all.length >= 11, id);
        for (const rule of all) {
          assert.match(rule.date, /^20\d{2}-\d{2}-\d{2}$/);
          assert.ok(rule.source.length > 10 && rule.limit.length > 10, `${id}: ${rule.id}`);
        }
        assert.equal(new Set(all.map((rule) => rule.id)).size, all.length, id);
      }
    }
  });

  it('say their own number in the words of their limits', () => {
    for (const id of profileNames()) {
      for (const overrides of [{}, EVERYTHING]) {
        const profile = profileOf(id, overrides);
        const counted = [...profile.requests, profile.connectedCalls, profile.starts, profile.livePerNumber];
        for (const { rule, allowed } of counted) {
          assert.equal(rule.limit.replaceAll(',', '').split(' ')[0], String(allowed), `${id}: ${rule.limit}`);
        }
        assert.ok(profile.unanswered.rule.limit.includes(`${profile.unanswered.warnAt} consecutive`));
        assert.ok(profile.unanswered.rule.limit.includes(`${profile.unanswered.revokeAt} revoke`));
      }
    }
  });

  it('R3: the sixth call under meta-2025, exactly at 24 h allowed again', () => {
    const profile = profileOf('meta-2025', { skewSeconds: 0 });
    const calls = [0, 1, 2, 3, 4].map((hours) => use(NOON + hours * HOUR));
    assert.equal(mayCall(snapshot({ calls: calls.slice(1) }), profile, NOON + 5 * HOUR).allowed, true);
    const refused = mayCall(snapshot({ calls }), profile, NOON + DAY - 1);
    assert.ok(!refused.allowed);
    assert.deepEqual([refused.reason.code, refused.reason.nextAllowedAt], ['connected_call_limit', NOON + DAY]);
    assert.equal(mayCall(snapshot({ calls }), profile, NOON + DAY).allowed, true);
  });

  it('R2: 26 requests in a day and 101 in a week from a test number; R4: it warns at 5 and revokes at 10', () => {
    const profile = profileOf('test-number', { skewSeconds: 0 });
    const options = { via: 'template', hasTemplate: true } as const;
    const asked = (count: number, apart: number) =>
      snapshot({
        permission: { status: 'not_requested' },
        requests: Array.from({ length: count }, (_, index) => use(NOON + index * apart)),
      });
    assert.equal(mayRequest(asked(24, 1_000), profile, NOON + HOUR, options).allowed, true);
    const day = mayRequest(asked(25, 1_000), profile, NOON + HOUR, options);
    assert.ok(!day.allowed);
    assert.deepEqual([day.reason.code, day.reason.nextAllowedAt], ['request_limit_day', NOON + DAY]);
    const week = mayRequest(asked(100, 1.5 * HOUR), profile, NOON + 6.9 * DAY, options);
    assert.ok(!week.allowed);
    assert.deepEqual([week.reason.code, week.reason.nextAllowedAt], ['request_limit_week', NOON + 7 * DAY]);
    const state = { permission: snapshot().permission, unanswered: 0 };
    const ends = (count: number) => Array.from({ length: count }, (_, index) => NOON + (index + 1) * HOUR);
    const left = (count: number) => applyUnanswered({ ...state, unanswered: count - 1 }, ends(count), profile);
    assert.deepEqual(left(4).changes, []);
    assert.deepEqual(left(5).changes, [{ kind: 'unanswered_warning', count: 5 }]);
    assert.equal(left(9).state.permission.status, 'granted');
    assert.equal(left(10).state.permission.status, 'denied');
  });

  it('ycloud: two requests in 72 hours', () => {
    const profile = profileOf('ycloud', { skewSeconds: 0 });
    const options = { via: 'template', hasTemplate: true } as const;
    const requests = [use(NOON), use(NOON + 1_000)];
    const pair = snapshot({ permission: { status: 'not_requested' }, requests });
    assert.equal(mayRequest({ ...pair, requests: [use(NOON)] }, profile, NOON + 1, options).allowed, true);
    const refused = mayRequest(pair, profile, NOON + 3 * DAY - 1, options);
    assert.ok(!refused.allowed);
    assert.deepEqual([refused.reason.code, refused.reason.nextAllowedAt], ['request_limit_three_days', NOON + 3 * DAY]);
    assert.equal(mayRequest(pair, profile, NOON + 3 * DAY, options).allowed, true);
  });
});

describe('own limits', () => {
  it("change every number, mark each as the user's own, and leave the profile as it was", () => {
    const before = structuredClone(META_2026);
    for (const id of profileNames()) {
      const plain = new Map(sources(profileOf(id)).map((rule) => [rule.id, rule]));
      const changed = profileOf(id, EVERYTHING);
      for (const rule of sources(changed)) {
        if (rule.id === 'live-pair') assert.deepEqual(rule, plain.get(rule.id));
        else
          assert.match(
            rule.source,
            /^set in the permission store \((instead of|recommended by): /,
            `${id}: ${rule.id}`,
          );
      }
      assert.deepEqual(
        changed.requests.map(({ periodMs, allowed, own }) => [periodMs / DAY, allowed, own]),
        [
          [1, 7, true],
          [3, 8, true],
          [7, 9, true],
        ],
      );
      assert.deepEqual(
        [changed.connectedCalls.allowed, changed.starts.allowed, changed.livePerNumber.allowed, changed.skewMs],
        [6, 50, 3, 5_000],
      );
      assert.deepEqual([changed.unanswered.warnAt, changed.unanswered.revokeAt], [3, 8]);
      assert.deepEqual(
        [changed.validity.ms, changed.requestLife.ms, changed.serviceWindow.ms, changed.validity.caps],
        [4_000_000, 5_000_000, 6_000_000, true],
      );
      const { calls, requests } = changed.quietHours ?? {};
      assert.deepEqual([calls?.from, calls?.to, calls?.mode], [21 * 60 + 30, 8 * 60, 'warn']);
      assert.deepEqual([requests?.from, requests?.to, requests?.mode], [20 * 60, 9 * 60, 'block']);
      assert.deepEqual([changed.maxGrantAge?.ms, changed.maxGrantAge?.mode], [300_000, 'warn']);
      assert.deepEqual([changed.callGap?.ms, changed.callGap?.mode], [120_000, 'warn']);
      assert.deepEqual([changed.callsPerPermission?.allowed, changed.requestsWithoutGrant?.allowed], [4, 12]);
    }
    assert.deepEqual(META_2026, before);
  });

  it('switch off what a profile has on', () => {
    const strict = profileOf('strict', { validitySeconds: null, callsPerPermission: null, requestsWithoutGrant: null });
    assert.equal(strict.validity.caps, false);
    assert.deepEqual([strict.callsPerPermission, strict.requestsWithoutGrant], [undefined, undefined]);
    const all = {
      maxGrantAgeSeconds: null,
      callGapSeconds: null,
      purposeBinding: 'off',
      promise: 'off',
      quietCalls: null,
      quietRequests: null,
      excludedContactCountries: null,
      permanentExempt: false,
    } as const;
    assert.deepEqual(profileOf('meta-2026', all), META_2026);
  });
});
