import { strict as assert } from 'node:assert';
import { samePurpose } from '../../../lib/permission/grant-checks.ts';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import type { Decision, PairSnapshot, Permission, Use } from '../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import type { Profile } from '../../../lib/permission/profile.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const MINUTE = 60_000;
function rules(overrides: ProfileOverrides, id = 'meta-2026'): Profile {
  const profile = findProfile(id, { skewSeconds: 0, ...overrides });
  assert.ok(profile);
  return profile;
}
const GRANT: Permission = {
  status: 'granted',
  kind: 'temporary',
  grantedAt: NOON,
  expiresAt: NOON + 7 * DAY,
  repliedAt: NOON,
};
const call = (profile: Profile, change: Partial<PairSnapshot>, now: number, purpose?: string) =>
  mayCall(snapshot(change), profile, now, purpose === undefined ? {} : { purpose });
const ask = (profile: Profile, change: Partial<PairSnapshot>, now: number, promisedBy?: number) =>
  mayRequest(snapshot({ permission: { status: 'not_requested' }, ...change }), profile, now, {
    via: 'template',
    hasTemplate: true,
    purpose: 'your order',
    ...(promisedBy === undefined ? {} : { promisedBy }),
  });
const code = (decision: Decision): string => (decision.allowed ? 'allowed' : decision.reason.code);
const warned = (decision: Decision): string[] => (decision.warnings ?? []).map((reason) => reason.code);
const limit = (decision: Decision, id: string) => decision.limits.find(({ rule }) => rule.id === id);

describe('the age of a grant', () => {
  it('ends to the millisecond, is counted in seconds, and has no time at which waiting helps', () => {
    const profile = rules({ maxGrantAgeSeconds: 900 });
    assert.equal(code(call(profile, {}, NOON + 15 * MINUTE - 1)), 'allowed');
    const refused = call(profile, {}, NOON + 15 * MINUTE);
    assert.ok(!refused.allowed);
    assert.equal(refused.reason.code, 'permission_too_old');
    assert.equal(refused.reason.rule?.id, 'grant-age');
    assert.match(refused.reason.rule?.source ?? '', /^set in the permission store \(recommended by: 8x8/);
    assert.equal(refused.reason.nextAllowedAt, undefined);
    assert.deepEqual(limit(refused, 'grant-age'), {
      rule: refused.reason.rule,
      allowed: 900,
      used: 900,
      unit: 'seconds',
    });
    assert.equal(limit(call(profile, {}, NOON + MINUTE), 'grant-age')?.used, 60);
  });

  it('may only warn', () => {
    const late = call(rules({ maxGrantAgeSeconds: 900, maxGrantAge: 'warn' }), {}, NOON + HOUR);
    assert.deepEqual([code(late), warned(late)], ['allowed', ['permission_too_old']]);
    const early = call(rules({ maxGrantAgeSeconds: 900, maxGrantAge: 'warn' }), {}, NOON + MINUTE);
    assert.deepEqual([code(early), early.warnings], ['allowed', undefined]);
  });

  it('R16: request at T-24 h, grant at T-23.5 h, call at T-1 h: by 7 days and by 24 hours, but not within 15 minutes', () => {
    const appointment = NOON + 23.5 * HOUR;
    const permission = { ...GRANT, requestedAt: NOON - HOUR / 2 };
    const now = appointment - HOUR;
    assert.equal(code(call(rules({}), { permission }, now)), 'allowed');
    assert.equal(code(call(rules({}, 'strict'), { permission }, now)), 'allowed');
    for (const id of ['meta-2026', 'strict']) {
      const refused = call(rules({ maxGrantAgeSeconds: 900 }, id), { permission }, now);
      assert.equal(code(refused), 'permission_too_old');
      assert.ok(!refused.allowed && /Ask for permission again/.test(refused.reason.nextStep));
    }
  });
});

describe('calls per permission (strict)', () => {
  const under = (at: number, grantedAt: number | undefined, state: Use['state'] = 'consumed'): Use =>
    grantedAt === undefined ? use(at, state) : { ...use(at, state), grantedAt };

  it('R17: a permission of 24 h is refused 24 h 00 m 01 s after the grant; the request does not count', () => {
    const strict = rules({}, 'strict');
    const permission = { ...GRANT, requestedAt: NOON - 5 * HOUR };
    assert.equal(code(call(strict, { permission }, NOON + DAY - 1)), 'allowed');
    assert.equal(code(call(strict, { permission }, NOON + DAY)), 'permission_expired');
    const refused = call(strict, { permission }, NOON + DAY + 1_000);
    assert.equal(code(refused), 'permission_expired');
    assert.match((!refused.allowed && refused.reason.rule?.limit) || '', /24 h/);
  });

  it('R18: the second connected call on one permission is refused; a new permission allows the next', () => {
    const strict = rules({}, 'strict');
    const calls = [under(NOON + MINUTE, NOON)];
    assert.equal(code(call(strict, {}, NOON + HOUR)), 'allowed');
    const refused = call(strict, { calls }, NOON + HOUR);
    assert.equal(code(refused), 'permission_used_up');
    assert.deepEqual([limit(refused, 'permission-calls')?.allowed, limit(refused, 'permission-calls')?.used], [1, 1]);
    const again = { ...GRANT, grantedAt: NOON + 30 * MINUTE };
    assert.equal(code(call(strict, { calls, permission: again }, NOON + HOUR)), 'allowed');
    // A call of another system is counted by its time.
    assert.equal(code(call(strict, { calls: [under(NOON, undefined)] }, NOON + HOUR)), 'permission_used_up');
    assert.equal(code(call(strict, { calls: [under(NOON - 1, undefined)] }, NOON + HOUR)), 'allowed');
  });

  it('R18: an unanswered call uses nothing up, unless that is wanted', () => {
    const unansweredCalls = [under(NOON + MINUTE, NOON)];
    assert.equal(code(call(rules({}, 'strict'), { unansweredCalls, unanswered: 1 }, NOON + HOUR)), 'allowed');
    const counting = rules({ unansweredConsumes: true }, 'strict');
    assert.equal(code(call(counting, { unansweredCalls, unanswered: 1 }, NOON + HOUR)), 'permission_used_up');
    const before = [under(NOON - HOUR, NOON - DAY)];
    assert.equal(code(call(counting, { unansweredCalls: before, unanswered: 1 }, NOON + HOUR)), 'allowed');
    // One call is one use, in whichever list it is found.
    const two = rules({ callsPerPermission: 2, unansweredConsumes: true });
    const both = [under(NOON + MINUTE, NOON)];
    assert.equal(code(call(two, { calls: both, unansweredCalls: both }, NOON + HOUR)), 'allowed');
  });

  it('hears of a call that is going on before what it does to its permission', () => {
    const live = { calls: [under(NOON, NOON, 'reserved')], liveCall: { reservationId: 'r', since: NOON } };
    assert.equal(code(call(rules({}, 'strict'), live, NOON + 1)), 'call_in_progress');
    assert.equal(
      code(call(rules({}, 'strict'), { calls: [under(NOON, NOON, 'unknown')] }, NOON + HOUR)),
      'permission_used_up',
    );
    assert.equal(code(call(rules({}, 'strict'), { calls: [under(NOON, NOON, 'released')] }, NOON + HOUR)), 'allowed');
  });

  it('permanent permissions can be exempt from what follows from a grant', () => {
    const permission: Permission = { status: 'granted', kind: 'permanent', grantedAt: NOON, purpose: 'delivery' };
    const change = { permission: { ...permission, promisedBy: NOON }, calls: [under(NOON, NOON)] };
    const own = { maxGrantAgeSeconds: 60, promise: 'block', purposeBinding: 'block' } as const;
    assert.equal(code(call(rules(own, 'strict'), change, NOON + 2 * DAY, 'x')), 'permission_expired');
    assert.equal(
      code(call(rules({ ...own, permanentExempt: true }, 'strict'), change, NOON + 2 * DAY, 'x')),
      'allowed',
    );
  });

  it('says that WhatsApp takes no request while a permanent permission exists, also where our own rule let it end', () => {
    const permission: Permission = { status: 'granted', kind: 'permanent', grantedAt: NOON };
    const refused = ask(rules({}, 'strict'), { permission }, NOON + 2 * DAY);
    assert.ok(!refused.allowed);
    assert.equal(refused.reason.code, 'permanent_permission_exists');
    assert.match(refused.reason.nextStep, /permanentExempt/);
  });
});

describe('requests in all without a permission (strict)', () => {
  const strict = rules({}, 'strict');
  const three = [use(NOON - 40 * DAY), use(NOON - 30 * DAY), use(NOON - 20 * DAY)];

  it('are three, however long ago, and begin anew with a grant or a connected call', () => {
    assert.equal(code(ask(strict, { requests: three.slice(1) }, NOON)), 'allowed');
    const refused = ask(strict, { requests: three }, NOON);
    assert.equal(code(refused), 'request_limit_total');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, undefined);
    const at = NOON - 40 * DAY;
    assert.equal(code(ask(strict, { requests: three, lastGrantedAt: at - 1 }, NOON)), 'request_limit_total');
    assert.equal(code(ask(strict, { requests: three, lastGrantedAt: at }, NOON)), 'allowed');
    assert.equal(code(ask(strict, { requests: three, requestsResetBefore: at }, NOON)), 'allowed');
    assert.equal(code(ask(strict, { requests: three, lastConnectedAt: at }, NOON)), 'allowed');
    assert.equal(code(ask(rules({ requestsWithoutGrant: null }, 'strict'), { requests: three }, NOON)), 'allowed');
  });

  it('count what may have gone out, not what surely did not', () => {
    const [first, second] = three;
    assert.ok(first && second);
    for (const [state, expected] of [
      ['unknown', 'request_limit_total'],
      ['reserved', 'request_limit_total'],
      ['released', 'allowed'],
    ] as const) {
      assert.equal(code(ask(strict, { requests: [first, second, use(NOON - 20 * DAY, state)] }, NOON)), expected);
    }
  });
});

describe('the gap between calls', () => {
  it('ends to the millisecond, and the refusal names that moment', () => {
    const profile = rules({ callGapSeconds: 3_600 });
    assert.equal(code(call(profile, {}, NOON)), 'allowed');
    assert.equal(limit(call(profile, {}, NOON), 'call-gap')?.used, 0);
    const refused = call(profile, { lastCallAt: NOON }, NOON + HOUR - 1);
    assert.equal(code(refused), 'call_gap');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, NOON + HOUR);
    assert.equal(limit(refused, 'call-gap')?.freesAt, NOON + HOUR);
    assert.equal(code(call(profile, { lastCallAt: NOON }, NOON + HOUR)), 'allowed');
    const warns = call(rules({ callGapSeconds: 3_600, callGap: 'warn' }), { lastCallAt: NOON }, NOON + 1);
    assert.deepEqual([code(warns), warned(warns)], ['allowed', ['call_gap']]);
  });
});

describe('the purpose of a call', () => {
  const permission = { ...GRANT, purpose: 'Your  appointment on Tuesday ' };

  it('is the one that was allowed, whatever its case and spacing', () => {
    for (const same of ['your appointment on tuesday', '  YOUR\tappointment\non Tuesday', '', '   ']) {
      assert.ok(samePurpose(same, permission.purpose), same);
    }
    assert.ok(samePurpose('STRASSE', 'straße'));
    assert.ok(samePurpose('Ｃａｆé', 'cafe\u0301'));
    for (const other of ['your appointment', 'a discount for you', 'yourappointment on tuesday']) {
      assert.ok(!samePurpose(other, permission.purpose), other);
    }
  });

  it('blocks or warns on another one, and has nothing to say where no purpose was given', () => {
    const block = rules({ purposeBinding: 'block' });
    assert.equal(code(call(block, { permission }, NOON, 'your appointment on tuesday')), 'allowed');
    const refused = call(block, { permission }, NOON, 'a discount');
    assert.equal(code(refused), 'purpose_mismatch');
    assert.ok(!refused.allowed && refused.reason.text.includes('appointment'));
    const warns = call(rules({ purposeBinding: 'warn' }), { permission }, NOON, 'a discount');
    assert.deepEqual([code(warns), warned(warns)], ['allowed', ['purpose_mismatch']]);
    assert.equal(code(call(block, {}, NOON, 'a discount')), 'allowed');
    assert.equal(code(call(rules({}), { permission }, NOON, 'a discount')), 'allowed');
    // A purpose is words, not a pattern.
    const odd = call(block, { permission: { ...GRANT, purpose: '$& {at} $1' } }, NOON, 'x');
    assert.ok(!odd.allowed && odd.reason.text.includes('"$& {at} $1"'));
  });
});

describe('the promised time', () => {
  const permission = { ...GRANT, promisedBy: NOON + HOUR };

  it('is kept up to its last millisecond', () => {
    const block = rules({ promise: 'block' });
    assert.equal(code(call(block, { permission }, NOON + HOUR)), 'allowed');
    const refused = call(block, { permission }, NOON + HOUR + 1);
    assert.equal(code(refused), 'promise_missed');
    assert.ok(!refused.allowed && /2026-11-20 13:00 UTC/.test(refused.reason.text));
    const warns = call(rules({ promise: 'warn' }), { permission }, NOON + HOUR + 1);
    assert.deepEqual([code(warns), warned(warns)], ['allowed', ['promise_missed']]);
    assert.equal(code(call(block, {}, NOON + HOUR + 1)), 'allowed');
  });

  it('cannot lie in the past when it is given', () => {
    const block = rules({ promise: 'block' });
    assert.equal(code(ask(block, {}, NOON, NOON)), 'allowed');
    assert.equal(code(ask(block, {}, NOON, NOON - 1)), 'promise_missed');
    assert.equal(code(ask(rules({}), {}, NOON, NOON - 1)), 'allowed');
  });
});

describe('countries and territories', () => {
  it("R9: the contact's country matters only to a rule of one's own", () => {
    const american = { contact: { phone: '12025550143' } };
    assert.equal(code(call(rules({}), american, NOON)), 'allowed');
    const own = rules({ excludedContactCountries: ['US', 'BR'] });
    for (const [contact, expected] of [
      [{ phone: '12025550143' }, 'contact_country_excluded'],
      [{ phone: '18765550143' }, 'allowed'],
      [{ phone: '14165550143' }, 'allowed'],
      [{ userId: 'BR.48219037716650284417' }, 'contact_country_excluded'],
      [{ userId: 'PT.48219037716650284417' }, 'allowed'],
    ] as const) {
      assert.equal(code(call(own, { contact }, NOON)), expected, JSON.stringify(contact));
      assert.equal(code(ask(own, { contact }, NOON)), expected, JSON.stringify(contact));
    }
    assert.equal(limit(call(own, american, NOON), 'contact-country')?.used, 1);
  });

  it('R9: every country of +1 but the United States and Canada may call', () => {
    const others = [
      '1242',
      '1246',
      '1264',
      '1268',
      '1284',
      '1340',
      '1345',
      '1441',
      '1473',
      '1649',
      '1658',
      '1664',
      '1670',
      '1671',
      '1684',
      '1721',
      '1758',
      '1767',
      '1784',
      '1787',
      '1809',
      '1829',
      '1849',
      '1868',
      '1869',
      '1876',
      '1939',
    ];
    for (const area of others) {
      const businessNumber = { id: 'pn', phone: `${area}5550143` };
      assert.equal(code(call(rules({}), { businessNumber }, NOON)), 'allowed', area);
    }
    for (const area of ['1202', '1212', '1907', '1808', '1416', '1514', '1604']) {
      const businessNumber = { id: 'pn', phone: `${area}5550143` };
      assert.equal(code(call(rules({}), { businessNumber }, NOON)), 'country_not_supported', area);
    }
    assert.equal(code(call(rules({}), { businessNumber: { id: 'pn', phone: '905321234567' } }, NOON)), 'allowed');
    const turkish = call(rules({}, 'meta-2025'), { businessNumber: { id: 'pn', phone: '905321234567' } }, NOON);
    assert.equal(code(turkish), 'country_not_supported');
  });

  it('ranges of Crimea, Donetsk and Luhansk warn, and block only what the user knows', () => {
    const crimean = { businessNumber: { id: 'pn', phone: '79781234567' } };
    const warns = call(rules({}), crimean, NOON);
    assert.deepEqual([code(warns), warned(warns)], ['allowed', ['territory_not_served']]);
    assert.match(warns.warnings?.[0]?.text ?? '', /Crimea/);
    assert.ok(!/1234567/.test(warns.warnings?.[0]?.text ?? ''), 'no full number');
    assert.deepEqual(warned(ask(rules({}), crimean, NOON)), ['territory_not_served']);
    assert.equal(code(call(rules({ territories: 'block' }), crimean, NOON)), 'territory_not_served');
    assert.equal(call(rules({ territories: 'off' }), crimean, NOON).warnings, undefined);
    const kyiv = { businessNumber: { id: 'pn', phone: '380441234567' } };
    assert.equal(call(rules({}), kyiv, NOON).warnings, undefined);
    const flagged = rules({ territories: 'block', territoryNumbers: ['380441234567'] });
    assert.equal(code(call(flagged, kyiv, NOON)), 'territory_not_served');
    // The person's number only warns, also where the business number blocks.
    const person = call(rules({ territories: 'block' }), { contact: { phone: '380621234567' } }, NOON);
    assert.deepEqual([code(person), warned(person)], ['allowed', ['territory_not_served']]);
  });
});

describe("the business number's own limits", () => {
  it('have room again exactly when the oldest start leaves its 24 h', () => {
    const number = { startedLastDay: 10_000, oldestStart: NOON, live: 999 };
    const refused = call(rules({}), { number }, NOON + DAY - 1);
    assert.equal(code(refused), 'number_daily_call_limit');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, NOON + DAY);
    assert.equal(code(call(rules({}), { number }, NOON + DAY)), 'allowed');
    assert.equal(
      code(call(rules({}), { number: { ...number, live: 1_000 } }, NOON + DAY)),
      'number_concurrent_call_limit',
    );
  });
});
