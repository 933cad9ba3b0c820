import { strict as assert } from 'node:assert';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import { type LivePermission, reconcile } from '../../../lib/permission/reconcile.ts';
import { findProfile, META_2026 } from '../../../lib/permission/rules.ts';
import type { ProviderPermission } from '../../../lib/provider/provider.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

/** What Meta's own page prints, with the outdated 5. */
const LIVE: ProviderPermission = {
  status: 'temporary',
  expiresAt: NOON + 7 * DAY,
  request: {
    allowed: false,
    limits: [
      { period: 'PT24H', allowed: 1, used: 1, freesAt: NOON + HOUR },
      { period: 'P7D', allowed: 2, used: 1 },
    ],
  },
  call: { allowed: true, limits: [{ period: 'PT24H', allowed: 5, used: 3 }] },
};

describe('live limits', () => {
  it('win over the rules, in both directions, and say where they come from', () => {
    const { profile, callLimits, requestLimits, differences } = reconcile(META_2026, LIVE, NOON);
    assert.equal(profile.connectedCalls.allowed, 5);
    assert.equal(profile.connectedCalls.rule.limit, '5 connected calls per 24 h and contact');
    assert.match(profile.connectedCalls.rule.source, /^WhatsApp's own answer.*100 connected calls/);
    assert.equal(profile.connectedCalls.rule.date, '2026-11-20');
    assert.deepEqual(differences, ['WhatsApp allows 5 where the rules say: 100 connected calls per 24 h and contact.']);
    assert.deepEqual(
      callLimits.map(({ allowed, used, freesAt }) => [allowed, used, freesAt]),
      [[5, 3, undefined]],
    );
    assert.deepEqual(
      requestLimits.map(({ rule, allowed, used, freesAt }) => [rule.id, allowed, used, freesAt]),
      [
        ['request-day', 1, 1, NOON + HOUR],
        ['request-week', 2, 1, undefined],
      ],
    );
    const again = { toldLimits: { requests: [], calls: [{ periodMs: DAY, allowed: 5, at: NOON - DAY }] } };
    const confirmed = reconcile(META_2026, LIVE, NOON, again);
    assert.deepEqual(confirmed.differences, [], 'what was told before and is told again is no difference');
    assert.equal(confirmed.profile.connectedCalls.rule.date, '2026-11-20');
    assert.doesNotMatch(confirmed.profile.connectedCalls.rule.source, /own answer.*own answer/);
    const more: LivePermission = { ...LIVE, call: { limits: [{ period: 'P1D', allowed: 250, used: 0 }] } };
    assert.equal(reconcile(META_2026, more, NOON).profile.connectedCalls.allowed, 250);
    assert.equal(META_2026.connectedCalls.allowed, 100);
  });

  it('decide, once they are in place', () => {
    const calls = [1, 2, 3, 4, 5].map((minutes) => use(NOON + minutes * 60_000));
    const { profile } = reconcile(META_2026, LIVE, NOON);
    assert.equal(mayCall(snapshot({ calls }), META_2026, NOON + HOUR).allowed, true);
    const refused = mayCall(snapshot({ calls }), profile, NOON + HOUR);
    assert.equal(refused.allowed || refused.reason.code, 'connected_call_limit');
  });

  it('never loosen what the user set, but tighten it', () => {
    const own = findProfile('meta-2026', { connectedCallsPerDay: 3, requestsPerWeek: 1 });
    assert.ok(own);
    const { profile, callLimits, differences } = reconcile(own, LIVE, NOON);
    assert.deepEqual([profile.connectedCalls.allowed, profile.requests[1]?.allowed], [3, 1]);
    assert.match(profile.connectedCalls.rule.source, /^set in the permission store/);
    assert.deepEqual(
      callLimits.map(({ allowed, used }) => [allowed, used]),
      [[3, 3]],
    );
    assert.equal(differences.length, 2);
    for (const difference of differences) assert.match(difference, /your own limit stays/);
    const loose = findProfile('meta-2026', { connectedCallsPerDay: 50 });
    assert.ok(loose);
    assert.equal(reconcile(loose, LIVE, NOON).profile.connectedCalls.allowed, 5);
  });

  it('add a window that the rules do not have, understanding every way to write a period', () => {
    const same = ['PT72H', 'P3D', 'P2DT24H', 'PT4320M', 'PT259200S'];
    for (const period of same) {
      const live: LivePermission = {
        ...LIVE,
        request: { limits: [{ period, allowed: 2, used: 2, freesAt: NOON + 5 }] },
      };
      const { profile, differences } = reconcile(META_2026, live, NOON);
      assert.deepEqual(
        profile.requests.map(({ periodMs, allowed }) => [periodMs / DAY, allowed]),
        [
          [1, 1],
          [3, 2],
          [7, 2],
        ],
      );
      assert.match(differences.join(), /2 permission requests per 72 h and contact; the rules have no such limit/);
      const ycloud = findProfile('ycloud');
      assert.ok(ycloud);
      assert.deepEqual(reconcile(ycloud, { ...live, call: { limits: [] } }, NOON).differences, []);
      const requests = [use(NOON - 2 * DAY), use(NOON - 2.5 * DAY)];
      const asked = snapshot({ permission: { status: 'not_requested' }, requests });
      const strictly = { ...profile, requests: profile.requests.filter(({ periodMs }) => periodMs === 3 * DAY) };
      const decision = mayRequest(asked, strictly, NOON, { via: 'template', hasTemplate: true });
      assert.equal(decision.allowed || decision.reason.code, 'request_limit_three_days');
    }
    const weeks: LivePermission = { ...LIVE, request: { limits: [{ period: 'P1W', allowed: 2, used: 0 }] } };
    assert.equal(reconcile(META_2026, weeks, NOON).requestLimits[0]?.rule.id, 'request-week');
    const calls: LivePermission = { ...LIVE, call: { limits: [{ period: 'P7D', allowed: 9, used: 0 }] } };
    assert.match(reconcile(META_2026, calls, NOON).differences.join(), /9 in P7D/);
  });

  it('leave out what cannot be understood, and say so', () => {
    const bad = ['', 'P', 'PT', 'P1M', 'P1Y', '24h', 'PT0H', 'PT-1H', `PT${'9'.repeat(400)}H`, '__proto__'];
    for (const period of bad) {
      const live: LivePermission = {
        ...LIVE,
        request: { limits: [{ period, allowed: 9, used: 0 }] },
        call: { limits: [] },
      };
      const result = reconcile(META_2026, live, NOON);
      assert.deepEqual([result.profile, result.requestLimits, result.differences.length], [META_2026, [], 1], period);
    }
    const long: LivePermission = { ...LIVE, request: { limits: [{ period: 'P30D', allowed: 1, used: 0 }] } };
    const left = reconcile(META_2026, { ...long, call: { limits: [] } }, NOON);
    assert.deepEqual([left.profile, left.told], [META_2026, { requests: [], calls: [] }]);
    assert.match(left.differences.join(), /longer than is counted \(P30D\)/);
    const twice = [3, 7, 5].map((allowed) => ({ period: 'PT24H', allowed, used: 0 }));
    const smallest = reconcile(META_2026, { ...LIVE, call: { limits: twice } }, NOON);
    assert.equal(smallest.profile.connectedCalls.allowed, 3);
    for (const [allowed, used] of [
      [Number.NaN, 0],
      [1, -1],
      [1.5, 0],
      [Number.POSITIVE_INFINITY, 0],
    ] as const) {
      const live: LivePermission = {
        ...LIVE,
        request: { limits: [] },
        call: { limits: [{ period: 'PT24H', allowed, used }] },
      };
      const result = reconcile(META_2026, live, NOON);
      assert.deepEqual([result.profile.connectedCalls.allowed, result.differences.length], [100, 1]);
    }
  });

  it('tell where the store counts or believes something else', () => {
    const { limits } = mayCall(snapshot({ calls: [use(NOON)] }), META_2026, NOON + HOUR);
    const live: LivePermission = { ...LIVE, call: { limits: [{ period: 'PT24H', allowed: 100, used: 3 }] } };
    const ours = { permission: snapshot().permission, callLimits: limits };
    assert.deepEqual(reconcile(META_2026, live, NOON, ours).differences, [
      'WhatsApp counts 3 and the store 1 of: 100 connected calls per 24 h and contact.',
    ]);
    const none: LivePermission = { status: 'none', request: { limits: [] }, call: { limits: [] } };
    assert.deepEqual(reconcile(META_2026, none, NOON, ours).differences, [
      'WhatsApp says that there is no permission, the store has a temporary permission.',
    ]);
    const other: LivePermission = { ...none, status: 'temporary', expiresAt: NOON + DAY };
    assert.match(reconcile(META_2026, other, NOON, ours).differences.join(), /ends at 2026-11-21T12:00:00.000Z/);
    const agreed: LivePermission = { ...none, status: 'temporary', expiresAt: NOON + 7 * DAY };
    assert.deepEqual(reconcile(META_2026, agreed, NOON, ours).differences, []);
  });
});
