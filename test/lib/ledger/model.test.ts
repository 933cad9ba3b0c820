import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { History, steps } from './history.ts';
import { Stand } from './stand.ts';

const CONNECTED_LIMIT = 3;
/** More for a night's run: WA_MODEL_RUNS=10000. */
const RUNS = Number(process.env.WA_MODEL_RUNS ?? 300);

describe('random histories, judged by an independent referee', () => {
  for (const [title, skewSeconds] of [
    ['with the safety skew', 60],
    ['without skew, to the millisecond', 0],
  ] as const) {
    it(`never a send that the provider would refuse, never a block that it would allow, ${title}`, async function () {
      this.timeout(600_000);
      const stand = await Stand.open({ overrides: { connectedCallsPerDay: CONNECTED_LIMIT, skewSeconds } });
      const judged = { allowed: 0, refused: 0 };
      let run = 0;
      try {
        await fc.assert(
          fc.asyncProperty(steps, async (history) => {
            // A business number of its own for each history, so that all of them share one store and its time.
            const play = new History(stand, run++, skewSeconds * 1_000, CONNECTED_LIMIT);
            for (const { step, order } of history) await play.play(step, order);
            judged.allowed += play.judged.allowed;
            judged.refused += play.judged.refused;
          }),
          { numRuns: Math.ceil(RUNS / 2) },
        );
      } finally {
        await stand.ledger.close();
      }
      // Histories in which nothing was decided would prove nothing.
      assert.ok(judged.allowed > RUNS && judged.refused > RUNS, JSON.stringify(judged));
    });
  }
});
