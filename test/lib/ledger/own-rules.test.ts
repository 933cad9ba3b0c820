import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import { SqliteEngine } from '../../../lib/ledger/sqlite/engine.ts';
import { MIGRATIONS } from '../../../lib/ledger/sqlite/schema.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import { ANA, DAY, HOUR, MINUTE, NOON, NUMBER, onEveryEngine, Stand, word } from './stand.ts';

/** What the rules of one's own need is kept by the store, over requests, replies and calls as they really come. */
onEveryEngine("the ledger under rules of one's own", (engine) => {
  let stand: Stand;
  const open = async (overrides: ProfileOverrides): Promise<void> => {
    stand = await Stand.open({ engine, overrides: { skewSeconds: 0, ...overrides } });
  };
  afterEach(() => stand.ledger.close());
  const ring = (purpose: string) => stand.ledger.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose });

  it('R18: one connected call per permission, an unanswered one uses nothing up, a new permission allows the next', async () => {
    await open({ callsPerPermission: 1, validitySeconds: 86_400 });
    await stand.asked('wamid.1');
    await stand.granted(ANA, { contextId: 'wamid.1' });
    await stand.unanswered('wacid.1');
    await stand.conversation('wacid.2');
    assert.equal(word(await stand.call()), 'permission_used_up');
    const told = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual(
      [told.permission.status, told.canCall, told.callReason?.code],
      ['granted', false, 'permission_used_up'],
    );
    // The call has forgiven the request, so the person may be asked at once.
    stand.clock.pass(MINUTE);
    await stand.asked('wamid.2');
    await stand.granted(ANA, { contextId: 'wamid.2' });
    await stand.conversation('wacid.3');
    assert.equal(word(await stand.call()), 'permission_used_up');
  });

  it('R18: an unanswered call uses the permission up if that is wanted', async () => {
    await open({ callsPerPermission: 1, unansweredConsumes: true });
    await stand.granted();
    await stand.unanswered('wacid.1');
    assert.equal(word(await stand.call()), 'permission_used_up');
    stand.clock.pass(MINUTE);
    await stand.granted();
    assert.equal(word(await stand.call()), 'ok');
  });

  it('counts calls under a permission however long ago they were', async () => {
    await open({ callsPerPermission: 2 });
    await stand.granted(ANA, { permanent: true });
    await stand.conversation('wacid.1');
    stand.clock.pass(40 * DAY);
    await stand.conversation('wacid.2');
    stand.clock.pass(40 * DAY);
    assert.equal(word(await stand.call()), 'permission_used_up');
  });

  it('three requests in vain are enough for ever; a permission or a connected call begins anew', async () => {
    await open({ requestsWithoutGrant: 3 });
    for (const id of ['1', '2', '3']) {
      await stand.asked(`wamid.${id}`);
      stand.clock.pass(20 * DAY);
    }
    assert.equal(word(await stand.request()), 'request_limit_total');
    await stand.granted();
    stand.clock.pass(8 * DAY);
    assert.equal(word(await stand.request()), 'ok');
  });

  it('keeps a gap after the end of a call, answered or missed', async () => {
    await open({ callGapSeconds: 3_600 });
    await stand.granted();
    await stand.conversation('wacid.1');
    const ended = stand.now;
    const refused = await stand.call();
    assert.equal(word(refused), 'call_gap');
    assert.equal(refused.ok || refused.reason.nextAllowedAt, ended + HOUR);
    stand.clock.pass(HOUR - 1);
    assert.equal(word(await stand.call()), 'call_gap');
    stand.clock.pass(1);
    await stand.unanswered('wacid.2');
    const missed = await stand.call();
    assert.equal(missed.ok || missed.reason.nextAllowedAt, stand.now + HOUR);
  });

  it('keeps the promised time of the request that was answered, and says when it was broken', async () => {
    await open({ promise: 'warn' });
    const promisedBy = stand.now + HOUR;
    const intent = {
      businessNumber: NUMBER,
      contact: ANA,
      purpose: 'order',
      via: 'template',
      hasTemplate: true,
    } as const;
    const asked = await stand.ledger.reserveRequest({ ...intent, promisedBy });
    assert.ok(asked.ok);
    await stand.ledger.settle(asked.reservationId, { state: 'consumed', providerId: 'wamid.1' });
    await stand.granted(ANA, { contextId: 'wamid.1' });
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).promisedBy, promisedBy);
    stand.clock.pass(HOUR);
    const { callWarnings } = await stand.ledger.explain(NUMBER, ANA);
    assert.equal(callWarnings, undefined);
    stand.clock.pass(1);
    const late = await stand.call();
    assert.ok(late.ok);
    assert.deepEqual(
      late.warnings?.map(({ code }) => code),
      ['promise_missed'],
    );
    const audit = await stand.ledger.audit({ contact: ANA });
    const detail = audit.find(({ event }) => event === 'call_reserved')?.detail as { warnings?: string[] };
    assert.deepEqual(detail.warnings, ['promise_missed']);
  });

  it('keeps the promised time also if the answer is faster than the reply to the request', async () => {
    await open({ promise: 'block' });
    const promisedBy = stand.now + HOUR;
    const asked = await stand.ledger.reserveRequest({
      businessNumber: NUMBER,
      contact: ANA,
      purpose: 'order',
      via: 'template',
      hasTemplate: true,
      promisedBy,
    });
    assert.ok(asked.ok);
    await stand.granted(ANA, { contextId: 'wamid.1' });
    await stand.ledger.settle(asked.reservationId, { state: 'consumed', providerId: 'wamid.1' });
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).promisedBy, promisedBy);
    stand.clock.pass(HOUR + 1);
    assert.equal(word(await stand.call()), 'promise_missed');
  });

  it('binds a call to the purpose of its permission', async () => {
    await open({ purposeBinding: 'block' });
    await stand.asked('wamid.1');
    await stand.granted(ANA, { contextId: 'wamid.1' });
    assert.equal(word(await ring('a discount')), 'purpose_mismatch');
    const told = await stand.ledger.explain(NUMBER, ANA, 'a discount');
    assert.deepEqual([told.canCall, told.callReason?.code], [false, 'purpose_mismatch']);
    assert.equal((await stand.ledger.explain(NUMBER, ANA)).canCall, true);
    assert.equal(word(await ring('YOUR  order ')), 'ok');
  });

  it("keeps quiet hours by the contact's own zone, also in the next decision without it", async () => {
    await open({ quietCalls: { from: '21:00', to: '08:00' }, quietRequests: { from: '09:00', to: '10:00' } });
    // Noon in UTC is 21:00 in Tokyo.
    const contact = { ...ANA, timeZone: 'Asia/Tokyo' };
    assert.equal(word(await stand.request(contact)), 'ok');
    await stand.granted(ANA);
    const refused = await stand.call(ANA);
    assert.equal(word(refused), 'quiet_hours');
    assert.equal(refused.ok || refused.reason.nextAllowedAt, NOON + 11 * HOUR);
    stand.clock.pass(11 * HOUR);
    assert.equal(word(await stand.call(ANA)), 'ok');
  });

  it('refuses a promised time that is none', async () => {
    await open({});
    for (const promisedBy of [Number.NaN, Number.POSITIVE_INFINITY, '2026-11-20' as never]) {
      const intent = { businessNumber: NUMBER, contact: ANA, purpose: 'x', via: 'auto', hasTemplate: true } as const;
      await assert.rejects(stand.ledger.reserveRequest({ ...intent, promisedBy }), { code: 'bad_input' });
    }
  });
});

describe('own limits of a store', () => {
  it('are refused with the name that is wrong, in words for who wrote them', async () => {
    const bad: [unknown, RegExp][] = [
      [{ connectedCallPerDay: 3 }, /no "connectedCallPerDay"/],
      [{ quietCalls: { from: '21:00', until: '08:00' } }, /"quietCalls/],
      [{ quietCalls: { from: '25:00', to: '08:00' } }, /"quietCalls.from"/],
      [{ quietCalls: { from: '8:00', to: '09:00' } }, /"quietCalls.from"/],
      [{ quietCalls: { from: '08:00', to: '08:00' } }, /"quietCalls.to"/],
      [{ maxGrantAgeSeconds: -1 }, /"maxGrantAgeSeconds"/],
      [{ maxGrantAgeSeconds: '900' }, /"maxGrantAgeSeconds"/],
      [{ callGapSeconds: Number.NaN }, /"callGapSeconds"/],
      [{ purposeBinding: 'yes' }, /"purposeBinding"/],
      [{ requestsPerDay: 1.5 }, /"requestsPerDay"/],
      [{ excludedContactCountries: ['us'] }, /"excludedContactCountries/],
      [{ territoryNumbers: ['+7978'] }, /"territoryNumbers/],
      [[], /no object/],
      ['{}', /no object/],
      [JSON.parse('{"__proto__": {"requestsPerDay": 99}, "constructor": 1}'), /constructor|__proto__/],
    ];
    for (const [overrides, message] of bad) {
      const opening = openLedger({ engine: 'sqlite', path: ':memory:', overrides: overrides as ProfileOverrides });
      await assert.rejects(opening, { code: 'bad_input', message }, JSON.stringify(overrides));
    }
  });

  it('names the profiles if one is chosen that does not exist', async () => {
    const opening = openLedger({ engine: 'sqlite', path: ':memory:', profile: 'meta-2031' });
    await assert.rejects(opening, { code: 'bad_input', nextStep: /meta-2026, meta-2025, test-number, strict, ycloud/ });
  });
});

describe('a store of the format before', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-format-'));
  after(async () => {
    await closeLingering();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is taken over with what is in it', async () => {
    const path = join(folder, 'permissions.sqlite');
    const profile = findProfile('meta-2026');
    assert.ok(profile);
    const old = new DatabaseSync(path);
    old.exec(MIGRATIONS[0] ?? '');
    old.exec(`INSERT INTO number(id, phone) VALUES('${NUMBER.id}', '${NUMBER.phone}');
      INSERT INTO pair(number_id, phone, status, kind, granted_at, audit_key) VALUES(1, '${ANA.phone}', 'granted', 'permanent', ${NOON - DAY}, x'00');
      INSERT INTO alias VALUES(1, 'p${ANA.phone}', 1, 1);
      PRAGMA application_id=${0x57434c47}; PRAGMA user_version=1;`);
    old.close();
    const engine = await SqliteEngine.open({ path, profile });
    const permission = await engine.status(NUMBER.id, ANA);
    assert.deepEqual([permission.status, permission.kind, permission.promisedBy], ['granted', 'permanent', undefined]);
    assert.equal((await engine.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose: '' })).ok, true);
    await engine.close();
  });
});
