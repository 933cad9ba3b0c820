import { strict as assert } from 'node:assert';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import { ANA, NUMBER, Stand, temporaryFolder } from './stand.ts';

describe('openLedger', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await closeLingering();
    folder.remove();
  });
  const open = (more: object = {}) => openLedger({ engine: 'sqlite', path: folder.file, ...more });

  it('shares one engine per real path, also by another spelling', async () => {
    const link = join(folder.path, 'link');
    symlinkSync(folder.path, link);
    const leases = await Promise.all([
      open(),
      open(),
      open({ path: join(folder.path, '.', 'permissions.sqlite') }),
      open({ path: join(link, 'permissions.sqlite') }),
    ]);
    assert.equal(new Set(leases.map(({ ledger }) => ledger)).size, 1);
    const [first, ...rest] = leases;
    for (const lease of rest) {
      await lease.release();
      await lease.release();
    }
    await closeLingering();
    assert.equal((await first?.ledger.health())?.ok, true);
    await first?.release();
    await closeLingering();
    assert.equal((await first?.ledger.health())?.ok, false);
  });

  it('lingers, so that a redeploy finds it open; after that the file is free', async () => {
    const first = await open();
    await first.release();
    const second = await open();
    assert.equal(second.ledger, first.ledger);
    await second.release();
    await closeLingering();
    const stand = await Stand.open({ path: folder.file });
    await stand.ledger.close();
    const third = await open();
    assert.notEqual(third.ledger, first.ledger);
    await third.release();
  });

  it('opens anew if the rules were edited, and refuses two sets of rules at once', async () => {
    const first = await open();
    await assert.rejects(open({ overrides: { connectedCallsPerDay: 5 } }), { code: 'bad_input' });
    await first.release();
    const second = await open({ overrides: { connectedCallsPerDay: 5 } });
    const { callLimits } = await second.ledger.explain(NUMBER, ANA);
    assert.equal(callLimits[0]?.allowed, 5);
    await second.release();
  });

  it('refuses settings that mean nothing, saying which', async () => {
    await assert.rejects(open({ profile: 'meta-1999' }), { code: 'bad_input' });
    await assert.rejects(open({ overrides: { requestsPerDay: -1 } }), /requestsPerDay/);
    await assert.rejects(open({ overrides: { connectedCallsPerDay: Number.NaN } }), /connectedCallsPerDay/);
    await assert.rejects(open({ path: '' }), /path/);
    await assert.rejects(open({ engine: 'oracle' }), /engine/);
    await assert.rejects(open({ overrides: { reqestsPerDay: 3 } }), { code: 'bad_input' });
  });

  it('keeps nothing of a failed opening', async () => {
    const path = join(folder.path, 'permissions.sqlite', 'x');
    const blocker = await open();
    await assert.rejects(open({ path }), { code: 'store_unavailable' });
    await assert.rejects(open({ path }), { code: 'store_unavailable' });
    await blocker.release();
  });

  it('gives every opening of :memory: a store of its own', async () => {
    const [first, second] = await Promise.all([open({ path: ':memory:' }), open({ path: ':memory:' })]);
    assert.notEqual(first.ledger, second.ledger);
    await first.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'test' });
    assert.equal((await second.ledger.status(NUMBER.id, ANA)).status, 'not_requested');
    await Promise.all([first.release(), second.release()]);
  });
});
