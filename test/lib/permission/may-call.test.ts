import { strict as assert } from 'node:assert';
import { mayCall } from '../../../lib/permission/may-call.ts';
import type { PairSnapshot, Permission } from '../../../lib/permission/model.ts';
import { findProfile, META_2026 } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const SKEW = META_2026.skewMs;
const call = (change: Partial<PairSnapshot> = {}, now = NOON + HOUR, profile = META_2026) =>
  mayCall(snapshot(change), profile, now);
const code = (decision: ReturnType<typeof call>) => (decision.allowed ? 'allowed' : decision.reason.code);

describe('mayCall', () => {
  it('says for each way of having no permission what it is', () => {
    const cases: [Permission, string][] = [
      [{ status: 'not_requested' }, 'permission_not_requested'],
      [{ status: 'pending', requestedAt: NOON }, 'permission_pending'],
      [{ status: 'pending', requestedAt: NOON - 8 * DAY }, 'permission_not_requested'],
      [{ status: 'denied', ended: 'denied', endedAt: NOON }, 'permission_denied'],
      [{ status: 'denied', ended: 'revoked', endedAt: NOON }, 'permission_revoked'],
      [{ status: 'denied', ended: 'automatic', endedAt: NOON }, 'permission_revoked'],
      [{ status: 'denied', ended: 'opt_out', endedAt: NOON }, 'permission_revoked'],
      [{ status: 'not_requested', ended: 'provider_says_none', endedAt: NOON }, 'permission_missing_at_provider'],
      [{ status: 'not_requested', ended: 'expired', grantedAt: NOON - 8 * DAY, endedAt: NOON }, 'permission_expired'],
    ];
    for (const [permission, expected] of cases) {
      const decision = call({ permission });
      assert.equal(code(decision), expected);
      assert.ok(decision.allowed || (decision.reason.text.length > 20 && decision.reason.nextStep.length > 10));
    }
  });

  it('R5: an expired permission is refused whether or not a sweep wrote it down, from a skew before its end', () => {
    const expiresAt = NOON + 7 * DAY;
    assert.equal(code(call({}, expiresAt - SKEW - 1)), 'allowed');
    assert.equal(code(call({}, expiresAt - SKEW)), 'permission_expired');
    assert.equal(code(call({}, expiresAt + DAY)), 'permission_expired');
  });

  it('R17: a validity of 24 h counts from the grant, not from the request, whatever the provider gives', () => {
    const profile = findProfile('meta-2026', { validitySeconds: 86_400, skewSeconds: 0 });
    assert.ok(profile);
    const permission: Permission = {
      status: 'granted',
      kind: 'temporary',
      requestedAt: NOON - 3 * HOUR,
      grantedAt: NOON,
      expiresAt: NOON + 7 * DAY,
    };
    assert.equal(code(call({ permission }, NOON + DAY - 1, profile)), 'allowed');
    assert.equal(code(call({ permission }, NOON + DAY + 1_000, profile)), 'permission_expired');
    const permanent: Permission = { status: 'granted', kind: 'permanent', grantedAt: NOON };
    assert.equal(code(call({ permission: permanent }, NOON + DAY + 1_000, profile)), 'permission_expired');
    assert.equal(code(call({ permission: permanent }, NOON + 900 * DAY)), 'allowed');
  });

  it('R3: the 101st connected call in 24 h is refused, allowed again exactly at 24 h (and the skew)', () => {
    const calls = Array.from({ length: 100 }, (_, index) => use(NOON + index * 60_000));
    assert.equal(code(call({ calls: calls.slice(1) }, NOON + 2 * HOUR)), 'allowed');
    const refused = call({ calls }, NOON + DAY + SKEW - 1);
    assert.equal(code(refused), 'connected_call_limit');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, NOON + DAY + SKEW);
    assert.equal(code(call({ calls }, NOON + DAY + SKEW)), 'allowed');
  });

  it('R3: the sixth one under a limit of 5, and without skew exactly at 24 h', () => {
    const profile = findProfile('meta-2026', { connectedCallsPerDay: 5, skewSeconds: 0 });
    assert.ok(profile);
    const calls = [0, 1, 2, 3, 4].map((hours) => use(NOON + hours * HOUR));
    assert.equal(code(call({ calls: calls.slice(0, 4) }, NOON + 5 * HOUR, profile)), 'allowed');
    assert.equal(code(call({ calls }, NOON + DAY - 1, profile)), 'connected_call_limit');
    assert.equal(code(call({ calls }, NOON + DAY, profile)), 'allowed');
  });

  it('counts calls that may yet connect, and those of which nobody knows', () => {
    const profile = findProfile('meta-2026', { connectedCallsPerDay: 1 });
    assert.ok(profile);
    for (const state of ['reserved', 'unknown', 'consumed'] as const) {
      assert.equal(code(call({ calls: [use(NOON, state)] }, NOON + HOUR, profile)), 'connected_call_limit');
    }
    assert.equal(code(call({ calls: [use(NOON, 'released')] }, NOON + HOUR, profile)), 'allowed');
  });

  it('has one call at a time with a contact', () => {
    const liveCall = { reservationId: 'r', since: NOON };
    assert.equal(code(call({ liveCall })), 'call_in_progress');
  });

  it("keeps to the business number's own limits", () => {
    const number = { startedLastDay: 9_999, oldestStart: NOON, live: 999 };
    assert.equal(code(call({ number })), 'allowed');
    const starts = call({ number: { ...number, startedLastDay: 10_000 } });
    assert.equal(code(starts), 'number_daily_call_limit');
    assert.equal(starts.allowed || starts.reason.nextAllowedAt, NOON + DAY + SKEW);
    assert.equal(code(call({ number: { ...number, live: 1_000 } })), 'number_concurrent_call_limit');
    assert.equal(code(call({ number: { ...number, restrictedUntil: NOON + 2 * HOUR } })), 'number_restricted');
  });

  it("believes the provider's own limit until the time it named", () => {
    assert.equal(code(call({ callsBlockedUntil: NOON + HOUR }, NOON + HOUR)), 'connected_call_limit');
    assert.equal(code(call({ callsBlockedUntil: NOON + HOUR }, NOON + HOUR + SKEW)), 'allowed');
  });

  it('lets the opt-out precede everything, also a valid permission', () => {
    const doNotCall = { since: NOON, source: 'api' };
    assert.equal(code(call({ doNotCall })), 'do_not_call');
    const permission: Permission = { status: 'granted', kind: 'permanent', grantedAt: NOON + 30 * 60_000 };
    assert.equal(code(call({ doNotCall, permission, liveCall: { reservationId: 'r', since: NOON } })), 'do_not_call');
  });

  it('shows all limits with their sources, allowed or not', () => {
    for (const decision of [call(), call({ permission: { status: 'not_requested' } })]) {
      assert.deepEqual(
        decision.limits.slice(0, 5).map(({ rule }) => rule.id),
        ['connected-day', 'live-pair', 'starts-day', 'live-number', 'unanswered'],
      );
    }
  });
});
