import type { Instant } from '../../../../lib/permission/model.ts';
import { countryOf } from '../../../../simulator/country.ts';
import { type NumberState, newState } from '../../../../simulator/state.ts';
import { judgeCall, judgeRequest } from '../../../../simulator/verdict.ts';
import type { Pair } from './facts.ts';
import { ownRefusals } from './own-rules.ts';
import type { Variant } from './variants.ts';
import { look, lookAtNumber, type View } from './views.ts';

/** A business number of one history, with everybody it has to do with. */
export interface Office {
  id: string;
  phone: string;
  pairs: Pair[];
  restrictions: { until: Instant; told: boolean }[];
}

export interface Moment {
  variant: Variant;
  office: Office;
  pair: Pair;
  now: Instant;
  /** How far two moments of our clock may have been apart more, or less, than they were. */
  drift: number;
  /** The same where it went beyond the skew; else 0. */
  clockError: number;
}

export type Intent = { what: 'call' } | { what: 'request'; freeForm: boolean };

/** Which of the referee's codes give reason to one of ours. Every other code of ours is no rule of WhatsApp's. */
const REASONS: Readonly<Record<string, readonly number[]>> = {
  country_not_supported: [138013],
  number_restricted: [138014],
  permanent_permission_exists: [138017],
  request_in_progress: [138009],
  request_limit_day: [138009],
  request_limit_week: [138009],
  service_window_closed: [131047],
  permission_not_requested: [138006],
  permission_pending: [138006],
  permission_denied: [138006],
  permission_expired: [138006],
  permission_revoked: [138006],
  permission_missing_at_provider: [138006],
  call_in_progress: [138003],
  connected_call_limit: [138012],
  number_daily_call_limit: [138005],
  number_concurrent_call_limit: [138002],
};
/** What ends at a moment, rather than counting until one. */
const ENDING: readonly number[] = [138006, 131047];

/**
 * The referee's refusals under a view.
 * @param margin how much longer windows and pauses last, and how much earlier permissions and service windows end
 */
export function refusals(moment: Moment, intent: Intent, view: View, margin = 0): Map<number, string> {
  const { variant, office, pair, now, drift } = moment;
  const slack = variant.skewMs + drift + (variant.skewMs > 0 ? variant.resolutionMs : 0);
  const looked = look(pair, view, { limits: variant.limits, now, slack, drift });
  const { started, live } = lookAtNumber(office.pairs, view, now, drift);
  const to = {
    number: numberState(office, started, view),
    country: countryOf(office.phone),
    pair: looked.pair,
    person: { onWhatsApp: true, callable: true, allowListed: true },
    limits: variant.limits,
  };
  const at = (time: Instant) =>
    intent.what === 'request'
      ? judgeRequest(to, { freeForm: intent.freeForm }, time)
      : judgeCall(to, { pair: looked.live, number: live }, time);
  const found = new Map<number, string>();
  if (margin === 0) {
    for (const { code, details } of at(now)) found.set(code, details);
    return found;
  }
  for (const { code, details } of at(now - margin)) if (!ENDING.includes(code)) found.set(code, details);
  for (const { code, details } of at(now + margin)) if (ENDING.includes(code)) found.set(code, details);
  return found;
}

function numberState(office: Office, started: Instant[], view: View): NumberState {
  const { number } = newState({ people: [], businessNumber: office.phone, testNumber: false });
  number.started = started;
  const restrictions = office.restrictions.filter(({ told }) => view === 'truth' || told);
  // Of several pauses the longest holds.
  const until = Math.max(0, ...restrictions.map((restriction) => restriction.until));
  if (until > 0) number.restriction = { type: 'RESTRICTED_BIZ_INITIATED_CALLING', until };
  return number;
}

/**
 * Why a send may not leave, or nothing. It may if WhatsApp takes it, or would take it if nothing had happened but what the
 * ledger was told. Only a clock that is more wrong than the skew covers is forgiven, by as much as it is wrong.
 */
export function wrongSend(moment: Moment, intent: Intent): string | undefined {
  const { variant, office, pair, now, clockError } = moment;
  if (pair.listed) return `${pair.name} is on the do-not-call list`;
  if (pair.unclear === true) return undefined;
  const surely = { surely: true, slack: variant.skewMs + 1000, drift: 0, businessPhone: office.phone };
  const own = ownRefusals(variant, pair, intent.what, now, surely);
  if (own.size > 0 && clockError === 0) return `the own rules forbid it: ${[...own].join(', ')}`;
  const truth = refusals(moment, intent, 'truth');
  if (meant(truth, moment).size === 0) return undefined;
  const told = refusals(moment, intent, 'told');
  if (meant(told, moment).size === 0) return undefined;
  if (clockError > 0 && meant(refusals(moment, intent, 'told', -clockError), moment).size === 0) return undefined;
  return `WhatsApp refuses it: ${[...told].map(([code, details]) => `${code} ${details}`).join(' / ')}`;
}

/** YCloud's rule stands in place of Meta's two windows: a profile that allows more, until WhatsApp itself says no. */
function meant(found: Map<number, string>, { variant, pair, now }: Moment): Map<number, string> {
  if (variant.own !== 'ycloud' || !found.has(138009)) return found;
  if (pair.askNotBefore !== undefined && now < pair.askNotBefore) return found;
  const rest = new Map(found);
  rest.delete(138009);
  return rest;
}

/** What gives reason to a refusal of the ledger, in a word; undefined if nothing does. */
export function reasonForBlock(moment: Moment, intent: Intent, code: string): string | undefined {
  const { variant, office, pair, now, drift } = moment;
  if (code === 'do_not_call') return pair.listed ? 'do-not-call' : undefined;
  if (pair.unclear === true) return 'wrong clock';
  const slack = variant.skewMs + drift + (variant.skewMs > 0 ? variant.resolutionMs : 0);
  const own = ownRefusals(variant, pair, intent.what, now, {
    surely: false,
    slack,
    drift,
    businessPhone: office.phone,
  });
  if (own.has(code)) return 'own rule';
  const reasons = REASONS[code] ?? [];
  const explained = (view: View, margin: number): boolean => {
    const found = refusals(moment, intent, view, margin);
    return reasons.some((reason) => found.has(reason));
  };
  if (explained('truth', 0)) return 'WhatsApp';
  if (slack > 0 && explained('truth', slack)) return 'skew';
  if (explained('doubtful', slack)) return 'not settled or not told';
  if (code.startsWith('permission_') && pair.endedByOptOut) return 'permission ended by opt-out';
  const until = intent.what === 'request' ? pair.askNotBefore : pair.callNotBefore;
  if (reasons.some((reason) => reason === 138009 || reason === 138012) && until !== undefined && now < until + slack)
    return 'told by WhatsApp to wait';
  return undefined;
}
