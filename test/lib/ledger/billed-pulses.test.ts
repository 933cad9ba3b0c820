import { strict as assert } from 'node:assert';
import { billedPulses } from '../../../lib/ledger/billed-pulses.ts';

describe('billed pulses', () => {
  it('counts every six seconds that began, as the rate card has it', () => {
    const pulses = [1, 5.9, 6, 6.1, 7, 12, 60, 61, 3600].map((durationSeconds) =>
      billedPulses({ direction: 'outbound', durationSeconds }),
    );
    assert.deepEqual(pulses, [1, 1, 1, 2, 2, 2, 10, 11, 600]);
  });

  it('bills neither who calls us nor a call that nobody picked up', () => {
    assert.equal(billedPulses({ direction: 'inbound', durationSeconds: 61 }), undefined);
    assert.equal(billedPulses({ direction: 'outbound' }), undefined);
  });

  it('leaves what an answered call of no length costs to whoever has the bill', () => {
    assert.equal(billedPulses({ direction: 'outbound', durationSeconds: 0 }), 0);
    assert.equal(billedPulses({ direction: 'outbound', durationSeconds: 0 }, 'one'), 1);
    assert.equal(billedPulses({ direction: 'outbound', durationSeconds: 6 }, 'one'), 1);
  });
});
