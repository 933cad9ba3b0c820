import { strict as assert } from 'node:assert';
import { readRecordPeriod } from '../../../../lib/runtime/call-records/period.ts';

const HOUR = 3_600_000;
const noLook = (): Promise<unknown> => assert.fail('only a range looks');
const days = async (period: 'today' | 'yesterday', timeZone: string, now: string) => {
  const { from, to } = await readRecordPeriod({ period, timeZone }, noLook, Date.parse(now));
  return [from, to].map((at) => (at === undefined ? undefined : new Date(at).toISOString()));
};

describe('the period of call records', () => {
  it('goes by the calendar of a zone', async () => {
    assert.deepEqual(await days('yesterday', 'America/Sao_Paulo', '2026-11-21T02:30:00Z'), [
      '2026-11-19T03:00:00.000Z',
      '2026-11-20T03:00:00.000Z',
    ]);
    assert.deepEqual(await days('today', 'Asia/Tokyo', '2026-11-20T16:00:00Z'), [
      '2026-11-20T15:00:00.000Z',
      undefined,
    ]);
  });

  it('knows days of 23 and 25 hours', async () => {
    const length = async (now: string): Promise<number> => {
      const { from = 0, to = 0 } = await readRecordPeriod(
        { period: 'yesterday', timeZone: 'Europe/Lisbon' },
        noLook,
        Date.parse(now),
      );
      return (to - from) / HOUR;
    };
    assert.equal(await length('2026-03-30T09:00:00Z'), 23);
    assert.equal(await length('2026-10-26T09:00:00Z'), 25);
    assert.equal(await length('2026-11-21T09:00:00Z'), 24);
  });

  it('is right at any hour of the day on which the clocks are moved', async () => {
    for (let hour = 0; hour < 23; hour += 1) {
      const now = new Date(Date.parse('2026-03-29T00:30:00Z') + hour * HOUR).toISOString();
      assert.deepEqual(await days('today', 'Europe/Lisbon', now), ['2026-03-29T00:00:00.000Z', undefined], now);
    }
  });

  it('takes the zone of the machine if none is set', async () => {
    const now = Date.parse('2026-11-21T09:00:00Z');
    const { from = 0, to = 0 } = await readRecordPeriod({ period: 'yesterday', timeZone: '' }, noLook, now);
    const midnight = new Date(now);
    midnight.setHours(0, 0, 0, 0);
    assert.equal(to, midnight.getTime());
    assert.equal(to - from, 24 * HOUR);
  });

  it('takes a range as it is given, and refuses one that ends before it begins', async () => {
    const look = (values: Record<string, unknown>) => async (name: string) => values[name];
    const range = { period: 'range', timeZone: '' } as const;
    assert.deepEqual(await readRecordPeriod(range, look({ from: '2026-11-20T00:00:00Z' }), 0), {
      from: Date.UTC(2026, 10, 20),
    });
    await assert.rejects(
      readRecordPeriod(range, look({ from: '2026-11-20T00:00:00Z', to: '2026-11-19T00:00:00Z' }), 0),
      { code: 'period_invalid' },
    );
    await assert.rejects(readRecordPeriod(range, look({ to: 'yesterday' }), 0), { code: 'property_invalid' });
  });
});
