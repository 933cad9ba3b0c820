import type { Statistics } from '../../ledger/ledger.ts';
import type { Instant } from '../../permission/model.ts';

type Rate = keyof Statistics['targets'];
export interface StatisticsMessage extends Omit<Statistics, 'rates' | 'targets'> {
  from?: string;
  to?: string;
  purpose?: string;
  template?: string;
  /** 0 to 1, satisfaction 1 to 5; missing where nothing was counted. */
  rates: Partial<Record<Rate, number>>;
  targets: Record<Rate, number>;
  /** Whether the target is met; missing where nothing was counted. */
  met: Partial<Record<Rate, boolean>>;
}
/** What the figures are about. */
export interface StatisticsScope {
  from?: Instant;
  to?: Instant;
  purpose?: string;
  template?: string;
}

/** The targets are "more than 60, 75 and 90 %", "more than 4.0 of 5" and "less than 5 %" (docs/coverage.md 141 to 145): to reach the figure itself is not enough. */
const MEETS: Record<Rate, (rate: number, target: number) => boolean> = {
  grant: (rate, target) => rate > target,
  answer: (rate, target) => rate > target,
  completion: (rate, target) => rate > target,
  satisfaction: (score, target) => score > target,
  optOut: (rate, target) => rate < target,
};

/** Counts, rates, targets, and which of them are met. */
export function statisticsMessage(statistics: Statistics, scope: StatisticsScope): StatisticsMessage {
  const { rates, targets, ...counts } = statistics;
  const met: StatisticsMessage['met'] = {};
  for (const name of Object.keys(MEETS) as Rate[]) {
    const rate = rates[name];
    if (rate !== undefined) met[name] = MEETS[name](rate, targets[name]);
  }
  return {
    ...(scope.from !== undefined && { from: new Date(scope.from).toISOString() }),
    ...(scope.to !== undefined && { to: new Date(scope.to).toISOString() }),
    ...(scope.purpose !== undefined && { purpose: scope.purpose }),
    ...(scope.template !== undefined && { template: scope.template }),
    ...counts,
    rates: { ...rates },
    targets: { ...targets },
    met,
  };
}
