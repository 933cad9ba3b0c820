import type { Statistics, StatisticsQuery } from '../ledger.ts';
import type { UsageCounts } from './records.ts';
import type { Transaction } from './transaction.ts';

/** What a campaign should reach: at least so many grants, answers and completed calls, at most so many opt-outs (`seed-checklist.md` 141 to 145). */
export const TARGETS: Statistics['targets'] = { grant: 0.6, answer: 0.75, completion: 0.9, optOut: 0.05 };

const NOTHING: UsageCounts = {
  requests: 0,
  granted: 0,
  denied: 0,
  calls: 0,
  answered: 0,
  completed: 0,
  people: 0,
  optedOut: 0,
};

/** Counted from what is stored at this moment, so always up to date. What is counted is said at `Statistics`. */
export function statistics(tx: Transaction, { businessNumberId, ...query }: StatisticsQuery): Statistics {
  const number = tx.records.findNumber(businessNumberId);
  const counts = number === undefined ? NOTHING : tx.records.countUsage({ ...query, numberId: number.numberId });
  const rates: Statistics['rates'] = {};
  if (counts.requests > 0) rates.grant = counts.granted / counts.requests;
  if (counts.calls > 0) rates.answer = counts.answered / counts.calls;
  if (counts.answered > 0) rates.completion = counts.completed / counts.answered;
  if (counts.people > 0) rates.optOut = counts.optedOut / counts.people;
  return { ...counts, rates, targets: { ...TARGETS } };
}
