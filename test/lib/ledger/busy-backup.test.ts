import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { Stand, temporaryFolder } from './stand.ts';

describe('a backup of a store that never rests', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  after(() => folder.remove());

  it('begins all the same, 100 times over', async () => {
    const stand = await Stand.open({ path: folder.file });
    let done = false;
    const busy = Array.from({ length: 16 }, async () => {
      while (!done) await stand.ledger.append([stand.message()]);
    });
    try {
      for (let nr = 0; nr < 100; nr++) await stand.ledger.backup(join(folder.path, 'copy.sqlite'));
    } finally {
      done = true;
      await Promise.all(busy);
      await stand.ledger.close();
    }
    const copy = await Stand.open({ path: join(folder.path, 'copy.sqlite') });
    assert.equal((await copy.ledger.verifyAudit()).ok, true);
    await copy.ledger.close();
  });
});
