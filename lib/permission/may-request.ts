import { decide, type Judged, type Judgement, sumUp } from './judged.ts';
import type { Instant, PairSnapshot, RequestDecision } from './model.ts';
import { isPermanentAtProvider, viewPermission } from './permission-view.ts';
import type { Profile } from './profile.ts';
import { judgeQuietHours } from './quiet-hours.ts';
import { contactsCountry, sharedChecks } from './shared-checks.ts';
import { rulesFor } from './told-limits.ts';
import { asLimitState, countWindow } from './window.ts';

export interface RequestOptions {
  /** `auto`: free-form inside the service window, the template outside it. */
  via: 'auto' | 'freeform' | 'template';
  hasTemplate: boolean;
  /** Why we want to call. Left out only where nobody asks, such as in an explanation. */
  purpose?: string;
  /** By when the request promises the call. */
  promisedBy?: Instant;
}

/**
 * Whether a permission request may be sent to a contact now. Pure; every limit that is switched on is returned, whatever the
 * answer. An active temporary permission does not forbid a request (Meta's own example allows it), a permanent one does
 * (138017).
 */
export function mayRequest(
  snapshot: PairSnapshot,
  profile: Profile,
  now: Instant,
  options: RequestOptions,
): RequestDecision {
  const decision = decide((at) => judge(snapshot, rulesFor(profile, snapshot.toldLimits, at), at, options), now);
  if (!decision.allowed) return decision;
  return { ...decision, via: wayToAsk(snapshot, profile, now, options) ?? 'template' };
}

function judge(snapshot: PairSnapshot, profile: Profile, now: Instant, options: RequestOptions): Judgement {
  const shared = sharedChecks(snapshot, profile, now);
  const windows = judgeWindows(snapshot, profile, now);
  const total = requestsWithoutGrant(snapshot, profile);
  const quiet = judgeQuietHours(profile.quietHours?.requests, snapshot.contact, now);
  return sumUp(
    [
      ...shared,
      purposeNeeded(options),
      promiseKept(options, profile, now),
      permanentExists(snapshot, profile, now),
      total,
      ...windows,
      providerSays(snapshot, profile, now),
      quiet,
      wayMissing(snapshot, profile, now, options),
    ],
    [
      ...windows,
      total,
      quiet,
      contactsCountry(snapshot, profile),
      ...shared.filter(({ refusal }) => refusal?.code === 'territory_not_served'),
    ],
  );
}

function judgeWindows(snapshot: PairSnapshot, profile: Profile, now: Instant): Judged[] {
  const forgiven = snapshot.requestsResetBefore ?? snapshot.lastConnectedAt;
  return profile.requests.map((rule) => {
    const window = countWindow(rule, snapshot.requests, now, profile.skewMs, forgiven);
    const limit = asLimitState(window);
    if (window.used < window.allowed) return { limit };
    if (window.heldByUnsettled) return { limit, refusal: { code: 'request_in_progress', facts: { rule: rule.rule } } };
    const facts = { rule: rule.rule, ...(limit.freesAt === undefined ? {} : { nextAllowedAt: limit.freesAt }) };
    return { limit, refusal: { code: rule.code, facts } };
  });
}

/** Asked in vain: neither a grant nor a connected call came since. */
function requestsWithoutGrant(snapshot: PairSnapshot, profile: Profile): Judged | undefined {
  if (profile.requestsWithoutGrant === undefined) return undefined;
  const { rule, allowed } = profile.requestsWithoutGrant;
  const since = Math.max(
    snapshot.lastGrantedAt ?? Number.NEGATIVE_INFINITY,
    snapshot.requestsResetBefore ?? snapshot.lastConnectedAt ?? Number.NEGATIVE_INFINITY,
  );
  const counted = snapshot.requests.filter(
    ({ state, at }) => state === 'reserved' || (state !== 'released' && at > since),
  );
  const limit = { rule, allowed, used: counted.length };
  return counted.length < allowed ? { limit } : { limit, refusal: { code: 'request_limit_total', facts: { rule } } };
}

function purposeNeeded({ purpose }: RequestOptions): Judged {
  return purpose !== undefined && purpose.trim() === '' ? { refusal: { code: 'purpose_missing', facts: {} } } : {};
}

/** Nobody shall be promised what cannot be kept. */
function promiseKept({ promisedBy }: RequestOptions, { promise }: Profile, now: Instant): Judged {
  if (promise === undefined || promisedBy === undefined || now <= promisedBy) return {};
  const facts = {
    rule: promise.rule,
    text: 'The request promises a call by a time that has passed.',
    nextStep: 'Promise a time in the future, or none.',
  };
  return { warns: promise.mode === 'warn', refusal: { code: 'promise_missed', facts } };
}

function permanentExists({ permission }: PairSnapshot, profile: Profile, now: Instant): Judged {
  if (!isPermanentAtProvider(permission)) return {};
  if (permission.ended === 'opt_out') {
    const facts = {
      text: 'WhatsApp takes no request, because this person has given permanent permission, before asking not to be called.',
      nextStep: 'Refresh the permission of this person from WhatsApp, if you may call after the release from the list.',
    };
    return { refusal: { code: 'permanent_permission_exists', facts } };
  }
  const held = viewPermission(permission, profile, now, undefined, profile.skewMs).status === 'granted';
  if (held) return { refusal: { code: 'permanent_permission_exists', facts: {} } };
  const facts = {
    rule: profile.validity.rule,
    text: 'WhatsApp takes no request, because this person has given permanent permission. Your own rules let it end: {limit}.',
    nextStep:
      'To call on permanent permissions however old they are, set "permanentExempt": true in the own limits of the permission store.',
  };
  return { refusal: { code: 'permanent_permission_exists', facts } };
}

function providerSays(snapshot: PairSnapshot, profile: Profile, now: Instant): Judged {
  const until = snapshot.requestsBlockedUntil;
  if (until === undefined || now >= until + profile.skewMs) return {};
  const rule = profile.requests[0]?.rule;
  const facts = {
    text: 'WhatsApp says that this person was asked too often already.',
    nextAllowedAt: until + profile.skewMs,
    ...(rule === undefined ? {} : { rule }),
  };
  return { refusal: { code: 'request_limit_day', facts } };
}

function wayToAsk(
  snapshot: PairSnapshot,
  profile: Profile,
  now: Instant,
  { via, hasTemplate }: RequestOptions,
): 'freeform' | 'template' | undefined {
  const from = snapshot.serviceWindowFrom;
  const open = from !== undefined && now + profile.skewMs < from + profile.serviceWindow.ms;
  if (via !== 'template' && open) return 'freeform';
  return via !== 'freeform' && hasTemplate ? 'template' : undefined;
}

function wayMissing(snapshot: PairSnapshot, profile: Profile, now: Instant, options: RequestOptions): Judged {
  if (wayToAsk(snapshot, profile, now, options) !== undefined) return {};
  return options.via === 'template'
    ? { refusal: { code: 'template_missing', facts: {} } }
    : { refusal: { code: 'service_window_closed', facts: { rule: profile.serviceWindow.rule } } };
}
