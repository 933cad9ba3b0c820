import { strict as assert } from 'node:assert';
import type { CallRecord } from '../../../lib/ledger/ledger.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand } from './stand.ts';

const BEN = { phone: '4915112345678' };

onEveryEngine('call records', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  const records = async (more: Partial<Parameters<Stand['ledger']['callRecords']>[0]> = {}): Promise<CallRecord[]> =>
    (await stand.ledger.callRecords({ businessNumberId: NUMBER.id, ...more })).entries;

  it('tell everything of a conversation that we began: times, outcome, seconds, pulses', async () => {
    await stand.granted();
    const startedAt = stand.now;
    const id = await stand.placed('wacid.1');
    stand.clock.pass(3 * SECOND);
    const ringingAt = stand.now;
    await stand.ledger.append([stand.event('call.ringing', 'wacid.1')]);
    assert.deepEqual(await records(), [
      {
        id,
        providerCallId: 'wacid.1',
        direction: 'outbound',
        placedBy: 'us',
        businessNumberId: NUMBER.id,
        contact: ANA,
        purpose: 'your order',
        startedAt,
        ringingAt,
        errors: [],
        recordings: [],
      },
    ]);
    stand.clock.pass(5 * SECOND);
    const answeredAt = stand.now;
    await stand.ledger.append([stand.event('call.accepted', 'wacid.1')]);
    stand.clock.pass(61 * SECOND);
    const endedAt = stand.now;
    await stand.ledger.append([stand.terminated('wacid.1', { startedAt: answeredAt, endedAt, durationSeconds: 61 })]);
    const [record] = await records();
    assert.deepEqual(
      [record?.answeredAt, record?.endedAt, record?.outcome, record?.durationSeconds, record?.billedPulses],
      [answeredAt, endedAt, 'completed', 61, 11],
    );
    assert.equal(record?.endedBy, 'them');
    assert.equal(record?.missed, undefined);
  });

  it('are there for calls of other systems and of the person, missed ones named so, billed only if outbound', async () => {
    const { ledger } = stand;
    const other = { startedAt: stand.now, endedAt: stand.now + 6 * SECOND, durationSeconds: 6 };
    for (const event of [
      stand.terminated('wacid.other', other),
      stand.terminated('wacid.missed', { direction: 'inbound', contact: BEN }),
      stand.terminated('wacid.talked', { direction: 'inbound', contact: BEN, durationSeconds: 30 }),
    ]) {
      await ledger.append([event]);
      // The ids of the same millisecond have no order.
      stand.clock.pass(1);
    }
    const seen = (await records()).map(({ direction, placedBy, outcome, missed, billedPulses, providerCallId }) => [
      providerCallId,
      direction,
      placedBy,
      outcome,
      missed,
      billedPulses,
    ]);
    assert.deepEqual(seen, [
      ['wacid.other', 'outbound', 'another_system', 'completed', undefined, 1],
      ['wacid.missed', 'inbound', 'contact', 'no_answer', true, undefined],
      ['wacid.talked', 'inbound', 'contact', 'completed', undefined, undefined],
    ]);
    const idsOf = async (more: Parameters<typeof records>[0]) => (await records(more)).map((one) => one.providerCallId);
    assert.deepEqual(await idsOf({ direction: 'inbound' }), ['wacid.missed', 'wacid.talked']);
    assert.deepEqual(await idsOf({ outcome: 'missed' }), ['wacid.missed']);
    assert.deepEqual(await idsOf({ outcome: 'completed' }), ['wacid.other', 'wacid.talked']);
    assert.deepEqual(await idsOf({ contact: ANA }), ['wacid.other']);
    assert.deepEqual(await idsOf({ contact: { phone: '351912345678' } }), []);
    assert.deepEqual(await idsOf({ businessNumberId: 'another' }), []);
  });

  it('know the direction although the end of the call, heard first, did not tell it', async () => {
    const { direction: _, ...end } = stand.terminated('wacid.in');
    await stand.ledger.append([end]);
    assert.equal((await records())[0]?.placedBy, 'another_system');
    const { call, ringing } = { call: stand.event('call.ringing', 'wacid.in'), ringing: stand.now };
    const connect = { ...call, type: 'call.connect' as const, direction: 'inbound' as const, at: ringing - MINUTE };
    await stand.ledger.append([connect]);
    const [record, ...others] = await records();
    assert.deepEqual(
      [record?.direction, record?.placedBy, record?.missed, others.length],
      ['inbound', 'contact', true, 0],
    );
    // It is none of those that the number may start in a day.
    const { callLimits } = await stand.ledger.explain(NUMBER, BEN);
    assert.ok(callLimits.every(({ used, rule }) => used === 0 || !/10,?000/.test(rule.limit)));
  });

  it('keep the provider’s errors, why nothing was placed, and who ended it: the first word stands', async () => {
    const { ledger } = stand;
    await stand.granted();
    const failed = await stand.placed('wacid.failed');
    const errors = [{ code: '138021', message: 'Media receive timeout', details: 'No media was received.' }];
    await ledger.append([stand.terminated('wacid.failed', { status: 'failed', errors })]);
    stand.clock.pass(1);
    const refused = await stand.call();
    assert.ok(refused.ok);
    await ledger.settle(refused.reservationId, { state: 'released', why: 'no_permission' });
    stand.clock.pass(1);
    const hungUp = await stand.placed('wacid.ours');
    assert.equal(await ledger.endRequested(hungUp, 'cancelled'), true);
    await ledger.append([stand.terminated('wacid.ours')]);
    assert.equal(await ledger.noteCallEnd(hungUp, { endedBy: 'network' }), true);
    assert.equal(await ledger.noteCallEnd(hungUp, { endedBy: 'them' }), false);
    assert.equal(await ledger.noteCallEnd('nobody', { endedBy: 'them' }), false);
    assert.deepEqual(
      (await records()).map(({ id, outcome, endedBy, errors: told }) => [id, outcome, endedBy, told]),
      [
        [failed, 'failed', 'network', [{ code: '138021', message: 'Media receive timeout' }]],
        [refused.reservationId, 'failed', 'unknown', [{ code: 'not_placed', message: 'no_permission' }]],
        [hungUp, 'cancelled', 'network', []],
      ],
    );
  });

  it('say of a call to us that we could not take that it failed, and why', async () => {
    const { ledger } = stand;
    const connect = { ...stand.terminated('wacid.in', { contact: ANA }), id: 'connect', type: 'call.connect' as const };
    await ledger.append([{ ...connect, direction: 'inbound' as const }]);
    const id = (await ledger.claimCall('wacid.in'))?.reservationId ?? assert.fail('not claimed');
    assert.equal(await ledger.endRequested(id, 'failed'), true);
    await ledger.append([stand.terminated('wacid.in', { direction: 'inbound', contact: ANA })]);
    const error = { code: '138007', message: 'The media connection was not set up in time.' };
    assert.equal(await ledger.noteCallEnd(id, { endedBy: 'us', error }), true);
    const [record] = await records();
    assert.deepEqual(
      [record?.outcome, record?.missed, record?.endedBy, record?.errors],
      ['failed', true, 'us', [error]],
    );
    assert.deepEqual((await ledger.findCall({ callId: 'wacid.in' }))?.outcome, 'failed');
  });

  it('keep recordings once per file, through a restart of the call’s story, and an erasure takes and names them', async () => {
    const { ledger } = stand;
    await stand.granted();
    const id = await stand.placed('wacid.1');
    assert.equal(await ledger.noteRecording('nobody', { file: '/r/1.wav' }), false);
    assert.equal(await ledger.noteRecording(id, { file: '/r/1.wav' }), true);
    assert.equal(await ledger.noteRecording(id, { file: '/r/2.wav', seconds: 2 }), true);
    assert.equal(await ledger.noteRecording(id, { file: '/r/1.wav', seconds: 60 }), true);
    await ledger.append([stand.terminated('wacid.1', { durationSeconds: 60 })]);
    assert.equal(await ledger.noteRecording(id, { file: '/r/2.wav' }), true);
    const kept = [
      { file: '/r/2.wav', seconds: 2 },
      { file: '/r/1.wav', seconds: 60 },
    ];
    assert.deepEqual((await records())[0]?.recordings, kept);
    const audit = await ledger.audit({});
    assert.equal(audit.filter(({ event }) => event === 'call_recorded').length, 3);
    assert.ok(!JSON.stringify(audit).includes('.wav'));
    const erasure = await ledger.erase(NUMBER.id, ANA);
    assert.deepEqual(erasure.recordings, ['/r/2.wav', '/r/1.wav']);
    const [record] = await records();
    assert.deepEqual(
      [record?.contact, record?.purpose, record?.recordings, record?.outcome],
      [{}, '', [], 'completed'],
    );
    assert.equal(record?.providerCallId, undefined);
  });

  it('keep the last score of a call, whatever else is noted, until the person is erased', async () => {
    const { ledger } = stand;
    await stand.granted();
    const id = await stand.placed('wacid.1');
    assert.equal(await ledger.noteScore('nobody', 4), false);
    for (const bad of [0, 6, 4.5, Number.NaN, '4', null])
      await assert.rejects(ledger.noteScore(id, bad as number), { code: 'bad_input' });
    assert.equal((await records())[0]?.score, undefined);
    assert.equal(await ledger.noteScore(id, 2), true);
    await ledger.append([stand.terminated('wacid.1', { durationSeconds: 60 })]);
    await ledger.noteRecording(id, { file: '/r/1.wav' });
    assert.equal(await ledger.noteScore(id, 4), true);
    assert.equal(await ledger.noteScore(id, 4), true);
    const [record] = await records();
    assert.deepEqual([record?.score, record?.outcome, record?.recordings.length], [4, 'completed', 1]);
    const scores = (await ledger.audit({})).filter(({ event }) => event === 'call_scored');
    assert.deepEqual(
      scores.map(({ detail }) => (detail as { score?: number }).score),
      [2, 4],
    );
    await ledger.erase(NUMBER.id, ANA);
    assert.equal((await records())[0]?.score, undefined);
    assert.equal((await ledger.verifyAudit()).ok, true);
  });

  it('come by pages, each once, in the order of the calls, and from a time to another', async () => {
    const { ledger, clock } = stand;
    await stand.granted(ANA, { permanent: true });
    const times: number[] = [];
    for (let nr = 0; nr < 7; nr++) {
      times.push(stand.now);
      await stand.conversation(`wacid.${nr}`);
      clock.pass(HOUR);
    }
    const all = (await records()).map(({ id }) => id);
    assert.equal(all.length, 7);
    const paged: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof ledger.callRecords>> = await ledger.callRecords({
        businessNumberId: NUMBER.id,
        limit: 3,
        ...(after === '' ? {} : { after }),
      });
      assert.ok(page.entries.length <= 3);
      paged.push(...page.entries.map(({ id }) => id));
      after = page.next;
    }
    assert.deepEqual(paged, all);
    const between = await records({ from: times[2] ?? 0, to: times[5] ?? 0 });
    assert.deepEqual(
      between.map(({ id }) => id),
      all.slice(2, 5),
    );
  });

  it('of which the provider told days later are found by when they began', async () => {
    stand.clock.pass(3 * DAY);
    const began = stand.now - 2 * DAY;
    const late = { at: began + MINUTE, startedAt: began, endedAt: began + MINUTE, durationSeconds: 60 };
    await stand.ledger.append([stand.terminated('wacid.late', late)]);
    assert.equal((await records({ from: began, to: began + SECOND })).length, 1);
    assert.equal((await records({ from: began + SECOND })).length, 0);
  });

  it('beyond one part of work are all found, also for one person among many', async function () {
    this.timeout(30_000);
    const people = Array.from({ length: 620 }, (_, nr) => ({ phone: `4915${String(10_000_000 + nr)}` }));
    await stand.ledger.append(people.map((contact, nr) => stand.terminated(`wacid.${nr}`, { contact })));
    assert.equal((await records({ limit: 1_000 })).length, 620);
    assert.equal((await records({ contact: people[600] ?? ANA })).length, 1);
    const page = await stand.ledger.callRecords({ businessNumberId: NUMBER.id, limit: 620 });
    const rest = page.next === undefined ? [] : await records({ after: page.next });
    assert.equal(page.entries.length + rest.length, 620);
  });
});
