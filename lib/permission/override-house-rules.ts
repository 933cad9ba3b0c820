import type { RuleSource } from './model.ts';
import type { ProfileOverrides, QuietSpan } from './overrides.ts';
import type { Profile, QuietHours } from './profile.ts';
import { HOUSE_RULES } from './profiles/house-rules.ts';

/** Switches rules on or off that only the user wants. Changes the profile given, which is a copy already. */
export function overrideHouseRules(result: Profile, overrides: ProfileOverrides): void {
  overrideCaps(result, overrides);
  overrideTimes(result, overrides);
  const { purposeBinding, promise, excludedContactCountries: excluded } = overrides;
  if (purposeBinding === 'off') delete result.purposeBinding;
  else if (purposeBinding !== undefined) {
    result.purposeBinding = { rule: wanted(HOUSE_RULES.purposeBinding), mode: purposeBinding };
  }
  if (promise === 'off') delete result.promise;
  else if (promise !== undefined) result.promise = { rule: wanted(HOUSE_RULES.promise), mode: promise };
  if (excluded === null) delete result.contactCountries;
  else if (excluded !== undefined) {
    const limit = `nobody in ${excluded.join(', ') || 'no country'}`;
    result.contactCountries = { rule: wanted(HOUSE_RULES.contactCountries, limit), excluded: [...excluded] };
  }
  if (overrides.permanentExempt === true) result.permanentExempt = true;
  if (overrides.permanentExempt === false) delete result.permanentExempt;
}

function overrideCaps(result: Profile, overrides: ProfileOverrides): void {
  const { requestsWithoutGrant, callsPerPermission, unansweredConsumes } = overrides;
  if (requestsWithoutGrant === null) delete result.requestsWithoutGrant;
  else if (requestsWithoutGrant !== undefined) {
    const limit = `${requestsWithoutGrant} permission requests in all without a permission`;
    result.requestsWithoutGrant = {
      rule: wanted(HOUSE_RULES.requestsWithoutGrant, limit),
      allowed: requestsWithoutGrant,
    };
  }
  if (callsPerPermission === null) delete result.callsPerPermission;
  else if (callsPerPermission !== undefined) {
    result.callsPerPermission = {
      rule: wanted(HOUSE_RULES.callsPerPermission, `${callsPerPermission} connected calls per permission`),
      allowed: callsPerPermission,
      unansweredConsumes: result.callsPerPermission?.unansweredConsumes ?? false,
    };
  }
  if (unansweredConsumes !== undefined && result.callsPerPermission !== undefined) {
    const { allowed } = result.callsPerPermission;
    const limit = `${allowed} ${unansweredConsumes ? 'calls, answered or not,' : 'connected calls'} per permission`;
    result.callsPerPermission.unansweredConsumes = unansweredConsumes;
    result.callsPerPermission.rule = wanted(HOUSE_RULES.callsPerPermission, limit);
  }
}

function overrideTimes(result: Profile, overrides: ProfileOverrides): void {
  const { maxGrantAgeSeconds: age, callGapSeconds: gap } = overrides;
  if (age === null) delete result.maxGrantAge;
  else if (age !== undefined) {
    const rule = wanted(HOUSE_RULES.maxGrantAge, `a call within ${age} s after the permission`);
    result.maxGrantAge = { rule, ms: age * 1000, mode: result.maxGrantAge?.mode ?? 'block' };
  }
  if (overrides.maxGrantAge !== undefined && result.maxGrantAge !== undefined) {
    result.maxGrantAge.mode = overrides.maxGrantAge;
  }
  if (gap === null) delete result.callGap;
  else if (gap !== undefined) {
    const rule = wanted(HOUSE_RULES.callGap, `${gap} s between two calls to a contact`);
    result.callGap = { rule, ms: gap * 1000, mode: result.callGap?.mode ?? 'block' };
  }
  if (overrides.callGap !== undefined && result.callGap !== undefined) result.callGap.mode = overrides.callGap;
  const quiet = { ...result.quietHours };
  for (const [kind, span, rule, what] of [
    ['requests', overrides.quietRequests, HOUSE_RULES.quietRequests, 'requests'],
    ['calls', overrides.quietCalls, HOUSE_RULES.quietCalls, 'calls'],
  ] as const) {
    if (span === null) delete quiet[kind];
    else if (span !== undefined) quiet[kind] = quietHours(span, rule, what);
  }
  delete result.quietHours;
  if (Object.keys(quiet).length > 0) result.quietHours = quiet;
}

function quietHours({ from, to, mode }: QuietSpan, rule: RuleSource, what: string): QuietHours {
  return {
    rule: wanted(rule, `no ${what} from ${from} to ${to} by the contact's clock`),
    mode: mode ?? 'block',
    from: minutes(from),
    to: minutes(to),
  };
}

function minutes(text: string): number {
  const [hours, rest] = text.split(':').map(Number);
  return (hours ?? 0) * 60 + (rest ?? 0);
}

/** A rule that the user switched on, with who recommends it. */
function wanted(rule: RuleSource, limit: string = rule.limit): RuleSource {
  return { ...rule, limit, source: `set in the permission store (recommended by: ${rule.source})` };
}
