import type { Statistics, StatisticsQuery } from '../ledger.ts';
import type { UsageCounts } from './records.ts';
import type { Transaction } from './transaction.ts';

/** What a campaign should do better than: more grants, answers and completed calls, more content people, fewer opt-outs (`seed-checklist.md` 141 to 145). */
export const TARGETS: Statistics['targets'] = {
  grant: 0.6,
  answer: 0.75,
  completion: 0.9,
  satisfaction: 4,
  optOut: 0.05,
};

const NOTHING: UsageCounts = {
  requests: 0,
  granted: 0,
  denied: 0,
  calls: 0,
  answered: 0,
  completed: 0,
  scored: 0,
  scoreSum: 0,
  people: 0,
  optedOut: 0,
};

/** A part of the counts, and where the next one begins. What is counted is said at `Statistics`. */
export function statistics(
  tx: Transaction,
  { businessNumberId, ...query }: StatisticsQuery,
  afterPair = 0,
): UsageCounts & { next?: number } {
  const number = tx.records.findNumber(businessNumberId);
  return number === undefined ? NOTHING : tx.records.countUsage({ ...query, numberId: number.numberId, afterPair });
}

/** Puts the parts together: a pair is in one of them only, so everything adds up. */
export function sumUp(parts: readonly UsageCounts[]): Statistics {
  const counts = { ...NOTHING };
  for (const part of parts) {
    for (const key of Object.keys(counts) as (keyof UsageCounts)[]) counts[key] += part[key];
  }
  const rates: Statistics['rates'] = {};
  if (counts.requests > 0) rates.grant = counts.granted / counts.requests;
  if (counts.calls > 0) rates.answer = counts.answered / counts.calls;
  if (counts.answered > 0) rates.completion = counts.completed / counts.answered;
  if (counts.scored > 0) rates.satisfaction = counts.scoreSum / counts.scored;
  if (counts.people > 0) rates.optOut = counts.optedOut / counts.people;
  return { ...counts, rates, targets: { ...TARGETS } };
}
