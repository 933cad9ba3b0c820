import { strict as assert } from 'node:assert';
import { ANA, DAY, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, word } from './stand.ts';

const userId = 'BR.48219037716650284417';
const parentUserId = 'BR.ENT.77120945518830026194';
const BY_ID = { userId };
const BOTH = { ...ANA, userId };

onEveryEngine('one person under several names', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  it('is found by phone, user id and parent id once a webhook has named them together', async () => {
    await stand.granted({ ...BOTH, parentUserId, name: 'Ana Lima' });
    for (const contact of [ANA, BY_ID, { parentUserId }, BOTH]) {
      const reservation = await stand.call(contact);
      assert.ok(reservation.ok);
      assert.equal(word(await stand.call(ANA)), 'call_in_progress');
      await stand.ledger.settle(reservation.reservationId, { state: 'released', why: 'test' });
    }
    const { contact } = await stand.ledger.explain(NUMBER, BY_ID);
    assert.deepEqual(contact, { ...BOTH, parentUserId, name: 'Ana Lima' });
  });

  it('is merged, with everything counted together, when a webhook shows that two rows are one', async () => {
    await stand.asked('wamid.1', ANA);
    stand.clock.pass(DAY + MINUTE);
    await stand.asked('wamid.2', BY_ID);
    stand.clock.pass(DAY + MINUTE);
    for (const contact of [ANA, BY_ID]) assert.equal((await stand.ledger.explain(NUMBER, contact)).canRequest, true);
    await stand.ledger.append([stand.message({ contact: BOTH })]);
    for (const contact of [ANA, BY_ID, BOTH]) assert.equal(word(await stand.request(contact)), 'request_limit_week');
    const audit = await stand.ledger.audit({ businessNumberId: NUMBER.id, contact: BY_ID });
    assert.equal(audit.filter(({ event }) => event === 'request_sent').length, 2);
    assert.ok(audit.some(({ event }) => event === 'identities_merged'));
  });

  it('learns who was called and asked from the reply to us, also if a webhook by one name was faster', async () => {
    await stand.granted(BY_ID);
    const call = await stand.call(BY_ID);
    assert.ok(call.ok);
    const news = stand.event('call.ringing', 'c1', { contact: BY_ID, correlationId: call.reservationId });
    await stand.ledger.append([news]);
    await stand.ledger.settle(call.reservationId, { state: 'consumed', providerId: 'c1', contact: BOTH });
    assert.equal(word(await stand.call(ANA)), 'call_in_progress');
    const rui = { userId: 'PT.60318842297715530964' };
    const request = await stand.request(rui);
    assert.ok(request.ok);
    await stand.ledger.append([stand.reply('reject', { contact: rui, contextId: 'wamid.1' })]);
    const both = { ...rui, phone: '351912000456' };
    await stand.ledger.settle(request.reservationId, { state: 'consumed', providerId: 'wamid.1', contact: both });
    assert.equal(word(await stand.request({ phone: both.phone })), 'request_limit_day');
  });

  it('keeps the opt-out and the streak of either when merged', async () => {
    await stand.granted(ANA);
    await stand.unanswered('a1');
    await stand.granted(BY_ID);
    await stand.ledger.append([stand.terminated('b1', { contact: BY_ID })]);
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'keyword' });
    await stand.ledger.append([stand.message({ contact: BOTH })]);
    const explanation = await stand.ledger.explain(NUMBER, BY_ID);
    assert.equal(explanation.callReason?.code, 'do_not_call');
    assert.equal(explanation.callLimits[4]?.used, 2);
  });

  it('keeps an opt-out by one name when merged with a younger permission by another', async () => {
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'keyword' });
    stand.clock.pass(MINUTE);
    await stand.granted(BY_ID);
    await stand.ledger.append([stand.message({ contact: BOTH })]);
    for (const contact of [ANA, BY_ID, BOTH]) assert.equal(word(await stand.call(contact)), 'do_not_call');
  });

  it('is learnt from what the provider answers to a request or a call', async () => {
    const reservation = await stand.request(ANA);
    assert.ok(reservation.ok);
    await stand.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: 'wamid.1', contact: BOTH });
    assert.equal(word(await stand.request(BY_ID)), 'request_limit_day');
    // WhatsApp knows this Brazilian without the ninth digit.
    const dialled = { phone: '5511966600123' };
    const known = { phone: '551166600123' };
    await stand.granted(dialled);
    const call = await stand.call(dialled);
    assert.ok(call.ok);
    await stand.ledger.append([
      stand.event('call.ringing', 'wacid.1', { contact: known, correlationId: call.reservationId }),
    ]);
    assert.equal(word(await stand.call(known)), 'call_in_progress');
    assert.equal(word(await stand.call(dialled)), 'call_in_progress');
  });

  it('answers to the request, whatever name the reply carries', async () => {
    await stand.asked('wamid.1', ANA);
    await stand.ledger.append([stand.reply('accept', { contact: BY_ID, contextId: 'wamid.1' })]);
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'granted');
    assert.equal(word(await stand.call(BY_ID)), 'ok');
  });

  it('a flow that names two different people is refused', async () => {
    await stand.granted(ANA);
    await stand.granted(BY_ID);
    const refused = await stand.call(BOTH);
    assert.equal(word(refused), 'contact_invalid');
    assert.match(refused.ok ? '' : refused.reason.nextStep, /only one/);
    assert.equal(word(await stand.request(BOTH)), 'contact_invalid');
    await assert.rejects(stand.ledger.doNotCall(NUMBER.id, BOTH, { listed: true, source: 'x' }), { code: 'bad_input' });
  });

  it('a claim of a flow holds limits, but brings nobody a permission', async () => {
    await stand.asked('wamid.1', BOTH);
    assert.equal(word(await stand.request(ANA)), 'request_limit_day');
    assert.equal(word(await stand.request(BY_ID)), 'request_limit_day');
    // In truth the phone belongs to somebody else, who now allows calls.
    const other = { ...ANA, userId: 'BR.99999999999999999999' };
    await stand.ledger.append([stand.message({ contact: BY_ID })]);
    await stand.granted(other);
    assert.equal(word(await stand.call(ANA)), 'ok');
    assert.equal(word(await stand.call(BY_ID)), 'permission_pending');
  });

  it('a phone number with a new user id is somebody else: no permission goes with it, an opt-out does', async () => {
    await stand.granted(BOTH);
    const stranger = { ...ANA, userId: 'BR.11111111111111111111' };
    await stand.ledger.append([stand.message({ contact: stranger })]);
    assert.equal(word(await stand.call(ANA)), 'permission_not_requested');
    assert.equal(word(await stand.call(stranger)), 'permission_not_requested');
    assert.equal(word(await stand.call(BY_ID)), 'ok');
    stand.clock.pass(SECOND);
    await stand.ledger.doNotCall(NUMBER.id, stranger, { listed: true, source: 'keyword' });
    await stand.ledger.append([stand.message({ contact: { ...ANA, userId: 'BR.22222222222222222222' } })]);
    assert.equal(word(await stand.call(ANA)), 'do_not_call');
  });

  it('is somebody else for another business number', async () => {
    await stand.granted(ANA);
    const other = { id: 'pn2', phone: '4930123456' };
    const reservation = await stand.ledger.reserveCall({ businessNumber: other, contact: ANA, purpose: 'x' });
    assert.equal(word(reservation), 'permission_not_requested');
  });
});
