import { strict as assert } from 'node:assert';
import { isOpen, nextOpening, readOpeningHours } from '../../../../lib/runtime/answering/opening-hours.ts';

const LISBON = 'Europe/Lisbon';
const at = (iso: string): number => Date.parse(iso);
const week = { monday: '09:00-12:30, 14:00-18:00', sunday: '00:00-24:00' };
const hours = readOpeningHours(week, '2026-12-25 # closed\n\n2026-12-21 10:00-11:00\n', LISBON);

describe('lib/runtime/answering/opening-hours', () => {
  // 2026-12-07 is a Monday; Lisbon has UTC in winter and UTC+1 in summer.
  for (const [iso, wanted] of [
    ['2026-12-07T08:59:59Z', 'closed'],
    ['2026-12-07T09:00:00Z', 'open'],
    ['2026-12-07T12:29:59Z', 'open'],
    ['2026-12-07T12:30:00Z', 'closed'],
    ['2026-12-07T14:00:00Z', 'open'],
    ['2026-12-07T18:00:00Z', 'closed'],
    ['2026-12-08T10:00:00Z', 'closed'],
    ['2026-12-06T00:00:00Z', 'open'],
    ['2026-12-06T23:59:59Z', 'open'],
    ['2026-12-25T10:00:00Z', 'holiday'],
    ['2026-12-21T09:30:00Z', 'holiday'],
    ['2026-12-21T10:30:00Z', 'open'],
    // Summer: nine on the wall is eight in UTC.
    ['2026-07-06T07:59:59Z', 'closed'],
    ['2026-07-06T08:00:00Z', 'open'],
  ] as const)
    it(`${iso} in Lisbon is ${wanted}`, () => assert.equal(isOpen(hours, at(iso)), wanted));

  it('finds the next opening: later today, the next day with hours, behind a holiday, across a change of the clock', () => {
    const next = (iso: string): string => new Date(nextOpening(hours, at(iso)) ?? 0).toISOString();
    assert.equal(next('2026-12-07T10:00:00Z'), '2026-12-07T10:00:00.000Z');
    assert.equal(next('2026-12-07T13:00:00Z'), '2026-12-07T14:00:00.000Z');
    assert.equal(next('2026-12-07T19:00:00Z'), '2026-12-13T00:00:00.000Z');
    assert.equal(next('2026-12-21T00:00:00Z'), '2026-12-21T10:00:00.000Z');
    // On 29 March 2026 Lisbon goes from UTC to UTC+1 at 01:00.
    const monday = readOpeningHours({ monday: '09:00-18:00' }, '', LISBON);
    assert.equal(
      new Date(nextOpening(monday, at('2026-03-28T12:00:00Z')) ?? 0).toISOString(),
      '2026-03-30T08:00:00.000Z',
    );
    assert.equal(nextOpening(readOpeningHours({}, '', LISBON), at('2026-03-28T12:00:00Z')), undefined);
  });

  it('is by the clock of the zone, whatever this machine has', () => {
    const tokyo = readOpeningHours({ tuesday: '00:00-01:00' }, '', 'Asia/Tokyo');
    assert.equal(isOpen(tokyo, at('2026-12-07T15:30:00Z')), 'open');
    assert.equal(isOpen(tokyo, at('2026-12-07T16:00:00Z')), 'closed');
  });

  for (const [name, days, holidays, zone] of [
    ['a zone that is none', {}, '', 'Mars/Olympus'],
    ['a time that is none', { monday: '9 to 5' }, '', LISBON],
    ['25 hours', { monday: '09:00-25:00' }, '', LISBON],
    ['61 minutes', { monday: '09:61-10:00' }, '', LISBON],
    ['an end before its beginning', { monday: '18:00-09:00' }, '', LISBON],
    ['times that overlap', { monday: '09:00-12:00,11:00-13:00' }, '', LISBON],
    ['a day that is none', {}, '2026-02-30', LISBON],
    ['words', {}, 'Christmas', LISBON],
    ['a holiday with bad times', {}, '2026-12-25 noon', LISBON],
  ] as const)
    it(`refuses ${name}, and says what to correct`, () =>
      assert.throws(() => readOpeningHours(days, holidays, zone), { code: 'hours_invalid', message: /correct them/ }));
});
