import { strict as assert } from 'node:assert';
import type { CallRecord, CallRecordQuery } from '../../../lib/ledger/call-record.ts';
import { callRecordLines } from '../../../lib/ledger/call-record-export.ts';
import type { RecordLook } from '../../../lib/ledger/call-record-view.ts';

const AT = Date.UTC(2026, 10, 20, 10);
const record = (part: Partial<CallRecord> = {}): CallRecord => ({
  id: 'c1',
  providerCallId: 'wacid.HBgNNTUxMTk1NTUwMDEyMxUCABEYIDRBMUUy',
  direction: 'outbound',
  placedBy: 'us',
  businessNumberId: '334455667788990',
  contact: { phone: '5511955500123', userId: 'BR.48219037716650284417', name: 'Ana Lima' },
  purpose: 'delivery',
  startedAt: AT,
  ringingAt: AT + 2000,
  answeredAt: AT + 9000,
  endedAt: AT + 70_000,
  outcome: 'completed',
  durationSeconds: 61,
  endedBy: 'them',
  errors: [],
  recordings: [],
  ...part,
});
const MASKED: RecordLook = { full: false, shortest: 'none' };
const FULL: RecordLook = { full: true, shortest: 'none' };

async function csv(records: CallRecord[], look = MASKED): Promise<string> {
  let text = '';
  for await (const line of callRecordLines(async () => ({ entries: records }), {}, look)) text += line;
  return text;
}
const lineOf = async (part: Partial<CallRecord>, look = MASKED): Promise<string> =>
  (await csv([record(part)], look)).split('\r\n')[1] ?? '';

describe('call records as CSV', () => {
  it('has the names of the columns and one line per call, every line with its end', async () => {
    assert.equal(
      await csv(
        [record(), record({ id: 'c2', recordings: [{ file: '/r/a.wav' }, { file: '/r/b.wav' }], score: 4 })],
        FULL,
      ),
      [
        'id,providerCallId,direction,placedBy,businessNumberId,contact,purpose,startedAt,ringingAt,answeredAt,endedAt,outcome,missed,durationSeconds,billedPulses,endedBy,errors,recordings,callbackId,score',
        "c1,wacid.HBgNNTUxMTk1NTUwMDEyMxUCABEYIDRBMUUy,outbound,us,334455667788990,'+5511955500123,delivery,2026-11-20T10:00:00.000Z,2026-11-20T10:00:02.000Z,2026-11-20T10:00:09.000Z,2026-11-20T10:01:10.000Z,completed,,61,11,them,,,,",
        "c2,wacid.HBgNNTUxMTk1NTUwMDEyMxUCABEYIDRBMUUy,outbound,us,334455667788990,'+5511955500123,delivery,2026-11-20T10:00:00.000Z,2026-11-20T10:00:02.000Z,2026-11-20T10:00:09.000Z,2026-11-20T10:01:10.000Z,completed,,61,11,them,,/r/a.wav | /r/b.wav,,4",
        '',
      ].join('\r\n'),
    );
  });

  it('masks phone number, user id and the id that has the number in it, and leaves the name out', async () => {
    const masked = await csv([record(), record({ contact: { userId: 'BR.48219037716650284417' } })]);
    for (const secret of ['955500', '66502844', 'HBgNNTUx', 'Ana']) assert.ok(!masked.includes(secret), secret);
    assert.ok(masked.includes("'+55119…0123"), masked);
    assert.ok(masked.includes('BR.4821…4417'), masked);
  });

  it('disarms what a spreadsheet would run, wherever it stands', async () => {
    for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      const line = await lineOf({ purpose: evil });
      assert.ok(line.includes(`'${evil}`), JSON.stringify(line));
    }
    assert.ok((await lineOf({ errors: [{ code: '=x', message: 'y' }] })).includes("'=x y"));
    assert.ok((await lineOf({ recordings: [{ file: '=x.wav' }] })).includes("'=x.wav"));
  });

  it('quotes what has commas, quotes or line breaks', async () => {
    assert.ok((await lineOf({ purpose: 'a, "b"' })).includes(',"a, ""b""",'));
    assert.ok((await csv([record({ purpose: 'a\nb' })])).includes(',"a\nb",'));
  });

  it('tells errors, what was missed, and what is still going on', async () => {
    const failed = await lineOf({
      outcome: 'failed',
      errors: [{ code: '138021', message: 'Media receive timeout' }, { code: 'media_lost' }],
    });
    assert.ok(failed.includes('138021 Media receive timeout | media_lost'), failed);
    const missed = await lineOf({ direction: 'inbound', placedBy: 'contact', missed: true, outcome: 'no_answer' });
    assert.ok(missed.includes(',no_answer,true,61,,'), missed);
    const { endedAt: _end, outcome: _outcome, durationSeconds: _duration, endedBy: _by, ...live } = record();
    assert.ok((await csv([live])).includes('2026-11-20T10:00:09.000Z,,,,,,,,,'));
  });

  it('reads page after page, also short and empty ones, and holds one at a time', async () => {
    const pages = [['a', 'b'], [], ['c']];
    const asked: Omit<CallRecordQuery, 'businessNumberId'>[] = [];
    const ids: (string | undefined)[] = [];
    const lines = callRecordLines(
      async (query) => {
        asked.push(query);
        const at = Number(query.after ?? 0);
        const entries = (pages[at] ?? []).map((id) => record({ id }));
        return { entries, ...(at + 1 < pages.length && { next: String(at + 1) }) };
      },
      { direction: 'outbound' },
      MASKED,
    );
    for await (const line of lines) ids.push(line.split(',')[0]);
    assert.deepEqual(ids, ['id', 'a', 'b', 'c']);
    assert.deepEqual(
      asked.map(({ after, direction }) => [after, direction]),
      [undefined, '1', '2'].map((after) => [after, 'outbound']),
    );
  });
});
