import type { Decision, Instant, LimitState, Reason, ReasonCode } from './model.ts';
import { type ReasonFacts, reasonFor } from './reason-text.ts';

/** Why a rule stands in the way, before it is put into words. */
export interface Refusal {
  code: ReasonCode;
  facts: ReasonFacts;
}

/** What one rule says about one moment. */
export interface Judged {
  limit?: LimitState;
  /** Absent while there is room. */
  refusal?: Refusal;
  /** The rule only warns. */
  warns?: boolean;
}

/** All rules about one moment. */
export interface Judgement {
  /** For people to see, in the order in which they are listed. */
  limits: LimitState[];
  /** What forbids, in the order in which people should hear of it. */
  refusals: Refusal[];
  warnings: Refusal[];
}

/**
 * Sums up what the rules say.
 *
 * @param order who speaks first; of several rules in the way, people hear of the first
 * @param listed which limits are shown, and in which order
 */
export function sumUp(order: readonly (Judged | undefined)[], listed: readonly (Judged | undefined)[]): Judgement {
  const limits = listed.flatMap((judged) =>
    judged?.limit === undefined
      ? []
      : [judged.warns === true ? { ...judged.limit, warns: true as const } : judged.limit],
  );
  const judgement: Judgement = { limits, refusals: [], warnings: [] };
  for (const judged of order) {
    if (judged?.refusal === undefined) continue;
    (judged.warns === true ? judgement.warnings : judgement.refusals).push(judged.refusal);
  }
  return judgement;
}

/** Each step passes at least one edge of a window, of which there are few. */
const MOST_EDGES = 100;

/**
 * The decision about `now` in words. The next allowed time is not when the first rule gives way but when none stands in the
 * way any more that time can move: every rule is asked again at each such moment. What then still forbids, and no waiting
 * cures (a permission that has ended by then), is said in the next step.
 */
export function decide(judge: (at: Instant) => Judgement, now: Instant): Decision {
  const { limits, refusals, warnings } = judge(now);
  const [refusal] = refusals;
  const told = warnings.length === 0 ? {} : { warnings: warnings.map(inWords) };
  if (refusal === undefined) return { allowed: true, limits, ...told };
  return { allowed: false, reason: reasonUntil(judge, refusal), limits, ...told };
}

function reasonUntil(judge: (at: Instant) => Judgement, refusal: Refusal): Reason {
  const { nextAllowedAt, ...facts } = refusal.facts;
  if (nextAllowedAt === undefined) return inWords(refusal);
  let at: Instant = nextAllowedAt;
  for (let edges = 0; edges < MOST_EDGES; edges++) {
    const { refusals } = judge(at);
    const later = Math.max(...refusals.map((standing) => standing.facts.nextAllowedAt ?? at));
    if (later > at) {
      at = later;
      continue;
    }
    const [then] = refusals;
    const reason = inWords({ code: refusal.code, facts: { ...facts, nextAllowedAt: at } });
    if (then !== undefined) reason.nextStep += ` But by then: ${inWords(then).text}`;
    return reason;
  }
  return inWords({ code: refusal.code, facts });
}

function inWords({ code, facts }: Refusal): Reason {
  return reasonFor(code, facts);
}
