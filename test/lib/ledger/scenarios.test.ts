import { strict as assert } from 'node:assert';
import { DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, type StandSettings, word } from './stand.ts';

onEveryEngine('the ledger in the acceptance scenarios', (engine) => {
  let stand: Stand;
  const open = async (settings: StandSettings = {}) => {
    stand = await Stand.open({ engine, ...settings });
    return stand;
  };
  afterEach(() => stand.ledger.close());

  it('R1: request, acceptance with expiry, call, ringing, accepted, terminate: complete, limits reset', async () => {
    const { ledger, clock } = await open();
    assert.equal(word(await stand.call()), 'permission_not_requested');
    await stand.asked('wamid.1');
    assert.equal((await ledger.status(NUMBER.id, { phone: '5511955500123' })).status, 'pending');
    assert.equal(word(await stand.call()), 'permission_pending');
    clock.pass(MINUTE);
    const [granted] = await ledger.append([stand.reply('accept', { contextId: 'wamid.1' })]);
    assert.equal(granted?.effects[0]?.kind, 'granted');
    const permission = await ledger.status(NUMBER.id, { phone: '5511955500123' });
    assert.deepEqual(
      [permission.status, permission.source, permission.purpose, permission.expiresAt, permission.requestId],
      ['granted', 'request', 'your order', stand.now + 7 * DAY, 'wamid.1'],
    );
    assert.equal(word(await stand.request()), 'request_limit_day');
    const reservationId = await stand.placed('wacid.1');
    assert.deepEqual(
      (await ledger.liveCalls(NUMBER.id)).map((call) => call.callId),
      ['wacid.1'],
    );
    const startedAt = stand.now + 5 * SECOND;
    await ledger.append([stand.event('call.ringing', 'wacid.1')]);
    clock.pass(6 * SECOND);
    await ledger.append([stand.event('call.accepted', 'wacid.1', { at: startedAt })]);
    clock.pass(MINUTE);
    await ledger.append([stand.terminated('wacid.1', { startedAt, endedAt: stand.now, durationSeconds: 61 })]);
    const call = await ledger.findCall({ callId: 'wacid.1' });
    assert.deepEqual(
      [call?.reservationId, call?.outcome, call?.durationSeconds, call?.acceptedAt, call?.endedAt, call?.reservation],
      [reservationId, 'completed', 61, startedAt, stand.now, 'consumed'],
    );
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    assert.equal(word(await stand.request()), 'ok');
  });

  it('R2: a second request in 24 h and a third in 7 days are blocked, both free after a connected call', async () => {
    const { clock } = await open();
    await stand.asked('wamid.1');
    assert.equal(word(await stand.request()), 'request_limit_day');
    clock.pass(DAY + MINUTE - 1);
    assert.equal(word(await stand.request()), 'request_limit_day');
    clock.pass(1);
    await stand.asked('wamid.2');
    clock.pass(2 * DAY);
    const refused = await stand.request();
    assert.equal(word(refused), 'request_limit_week');
    assert.equal(refused.ok || refused.reason.nextAllowedAt, stand.now - 3 * DAY - MINUTE + 7 * DAY + MINUTE);
    await stand.granted();
    clock.pass(SECOND);
    await stand.conversation('wacid.1');
    await stand.asked('wamid.3');
    assert.equal(word(await stand.request()), 'request_limit_day');
  });

  it('R3: the sixth connected call in 24 h is blocked under a limit of 5, and allowed again exactly at 24 h', async () => {
    const { clock } = await open({ overrides: { connectedCallsPerDay: 5, skewSeconds: 0 } });
    await stand.granted();
    const first = stand.now + 5 * SECOND;
    for (let index = 0; index < 5; index++) await stand.conversation(`wacid.${index}`);
    const refused = await stand.call();
    assert.equal(word(refused), 'connected_call_limit');
    assert.equal(refused.ok || refused.reason.nextAllowedAt, first + DAY);
    clock.pass(first + DAY - stand.now - 1);
    assert.equal(word(await stand.call()), 'connected_call_limit');
    clock.pass(1);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('R3: the 101st is blocked', async () => {
    await open();
    await stand.granted();
    for (let index = 0; index < 100; index++) await stand.conversation(`wacid.${index}`);
    assert.equal(word(await stand.call()), 'connected_call_limit');
  });

  it('R4: two unanswered calls warn, four revoke and block; an answered one between begins anew', async () => {
    const { ledger, clock } = await open();
    await stand.granted();
    const heard = async (callId: string) => {
      await stand.placed(callId);
      clock.pass(MINUTE);
      const [appended] = await ledger.append([stand.terminated(callId)]);
      return appended?.effects.map((effect) => effect.kind);
    };
    assert.deepEqual(await heard('a1'), []);
    assert.deepEqual(await heard('a2'), ['unanswered_warning']);
    assert.deepEqual(await heard('a3'), []);
    await stand.conversation('answered');
    assert.deepEqual(await heard('b1'), []);
    assert.deepEqual(await heard('b2'), ['unanswered_warning']);
    assert.deepEqual(await heard('b3'), []);
    assert.deepEqual(await heard('b4'), ['ended']);
    const refused = await stand.call();
    assert.equal(word(refused), 'permission_revoked');
    assert.equal(refused.ok || refused.permission.ended, 'automatic');
    // The person may allow it again.
    clock.pass(MINUTE);
    await stand.granted();
    assert.equal(word(await stand.call()), 'ok');
  });

  it('R5: an expired permission is blocked without a sweep; the sweep writes it down and tells it once', async () => {
    const { ledger, clock } = await open();
    await stand.granted();
    clock.pass(7 * DAY - MINUTE - 1);
    assert.equal(word(await stand.call()), 'ok');
    clock.pass(1 + MINUTE);
    assert.equal(word(await stand.call()), 'permission_expired');
    assert.deepEqual(
      (await ledger.sweep()).map((effect) => [effect.kind, effect.kind === 'ended' && effect.why]),
      [['ended', 'expired']],
    );
    assert.deepEqual(await ledger.sweep(), []);
    assert.equal(word(await stand.call()), 'permission_expired');
  });

  it('R6: unsolicited grants are stored and usable', async () => {
    const { ledger, clock } = await open();
    const contact = { userId: 'BR.48219037716650284417' };
    const { expiresAt, ...bare } = stand.reply('accept', { contact, permanent: true });
    await ledger.append([bare]);
    clock.pass(400 * DAY);
    assert.equal(word(await stand.call(contact)), 'ok');
    assert.equal((await ledger.status(NUMBER.id, contact)).source, 'profile');
    await ledger.append([stand.reply('accept', { source: 'automatic', contextId: 'wacid.in' })]);
    assert.equal((await ledger.status(NUMBER.id, { phone: '5511955500123' })).source, 'callback');
    assert.equal(word(await stand.call({ phone: '5511955500123' })), 'ok');
  });

  it("R8: with a grant that only we believe in, the provider's refusal flips the state", async () => {
    const { ledger } = await open();
    await stand.granted();
    const reservation = await stand.call();
    assert.ok(reservation.ok);
    await ledger.settle(reservation.reservationId, { state: 'released', why: '138006' });
    const contact = { phone: '5511955500123' };
    const permission = await ledger.correct({ businessNumber: NUMBER, contact, says: 'no_permission' });
    assert.equal(permission.ended, 'provider_says_none');
    assert.equal(word(await stand.call()), 'permission_missing_at_provider');
    await ledger.correct({ businessNumber: NUMBER, contact, says: 'request_limit', retryAt: stand.now + HOUR });
    assert.equal(word(await stand.request()), 'request_limit_day');
    await ledger.correct({ businessNumber: NUMBER, contact, says: 'permanent' });
    assert.equal(word(await stand.call()), 'ok');
    assert.equal(word(await stand.request()), 'permanent_permission_exists');
  });

  it('R11: rejected then terminate is one outcome; ACCEPTED after the terminate does not reopen the call', async () => {
    const { ledger } = await open();
    await stand.granted();
    await stand.placed('wacid.1');
    await ledger.append([stand.event('call.rejected', 'wacid.1'), stand.terminated('wacid.1')]);
    const ended = await ledger.findCall({ callId: 'wacid.1' });
    assert.equal(ended?.outcome, 'declined');
    await ledger.append([stand.event('call.accepted', 'wacid.1')]);
    const after = await ledger.findCall({ callId: 'wacid.1' });
    assert.equal(after?.endedAt, ended?.endedAt);
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
  });

  it('R14: free-form inside the service window, template outside it', async () => {
    const { ledger, clock } = await open();
    await ledger.append([stand.message()]);
    const inside = await stand.request({ phone: '5511955500123' }, 'auto');
    assert.equal(inside.ok && inside.via, 'freeform');
    assert.ok(inside.ok);
    await ledger.settle(inside.reservationId, { state: 'released', why: 'test' });
    clock.pass(DAY - MINUTE);
    const outside = await stand.request({ phone: '5511955500123' }, 'auto');
    assert.equal(outside.ok && outside.via, 'template');
  });

  it('R17: with a validity of 24 h a call 24 h 00 m 01 s after the grant is refused', async () => {
    const { clock } = await open({ overrides: { validitySeconds: 86_400, skewSeconds: 0 } });
    await stand.asked('wamid.1');
    clock.pass(3 * HOUR);
    await stand.granted({ phone: '5511955500123' }, { contextId: 'wamid.1' });
    clock.pass(DAY - 1);
    const reservation = await stand.call();
    assert.ok(reservation.ok);
    await stand.ledger.settle(reservation.reservationId, { state: 'released', why: 'test' });
    clock.pass(1_001);
    assert.equal(word(await stand.call()), 'permission_expired');
  });

  it('an opt-out beats grants before and after it, until it is released', async () => {
    const { ledger, clock } = await open();
    const contact = { phone: '5511955500123' };
    await stand.granted();
    await ledger.doNotCall(NUMBER.id, contact, { listed: true, source: 'keyword' });
    assert.equal(word(await stand.call()), 'do_not_call');
    assert.equal(word(await stand.request()), 'do_not_call');
    assert.equal((await ledger.status(NUMBER.id, contact)).ended, 'opt_out');
    clock.pass(HOUR);
    const [later] = await ledger.append([stand.reply('accept', { permanent: true })]);
    assert.deepEqual(later?.effects, []);
    assert.equal(word(await stand.call()), 'do_not_call');
    await ledger.doNotCall(NUMBER.id, contact, { listed: false, source: 'operator' });
    assert.equal(word(await stand.call()), 'ok');
  });

  it('explains everything at once', async () => {
    const { ledger } = await open();
    await stand.granted();
    const { canCall, canRequest, callLimits, requestLimits } = await ledger.explain(NUMBER, {
      phone: '5511955500123',
    });
    assert.deepEqual([canCall, canRequest, callLimits.length, requestLimits.length], [true, true, 5, 2]);
    const stranger = await ledger.explain(NUMBER, { phone: '4915112345678' });
    assert.equal(stranger.callReason?.code, 'permission_not_requested');
  });

  it('stops a number that the provider has paused, but not for incoming calls or a warning', async () => {
    const { ledger, clock } = await open();
    await stand.granted();
    const restricted = (id: string, restriction: string, warning: boolean) =>
      ({
        type: 'account.restricted',
        id,
        at: stand.now,
        businessNumberId: NUMBER.id,
        restriction,
        warning,
        until: stand.now + DAY,
      }) as const;
    await ledger.append([restricted('1', 'RESTRICTED_USER_INITIATED_CALLING', false)]);
    await ledger.append([restricted('2', 'LOW_BUSINESS_INITIATED_CALLING_QUALITY', true)]);
    assert.equal((await ledger.explain(NUMBER, { phone: '5511955500123' })).canCall, true);
    await ledger.append([restricted('3', 'RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING', false)]);
    assert.equal(word(await stand.call()), 'number_restricted');
    assert.equal(word(await stand.request()), 'number_restricted');
    clock.pass(DAY + MINUTE);
    assert.equal(word(await stand.call()), 'ok');
  });

  it("keeps a business number's own limits over all its contacts", async () => {
    const { clock } = await open({ overrides: { startsPerDay: 3, concurrentCalls: 2 } });
    const people = [1, 2, 3, 4].map((digit) => ({ phone: `551195550010${digit}` }));
    for (const contact of people) await stand.granted(contact);
    await stand.placed('c1', people[0]);
    await stand.placed('c2', people[1]);
    assert.equal(word(await stand.call(people[2])), 'number_concurrent_call_limit');
    clock.pass(MINUTE);
    await stand.ledger.append([stand.terminated('c1', { contact: people[0] ?? {} })]);
    await stand.placed('c3', people[2]);
    await stand.ledger.append([stand.terminated('c2', { contact: people[1] ?? {} })]);
    const refused = await stand.call(people[3]);
    assert.equal(word(refused), 'number_daily_call_limit');
    assert.equal(refused.ok || refused.reason.nextAllowedAt, stand.now - MINUTE + DAY + MINUTE);
  });
});
