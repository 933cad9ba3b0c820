import { type Mutant, noticedBy } from './mutant.ts';

const CLOCK = 'lib/ledger/clock.ts';

/** Mistakes in the ledger's time, on both engines. */
export const CLOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'the time is that at which the process began',
    edits: [
      {
        file: CLOCK,
        text: 'const wall = this.#source.wall();\n    const steady = this.#source.steady();\n    const expected',
        replacement: 'const { wall, steady } = this.#anchor;\n    const expected',
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) unknown without news blocks for a bounded time and goes on counting',
    ),
  },
  {
    name: 'the time runs backwards with the wall clock',
    edits: [{ file: CLOCK, text: 'this.#floor = Math.max(this.#floor, wall);', replacement: 'this.#floor = wall;' }],
    test: noticedBy('clock', 'LedgerClock follows the wall clock, and never runs backwards'),
  },
  {
    name: 'a clock that has jumped is believed',
    edits: [
      {
        file: 'lib/ledger/operations/reserve.ts',
        text: "return tx.sure ? undefined : reasonFor('clock_unsure');",
        replacement: 'return undefined;',
      },
    ],
    test: noticedBy(
      'clock',
      'a ledger whose clock jumps (sqlite) reserves nothing until the jump is confirmed, but takes webhooks and opt-outs',
    ),
  },
];
