import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { contactZones } from '../../../lib/permission/contact-zones.ts';
import { nextClockChange, offsetAt } from '../../../lib/permission/local-time.ts';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { quietUntil } from '../../../lib/permission/quiet-hours.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot } from './snapshots.ts';

const MINUTE = 60_000;
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const until = (zone: string, from: string, to: string, at: string): string | undefined => {
  const free = quietUntil({ from: minutes(from), to: minutes(to) }, [zone], Date.parse(at));
  return free === undefined ? undefined : new Date(free).toISOString();
};
/** The hour and minute on a wall, asked in another way than the code does. */
const wall = (zone: string, at: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
const isQuiet = (time: string, from: string, to: string): boolean =>
  from < to ? time >= from && time < to : time >= from || time < to;

function rules(overrides: ProfileOverrides) {
  const profile = findProfile('meta-2026', { skewSeconds: 0, ...overrides });
  assert.ok(profile);
  return profile;
}
const granted = (contact: Contact) =>
  snapshot({ contact, permission: { status: 'granted', kind: 'permanent', grantedAt: NOON - DAY } });

describe('quiet hours by the clock on the wall', () => {
  it('begin and end to the millisecond, over midnight and within a day', () => {
    // São Paulo is at UTC-3 and has had no summer time since 2019.
    const zone = 'America/Sao_Paulo';
    const cases: [string, string, string, string][] = [
      ['21:00', '08:00', '2026-11-20T23:59:59.999Z', '2026-11-20T23:59:59.999Z'],
      ['21:00', '08:00', '2026-11-21T00:00:00.000Z', '2026-11-21T11:00:00.000Z'],
      ['21:00', '08:00', '2026-11-21T10:59:59.999Z', '2026-11-21T11:00:00.000Z'],
      ['21:00', '08:00', '2026-11-21T11:00:00.000Z', '2026-11-21T11:00:00.000Z'],
      ['12:00', '14:00', '2026-11-21T14:59:59.999Z', '2026-11-21T14:59:59.999Z'],
      ['12:00', '14:00', '2026-11-21T15:00:00.000Z', '2026-11-21T17:00:00.000Z'],
      ['00:00', '23:59', '2026-11-21T03:00:00.000Z', '2026-11-22T02:59:00.000Z'],
    ];
    for (const [from, to, at, free] of cases) assert.equal(until(zone, from, to, at), free, `${from}-${to} at ${at}`);
  });

  /** Zone, when its clock moves (UTC), by how much, and where the hands stand before and after. */
  const MOVES: [string, string, number][] = [
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 60],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', -60],
    ['America/New_York', '2026-03-08T07:00:00Z', 60],
    ['America/New_York', '2026-11-01T06:00:00Z', -60],
    ['America/Santiago', '2026-09-06T04:00:00Z', 60],
    ['America/Santiago', '2026-04-05T03:00:00Z', -60],
    ['Australia/Sydney', '2026-10-03T16:00:00Z', 60],
    ['Australia/Sydney', '2026-04-04T16:00:00Z', -60],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 30],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', -30],
    ['America/St_Johns', '2026-03-08T05:30:00Z', 60],
    ['America/St_Johns', '2026-11-01T04:30:00Z', -60],
    ['Atlantic/Azores', '2026-03-29T01:00:00Z', 60],
    ['Atlantic/Azores', '2026-10-25T01:00:00Z', -60],
    ['Pacific/Chatham', '2026-09-26T14:00:00Z', 60],
    ['Pacific/Chatham', '2026-04-04T14:00:00Z', -60],
  ];
  for (const [zone, moved, by] of MOVES) {
    const at = Date.parse(moved);
    it(`${zone} ${by > 0 ? 'loses' : 'repeats'} ${Math.abs(by)} minutes`, () => {
      assert.equal(nextClockChange(zone, at - 20 * HOUR, at + HOUR), at);
      assert.equal((offsetAt(zone, at) - offsetAt(zone, at - 1)) / MINUTE, by);
      const before = wall(zone, at - MINUTE);
      const after = wall(zone, at);
      // A night that ends long after the move ends by the new clock.
      const night = quietUntil({ from: minutes('20:00'), to: minutes('09:15') }, [zone], at - 2 * HOUR);
      assert.ok(night !== undefined);
      assert.deepEqual([wall(zone, night - 1), wall(zone, night)], ['09:14', '09:15']);
      const elapsed = night - (at - 2 * HOUR);
      const shown = ((minutes('09:15') - minutes(wall(zone, at - 2 * HOUR)) + 1440) % 1440) * MINUTE;
      assert.equal(elapsed, shown - by * MINUTE);
      if (by > 0) {
        // It would end at a time that the clock skips: it ends with the skip.
        const skipped = (minutes(after) - 10 + 1440) % 1440;
        const free = quietUntil({ from: minutes('20:00'), to: skipped }, [zone], at - HOUR);
        assert.equal(free, at, `${before} -> ${after}`);
        // All of it is skipped: it is never quiet.
        const gap = { from: (minutes(before) + 11) % 1440, to: skipped };
        for (const moment of [at - MINUTE, at - 1, at, at + 1]) assert.equal(quietUntil(gap, [zone], moment), moment);
      } else {
        // The last ten minutes before the move come twice: quiet twice, and free between them and after.
        const twice = { from: (minutes(before) - 9 + 1440) % 1440, to: (minutes(before) + 1) % 1440 };
        const first = at - 10 * MINUTE;
        assert.equal(quietUntil(twice, [zone], first - 1), first - 1);
        assert.equal(quietUntil(twice, [zone], first), at);
        assert.equal(quietUntil(twice, [zone], at), at);
        const second = first - by * MINUTE;
        assert.equal(quietUntil(twice, [zone], second - 1), second - 1);
        assert.equal(quietUntil(twice, [zone], second), second + 10 * MINUTE);
      }
    });
  }

  it('a zone without summer time has none', () => {
    for (const zone of ['Asia/Kolkata', 'Africa/Lagos', 'America/Phoenix']) {
      assert.equal(nextClockChange(zone, NOON, NOON + 400 * DAY), undefined);
      const free = quietUntil({ from: minutes('21:00'), to: minutes('08:00') }, [zone], NOON);
      assert.ok(free !== undefined && !isQuiet(wall(zone, free), '21:00', '08:00'));
    }
  });

  it('agree with the wall at any time of any year, and name the first free moment', () => {
    const zones = [...new Set(MOVES.map(([zone]) => zone)), 'Asia/Kathmandu', 'Africa/Casablanca', 'Asia/Tehran'];
    const time = fc.integer({ min: 0, max: 1439 });
    const property = fc.property(
      fc.constantFrom(...zones),
      time,
      time,
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
      fc.integer({ min: 0, max: 999 }),
      (zone, from, to, at, part) => {
        fc.pre(from !== to);
        const free = quietUntil({ from, to }, [zone], at);
        assert.ok(free !== undefined && free >= at && free <= at + 26 * HOUR);
        const hhmm = (value: number): string =>
          `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
        const quiet = (moment: number): boolean => isQuiet(wall(zone, moment), hhmm(from), hhmm(to));
        assert.equal(quiet(free), false);
        if (free > at)
          for (const before of [free - 1, at + ((free - at) * part) / 1000]) assert.equal(quiet(before), true);
      },
    );
    fc.assert(property, { numRuns: 600 });
  });
});

describe('whose clock it is', () => {
  it("is the contact's own zone, else the one of the number's country, else every one of it", () => {
    assert.deepEqual(contactZones({ phone: '5511955500123', timeZone: 'America/Manaus' }), ['America/Manaus']);
    assert.deepEqual(
      contactZones({ phone: '351211000100', timeZone: 'Mars/Olympus' }),
      contactZones({ phone: '351211000100' }),
    );
    assert.deepEqual(contactZones({ phone: '919812345678' }), ['Asia/Calcutta']);
    assert.deepEqual(contactZones({ userId: 'IN.4711' }), ['Asia/Calcutta']);
    assert.ok(contactZones({ phone: '12025550143' }).includes('Pacific/Honolulu'));
    assert.ok(contactZones({ phone: '12025550143' }).includes('America/New_York'));
    assert.deepEqual(contactZones({ phone: '88213300655' }), []);
    assert.deepEqual(contactZones({ userId: 'ZZ.1' }), []);
  });

  it('takes the strictest of a country of many zones', () => {
    const profile = rules({ quietCalls: { from: '21:00', to: '08:00' } });
    const american = granted({ phone: '12025550143' });
    // 21:00 in New York; it is free again when it is 08:00 in Hawaii.
    const evening = Date.parse('2026-11-21T02:00:00Z');
    assert.equal(mayCall(american, profile, evening - 1).allowed, true);
    const refused = mayCall(american, profile, evening);
    assert.equal(refused.allowed || refused.reason.code, 'quiet_hours');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, Date.parse('2026-11-21T18:00:00Z'));
    // 21:00 for whoever says that they are in Hawaii.
    const inHawaii = granted({ phone: '12025550143', timeZone: 'Pacific/Honolulu' });
    assert.equal(mayCall(inHawaii, profile, evening).allowed, true);
  });

  it('refuses, and asks for the zone, if there is none or a country is never free as a whole', () => {
    const profile = rules({
      quietCalls: { from: '21:00', to: '08:00' },
      quietRequests: { from: '09:00', to: '08:00' },
    });
    const nowhere = mayCall(granted({ phone: '88213300655' }), profile, NOON);
    assert.ok(!nowhere.allowed);
    assert.equal(nowhere.reason.code, 'quiet_hours');
    assert.equal(nowhere.reason.nextAllowedAt, undefined);
    assert.match(nowhere.reason.nextStep, /timeZone/);
    const russian = snapshot({ contact: { phone: '79161234567' }, permission: { status: 'not_requested' } });
    const request = mayRequest(russian, profile, NOON, { via: 'template', hasTemplate: true });
    assert.ok(!request.allowed);
    assert.equal(request.reason.code, 'quiet_hours');
    assert.equal(request.reason.nextAllowedAt, undefined);
    assert.match(request.reason.text, /some part of this person's country/);
  });

  it('are separate for requests and calls, and may only warn', () => {
    const profile = rules({ quietCalls: { from: '21:00', to: '08:00', mode: 'warn' } });
    const night = Date.parse('2026-11-21T03:00:00Z');
    const ana = granted({ phone: '5511955500123', timeZone: 'America/Sao_Paulo' });
    const warned = mayCall(ana, profile, night);
    assert.equal(warned.allowed, true);
    assert.deepEqual(
      warned.warnings?.map(({ code, rule }) => [code, rule?.id]),
      [['quiet_hours', 'quiet-calls']],
    );
    assert.deepEqual(
      warned.limits.filter(({ warns }) => warns).map(({ rule, used }) => [rule.id, used]),
      [['quiet-calls', 1]],
    );
    const asked = { ...ana, permission: { status: 'not_requested' } as const };
    const request = mayRequest(asked, profile, night, { via: 'template', hasTemplate: true });
    assert.deepEqual([request.allowed, request.warnings], [true, undefined]);
    const both = rules({ quietRequests: { from: '21:00', to: '08:00' } });
    assert.equal(mayCall(ana, both, night).allowed, true);
    const blocked = mayRequest(asked, both, night, { via: 'template', hasTemplate: true });
    assert.equal(blocked.allowed || blocked.reason.nextAllowedAt, Date.parse('2026-11-21T11:00:00Z'));
  });
});
