import { strict as assert } from 'node:assert';
import { ANA, onEveryEngine, Stand } from '../stand.ts';

onEveryEngine('an explanation', (engine) => {
  it('is given for a business number of which nobody has heard yet', async () => {
    const stand = await Stand.open({ engine });
    try {
      const { canCall, canRequest, callReason } = await stand.ledger.explain({ id: 'new', phone: '351211000100' }, ANA);
      assert.deepEqual([canCall, canRequest, callReason?.code], [false, true, 'permission_not_requested']);
    } finally {
      await stand.ledger.close();
    }
  });
});
