import { strict as assert } from 'node:assert';
import type { CallingSettings, CallingSettingsPatch } from '../../../lib/provider/calling-settings.ts';
import { dateIn, mergeSettings } from '../../../lib/provider/settings-merge.ts';
import { readPatch } from '../../../lib/provider/settings-patch.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const HOURS = {
  status: 'enabled',
  timeZone: 'Europe/Lisbon',
  weekly: { monday: [{ open: '09:00', close: '18:00' }], friday: [{ open: '09:00', close: '12:00' }] },
  holidays: [{ date: '2026-12-25', from: '00:00', to: '23:59' }],
};
const BEFORE: CallingSettings = {
  status: 'enabled',
  icons: { visibility: 'default', countries: ['PT'] },
  hours: HOURS,
  callbackPermission: 'enabled',
  codecs: ['PCMA'],
  voicemail: { status: 'disabled', triggers: ['reject'], timeoutSeconds: 10 },
  sip: { status: 'disabled' },
  keyExchange: 'dtls',
  restrictions: [],
};
const merge = (patch: CallingSettingsPatch, before = BEFORE) => mergeSettings(before, patch, NOON);
const hoursWith = (hours: Partial<typeof HOURS>): CallingSettings => ({ ...BEFORE, hours: { ...HOURS, ...hours } });

describe('merging call settings: what is wrong', () => {
  const wrong: [string, CallingSettingsPatch, RegExp][] = [
    [
      'hours that end before they begin',
      { hours: { weekly: { monday: [{ open: '18:00', close: '09:00' }] } } },
      /monday.*end before/,
    ],
    [
      'hours that never are',
      { hours: { weekly: { monday: [{ open: '09:00', close: '09:00' }] } } },
      /monday.*end before/,
    ],
    [
      'hours that overlap',
      {
        hours: {
          weekly: {
            monday: [
              { open: '12:00', close: '18:00' },
              { open: '09:00', close: '12:01' },
            ],
          },
        },
      },
      /monday the hours overlap/,
    ],
    [
      'three times a day',
      {
        hours: {
          weekly: {
            sunday: [
              { open: '01:00', close: '02:00' },
              { open: '03:00', close: '04:00' },
              { open: '05:00', close: '06:00' },
            ],
          },
        },
      },
      /sunday has 3 times, and at most 2/,
    ],
    ['no day left', { hours: { weekly: { monday: [], friday: [] } } }, /at least one day/],
    [
      'a holiday that is past',
      { hours: { addHolidays: [{ date: '2026-11-19', from: '00:00', to: '23:59' }] } },
      /2026-11-19 is in the past/,
    ],
    [
      'a holiday that ends first',
      { hours: { addHolidays: [{ date: '2026-12-24', from: '12:00', to: '09:00' }] } },
      /must end later/,
    ],
    [
      'a date twice',
      { hours: { holidays: [1, 2].map(() => ({ date: '2026-12-24', from: '00:00', to: '12:00' })) } },
      /2026-12-24 is there twice/,
    ],
    [
      'more than 20 holidays',
      {
        hours: {
          holidays: Array.from({ length: 21 }, (_, n) => ({
            date: `2027-01-${String(n + 1).padStart(2, '0')}`,
            from: '00:00',
            to: '12:00',
          })),
        },
      },
      /21 holidays, and at most 20/,
    ],
    [
      'voicemail that nothing triggers',
      { voicemail: { status: 'enabled', triggers: [] } },
      /voicemail needs a trigger/,
    ],
  ];
  for (const [name, patch, told] of wrong) {
    it(name, () => assert.match(merge(patch).mistakes.join('; '), told));
  }

  it('hours that were never set up need a zone and days', () => {
    const { hours: _, ...without } = BEFORE;
    const { mistakes } = merge({ hours: { status: 'enabled' } }, without);
    assert.equal(mistakes.length, 2);
    assert.match(mistakes.join(), /time zone.*at least one day/);
    assert.deepEqual(merge({ hours: { status: 'disabled' } }, without).mistakes, []);
  });
});

describe('merging call settings: what stays', () => {
  it('everything that is not named, in every group', () => {
    const { settings, mistakes } = merge({ hours: { status: 'disabled' } });
    assert.deepEqual(mistakes, []);
    assert.deepEqual(settings, { ...BEFORE, hours: { ...HOURS, status: 'disabled' } });
    assert.deepEqual(merge({ voicemail: { timeoutSeconds: 20 } }).settings, {
      ...BEFORE,
      voicemail: { status: 'disabled', triggers: ['reject'], timeoutSeconds: 20 },
    });
    assert.deepEqual(merge({ icons: { visibility: 'disable_all' } }).settings.icons, {
      visibility: 'disable_all',
      countries: ['PT'],
    });
    assert.deepEqual(merge({}).settings, BEFORE);
  });

  it('days that are not named; an empty one is closed', () => {
    const { settings } = merge({ hours: { weekly: { friday: [], tuesday: [{ open: '10:00', close: '11:00' }] } } });
    assert.deepEqual(settings.hours?.weekly, {
      monday: HOURS.weekly.monday,
      tuesday: [{ open: '10:00', close: '11:00' }],
    });
    assert.deepEqual(settings.hours?.holidays, HOURS.holidays);
  });

  it('holidays beside those that are added and removed', () => {
    const early = { date: '2026-12-24', from: '09:00', to: '12:00' };
    const added = merge({ hours: { addHolidays: [early] } });
    assert.deepEqual(added.settings.hours?.holidays, [early, ...HOURS.holidays]);
    const again = merge({ hours: { addHolidays: [{ ...early, to: '13:00' }] } }, added.settings);
    assert.deepEqual(again.settings.hours?.holidays, [{ ...early, to: '13:00' }, ...HOURS.holidays]);
    const removed = merge({ hours: { removeHolidays: ['2026-12-25'] } }, added.settings);
    assert.deepEqual(removed.settings.hours?.holidays, [early]);
    assert.deepEqual(merge({ hours: { holidays: [] } }, added.settings).settings.hours?.holidays, []);
  });

  it('but dates that have passed, which WhatsApp would refuse, go from the list and are told', () => {
    const past = { date: '2026-11-19', from: '00:00', to: '23:59' };
    const merged = merge({ hours: { status: 'disabled' } }, hoursWith({ holidays: [past, ...HOURS.holidays] }));
    assert.deepEqual(merged.mistakes, []);
    assert.deepEqual(merged.droppedHolidays, ['2026-11-19']);
    assert.deepEqual(merged.settings.hours?.holidays, HOURS.holidays);
    const other = merge({ status: 'disabled' }, hoursWith({ holidays: [past] }));
    assert.deepEqual([other.droppedHolidays, other.settings.hours?.holidays], [[], [past]]);
  });

  it('today counts by the clock of the schedule', () => {
    const late = Date.UTC(2026, 10, 20, 11);
    assert.equal(dateIn('Pacific/Auckland', late), '2026-11-21');
    assert.equal(dateIn('America/Los_Angeles', Date.UTC(2026, 10, 20, 3)), '2026-11-19');
    assert.equal(dateIn('nowhere', late), '2026-11-20');
  });
});

describe('reading a change of call settings', () => {
  const told = (value: unknown): string => {
    const read = readPatch(value);
    return 'mistakes' in read ? read.mistakes.join('; ') : 'fine';
  };
  const wrong: [unknown, RegExp][] = [
    ['on', /must be an object/],
    [null, /must be an object/],
    [{ status: 'ENABLED' }, /status must be enabled or disabled/],
    [{ stauts: 'enabled' }, /no setting stauts/],
    [{ hours: { holiday: [] } }, /no setting hours.holiday/],
    [{ hours: { timeZone: 'Lisbon/Europe' } }, /hours.timeZone is no time zone/],
    [{ hours: { timeZone: '+02:00' } }, /is no time zone/],
    [{ hours: { weekly: { monday: [{ open: '9h', close: '18:00' }] } } }, /hours.weekly.monday.0.open must be a time/],
    [{ hours: { weekly: { monday: [{ open: '09:00', close: '24:00' }] } } }, /close must be a time/],
    [{ hours: { weekly: { funday: [] } } }, /hours.weekly/],
    [{ hours: { addHolidays: [{ date: '2026-02-30' }] } }, /must be a date/],
    [{ icons: { countries: ['BR', 'Portugal'] } }, /icons.countries.1 is no country code/],
    [{ icons: { countries: ['XX'] } }, /is no country code/],
    [{ codecs: ['OPUS'] }, /Opus is always on/],
    [{ voicemail: { timeoutSeconds: 31 } }, /at most 30/],
    [{ voicemail: { announcementMediaId: 'https://x' } }, /must be the id/],
    [{ sip: { status: 'enabled' } }, /sip.status can only be disabled here: with SIP on/],
    [{ keyExchange: 'sdes' }, /can only be dtls/],
    [{ restrictions: [] }, /no setting restrictions/],
  ];
  for (const [value, sentence] of wrong) {
    it(`refuses ${JSON.stringify(value)}`, () => assert.match(told(value), sentence));
  }

  it('names every mistake', () => {
    assert.match(told({ status: 'x', codecs: ['y'], hours: { timeZone: 'z' } }), /status.*codecs|codecs.*status/s);
  });

  it('takes times as people write them, and names of countries in small letters', () => {
    const read = readPatch({
      icons: { countries: ['br', ' PT', 'BR'] },
      hours: { weekly: { monday: [{ open: '9:00', close: '1830' }] }, addHolidays: [{ date: '2026-12-25' }] },
    });
    assert.ok('patch' in read);
    assert.deepEqual(read.patch, {
      icons: { countries: ['BR', 'PT'] },
      hours: {
        weekly: { monday: [{ open: '09:00', close: '18:30' }] },
        addHolidays: [{ date: '2026-12-25', from: '00:00', to: '23:59' }],
      },
    });
  });
});
