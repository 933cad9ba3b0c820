import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import type { Correction } from '../../../lib/ledger/ledger.ts';
import { TOLD_KEEP_MS } from '../../../lib/permission/told-limits.ts';
import { makeOldStore, oldPhone } from './old-store.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, Stand, temporaryFolder, word } from './stand.ts';

const BOB = { phone: '5511955500199' };
const said = (allowed: number, requests: { periodMs: number; allowed: number }[] = []): Correction => ({
  businessNumber: NUMBER,
  contact: ANA,
  says: 'limits',
  limits: { requests, calls: [{ periodMs: DAY, allowed }] },
});

onEveryEngine("the provider's own limits", (engine) => {
  let stand: Stand;
  afterEach(() => stand.ledger.close());

  it('decide calls from then on, in the reservation, the explanation and the audit alike', async () => {
    stand = await Stand.open({ engine });
    await stand.granted();
    await stand.ledger.correct(said(3));
    const first = stand.now;
    for (let nr = 1; nr <= 3; nr += 1) await stand.conversation(`c${nr}`);
    const refused = await stand.call();
    assert.ok(!refused.ok && refused.reason.code === 'connected_call_limit');
    const next = refused.reason.nextAllowedAt ?? 0;
    assert.ok(next >= first + DAY && next <= first + DAY + 2 * MINUTE, String(next - first));
    assert.equal(refused.reason.rule?.limit, '3 connected calls per 24 h and contact');
    assert.match(refused.reason.rule?.source ?? '', /^WhatsApp's own answer/);
    const { callLimits, callReason, toldLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual([callLimits[0]?.allowed, callLimits[0]?.used, callReason], [3, 3, refused.reason]);
    assert.deepEqual(toldLimits?.calls, [{ periodMs: DAY, allowed: 3, at: first }]);
    const rows = await stand.ledger.audit({ contact: ANA });
    assert.deepEqual(
      rows.filter(({ event }) => event === 'limits_told').map(({ detail }) => detail),
      [{ requests: [], calls: [{ periodMs: DAY, allowed: 3 }] }],
    );
    const proof = rows.find(({ event }) => event === 'call_refused')?.detail as Record<string, unknown>;
    assert.deepEqual(proof, { code: 'connected_call_limit', rule: 'connected-day', nextAllowedAt: next });
    // Nobody else's limit.
    await stand.granted(BOB);
    assert.equal((await stand.ledger.explain(NUMBER, BOB)).callLimits[0]?.allowed, 100);
    stand.clock.pass(next - stand.now - 1);
    assert.equal(word(await stand.call()), 'connected_call_limit');
    stand.clock.pass(1);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('may be larger than the rules, until they lapse; what the user set they never raise', async () => {
    stand = await Stand.open({ engine, overrides: { requestsPerWeek: 2 } });
    const requests = [
      { periodMs: DAY, allowed: 3 },
      { periodMs: 7 * DAY, allowed: 9 },
    ];
    await stand.ledger.correct(said(200, requests));
    await stand.asked('wamid.1');
    const { requestLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual(
      requestLimits.map(({ allowed, used }) => [allowed, used]),
      [
        [3, 1],
        [2, 1],
      ],
    );
    await stand.asked('wamid.2');
    assert.equal(word(await stand.request()), 'request_limit_week');
    stand.clock.pass(TOLD_KEEP_MS - 1);
    assert.equal((await stand.ledger.explain(NUMBER, ANA)).callLimits[0]?.allowed, 200);
    stand.clock.pass(1);
    const { callLimits, requestLimits: later } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual([callLimits[0]?.allowed, later[0]?.allowed], [100, 1]);
  });

  it('have every use of their longest window before them', async () => {
    // Its own rules look back for three days.
    stand = await Stand.open({ engine, profile: 'ycloud' });
    await stand.asked('wamid.1');
    const began = stand.now;
    stand.clock.pass(6 * DAY);
    await stand.ledger.correct(said(100, [{ periodMs: 7 * DAY, allowed: 1 }]));
    const refused = await stand.request();
    assert.ok(!refused.ok && refused.reason.rule?.id === 'request-168h', word(refused));
    assert.equal(refused.reason.nextAllowedAt, began + 7 * DAY + MINUTE);
  });

  it('outlive a restart, go with the person, and are not kept of strangers', async () => {
    const folder = temporaryFolder();
    try {
      stand = await Stand.open({ engine, path: folder.file });
      await stand.ledger.correct({ ...said(100), contact: BOB });
      assert.deepEqual((await stand.ledger.list({ businessNumberId: NUMBER.id })).entries, []);
      await stand.ledger.correct(said(7));
      await stand.ledger.close();
      stand = await Stand.open({ engine, path: folder.file, clock: stand.clock });
      assert.equal((await stand.ledger.explain(NUMBER, ANA)).callLimits[0]?.allowed, 7);
      await stand.ledger.erase(NUMBER.id, ANA);
      const { callLimits, toldLimits } = await stand.ledger.explain(NUMBER, ANA);
      assert.deepEqual([callLimits[0]?.allowed, toldLimits], [100, undefined]);
      assert.equal((await stand.ledger.verifyAudit()).ok, true);
    } finally {
      folder.remove();
    }
  });

  it('stay with a person who turns out to be two rows', async () => {
    stand = await Stand.open({ engine });
    const userId = 'BR.48219037716650284417';
    await stand.ledger.correct(said(4));
    stand.clock.pass(HOUR);
    await stand.ledger.correct({ ...said(6), contact: { userId } });
    await stand.ledger.append([stand.message({ contact: { ...ANA, userId } })]);
    assert.equal((await stand.ledger.explain(NUMBER, ANA)).callLimits[0]?.allowed, 6);
  });

  it('are refused when they make no sense, with nothing written', async () => {
    stand = await Stand.open({ engine });
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null, 2 ** 60]) {
      await assert.rejects(async () => stand.ledger.correct(said(bad as number)), { code: 'bad_input' }, String(bad));
    }
    for (const periodMs of [0, -DAY, 8 * DAY, Number.NaN, 1e300]) {
      await assert.rejects(async () => stand.ledger.correct(said(3, [{ periodMs, allowed: 1 }])), {
        code: 'bad_input',
      });
    }
    assert.equal((await stand.ledger.explain(NUMBER, ANA)).toldLimits, undefined);
  });
});

describe("the provider's own limits in a file of an older format", () => {
  it('are there from the first opening on', async () => {
    const folder = temporaryFolder();
    try {
      const at = Date.now() - DAY;
      makeOldStore(folder.file, 3, at);
      const stand = await Stand.open({ path: folder.file });
      const contact = { phone: oldPhone(2) };
      await stand.ledger.correct({ ...said(9), contact });
      assert.equal((await stand.ledger.explain(NUMBER, contact)).callLimits[0]?.allowed, 9);
      await stand.ledger.close();
      const db = new DatabaseSync(folder.file, { readOnly: true });
      const rows = db.prepare('SELECT pair_id FROM pair WHERE told_limits IS NOT NULL').all();
      db.close();
      assert.deepEqual(
        rows.map(({ pair_id }) => pair_id),
        [2],
      );
    } finally {
      folder.remove();
    }
  });
});
