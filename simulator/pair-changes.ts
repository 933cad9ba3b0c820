import { type Limits, permissionNow, TEMPORARY_SECONDS } from './rules.ts';
import type { NumberState, Pair, RequestCard } from './state.ts';

/**
 * What happens between a business number and a person, and what it does to everything the rules look at (meta-cloud-api.md
 * §3.5, §3.6 and §4). Pure but for the record that is given: it is changed. All times are milliseconds.
 */
const DAY = 86_400_000;

/** WhatsApp took a permission question. It counts from now, delivered or not. */
export function countRequest(pair: Pair, card: RequestCard): void {
  // A test number may ask 100 times a week; older questions are over.
  pair.requests = [...pair.requests.slice(-199), card];
}

/** WhatsApp took a call of the business. */
export function countStarted(number: NumberState, now: number): void {
  number.started = [...number.started.filter((at) => at > now - DAY), now];
}

/** The call could not be set up after all. */
export function forgetStarted(number: NumberState, at: number): void {
  const index = number.started.indexOf(at);
  if (index >= 0) number.started.splice(index, 1);
}

/** The person allows calls for 7 days or for good, or no longer. The newest word holds. */
export function setPermission(pair: Pair, answer: 'temporary' | 'permanent' | 'reject', now: number): void {
  if (answer !== 'temporary') {
    pair.permission = { status: answer === 'permanent' ? 'permanent' : 'no_permission' };
    return;
  }
  // Webhooks tell whole seconds, and what they tell is what holds.
  pair.permission = { status: 'temporary', expiresAt: (Math.floor(now / 1000) + TEMPORARY_SECONDS) * 1000 };
}

/** The person wrote, called or took a call: opens the service window. */
export function countContact(pair: Pair, now: number): void {
  pair.windowFrom = now;
}

/** Rejected or missed by the person. Whether a ring that the business cut short counts is not documented. */
export function isUnanswered(
  call: {
    direction: 'BUSINESS_INITIATED' | 'USER_INITIATED';
    pickedUp: boolean;
    outcome: string;
    rang: boolean;
  },
  cancelledCounts: boolean,
): boolean {
  if (call.direction !== 'BUSINESS_INITIATED' || call.pickedUp) return false;
  if (call.outcome === 'declined' || call.outcome === 'no_answer') return true;
  return call.outcome === 'cancelled' && call.rang && cancelledCounts;
}

/** What an unanswered call leads to. Counts, and ends the permission at the limit. */
export function countUnanswered(pair: Pair, limits: Limits, now: number): 'nothing' | 'nudge' | 'revoked' {
  pair.unanswered += 1;
  if (pair.unanswered >= limits.revokeAfter) {
    pair.unanswered = 0;
    if (permissionNow(pair, now).status === 'no_permission') return 'nothing';
    pair.permission = { status: 'no_permission' };
    return 'revoked';
  }
  return pair.unanswered === limits.nudgeAfter ? 'nudge' : 'nothing';
}

/** A call that was picked up: clears the request windows and the row of unanswered calls, opens the service window. */
export function countConnected(pair: Pair, direction: 'BUSINESS_INITIATED' | 'USER_INITIATED', now: number): void {
  if (direction === 'BUSINESS_INITIATED') pair.connected = [...pair.connected.filter((at) => at > now - DAY), now];
  pair.lastConnectedAt = now;
  pair.unanswered = 0;
  countContact(pair, now);
}
