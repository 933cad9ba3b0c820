import { strict as assert } from 'node:assert';
import type { CallEvent } from '../../../lib/provider/event.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, temporaryFolder, word } from './stand.ts';

const BEN = { phone: '4915112345678' };

/** The person calls us. */
function rings(stand: Stand, callId: string): CallEvent {
  return { ...stand.event('call.ringing', callId), type: 'call.connect', direction: 'inbound' };
}

onEveryEngine('a call that the person makes', (engine) => {
  const folder = temporaryFolder();
  let stand: Stand;
  let nr = 0;
  let path: string;
  beforeEach(async () => {
    path = `${folder.file}${nr++}`;
    stand = await Stand.open({ engine, path });
  });
  afterEach(() => stand.ledger.close());
  after(() => folder.remove());

  it('is nobody’s until it is claimed; then it is this owner’s until its end', async () => {
    const { ledger } = stand;
    await ledger.append([rings(stand, 'wacid.in')]);
    assert.equal(await ledger.findCall({ callId: 'wacid.in' }), undefined);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    const claimed = await ledger.claimCall('wacid.in', 'support');
    assert.deepEqual(
      [claimed?.direction, claimed?.owner, claimed?.purpose, claimed?.callId, claimed?.contact],
      ['inbound', ledger.owner, 'support', 'wacid.in', ANA],
    );
    const reservationId = claimed?.reservationId ?? '';
    assert.deepEqual(await ledger.findCall({ callId: 'wacid.in' }), claimed);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), [claimed]);
    // What was unsure whether it was written is asked for again.
    assert.equal((await ledger.claimCall('wacid.in'))?.reservationId, reservationId);
    assert.equal((await ledger.claimCall(reservationId))?.purpose, 'support');
    await ledger.append([stand.terminated('wacid.in', { direction: 'inbound', durationSeconds: 5 })]);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    assert.equal(await ledger.claimCall('wacid.in'), undefined);
    const claims = (await ledger.audit({})).filter(({ event }) => event === 'call_claimed');
    assert.equal(claims.length, 1);
  });

  it('cannot be claimed if it is over, ours, another system’s or unknown', async () => {
    const { ledger } = stand;
    await stand.granted();
    await ledger.append([stand.terminated('wacid.missed', { direction: 'inbound' })]);
    await ledger.append([stand.event('call.ringing', 'wacid.other', { contact: BEN })]);
    const ours = await stand.placed('wacid.ours');
    for (const id of ['wacid.missed', 'wacid.other', 'wacid.ours', ours, 'wacid.nobody']) {
      assert.equal(await ledger.claimCall(id), undefined, id);
    }
    assert.equal((await ledger.findCall({ reservationId: ours }))?.direction, undefined);
  });

  it('that was claimed is for the next process to adopt and end, not to answer; one that was not, is not', async () => {
    await stand.ledger.append([rings(stand, 'wacid.in'), { ...rings(stand, 'wacid.free'), contact: BEN }]);
    const claimed = await stand.ledger.claimCall('wacid.in');
    const { clock } = stand;
    await stand.crash();
    stand = await Stand.open({ engine, path, clock });
    const left = await stand.ledger.liveCalls(NUMBER.id);
    assert.deepEqual(
      left.map(({ reservationId, owner }) => [reservationId, owner]),
      [[claimed?.reservationId, claimed?.owner]],
    );
    assert.equal(await stand.ledger.claimCall('wacid.in'), undefined);
    await stand.ledger.adopt(left.map(({ reservationId }) => reservationId));
    const [adopted] = await stand.ledger.liveCalls(NUMBER.id);
    assert.deepEqual([adopted?.owner, adopted?.direction], [stand.ledger.owner, 'inbound']);
    await stand.ledger.finishCall(claimed?.reservationId ?? '', { outcome: 'no_answer', at: stand.now });
    assert.deepEqual(await stand.ledger.liveCalls(NUMBER.id), []);
    const { entries } = await stand.ledger.callRecords({ businessNumberId: NUMBER.id, outcome: 'missed' });
    assert.deepEqual(
      entries.map(({ id }) => id),
      [claimed?.reservationId],
    );
  });

  it('is no call of ours to adopt while nobody has claimed it', async () => {
    await stand.ledger.append([rings(stand, 'wacid.in')]);
    const [record] = (await stand.ledger.callRecords({ businessNumberId: NUMBER.id })).entries;
    await stand.ledger.adopt([record?.id ?? '']);
    assert.deepEqual(await stand.ledger.liveCalls(NUMBER.id), []);
  });

  it('occupies the person for as long as we talk once it is claimed, and for ten silent minutes otherwise', async () => {
    const { ledger, clock } = stand;
    await stand.granted(ANA, { permanent: true });
    await stand.granted(BEN, { permanent: true });
    await ledger.append([rings(stand, 'wacid.in'), { ...rings(stand, 'wacid.free'), contact: BEN }]);
    await ledger.claimCall('wacid.in');
    assert.deepEqual(
      [word(await stand.call(ANA)), word(await stand.call(BEN))],
      ['call_in_progress', 'call_in_progress'],
    );
    clock.pass(11 * MINUTE);
    assert.deepEqual([word(await stand.call(ANA)), word(await stand.call(BEN))], ['call_in_progress', 'ok']);
    await ledger.append([stand.terminated('wacid.in', { direction: 'inbound', durationSeconds: 600 })]);
    assert.equal(word(await stand.call(ANA)), 'ok');
  });

  it('R6: missed or connected brings an automatic grant that is usable and has no purpose of an earlier request', async () => {
    const { ledger, clock } = stand;
    await stand.asked('wamid.1');
    await ledger.append([stand.reply('reject', { contextId: 'wamid.1' })]);
    clock.pass(HOUR);
    await ledger.append([rings(stand, 'wacid.in')]);
    clock.pass(30 * SECOND);
    await ledger.append([stand.terminated('wacid.in', { direction: 'inbound' })]);
    const [granted] = await ledger.append([stand.reply('accept', { source: 'automatic', contextId: 'wacid.in' })]);
    assert.deepEqual(
      granted?.effects.map(({ kind }) => kind),
      ['granted'],
    );
    const permission = await ledger.status(NUMBER.id, ANA);
    assert.deepEqual(
      [permission.status, permission.source, permission.kind, permission.purpose, permission.requestId],
      ['granted', 'callback', 'temporary', undefined, undefined],
    );
    assert.equal(permission.expiresAt, stand.now + 7 * DAY);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('opens the service window even if we miss it; only a conversation forgives requests', async () => {
    const { ledger, clock } = stand;
    await stand.asked('wamid.1');
    clock.pass(MINUTE);
    await ledger.append([rings(stand, 'wacid.missed')]);
    await ledger.append([stand.terminated('wacid.missed', { direction: 'inbound' })]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'request_limit_day');
    await ledger.append([rings(stand, 'wacid.in')]);
    await ledger.claimCall('wacid.in');
    clock.pass(2 * MINUTE);
    const startedAt = stand.now - MINUTE;
    await ledger.append([
      stand.terminated('wacid.in', { direction: 'inbound', startedAt, endedAt: stand.now, durationSeconds: 60 }),
    ]);
    const again = await stand.request(ANA, 'freeform');
    assert.equal(word(again), 'ok');
    assert.equal(again.ok && again.via, 'freeform');
  });
});
