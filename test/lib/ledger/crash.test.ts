import { strict as assert } from 'node:assert';
import { type Death, killLoops, MOMENTS } from './kill-loops.ts';
import { isWhole } from './proof.ts';
import { temporaryFolder } from './stand.ts';

/** `bench/crash.ts` does it 500 times. */
const LOOPS = 50;
const LANES = 2;

describe(`a process killed ${LOOPS} times at random moments: at work, opening, closing, copying, migrating`, () => {
  it('loses nothing that was acknowledged, keeps the limits, and leaves a file that opens', async function () {
    this.timeout(LOOPS * 5_000);
    const folder = temporaryFolder();
    const deaths: Death[] = [];
    try {
      const lane = async (nr: number): Promise<void> => {
        for await (const death of killLoops(folder.path, LOOPS / LANES, nr)) {
          const { moment, findings } = death;
          assert.ok(isWhole(findings), `killed at ${moment}: ${JSON.stringify(findings).slice(0, 2_000)}`);
          deaths.push(death);
        }
      };
      await Promise.all(Array.from({ length: LANES }, (_, nr) => lane(nr)));
    } finally {
      folder.remove();
    }
    assert.equal(deaths.length, LOOPS);
    for (const moment of MOMENTS) assert.ok(deaths.some((death) => death.moment === moment));
    assert.ok(deaths.reduce((sum, { acknowledged }) => sum + acknowledged, 0) > LOOPS * 50);
  });
});
