import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest, type RequestOptions } from '../../../lib/permission/may-request.ts';
import type {
  Decision,
  Instant,
  PairSnapshot,
  Permission,
  RequestDecision,
  ToldLimit,
  Use,
} from '../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { findProfile, profileNames } from '../../../lib/permission/rules.ts';
import { TOLD_KEEP_MS } from '../../../lib/permission/told-limits.ts';
import { DAY, HOUR, NOON } from './snapshots.ts';

/**
 * For every profile and every rule: the next allowed time of a refusal is honest. All else equal the same is refused at
 * every moment before it and allowed at it; and what the decision lists agrees with what it says.
 */

/** How far in the past or future of noon, often near the edges of windows. */
const offset = fc.oneof(
  fc.integer({ min: -8 * DAY, max: 8 * DAY }),
  fc
    .tuple(fc.constantFrom(-7 * DAY, -3 * DAY, -DAY, -HOUR, 0, HOUR), fc.integer({ min: -70_000, max: 70_000 }))
    .map(([edge, by]) => edge + by),
);
const past = offset.map((by) => NOON - Math.abs(by));
const uses = (most: number): fc.Arbitrary<Use[]> =>
  fc
    .array(
      fc.record({
        at: past,
        state: fc.constantFrom('consumed' as const, 'consumed' as const, 'unknown' as const, 'released' as const),
        granted: fc.option(past, { nil: undefined }),
      }),
      { maxLength: most },
    )
    .map((list) =>
      list
        .map(({ at, state, granted }, index) => ({
          reservationId: `r${index}`,
          at,
          state,
          ...(granted === undefined ? {} : { grantedAt: granted }),
        }))
        .sort((a, b) => a.at - b.at),
    );
/** Granted for so long that only rules stand in the way, or whatever else there is. */
const permission: fc.Arbitrary<Permission> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Permission>({ status: 'granted', kind: 'permanent', grantedAt: NOON - HOUR }) },
  {
    weight: 3,
    arbitrary: fc.oneof(past, fc.integer({ min: NOON - DAY, max: NOON })).map(
      (grantedAt): Permission => ({
        status: 'granted',
        kind: 'temporary',
        grantedAt,
        expiresAt: grantedAt + 7 * DAY,
        purpose: 'your order',
        promisedBy: grantedAt + HOUR,
      }),
    ),
  },
  fc.constantFrom<Permission>(
    { status: 'not_requested' },
    { status: 'pending', requestedAt: NOON - HOUR },
    { status: 'denied', ended: 'revoked', endedAt: NOON - HOUR },
  ),
);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 2 });
const told = (periods: number[]): fc.Arbitrary<ToldLimit[]> =>
  fc.uniqueArray(
    fc.record({
      periodMs: fc.constantFrom(...periods),
      allowed: fc.nat(6),
      // Often about to lapse.
      at: fc.oneof(
        past,
        past.map((at) => at - TOLD_KEEP_MS + DAY),
      ),
    }),
    { selector: ({ periodMs }) => periodMs, maxLength: 3 },
  );
const pairs: fc.Arbitrary<PairSnapshot> = fc
  .record({
    permission,
    contact: fc.constantFrom(
      { phone: '5511955500123', timeZone: 'America/Sao_Paulo' },
      { phone: '351911000123' },
      { phone: '12025550143' },
      { userId: 'AU.48219037716650284417' },
    ),
    requests: uses(5),
    calls: uses(5),
    unanswered: fc.integer({ min: 0, max: 3 }),
    optional: fc.record({
      lastConnectedAt: maybe(past),
      requestsResetBefore: maybe(past),
      requestsBlockedUntil: maybe(offset.map((by) => NOON + by)),
      callsBlockedUntil: maybe(offset.map((by) => NOON + by)),
      serviceWindowFrom: maybe(past),
      lastCallAt: maybe(past),
      lastGrantedAt: maybe(past),
      toldLimits: maybe(fc.record({ requests: told([DAY, 3 * DAY, 7 * DAY]), calls: told([DAY]) })),
    }),
    starts: fc.constantFrom(0, 0, 9_999, 10_000, 10_003),
    oldestStart: past,
    restrictedUntil: maybe(offset.map((by) => NOON + by)),
  })
  .map(({ optional, starts, oldestStart, restrictedUntil, ...rest }) => {
    const pair: PairSnapshot = {
      ...rest,
      businessNumber: { id: 'pn1', phone: '351211000100' },
      number: { startedLastDay: starts, oldestStart, live: 0 },
    };
    if (restrictedUntil !== undefined) pair.number.restrictedUntil = restrictedUntil;
    for (const [key, value] of Object.entries(optional)) if (value !== undefined) Object.assign(pair, { [key]: value });
    return pair;
  });
const overrides: fc.Arbitrary<ProfileOverrides> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      skewSeconds: fc.constantFrom(0, 60),
      connectedCallsPerDay: fc.integer({ min: 1, max: 5 }),
      requestsPerWeek: fc.integer({ min: 1, max: 4 }),
      callGapSeconds: fc.constantFrom(60, 3_600, 200_000),
      quietCalls: fc.constantFrom({ from: '21:00', to: '08:00' }, { from: '11:00', to: '13:30' }),
      quietRequests: fc.constantFrom({ from: '21:00', to: '08:00' }, { from: '11:00', to: '13:30' }),
      maxGrantAgeSeconds: fc.constantFrom(900, 500_000),
      promise: fc.constantFrom('warn', 'block', 'off'),
      purposeBinding: fc.constantFrom('warn', 'block'),
      callsPerPermission: fc.integer({ min: 1, max: 3 }),
      requestsWithoutGrant: fc.integer({ min: 1, max: 4 }),
      permanentExempt: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);
const moments = fc.integer({ min: 0, max: 999_999 });

/** What no waiting cures, and a reason says in its next step. */
function curable(decision: Decision | RequestDecision): boolean {
  return !decision.allowed && decision.reason.nextAllowedAt !== undefined;
}

function checkHonest(decide: (at: Instant) => Decision | RequestDecision, now: Instant, part: number): string {
  const decision = decide(now);
  checkConsistent(decision, now);
  if (decision.allowed) return 'allowed';
  const { nextAllowedAt: next, code } = decision.reason;
  if (next === undefined) return `never: ${code}`;
  assert.ok(next > now, `${code}: the next allowed time has passed`);
  for (const before of [next - 1, now + Math.floor(((next - now - 1) * part) / 1_000_000)]) {
    assert.equal(decide(before).allowed, false, `${code}: allowed ${next - before} ms before the next allowed time`);
  }
  const then = decide(next);
  if (then.allowed) {
    assert.ok(!decision.reason.nextStep.includes('But by then'));
    return `until: ${code}`;
  }
  // Only something that time does not free may stand in the way, and it was said.
  assert.equal(curable(then), false, `${code}, then ${then.reason.code}: still refused at the next allowed time`);
  assert.ok(decision.reason.nextStep.includes(`But by then: ${then.reason.text}`), decision.reason.nextStep);
  return `then: ${code}`;
}

function checkConsistent(decision: Decision | RequestDecision, now: Instant): void {
  const full = decision.limits.filter(({ used, allowed, warns }) => used >= allowed && warns !== true);
  for (const { freesAt, used, allowed, rule } of decision.limits) {
    assert.ok(Number.isFinite(allowed) && Number.isFinite(used), rule.id);
    if (freesAt !== undefined) assert.ok(used >= allowed && freesAt > now, rule.id);
  }
  if (decision.allowed) assert.deepEqual(full, [], 'allowed although a limit is full');
  for (const { rule } of decision.limits.filter(({ used, allowed, warns }) => used >= allowed && warns === true)) {
    assert.ok(
      decision.warnings?.some((warning) => warning.rule?.id === rule.id),
      `${rule.id} warns of nothing`,
    );
  }
  if (!decision.allowed && decision.reason.nextAllowedAt !== undefined) {
    const frees = full.flatMap(({ freesAt }) => freesAt ?? []);
    for (const at of frees)
      assert.ok(at <= decision.reason.nextAllowedAt, 'a limit frees later than the next allowed time');
  }
}

describe('the next allowed time', () => {
  for (const id of profileNames()) {
    const seen = new Set<string>();
    const purpose = fc.constantFrom('your order', 'something else');

    it(`${id}: is honest for calls`, () => {
      const property = fc.property(pairs, overrides, purpose, offset, moments, (pair, own, why, by, part) => {
        const profile = findProfile(id, own);
        assert.ok(profile);
        seen.add(checkHonest((at) => mayCall(pair, profile, at, { purpose: why }), NOON + by, part));
      });
      fc.assert(property, { numRuns: 2_000, seed: 20_261_121 });
      for (const code of [
        'number_restricted',
        'connected_call_limit',
        'number_daily_call_limit',
        'call_gap',
        'quiet_hours',
      ])
        assert.ok(seen.has(`until: ${code}`), `no case of ${code} in ${[...seen].join()}`);
      for (const code of ['permission_too_old', 'permission_used_up', 'promise_missed', 'purpose_mismatch'])
        assert.ok(seen.has(`never: ${code}`), `no case of ${code} in ${[...seen].join()}`);
    });

    it(`${id}: is honest for requests`, () => {
      const ways: fc.Arbitrary<RequestOptions> = fc.constantFrom(
        { via: 'template', hasTemplate: true },
        { via: 'auto', hasTemplate: true },
        { via: 'auto', hasTemplate: false },
        { via: 'freeform', hasTemplate: false },
      );
      const property = fc.property(pairs, overrides, ways, offset, moments, (pair, own, way, by, part) => {
        const profile = findProfile(id, own);
        assert.ok(profile);
        const unasked = { ...pair, permission: { status: 'not_requested' } as const };
        const asked = part % 3 === 0 ? pair : unasked;
        seen.add(checkHonest((at) => mayRequest(asked, profile, at, way), NOON + by, part));
      });
      fc.assert(property, { numRuns: 2_000, seed: 20_261_121 });
      const own = id === 'ycloud' ? 'request_limit_three_days' : 'request_limit_week';
      for (const code of ['quiet_hours', own])
        assert.ok(seen.has(`until: ${code}`), `no case of ${code} in ${[...seen].join()}`);
      assert.ok(seen.has('never: request_limit_total'), [...seen].join());
    });
  }
});
