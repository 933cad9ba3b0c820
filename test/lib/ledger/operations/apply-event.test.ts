import { strict as assert } from 'node:assert';
import { DAY, HOUR, NUMBER, onEveryEngine, Stand, word } from '../stand.ts';

onEveryEngine('a pause of the business number', (engine) => {
  it('lasts as long as the longest that was told, in whatever order they come', async () => {
    const stand = await Stand.open({ engine });
    const paused = (id: string, until: number) => ({
      type: 'account.restricted' as const,
      id,
      at: stand.now,
      businessNumberId: NUMBER.id,
      restriction: 'RESTRICTED_BIZ_INITIATED_CALLING',
      until,
      warning: false,
    });
    try {
      const older = paused('older', stand.now + HOUR);
      await stand.ledger.append([paused('newer', stand.now + 7 * DAY)]);
      await stand.ledger.append([older]);
      stand.clock.pass(6 * DAY);
      assert.equal(word(await stand.request()), 'number_restricted');
      stand.clock.pass(DAY + HOUR);
      assert.equal(word(await stand.request()), 'ok');
    } finally {
      await stand.ledger.close();
    }
  });
});
