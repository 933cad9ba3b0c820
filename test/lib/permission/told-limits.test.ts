import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { applyCorrection, mergePairs } from '../../../lib/permission/apply.ts';
import { applyErasure } from '../../../lib/permission/apply-erasure.ts';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import type { Decision, ToldLimit, ToldLimits } from '../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { newPair } from '../../../lib/permission/pair-state.ts';
import { findProfile, META_2026, profileNames } from '../../../lib/permission/rules.ts';
import {
  isWorthKeeping,
  keepTold,
  newerTold,
  rulesFor,
  TOLD_FRESH_MS,
  TOLD_KEEP_MS,
} from '../../../lib/permission/told-limits.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const calls = (allowed: number, at = NOON): ToldLimits => ({ requests: [], calls: [{ periodMs: DAY, allowed, at }] });
const uses = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...use(NOON - count * 1_000 + index * 1_000),
    reservationId: `r${index}`,
  }));
function refusal(decision: Decision): Extract<Decision, { allowed: false }>['reason'] {
  assert.ok(!decision.allowed);
  return decision.reason;
}

describe('what the provider told about a person', () => {
  it('takes the place of the profile in both directions, and says so with its date', () => {
    const more = snapshot({ calls: uses(100), toldLimits: calls(1_200) });
    const decision = mayCall(more, META_2026, NOON);
    assert.equal(decision.allowed, true);
    const [limit] = decision.limits;
    assert.deepEqual([limit?.allowed, limit?.used], [1_200, 100]);
    assert.deepEqual(limit?.rule, {
      id: 'connected-day',
      limit: '1,200 connected calls per 24 h and contact',
      source:
        "WhatsApp's own answer about this person (instead of: 100 connected calls per 24 h and contact; WhatsApp Cloud API, Calling: user call permissions)",
      date: '2026-11-20',
    });
    const fewer = refusal(mayCall(snapshot({ calls: uses(3), toldLimits: calls(3) }), META_2026, NOON));
    assert.deepEqual(
      [fewer.code, fewer.rule?.limit],
      ['connected_call_limit', '3 connected calls per 24 h and contact'],
    );
    assert.equal(fewer.nextAllowedAt, NOON - 3_000 + DAY + META_2026.skewMs);
  });

  it('brings windows of its own for requests', () => {
    const toldLimits = { requests: [{ periodMs: 3 * DAY, allowed: 1, at: NOON }], calls: [] };
    const asked = snapshot({ permission: { status: 'not_requested' }, requests: [use(NOON - 2 * DAY)], toldLimits });
    const reason = refusal(mayRequest(asked, META_2026, NOON, { via: 'template', hasTemplate: true }));
    assert.deepEqual([reason.code, reason.nextAllowedAt], ['request_limit_three_days', NOON + DAY + META_2026.skewMs]);
  });

  it('lapses when nothing confirmed it for thirty days; the next allowed time knows that', () => {
    const today = NOON + TOLD_KEEP_MS;
    const more = {
      calls: Array.from({ length: 100 }, (_, index) => ({ ...use(today - HOUR), reservationId: `r${index}` })),
    };
    const granted = { permission: { status: 'granted', kind: 'permanent', grantedAt: NOON } } as const;
    const last = snapshot({ ...granted, ...more, toldLimits: calls(200) });
    assert.equal(mayCall(last, META_2026, today - 1).allowed, true);
    assert.equal(refusal(mayCall(last, META_2026, today)).code, 'connected_call_limit');
    const none = snapshot({ ...granted, toldLimits: calls(0) });
    const reason = refusal(mayCall(none, META_2026, NOON + DAY));
    assert.equal(reason.nextAllowedAt, today);
    assert.equal(mayCall(none, META_2026, today).allowed, true);
    assert.equal(rulesFor(META_2026, calls(3), today), META_2026);
  });

  it('never raises what the user set, whatever is told and whenever', () => {
    const limit = (periods: number[]): fc.Arbitrary<ToldLimit> =>
      fc.record({
        periodMs: fc.constantFrom(...periods),
        allowed: fc.oneof(fc.nat(20), fc.nat()),
        at: fc.integer({ min: NOON - 40 * DAY, max: NOON + DAY }),
      });
    const told: fc.Arbitrary<ToldLimits> = fc.record({
      requests: fc.uniqueArray(limit([HOUR, DAY, 3 * DAY, 7 * DAY]), { selector: ({ periodMs }) => periodMs }),
      calls: fc.array(limit([DAY]), { maxLength: 1 }),
    });
    const overrides: fc.Arbitrary<ProfileOverrides> = fc.record(
      {
        requestsPerDay: fc.integer({ min: 1, max: 9 }),
        requestsPerThreeDays: fc.integer({ min: 1, max: 9 }),
        requestsPerWeek: fc.integer({ min: 1, max: 9 }),
        connectedCallsPerDay: fc.integer({ min: 1, max: 300 }),
      },
      { requiredKeys: [] },
    );
    let lowered = 0;
    let raised = 0;
    fc.assert(
      fc.property(fc.constantFrom(...profileNames()), overrides, told, fc.nat(60 * DAY), (name, own, said, later) => {
        const profile = findProfile(name, own);
        assert.ok(profile);
        const before = structuredClone(profile);
        const rules = rulesFor(profile, said, NOON - 20 * DAY + later);
        assert.deepEqual(profile, before, 'the profile itself is not changed');
        const pairs = [
          ...profile.requests.map(
            (rule) => [rule, rules.requests.find((one) => one.periodMs === rule.periodMs)] as const,
          ),
          [profile.connectedCalls, rules.connectedCalls] as const,
        ];
        for (const [was, is] of pairs) {
          assert.ok(is, 'no rule goes away');
          if (was.own === true) assert.ok(is.own === true && is.allowed <= was.allowed);
          if (is.allowed < was.allowed) lowered += 1;
          if (is.allowed > was.allowed) raised += 1;
        }
        for (const [key, value] of Object.entries(rules)) {
          if (key !== 'requests' && key !== 'connectedCalls') assert.deepEqual(value, Reflect.get(before, key), key);
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(lowered > 100 && raised > 100, `${lowered} lowered, ${raised} raised`);
  });

  it('lets a call go exactly while fewer than the smaller of both were made, if the user set one of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(12), fc.nat(12), (own, allowed, made) => {
        const profile = findProfile('meta-2026', { connectedCallsPerDay: own });
        assert.ok(profile);
        const decision = mayCall(snapshot({ calls: uses(made), toldLimits: calls(allowed) }), profile, NOON);
        assert.equal(decision.allowed, made < Math.min(own, allowed));
      }),
      { numRuns: 500 },
    );
  });

  it('is kept with the pair: dated by us, the newer word of two, and gone with the person', () => {
    const said = { requests: [], calls: [{ periodMs: DAY, allowed: 200 }] };
    const { state, changes, audit } = applyCorrection(newPair(), { says: 'limits', limits: said }, META_2026, NOON);
    assert.deepEqual(state.toldLimits, calls(200));
    assert.deepEqual([changes, audit], [[], { event: 'limits_told', detail: said }]);
    const older = {
      ...newPair(),
      toldLimits: { requests: [{ periodMs: DAY, allowed: 3, at: NOON - 1 }], ...{ calls: calls(5, NOON - 1).calls } },
    };
    assert.deepEqual(mergePairs(state, older).toldLimits, {
      requests: older.toldLimits.requests,
      calls: calls(200).calls,
    });
    assert.deepEqual(mergePairs(older, state).toldLimits, mergePairs(state, older).toldLimits);
    assert.equal(newerTold(undefined, undefined), undefined);
    assert.equal(applyErasure(state, NOON).toldLimits, undefined);
  });

  it('stays where a new answer says nothing about it, and is written again only when it is news or a day old', () => {
    const before = calls(200);
    const said = { requests: [{ periodMs: DAY, allowed: 1 }], calls: [] };
    assert.deepEqual(keepTold(before, said, NOON + HOUR), {
      requests: [{ periodMs: DAY, allowed: 1, at: NOON + HOUR }],
      calls: before.calls,
    });
    assert.deepEqual(keepTold(before, said, NOON + TOLD_KEEP_MS).calls, []);
    const same = { requests: [], calls: [{ periodMs: DAY, allowed: 200 }] };
    assert.equal(isWorthKeeping(before, same, NOON + TOLD_FRESH_MS - 1), false);
    assert.equal(isWorthKeeping(before, same, NOON + TOLD_FRESH_MS), true);
    assert.equal(isWorthKeeping(before, { requests: [], calls: [{ periodMs: DAY, allowed: 199 }] }, NOON), true);
    assert.equal(isWorthKeeping(before, { requests: [], calls: [] }, NOON + 40 * DAY), false);
    assert.equal(isWorthKeeping(undefined, same, NOON), true);
  });
});
