import fc from 'fast-check';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How webhooks come: at once, in another order, much later, or never. `twice`: each of them again. */
export interface News {
  how: 'now' | 'shuffled' | 'late' | 'lost';
  order: number;
  twice: boolean;
}
/** How the HTTP request to WhatsApp goes. `forgotten`: the flow dies before it writes down how it went. */
export type Fate = 'sent' | 'refused' | 'timeout_sent' | 'timeout_lost' | 'forgotten_sent' | 'forgotten_lost';
export type CallEnd = 'answered' | 'missed' | 'declined' | 'failed' | 'cancelled' | 'left_ringing' | 'left_talking';
/** What a webhook says about the end of a temporary permission. */
export type Expiry = 'week' | 'hour' | 'absent' | 'sixteen_days' | 'far' | 'seconds' | 'past' | 'zero';

/** What may happen next. `who` 0 to 3: one of two people, with one of two business numbers. */
export type Step =
  | { do: 'wait'; ms: number }
  | { do: 'ask'; who: number; via: 'template' | 'freeform' | 'auto'; fate: Fate; slow: boolean; explain: boolean }
  | { do: 'call'; who: number; fate: Fate; end: CallEnd; early: boolean; slow: boolean; explain: boolean; news: News }
  | { do: 'race'; who: number; what: 'ask' | 'call'; flows: number; order: number; news: News }
  | {
      do: 'reply';
      who: number;
      answer: 'temporary' | 'permanent' | 'reject';
      expiry: Expiry;
      to: 'request' | 'profile';
      news: News;
    }
  | { do: 'inbound'; who: number; answered: boolean; callback: boolean; left: boolean; news: News }
  | { do: 'write'; who: number; stop: boolean; news: News }
  | { do: 'hang_up'; who: number; us: boolean; silent: boolean; news: News }
  | { do: 'deliver'; order: number }
  | { do: 'repeat'; order: number }
  | { do: 'list'; who: number; how: 'listed' | 'imported' | 'released' }
  | { do: 'sweep' }
  | { do: 'settle_late'; order: number }
  | { do: 'undeliverable'; who: number; news: News }
  | { do: 'elsewhere'; who: number; what: 'ask' | 'call'; answered: boolean; news: News }
  | { do: 'restrict'; who: number; ms: number; news: News }
  | { do: 'busy'; who: number; calls: number }
  | { do: 'clock'; how: 'drift' | 'flicker' | 'behind' | 'asleep' | 'wrong'; ms: number }
  | { do: 'restart'; ms: number };

const pick = fc.constantFrom;
const who = fc.nat(9).map((n) => Math.max(0, n - 6));
const news: fc.Arbitrary<News> = fc.record({
  how: pick<News['how'][]>('now', 'now', 'now', 'now', 'shuffled', 'shuffled', 'late', 'late', 'lost'),
  order: fc.nat(999),
  twice: fc.boolean(),
});
const fate = pick<Fate[]>(
  'sent',
  'sent',
  'sent',
  'sent',
  'sent',
  'refused',
  'timeout_sent',
  'timeout_lost',
  'forgotten_sent',
  'forgotten_lost',
);
const end = pick<CallEnd[]>(
  'answered',
  'answered',
  'answered',
  'missed',
  'missed',
  'missed',
  'declined',
  'failed',
  'cancelled',
  'left_ringing',
  'left_talking',
);
const flag = fc.boolean();
const seldom = fc.nat(5).map((n) => n === 5);
const order = fc.nat(999);
const just = <const T extends string>(value: T) => fc.constant(value);

/** Times around every edge of the rules. */
const waits = pick(
  1,
  SECOND,
  20 * SECOND,
  59 * SECOND,
  2 * MINUTE,
  11 * MINUTE,
  HOUR,
  6 * HOUR,
  DAY - 2 * MINUTE,
  DAY - MINUTE,
  DAY - 20 * SECOND,
  DAY - 3 * SECOND,
  DAY - SECOND,
  DAY - 1,
  DAY,
  DAY + SECOND,
  DAY + MINUTE,
  DAY + MINUTE - 1,
  DAY + 2 * MINUTE,
  2 * DAY,
  3 * DAY,
  5 * DAY,
  6 * DAY,
  7 * DAY - MINUTE,
  7 * DAY - 20 * SECOND,
  7 * DAY,
  7 * DAY + MINUTE,
);

const weighted: [number, fc.Arbitrary<Step>][] = [
  [16, fc.record({ do: just('wait'), ms: waits })],
  [
    14,
    fc.record({
      do: just('ask'),
      who,
      via: pick<('template' | 'freeform' | 'auto')[]>('template', 'template', 'freeform', 'auto'),
      fate,
      slow: seldom,
      explain: seldom,
    }),
  ],
  [
    14,
    fc.record({
      do: just('reply'),
      who,
      answer: pick<('temporary' | 'permanent' | 'reject')[]>(
        'temporary',
        'temporary',
        'temporary',
        'temporary',
        'permanent',
        'reject',
      ),
      expiry: pick<Expiry[]>(
        'week',
        'week',
        'week',
        'week',
        'week',
        'hour',
        'absent',
        'sixteen_days',
        'far',
        'seconds',
        'past',
        'zero',
      ),
      to: pick<('request' | 'profile')[]>('request', 'request', 'profile'),
      news,
    }),
  ],
  [24, fc.record({ do: just('call'), who, fate, end, early: seldom, slow: seldom, explain: seldom, news })],
  [
    3,
    fc.record({
      do: just('race'),
      who,
      what: pick<('ask' | 'call')[]>('ask', 'call'),
      flows: fc.integer({ min: 2, max: 4 }),
      order,
      news,
    }),
  ],
  [3, fc.record({ do: just('inbound'), who, answered: flag, callback: flag, left: seldom, news })],
  [3, fc.record({ do: just('write'), who, stop: fc.nat(7).map((n) => n === 7), news })],
  [6, fc.record({ do: just('hang_up'), who, us: flag, silent: seldom, news })],
  [6, fc.record({ do: just('deliver'), order })],
  [2, fc.record({ do: just('repeat'), order })],
  [
    2,
    fc.record({
      do: just('list'),
      who,
      how: pick<('listed' | 'imported' | 'released')[]>('released', 'released', 'released', 'listed', 'imported'),
    }),
  ],
  [3, fc.record({ do: just('sweep') })],
  [4, fc.record({ do: just('settle_late'), order })],
  [1, fc.record({ do: just('undeliverable'), who, news })],
  [2, fc.record({ do: just('elsewhere'), who, what: pick<('ask' | 'call')[]>('ask', 'call'), answered: flag, news })],
  [1, fc.record({ do: just('restrict'), who, ms: pick(HOUR, DAY, 7 * DAY), news })],
  [
    5,
    fc.record({
      do: just('clock'),
      how: pick<('drift' | 'flicker' | 'behind' | 'asleep' | 'wrong')[]>(
        'drift',
        'drift',
        'drift',
        'drift',
        'drift',
        'flicker',
        'behind',
        'asleep',
        'wrong',
      ),
      ms: fc.integer({ min: 1, max: 60 }).map((n) => n * MINUTE),
    }),
  ],
];

/** Up to 60 steps. */
export function histories(more: {
  restarts?: boolean;
  busy?: boolean;
}): fc.Arbitrary<{ start: number; steps: Step[] }> {
  const all = weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }));
  const restart: fc.Arbitrary<Step> = fc.record({ do: just('restart'), ms: pick(0, 5 * SECOND, HOUR, 2 * DAY) });
  const busy: fc.Arbitrary<Step> = fc.record({ do: just('busy'), who, calls: pick(4, 95, 99, 100) });
  if (more.restarts === true) all.push({ weight: 8, arbitrary: restart });
  if (more.busy === true) all.push({ weight: 1, arbitrary: busy });
  return fc.record({
    start: fc.nat(29),
    steps: fc.array(fc.oneof(...all), { minLength: 1, maxLength: 60, size: 'max' }),
  });
}
