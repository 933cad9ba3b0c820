import { strict as assert } from 'node:assert';
import type { CallRecord, CallRecordPage, CallRecordQuery } from '../../lib/ledger/ledger.ts';
import callRecords from '../../nodes/call-records.ts';
import { ANA, callView, FakeNumber } from './fake-number.ts';
import { helper, Inbox } from './helper.ts';

const AT = Date.UTC(2026, 10, 20, 10);
const record = (id: string, part: Partial<CallRecord> = {}): CallRecord => ({
  id,
  direction: 'outbound',
  placedBy: 'us',
  businessNumberId: '334455667788990',
  contact: ANA,
  purpose: 'delivery',
  startedAt: AT,
  endedAt: AT + 61_000,
  outcome: 'completed',
  durationSeconds: 61,
  errors: [],
  recordings: [],
  ...part,
});
type Query = Omit<CallRecordQuery, 'businessNumberId'>;

describe('the call records node', () => {
  let number: FakeNumber;
  let asked: Query[];
  let answer: (query: Query) => CallRecordPage;
  let boxes: Record<string, Inbox>;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    number = new FakeNumber();
    asked = [];
    answer = () => ({ entries: [record('c1')] });
    number.more = {
      callRecords: async (query) => {
        asked.push(query);
        return answer(query);
      },
    };
  });
  afterEach(() => helper.unload());

  const load = async (node: object = {}): Promise<void> => {
    const at = { z: 'tab', x: 1, y: 1 };
    await helper.load(
      [number.register, callRecords],
      [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'number', type: 'wa-call-config' },
        { id: 'node', type: 'wa-call-records', ...at, config: 'number', wires: [['records'], ['each']], ...node },
        { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
        ...['records', 'each', 'caught'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
      ],
    );
    boxes = Object.fromEntries(['records', 'each', 'caught'].map((id) => [id, new Inbox(id)]));
  };
  const receive = (msg: object): void => helper.getNode('node').receive(msg);
  const came = (box: string, index = 0) => (boxes[box] ?? assert.fail()).at(index);
  const code = async (index = 0): Promise<string> =>
    ((await came('caught', index)).error as unknown as { code: string }).code;

  it('answers with records in words of messages, masked, and passes the rest of the message on', async () => {
    await load();
    receive({ order: 7, payload: 'old', next: '' });
    const { payload, order, next, topic } = await came('records');
    assert.deepEqual(payload, [
      {
        ...{ id: 'c1', direction: 'outbound', placedBy: 'us', businessNumberId: '334455667788990' },
        ...{ contact: { phone: '+55119…0123' }, purpose: 'delivery', outcome: 'completed' },
        ...{ startedAt: '2026-11-20T10:00:00.000Z', endedAt: '2026-11-20T10:01:01.000Z' },
        ...{ durationSeconds: 61, billedPulses: 11, errors: [], recordings: [] },
      },
    ]);
    assert.deepEqual([order, next, topic], [7, undefined, undefined]);
    assert.deepEqual(asked, [{ limit: 100 }]);
  });

  it('shows whole numbers where it was asked to', async () => {
    await load({ full: true });
    receive({});
    const [first] = (await came('records')).payload as unknown as { contact: object }[];
    assert.deepEqual(first?.contact, { phone: '+5511955500123' });
  });

  it('asks for a person, a time, a direction and an outcome', async () => {
    await load({
      ...{ contact: 'contact', contactType: 'msg', period: 'range', direction: 'message', outcome: 'message' },
      ...{ from: 'from', to: 'to', limit: 5 },
    });
    receive({
      contact: '+55 11 95550-0123',
      ...{ from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' },
      ...{ direction: 'inbound', outcome: 'Missed' },
    });
    await came('records');
    const [{ contact, ...rest } = assert.fail()] = asked;
    assert.equal(contact?.phone, '5511955500123');
    assert.deepEqual(rest, {
      ...{ from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 21) },
      ...{ direction: 'inbound', outcome: 'missed', limit: 5 },
    });
  });

  it('fills a page from short and empty ones of the store, and says where the next begins', async () => {
    const pages: Record<string, CallRecordPage> = {
      start: { entries: [record('a')], next: 'p1' },
      p1: { entries: [], next: 'p2' },
      p2: { entries: [record('b')], next: 'p3' },
      p3: { entries: [record('c')] },
    };
    answer = ({ after = 'start' }) => pages[after] ?? assert.fail(after);
    await load({ limit: 2 });
    receive({});
    const first = await came('records');
    const ids = (payload: unknown): string[] => (payload as { id: string }[]).map(({ id }) => id);
    assert.deepEqual([ids(first.payload), first.next], [['a', 'b'], 'p3']);
    receive(first);
    const second = await came('records', 1);
    assert.deepEqual([ids(second.payload), 'next' in second], [['c'], false]);
    assert.deepEqual(
      asked.map(({ limit, after }) => [limit, after]),
      [
        [2, undefined],
        [1, 'p1'],
        [1, 'p2'],
        [2, 'p3'],
      ],
    );
  });

  it('gives all of them as CSV, whatever the page', async () => {
    answer = ({ after }) => (after === 'p1' ? { entries: [record('b')] } : { entries: [record('a')], next: 'p1' });
    await load({ format: 'message' });
    receive({ format: 'csv', _msgid: 'm1' });
    const { payload, parts } = await came('records');
    assert.deepEqual(
      String(payload)
        .split('\r\n')
        .map((line) => line.split(',')[0]),
      ['id', 'a', 'b', ''],
    );
    assert.deepEqual(parts, { id: 'm1.records', type: 'string', ch: '', index: 0, count: 1 });
  });

  it('refuses what it cannot read, each with its code, and asks the store nothing', async () => {
    await load({
      ...{ contact: 'contact', contactType: 'msg', period: 'range' },
      ...{ direction: 'message', outcome: 'message', format: 'message' },
    });
    const wrong: [object, string][] = [
      [{ contact: '12' }, 'contact_invalid'],
      [{ direction: 'sideways' }, 'direction_unknown'],
      [{ outcome: 'nice' }, 'outcome_unknown'],
      [{ format: 'xml' }, 'format_unknown'],
      [{ next: { $gt: '' } }, 'next_invalid'],
      [{ from: '2026-11-21T00:00:00Z', to: '2026-11-20T00:00:00Z' }, 'period_invalid'],
      [{ from: 'yesterday' }, 'property_invalid'],
    ];
    for (const [index, [msg, expected]] of wrong.entries()) {
      receive(msg);
      assert.equal(await code(index), expected);
    }
    assert.deepEqual(asked, []);
  });

  it('notes a score, also the key that was pressed, and asks for no records', async () => {
    const noted: [string, number][] = [];
    number.more.noteScore = async (id, score) => {
      noted.push([id, score]);
      return id !== 'gone';
    };
    await load({ action: 'score' });
    receive({ call: { id: 'c1' }, score: 5, order: 7 });
    receive({ call: { id: 'c2' }, score: '3' });
    const { payload, order } = await came('records');
    assert.deepEqual([payload, order], [{ id: 'c1', score: 5 }, 7]);
    assert.deepEqual((await came('records', 1)).payload, { id: 'c2', score: 3 });
    const wrong: [object, string][] = [
      [{ score: 5 }, 'call_missing'],
      [{ call: { id: 'c1' } }, 'score_invalid'],
      [{ call: { id: 'c1' }, score: 4.5 }, 'score_invalid'],
      [{ call: { id: 'c1' }, score: 6 }, 'score_invalid'],
      [{ call: { id: 'c1' }, score: '#' }, 'score_invalid'],
      [{ call: { id: 'gone' }, score: 1 }, 'call_unknown'],
    ];
    for (const [index, [msg, expected]] of wrong.entries()) {
      receive(msg);
      assert.equal(await code(index), expected);
    }
    assert.deepEqual(noted, [
      ['c1', 5],
      ['c2', 3],
      ['gone', 1],
    ]);
    assert.deepEqual(asked, []);
  });

  it('passes on what the store says about a fault', async () => {
    answer = () => {
      throw Object.assign(new Error('The store is away.'), {
        code: 'store_unavailable',
        nextStep: 'Look at the disk.',
      });
    };
    await load();
    receive({});
    assert.equal(await code(), 'store_unavailable');
  });

  it('will not start with a time zone that does not exist', async () => {
    await load({ timeZone: 'Atlantis/Poseidonis' });
    receive({});
    assert.equal(await code(), 'config_invalid');
  });

  it('tells each call of both directions when it has ended, with the record that came along', async () => {
    await load({ each: true });
    const ended = { state: 'ended', outcome: 'completed', endedAt: AT, durationSeconds: 7 } as const;
    number.tellCall({ event: 'answered', call: callView({ state: 'answered' }) });
    number.tellCall({
      event: 'ended',
      call: callView(ended),
      origin: { nodeId: 'other', data: { ticket: 't', data: { order: 7 } } },
      record: record('r-1', { recordings: [{ file: '/r/a.wav', seconds: 7 }] }),
    });
    // No record came along: the store was away.
    number.tellCall({
      event: 'ended',
      call: callView({ ...ended, id: 'r-2', direction: 'inbound', outcome: 'no_answer', errors: [] }),
    });
    const first = await came('each');
    assert.deepEqual((first.payload as unknown as CallRecord).recordings, [{ file: '/r/a.wav', seconds: 7 }]);
    assert.deepEqual([first.topic, first.data], ['call', { order: 7 }]);
    const { id, missed, placedBy, billedPulses } = (await came('each', 1)).payload as unknown as CallRecord;
    assert.deepEqual([id, missed, placedBy, billedPulses], ['r-2', true, 'contact', undefined]);
    assert.equal((boxes.each ?? assert.fail()).messages.length, 2);
  });

  it('tells nothing by itself unless it was asked to', async () => {
    await load();
    number.tellCall({ event: 'ended', call: callView({ state: 'ended', outcome: 'completed' }) });
    receive({});
    await came('records');
    assert.equal((boxes.each ?? assert.fail()).messages.length, 0);
  });
});
