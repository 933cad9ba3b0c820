import type { Judged } from './judged.ts';
import type { Instant, LimitState, PairSnapshot } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { plainTime } from './reason-text.ts';

/** What a user's own rules ask of the grant that a call relies on. All of them need a grant: without one there is nothing to judge. */
export interface GrantChecks {
  age?: Judged;
  usedUp?: Judged;
  promise?: Judged;
  purpose?: Judged;
}

/** @param purpose what the call is for; empty or absent: what the person allowed */
export function judgeGrant(
  snapshot: PairSnapshot,
  profile: Profile,
  now: Instant,
  purpose: string | undefined,
): GrantChecks {
  const permission = viewPermission(snapshot.permission, profile, now, snapshot.doNotCall, profile.skewMs);
  if (permission.status !== 'granted') return {};
  if (profile.permanentExempt === true && permission.kind === 'permanent') return {};
  const checks: GrantChecks = {};
  const grantedAt = permission.grantedAt ?? Number.NEGATIVE_INFINITY;
  const { maxGrantAge, promise, purposeBinding } = profile;
  if (maxGrantAge !== undefined) {
    const { rule, ms, mode } = maxGrantAge;
    const limit: LimitState = { rule, allowed: ms / 1000, used: (now - grantedAt) / 1000, unit: 'seconds' };
    checks.age = { limit, warns: mode === 'warn' };
    if (now - grantedAt >= ms) checks.age.refusal = { code: 'permission_too_old', facts: { rule } };
  }
  if (profile.callsPerPermission !== undefined) {
    checks.usedUp = judgeUses(snapshot, profile.callsPerPermission, grantedAt);
  }
  if (promise !== undefined && permission.promisedBy !== undefined) {
    const late = now > permission.promisedBy;
    checks.promise = { limit: { rule: promise.rule, allowed: 1, used: late ? 1 : 0 }, warns: promise.mode === 'warn' };
    const facts = { rule: promise.rule, name: plainTime(permission.promisedBy) };
    if (late) checks.promise.refusal = { code: 'promise_missed', facts };
  }
  if (purposeBinding !== undefined && permission.purpose !== undefined) {
    const { rule, mode } = purposeBinding;
    const other = !samePurpose(purpose ?? '', permission.purpose);
    checks.purpose = { limit: { rule, allowed: 1, used: other ? 1 : 0 }, warns: mode === 'warn' };
    if (other) checks.purpose.refusal = { code: 'purpose_mismatch', facts: { rule, name: permission.purpose } };
  }
  return checks;
}

function judgeUses(
  { calls, unansweredCalls }: PairSnapshot,
  { rule, allowed, unansweredConsumes }: NonNullable<Profile['callsPerPermission']>,
  grantedAt: Instant,
): Judged {
  const ids = new Set<string>();
  for (const use of [...calls, ...(unansweredConsumes ? (unansweredCalls ?? []) : [])]) {
    const onThis = use.grantedAt === undefined ? use.at >= grantedAt : use.grantedAt === grantedAt;
    if (onThis && use.state !== 'released') ids.add(use.reservationId);
  }
  const judged: Judged = { limit: { rule, allowed, used: ids.size } };
  if (ids.size >= allowed) judged.refusal = { code: 'permission_used_up', facts: { rule } };
  return judged;
}

/** The same words, whatever their case and spacing. A call without a purpose of its own is made for what was allowed. */
export function samePurpose(purpose: string, allowed: string): boolean {
  const plain = (text: string): string =>
    text.normalize('NFKC').trim().replace(/\s+/gu, ' ').toUpperCase().toLowerCase();
  return plain(purpose) === '' || plain(purpose) === plain(allowed);
}
