import type { Instant, PairSnapshot, Permission } from './model.ts';
import type { Profile } from './profile.ts';

/** When a grant ends, or undefined for permanent ones. Stricter house rules count from the grant, never from the request. */
export function expiryOf(permission: Permission, profile: Profile): Instant | undefined {
  if (permission.kind === 'permanent' && (!profile.validity.caps || profile.permanentExempt === true)) return undefined;
  const told = permission.kind === 'permanent' ? undefined : permission.expiresAt;
  if (!profile.validity.caps && told !== undefined) return told;
  const capped = (permission.grantedAt ?? Number.NEGATIVE_INFINITY) + profile.validity.ms;
  return told === undefined ? capped : Math.min(told, capped);
}

/**
 * A stored permission as it is at a moment. Correctness never depends on a sweep: what has lapsed is seen as lapsed, whether
 * or not anybody wrote that down. An opt-out covers every grant.
 *
 * @param skewMs how long before its end a grant is no longer relied on (0 to show it, the profile's skew to act on it)
 */
export function viewPermission(
  permission: Permission,
  profile: Profile,
  now: Instant,
  doNotCall?: PairSnapshot['doNotCall'],
  skewMs = 0,
): Permission {
  if (doNotCall !== undefined) return ended(permission, 'denied', 'opt_out', doNotCall.since);
  if (permission.status === 'granted') {
    const expiresAt = expiryOf(permission, profile);
    if (expiresAt === undefined) return permission;
    if (now + skewMs >= expiresAt) return ended(permission, 'not_requested', 'expired', expiresAt);
    return expiresAt === permission.expiresAt ? permission : { ...permission, expiresAt };
  }
  if (permission.status === 'pending') {
    const lapsesAt = (permission.requestedAt ?? Number.NEGATIVE_INFINITY) + profile.requestLife.ms;
    if (now >= lapsesAt) return ended(permission, 'not_requested', 'expired', lapsesAt);
  }
  return permission;
}

/**
 * Whether the provider, as far as we know, holds a permanent permission of this person: also one that a rule of our own has
 * ended or an opt-out covers. It takes no request then (138017).
 */
export function isPermanentAtProvider({ status, kind, ended }: Permission): boolean {
  return kind === 'permanent' && (status === 'granted' || ended === 'expired' || ended === 'opt_out');
}

function ended(
  permission: Permission,
  status: 'denied' | 'not_requested',
  why: 'opt_out' | 'expired',
  at: Instant,
): Permission {
  return { ...permission, status, ended: why, endedAt: Number.isFinite(at) ? at : 0 };
}
