import { strict as assert } from 'node:assert';
import type { Statistics } from '../../../../lib/ledger/ledger.ts';
import { statisticsMessage } from '../../../../lib/runtime/permission/statistics-message.ts';

const TARGETS = { grant: 0.6, answer: 0.75, completion: 0.9, satisfaction: 4, optOut: 0.05 };
const figures = (rates: Statistics['rates']): Statistics => ({
  requests: 10,
  granted: 6,
  denied: 1,
  calls: 4,
  answered: 4,
  completed: 3,
  scored: 2,
  scoreSum: 9,
  people: 20,
  optedOut: 1,
  rates,
  targets: TARGETS,
});
const met = (rates: Statistics['rates']) => statisticsMessage(figures(rates), {}).met;

describe('statistics in messages', () => {
  it('carry the counts, what they are about, the rates and the targets', () => {
    const rates = { grant: 0.6, answer: 1, completion: 0.75, optOut: 0.05 };
    const scope = { from: 0, to: 86_400_000, purpose: 'delivery', template: '' };
    assert.deepEqual(statisticsMessage(figures(rates), scope), {
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-02T00:00:00.000Z',
      purpose: 'delivery',
      template: '',
      requests: 10,
      granted: 6,
      denied: 1,
      calls: 4,
      answered: 4,
      completed: 3,
      scored: 2,
      scoreSum: 9,
      people: 20,
      optedOut: 1,
      rates,
      targets: TARGETS,
      met: { grant: false, answer: true, completion: false, optOut: false },
    });
  });

  it('meet a target only beyond it: more than 60, 75 and 90 %, less than 5 %', () => {
    assert.deepEqual(met({ grant: 0.601, answer: 0.751, completion: 0.901, optOut: 0.049 }), {
      grant: true,
      answer: true,
      completion: true,
      optOut: true,
    });
    assert.deepEqual(met({ grant: 0.6, answer: 0.75, completion: 0.9, optOut: 0.05 }), {
      grant: false,
      answer: false,
      completion: false,
      optOut: false,
    });
  });

  it('judge nothing where nothing was counted', () => {
    assert.deepEqual(met({}), {});
    assert.deepEqual(met({ optOut: 0 }), { optOut: true });
    assert.deepEqual(
      [met({ satisfaction: 4 }), met({ satisfaction: 4.1 })],
      [{ satisfaction: false }, { satisfaction: true }],
    );
  });
});
