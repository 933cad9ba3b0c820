import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { SqliteEngine } from '../../../lib/ledger/sqlite/engine.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, SECOND, Stand, TestClock, temporaryFolder, word } from './stand.ts';

const BEN = { phone: '4915112345678' };
const CAT = { phone: '351911111111' };

describe('retention', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let stand: Stand;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await stand.ledger.close();
    folder.remove();
  });

  /** A stand whose ledger keeps records for so many days. */
  async function open(retentionDays?: number, overrides: ProfileOverrides = {}): Promise<Stand> {
    const clock = stand?.clock ?? new TestClock();
    const profile = findProfile('meta-2026', overrides);
    assert.ok(profile !== undefined);
    const ledger = await SqliteEngine.open({
      path: folder.file,
      profile,
      clock: clock.shared,
      ...(retentionDays === undefined ? {} : { retentionDays }),
    });
    stand = await Stand.open({ clock });
    await stand.ledger.close();
    Object.assign(stand, { ledger });
    return stand;
  }
  /** Rows in each table, and whom the file still names. */
  async function kept(): Promise<{ audit: number; request: number; call: number; pair: string[] }> {
    await stand.ledger.close();
    const db = new DatabaseSync(folder.file);
    const count = (table: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
    const pair = db.prepare('SELECT phone FROM pair ORDER BY pair_id').all();
    const found = {
      audit: count('audit'),
      request: count('request'),
      call: count('call'),
      pair: pair.map(({ phone }) => String(phone)),
    };
    const names = db.prepare('SELECT count(*) AS n FROM alias').get()?.n;
    assert.equal(names, found.pair.length);
    db.close();
    return found;
  }

  it('refuses a nonsensical time', async () => {
    await open();
    const profile = findProfile('meta-2026', {});
    assert.ok(profile !== undefined);
    for (const bad of [0, -1, 1.5, Number.NaN, Infinity, '30', 1e9]) {
      const settings = { path: ':memory:', profile, retentionDays: bad as number };
      await assert.rejects(SqliteEngine.open(settings), { code: 'bad_input' }, String(bad));
    }
  });

  async function past(): Promise<void> {
    for (const contact of [ANA, BEN]) {
      await stand.asked(`wamid.${contact.phone}`, contact);
      await stand.granted(contact);
      await stand.conversation(`wacid.${contact.phone}`, contact);
    }
  }

  it('keeps everything unless a time is set', async () => {
    await open();
    await past();
    stand.clock.pass(4_000 * DAY);
    await stand.ledger.sweep();
    await stand.ledger.sweep();
    const { request, call, pair } = await kept();
    assert.deepEqual([request, call, pair], [2, 2, [ANA.phone, BEN.phone]]);
  });

  it('takes audit, requests, calls and at last the person, and keeps the chain whole from an anchor on', async () => {
    await open(100);
    await past();
    const before = await stand.ledger.verifyAudit();
    assert.ok(before.ok);
    stand.clock.pass(99 * DAY);
    await stand.ledger.sweep();
    const swept = await stand.ledger.verifyAudit();
    assert.ok(swept.ok);
    assert.deepEqual([swept.first, swept.rows], [1, before.rows + 2], 'the two grants lapsed');
    await stand.granted(CAT);
    stand.clock.pass(2 * DAY);
    await stand.ledger.sweep();
    const after = await stand.ledger.verifyAudit();
    assert.ok(after.ok, JSON.stringify(after));
    assert.deepEqual([after.first, after.last, after.rows], [before.last + 1, swept.last + 1, 3]);
    assert.deepEqual(
      (await stand.ledger.audit({})).map(({ event }) => event),
      ['permission_expired', 'permission_expired', 'permission_granted'],
    );
    const middle = await kept();
    // Their lapse is not that old yet.
    assert.deepEqual(middle, { audit: 3, request: 0, call: 0, pair: [ANA.phone, BEN.phone, CAT.phone] });
    await open(100);
    stand.clock.pass(101 * DAY);
    await stand.ledger.sweep();
    await stand.ledger.sweep();
    // Only what this sweep itself wrote down of Cat's lapsed grant is left.
    assert.deepEqual(await kept(), { audit: 1, request: 0, call: 0, pair: [CAT.phone] });
    await open(100);
    const end = await stand.ledger.verifyAudit();
    assert.ok(end.ok);
    await stand.ledger.append([stand.message({ contact: ANA })]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'ok');
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
  });

  it('an audit that has gone whole goes on where it ended, and what is missing beyond the anchor is found', async () => {
    await open(30);
    await stand.ledger.append([stand.reply('reject')]);
    stand.clock.pass(31 * DAY);
    await stand.ledger.sweep();
    const empty = await stand.ledger.verifyAudit();
    assert.ok(empty.ok && empty.rows === 0 && /[1-9a-f]/.test(empty.head));
    await stand.granted(ANA);
    await stand.granted(BEN);
    await stand.granted(CAT);
    const verdict = await stand.ledger.verifyAudit();
    assert.ok(verdict.ok);
    assert.deepEqual([verdict.first, verdict.last], [2, 4]);
    await stand.ledger.close();
    const db = new DatabaseSync(folder.file);
    db.exec(
      "INSERT INTO meta VALUES('maintenance', 1); DELETE FROM audit WHERE seq = 2; DELETE FROM meta WHERE k = 'maintenance'",
    );
    db.close();
    await open(30);
    const found = await stand.ledger.verifyAudit();
    assert.deepEqual(found.ok || [found.what, found.seq], ['missing', 3]);
  });

  it('leaves what a window still counts, however short a time is set', async () => {
    await open(1, { connectedCallsPerDay: 1 });
    await stand.asked('wamid.1');
    await stand.granted();
    stand.clock.pass(DAY + 2 * MINUTE);
    await stand.asked('wamid.2', ANA);
    await stand.conversation('wacid.1');
    stand.clock.pass(20 * HOUR);
    await stand.ledger.sweep();
    assert.equal(word(await stand.call()), 'connected_call_limit');
    stand.clock.pass(5 * DAY);
    await stand.ledger.sweep();
    assert.deepEqual((await kept()).request, 2);
  });

  it('leaves live calls, grants in force, open requests and the do-not-call list', async () => {
    await open(30);
    await stand.granted(ANA, { permanent: true });
    await stand.placed('wacid.live', ANA);
    await stand.ledger.doNotCall(NUMBER.id, BEN, { listed: true, source: 'keyword' });
    await stand.ledger.append([stand.reply('reject', { contact: CAT })]);
    stand.clock.pass(400 * DAY);
    await stand.ledger.sweep();
    await stand.ledger.sweep();
    assert.equal((await stand.ledger.liveCalls(NUMBER.id)).length, 1);
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'granted');
    assert.equal(word(await stand.request(BEN)), 'do_not_call');
    const { call, pair } = await kept();
    assert.deepEqual([call, pair], [1, [ANA.phone, BEN.phone]]);
  });

  it('leaves unanswered calls of a running row of them, and what a rule counts since the grant', async () => {
    await open(10, { callsPerPermission: 1 });
    await stand.granted(ANA, { permanent: true });
    for (const id of ['a1', 'a2', 'a3']) await stand.unanswered(id);
    await stand.granted(BEN, { permanent: true });
    await stand.conversation('b1', BEN);
    stand.clock.pass(60 * DAY);
    await stand.ledger.sweep();
    assert.equal(word(await stand.call(BEN)), 'permission_used_up');
    await stand.unanswered('a4');
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).ended, 'automatic');
  });

  it('an erased person who did not opt out leaves nothing at all in the end', async () => {
    await open(30);
    await past();
    await stand.ledger.doNotCall(NUMBER.id, BEN, { listed: true, source: 'keyword' });
    for (const contact of [ANA, BEN]) await stand.ledger.erase(NUMBER.id, contact);
    stand.clock.pass(31 * DAY);
    await stand.ledger.sweep();
    const [audit, verdict] = [await stand.ledger.audit({}), await stand.ledger.verifyAudit()];
    assert.deepEqual([audit, verdict.ok], [[], true]);
    assert.equal(word(await stand.call(BEN)), 'do_not_call');
    await stand.ledger.close();
    const db = new DatabaseSync(folder.file);
    const rows = ['pair', 'alias', 'call', 'request'].map(
      (table) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n,
    );
    db.close();
    assert.deepEqual(rows, [1, 1, 0, 0]);
  });

  it('takes its time: each sweep looks at a bounded number of rows, and the next one goes on', async () => {
    await open(30);
    const people = Array.from({ length: 6_000 }, (_, index) => `+49151${String(index).padStart(8, '0')}`);
    await stand.ledger.importDoNotCall(NUMBER.id, people, { source: 'list' });
    stand.clock.pass(31 * DAY);
    await stand.ledger.sweep();
    const verdict = await stand.ledger.verifyAudit();
    assert.ok(verdict.ok && verdict.first === 5_001, JSON.stringify(verdict));
    await stand.ledger.sweep();
    const end = await stand.ledger.verifyAudit();
    assert.ok(end.ok && end.rows === 0, JSON.stringify(end));
    assert.equal(
      (await stand.ledger.doNotCallList({ businessNumberId: NUMBER.id, limit: 10_000 })).entries.length,
      6_000,
    );
  });
});

describe('the next lapse', () => {
  let stand: Stand;
  afterEach(() => stand.ledger.close());

  it('is when the nearest permission or open request ends, under the rules of the store', async () => {
    stand = await Stand.open();
    const next = (): Promise<number | undefined> => stand.ledger.nextLapse();
    assert.equal(await next(), undefined);
    await stand.granted(ANA, { permanent: true });
    await stand.ledger.doNotCall(NUMBER.id, CAT, { listed: true, source: 'x' });
    assert.equal(await next(), undefined);
    await stand.asked('wamid.1', CAT).catch(() => undefined);
    await stand.granted(BEN, { expiresAt: stand.now + 3 * DAY });
    assert.equal(await next(), stand.now + 3 * DAY);
    const dan = { phone: '351922222222' };
    stand.clock.pass(SECOND);
    await stand.asked('wamid.2', dan);
    assert.equal(await next(), stand.now - SECOND + 3 * DAY);
    stand.clock.pass(3 * DAY);
    const effects = await stand.ledger.sweep();
    assert.deepEqual(
      effects.map((effect) => effect.kind === 'ended' && [effect.contact.phone, effect.why]),
      [[BEN.phone, 'expired']],
    );
    assert.equal(await next(), stand.now + 4 * DAY);
    stand.clock.pass(4 * DAY);
    assert.equal((await stand.ledger.sweep()).length, 1);
    assert.equal(await next(), undefined);
    await stand.ledger.close();
    stand = await Stand.open({ overrides: { validitySeconds: 86_400 } });
    await stand.granted(ANA, { expiresAt: stand.now + 3 * DAY });
    assert.equal(await next(), stand.now + DAY);
  });
});
