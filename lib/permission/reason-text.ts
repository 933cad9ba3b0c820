import type { Instant, Reason, ReasonCode, RuleSource } from './model.ts';

/**
 * Every sentence of a refusal, in one place. `{at}` is the next allowed time, `{limit}` the rule's own words, `{name}` a
 * value of the case. Sentences are for people who do not program.
 */
const SENTENCES: Record<ReasonCode, { text: string; nextStep: string }> = {
  permission_not_requested: {
    text: 'This person has not been asked for permission to be called.',
    nextStep: 'Send a permission request first and call after the person has allowed it.',
  },
  permission_pending: {
    text: 'This person has been asked for permission and has not answered yet.',
    nextStep: 'Wait for the answer; it comes by webhook.',
  },
  permission_denied: {
    text: 'This person declined to be called.',
    nextStep: 'Do not call. The person can still change their mind in the chat or in your business profile.',
  },
  permission_expired: {
    text: 'The permission to call this person has expired.',
    nextStep: 'Send a new permission request.',
  },
  permission_revoked: {
    text: 'The permission to call this person was withdrawn.',
    nextStep: 'Do not call. You may ask again if there is a good reason.',
  },
  permission_missing_at_provider: {
    text: 'WhatsApp says that there is no permission to call this person, although one was stored here.',
    nextStep: 'Send a new permission request. The stored permission has been corrected.',
  },
  do_not_call: {
    text: 'This person asked not to be called.',
    nextStep: 'Do not call. Only an explicit release from the do-not-call list lifts this, not a new permission.',
  },
  contact_invalid: {
    text: 'This contact cannot be called: {why}',
    nextStep: 'Give a phone number with country code or a WhatsApp user id.',
  },
  purpose_missing: {
    text: 'The permission request says no purpose.',
    nextStep: 'Say in msg.purpose why you want to call, for example "your appointment on Tuesday".',
  },
  country_not_supported: {
    text: 'Businesses with a number of this country ({name}) cannot place WhatsApp calls.',
    nextStep: 'Let the person call you instead (call button or link), or use a business number of another country.',
  },
  request_limit_day: {
    text: 'This person was asked already: {limit}.',
    nextStep: 'Ask again after {at}, or after a call between you that was picked up.',
  },
  request_limit_week: {
    text: 'This person was asked too often already: {limit}.',
    nextStep: 'Ask again after {at}, or after a call between you that was picked up.',
  },
  request_in_progress: {
    text: 'A permission request to this person is being sent right now.',
    nextStep: 'Wait until it is done; do not send a second one.',
  },
  permanent_permission_exists: {
    text: 'This person has given permanent permission already.',
    nextStep: 'Just call.',
  },
  service_window_closed: {
    text: 'A free-form permission request is only allowed within {limit}.',
    nextStep: 'Use a message template with a call permission request.',
  },
  template_missing: {
    text: 'The permission request was to go out as a template, but no template is set.',
    nextStep: 'Choose an approved template with a call permission request.',
  },
  template_not_approved: {
    text: 'This template cannot be sent: WhatsApp has not approved it, or has paused or rejected it.',
    nextStep: 'Wait for the approval, or choose a template that is approved.',
  },
  template_grants_nothing: {
    text: 'This template holds no call permission request, so no answer to it grants permission.',
    nextStep: 'Use a template with the call permission request.',
  },
  call_in_progress: {
    text: 'There is, or may be, a call going on with this person.',
    nextStep: 'Wait until it has ended.',
  },
  connected_call_limit: {
    text: 'This person has been called too often already: {limit}.',
    nextStep: 'Call again after {at}.',
  },
  number_daily_call_limit: {
    text: 'This business number has started too many calls: {limit}.',
    nextStep: 'Call again after {at}, or from another business number.',
  },
  number_concurrent_call_limit: {
    text: 'This business number has too many calls going on: {limit}.',
    nextStep: 'Try again when a call has ended.',
  },
  number_restricted: {
    text: 'WhatsApp has paused calling for this business number ({name}).',
    nextStep: 'Wait until {at}; see the quality notices of the number in WhatsApp Manager.',
  },
  clock_unsure: {
    text: "This machine's clock has jumped or runs behind, so limits cannot be judged.",
    nextStep: 'Check date and time of the machine (network time). It goes on by itself once the clock is steady.',
  },
  provider_refused: {
    text: 'WhatsApp refused.',
    nextStep: 'See msg.reason.provider for what it said.',
  },
  store_unavailable: {
    text: 'The permission store cannot be reached, so nothing may be sent.',
    nextStep: 'See the status of the permission store node.',
  },
  permission_too_old: {
    text: 'The permission to call this person is too old by your own rules: {limit}.',
    nextStep: 'Ask for permission again, shortly before the call.',
  },
  permission_used_up: {
    text: 'The permission to call this person is used up by your own rules: {limit}.',
    nextStep: 'Ask for permission again before the next call.',
  },
  promise_missed: {
    text: 'The call was promised by {name}, and it is later than that.',
    nextStep: 'Ask for permission again and give a new time, or tell the person why the call comes late.',
  },
  purpose_mismatch: {
    text: 'The person allowed a call for another purpose ("{name}") than this one.',
    nextStep: 'Call for the purpose that was allowed, or ask for permission with the new one.',
  },
  request_limit_three_days: {
    text: 'This person was asked too often already: {limit}.',
    nextStep: 'Ask again after {at}, or after a call between you that was picked up.',
  },
  request_limit_total: {
    text: 'This person was asked often enough and gave no permission: {limit}.',
    nextStep: 'Do not ask again. The person can still allow calls in your business profile, or call you.',
  },
  call_gap: {
    text: 'The last call to this person was too short a time ago: {limit}.',
    nextStep: 'Call again after {at}.',
  },
  quiet_hours: {
    text: 'It is quiet time for this person: {limit}.',
    nextStep: 'Try again after {at}.',
  },
  contact_country_excluded: {
    text: 'People in this country ({name}) are not called, by your own rules: {limit}.',
    nextStep: 'Reach the person in another way, or change the list in the permission store.',
  },
  territory_not_served: {
    text: 'This number ({why}) may lie where WhatsApp offers no service: {name}.',
    nextStep:
      'Check where it is used. Then set "territories" in the own limits of the permission store: "off" if it is elsewhere, "block" if it is there.',
  },
};

/** What differs from the plain case. */
export interface ReasonFacts {
  rule?: RuleSource;
  nextAllowedAt?: Instant;
  /** Fills `{name}`. */
  name?: string;
  /** Fills `{why}`. */
  why?: string;
  /** A sentence to use instead. */
  text?: string;
  /** A next step to use instead. */
  nextStep?: string;
}

/** A refusal in plain words, with the rule it rests on and the next allowed time where there is one. */
export function reasonFor(code: ReasonCode, facts: ReasonFacts = {}): Reason {
  const { text, nextStep } = SENTENCES[code];
  const values: Record<string, string> = {
    limit: facts.rule?.limit ?? 'the limit is reached',
    name: facts.name ?? 'unknown',
    why: facts.why ?? 'it has no phone number and no user id.',
    at: facts.nextAllowedAt === undefined ? 'that' : plainTime(facts.nextAllowedAt),
  };
  // In one go: what is filled in may hold braces of its own.
  const fill = (sentence: string): string =>
    sentence.replace(/\{(limit|name|why|at)\}/g, (_, key) => values[key] ?? '');
  const reason: Reason = { code, text: fill(facts.text ?? text), nextStep: fill(facts.nextStep ?? nextStep) };
  if (facts.nextAllowedAt !== undefined) reason.nextAllowedAt = facts.nextAllowedAt;
  if (facts.rule !== undefined) reason.rule = facts.rule;
  return reason;
}

/** Rounded up to the minute, so that nobody who follows it comes a second too early. */
export function plainTime(at: Instant): string {
  const minute = Math.ceil(at / 60_000) * 60_000;
  const date = new Date(minute);
  return Number.isNaN(date.getTime()) ? 'that' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
