import type { Instant, LimitState, PairSnapshot, Reason, RequestDecision } from './model.ts';
import { viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { reasonFor } from './reason-text.ts';
import { sharedRefusal } from './shared-checks.ts';
import { asLimitState, type CountedWindow, countWindow } from './window.ts';

export interface RequestOptions {
  /** `auto`: free-form inside the service window, the template outside it. */
  via: 'auto' | 'freeform' | 'template';
  hasTemplate: boolean;
  /** Why we want to call. Left out only where nobody asks, such as in an explanation. */
  purpose?: string;
}

/**
 * Whether a permission request may be sent to a contact now. Pure; every limit is returned, whatever the answer.
 * An active temporary permission does not forbid a request (Meta's own example allows it), a permanent one does (138017).
 */
export function mayRequest(
  snapshot: PairSnapshot,
  profile: Profile,
  now: Instant,
  options: RequestOptions,
): RequestDecision {
  const windows = profile.requests.map((rule) =>
    countWindow(rule, snapshot.requests, now, profile.skewMs, snapshot.requestsResetBefore ?? snapshot.lastConnectedAt),
  );
  const limits: LimitState[] = windows.map(asLimitState);
  const refusal =
    sharedRefusal(snapshot, profile, now) ??
    purposeRefusal(options) ??
    permanentRefusal(snapshot, profile, now) ??
    windowRefusal(windows, profile) ??
    providerRefusal(snapshot, profile, now);
  if (refusal !== undefined) return { allowed: false, reason: refusal, limits };
  const way = wayToAsk(snapshot, profile, now, options);
  return typeof way === 'string' ? { allowed: true, via: way, limits } : { allowed: false, reason: way, limits };
}

function purposeRefusal(options: RequestOptions): Reason | undefined {
  return options.purpose !== undefined && options.purpose.trim() === '' ? reasonFor('purpose_missing') : undefined;
}

function permanentRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Reason | undefined {
  const { status, kind } = viewPermission(snapshot.permission, profile, now, undefined, profile.skewMs);
  return status === 'granted' && kind === 'permanent' ? reasonFor('permanent_permission_exists') : undefined;
}

function windowRefusal(windows: CountedWindow[], profile: Profile): Reason | undefined {
  const full = windows.findIndex((window) => window.used >= window.allowed);
  const first = windows[full];
  const rule = profile.requests[full];
  if (first === undefined || rule === undefined) return undefined;
  // A request may leave only when all windows have room, so the latest one counts.
  const frees = windows.flatMap((window) => (window.freesAt === undefined ? [] : [window.freesAt]));
  if (first.heldByUnsettled) return reasonFor('request_in_progress', { rule: first.rule });
  return reasonFor(rule.code, {
    rule: first.rule,
    ...(frees.length === 0 ? {} : { nextAllowedAt: Math.max(...frees) }),
  });
}

function providerRefusal(snapshot: PairSnapshot, profile: Profile, now: Instant): Reason | undefined {
  const until = snapshot.requestsBlockedUntil;
  if (until === undefined || now >= until + profile.skewMs) return undefined;
  const rule = profile.requests[0]?.rule;
  return reasonFor('request_limit_day', {
    text: 'WhatsApp says that this person was asked too often already.',
    nextAllowedAt: until + profile.skewMs,
    ...(rule === undefined ? {} : { rule }),
  });
}

function wayToAsk(
  snapshot: PairSnapshot,
  profile: Profile,
  now: Instant,
  { via, hasTemplate }: RequestOptions,
): 'freeform' | 'template' | Reason {
  const from = snapshot.serviceWindowFrom;
  const open = from !== undefined && now + profile.skewMs < from + profile.serviceWindow.ms;
  if (via !== 'template' && open) return 'freeform';
  if (via !== 'freeform' && hasTemplate) return 'template';
  return via === 'template'
    ? reasonFor('template_missing')
    : reasonFor('service_window_closed', { rule: profile.serviceWindow.rule });
}
