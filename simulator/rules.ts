import { NO_BUSINESS_CALLS } from './country.ts';
import { type GraphError, ruled } from './graph/errors.ts';
import type { NumberState, Pair, RequestCard } from './state.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;

/**
 * The referee. What WhatsApp allows between a business number and a person, written from the reference
 * (meta-cloud-api.md §4, of User call permissions and Overview, 26 June 2026, and Sandbox, 7 April 2026) and from nothing
 * else. Pure: state and time in, verdict out; what happens changes the state in `pair-changes.ts`. All times are milliseconds.
 */
export interface Limits {
  requestsPerDay: number;
  requestsPerWeek: number;
  connectedPerDay: number;
  /** Consecutive unanswered calls after which the person is asked whether they still want calls. */
  nudgeAfter: number;
  /** Consecutive unanswered calls after which the permission ends by itself. */
  revokeAfter: number;
  /** New calls per business number in 24 h. */
  startedPerDay: number;
  /** Calls of one business number at a time. */
  concurrent: number;
  /** Reads of `call_permissions` per second (the two official pages say 100 and 5). */
  lookupsPerSecond: number;
}

export const PRODUCTION_LIMITS: Limits = {
  requestsPerDay: 1,
  requestsPerWeek: 2,
  connectedPerDay: 100,
  nudgeAfter: 2,
  revokeAfter: 4,
  startedPerDay: 10_000,
  concurrent: 1000,
  lookupsPerSecond: 100,
};

export const TEST_NUMBER_LIMITS: Limits = {
  ...PRODUCTION_LIMITS,
  requestsPerDay: 25,
  requestsPerWeek: 100,
  nudgeAfter: 5,
  revokeAfter: 10,
};

/** A temporary permission, in seconds from the approval. */
export const TEMPORARY_SECONDS = 604_800;

/** Uses inside a rolling window: a use counts until exactly one window later. */
export function windowUse(uses: readonly number[], window: number, max: number, now: number, since = 0) {
  const start = Math.max(now - window, since);
  const inside = uses.filter((at) => at > start).sort((a, b) => a - b);
  const freeing = inside[inside.length - max];
  return {
    used: inside.length,
    max,
    full: inside.length >= max,
    /** When the next use is free, present only if full. */
    ...(freeing === undefined ? {} : { freesAt: freeing + window }),
  };
}

export function permissionNow(pair: Pair, now: number): Pair['permission'] {
  const { status, expiresAt } = pair.permission;
  if (status === 'temporary' && (expiresAt === undefined || now >= expiresAt)) return { status: 'no_permission' };
  return pair.permission;
}

/** Both windows of permission requests. A call that was picked up, of either direction, clears them. */
export function requestUse(pair: Pair, limits: Limits, now: number) {
  const sent = pair.requests.map((request) => request.at);
  const since = pair.lastConnectedAt ?? 0;
  return {
    day: windowUse(sent, DAY, limits.requestsPerDay, now, since),
    week: windowUse(sent, WEEK, limits.requestsPerWeek, now, since),
  };
}

export function callUse(pair: Pair, limits: Limits, now: number) {
  return windowUse(pair.connected, DAY, limits.connectedPerDay, now);
}

export function windowOpen(pair: Pair, now: number): boolean {
  return pair.windowFrom !== undefined && now < pair.windowFrom + DAY;
}

/** A question lives until 7 days after its delivery or answer, or until the person deals with a newer one. */
export function cardState(card: RequestCard, now: number): 'open' | 'temporary' | 'permanent' | 'declined' | 'expired' {
  const from = card.answeredAt ?? card.deliveredAt ?? card.at;
  if (card.answer !== undefined) return card.answer;
  return card.replaced || now >= from + WEEK ? 'expired' : 'open';
}

/** Whether the person may still answer this question, or answer it otherwise than before. */
export function cardAnswerable(card: RequestCard, now: number): boolean {
  const from = card.answeredAt ?? card.deliveredAt ?? card.at;
  return !card.replaced && !card.failed && now < from + WEEK;
}

const when = (at: number) => `${new Date(Math.ceil(at / 1000) * 1000).toISOString()} (${Math.ceil(at / 1000)})`;

/** Rules that concern the business number alone and hold for requests and calls. */
export function numberRefusal(number: NumberState, country: string, now: number): GraphError | undefined {
  if (number.calling.status !== 'ENABLED')
    return ruled(138000, 'Calling is not enabled for this phone number. Enable it in the call settings.');
  if (NO_BUSINESS_CALLS.has(country))
    return ruled(138013, `Business initiated calling is not available for business phone numbers of ${country}.`);
  const restriction = number.restriction;
  // One of people's calls alone leaves the business's own calls as they are.
  if (
    restriction &&
    /^RESTRICTED_(BUSINESS|BIZ)/.test(restriction.type) &&
    (restriction.until === undefined || now < restriction.until)
  )
    return ruled(
      138014,
      `Business initiated calling is paused because of low quality${restriction.until === undefined ? '' : ` until ${when(restriction.until)}`}.`,
    );
  return undefined;
}

/** The recipient is not on the list of a test number. */
export function notListed(): GraphError {
  return ruled(131030, 'Add the recipient phone number to the recipient list of the test number and try again.');
}

export function uncallable(): GraphError {
  return ruled(138001, 'The recipient cannot be called: not on WhatsApp, unsupported client or terms not accepted.');
}

/** Why no permission request may be sent to this person now, or nothing. */
export function requestRefusal(pair: Pair, limits: Limits, now: number): GraphError | undefined {
  if (permissionNow(pair, now).status === 'permanent')
    return ruled(138017, 'The recipient has granted a permanent permission already.');
  const { day, week } = requestUse(pair, limits, now);
  if (day.full || week.full) {
    const next = Math.max(day.freesAt ?? 0, week.freesAt ?? 0);
    return ruled(
      138009,
      `At most ${limits.requestsPerDay} in 24 hours and ${limits.requestsPerWeek} in 7 days without a connected call. Next request allowed at ${when(next)}.`,
    );
  }
  return undefined;
}

export function freeFormRefusal(pair: Pair, now: number): GraphError | undefined {
  if (windowOpen(pair, now)) return undefined;
  return ruled(131047, 'More than 24 hours have passed since the recipient last replied. Send a template instead.');
}

/** Why the business may not call this person now; every reason, the first of which is told. */
export function callRefusals(
  pair: Pair,
  number: NumberState,
  live: { pair: boolean; number: number },
  limits: Limits,
  now: number,
): GraphError[] {
  const refusals: GraphError[] = [];
  if (permissionNow(pair, now).status === 'no_permission')
    refusals.push(ruled(138006, 'No approved call permission from the recipient'));
  if (live.pair) refusals.push(ruled(138003, 'A call with this recipient is already ongoing.'));
  const use = callUse(pair, limits, now);
  if (use.full)
    refusals.push(
      ruled(
        138012,
        `${limits.connectedPerDay} connected calls in 24 hours with this recipient. Next call allowed at ${when(use.freesAt ?? now)}.`,
      ),
    );
  const started = windowUse(number.started, DAY, limits.startedPerDay, now);
  if (started.full)
    refusals.push(
      ruled(138005, `${limits.startedPerDay} calls in 24 hours. Next call allowed at ${when(started.freesAt ?? now)}.`),
    );
  if (live.number >= limits.concurrent)
    refusals.push(ruled(138002, `${limits.concurrent} calls are going on with this phone number.`));
  return refusals;
}
