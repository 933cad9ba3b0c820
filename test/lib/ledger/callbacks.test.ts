import { strict as assert } from 'node:assert';
import type { CallbackRequest } from '../../../lib/ledger/ledger.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, temporaryFolder } from './stand.ts';

const BEN = { phone: '4915112345678' };
const CAT = { phone: '351911111111' };

onEveryEngine('callback requests', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  /** The ids of the same millisecond have no order, so time passes. */
  const add = (contact: Contact = ANA, more: Partial<Parameters<Stand['ledger']['addCallback']>[0]> = {}) => {
    stand.clock.pass(1);
    return stand.ledger.addCallback({ businessNumberId: NUMBER.id, contact, source: 'flow', ...more });
  };
  const claim = (by = 'agent', more: { id?: string; leaseSeconds?: number } = {}) =>
    stand.ledger.claimCallback({ businessNumberId: NUMBER.id, by, ...more });
  const list = async (more: Partial<Parameters<Stand['ledger']['callbacks']>[0]> = {}): Promise<CallbackRequest[]> =>
    (await stand.ledger.callbacks({ businessNumberId: NUMBER.id, ...more })).entries;
  const states = async (): Promise<string[]> => (await list()).map(({ state }) => state);
  const events = async (): Promise<string[]> =>
    (await stand.ledger.audit({})).map(({ event }) => event).filter((event) => event.startsWith('callback'));

  it('are one per person while one is open, and one per key for ever', async () => {
    const first = await add(ANA, { source: 'missed_call', note: 'called twice', key: 'wacid.1' });
    assert.equal(first.added, true);
    assert.deepEqual(first.callback, {
      id: first.callback.id,
      businessNumberId: NUMBER.id,
      contact: ANA,
      source: 'missed_call',
      note: 'called twice',
      requestedAt: stand.now,
      state: 'open',
      attempts: 0,
    });
    // The second wish is the first one, and its key is known from now on as well.
    assert.deepEqual(await add(ANA, { key: 'wacid.2' }), { callback: first.callback, added: false });
    assert.equal((await add(BEN)).added, true);
    await stand.ledger.finishCallback(first.callback.id, { state: 'done' });
    for (const key of ['wacid.1', 'wacid.2']) {
      const again = await add(ANA, { key });
      assert.deepEqual([again.added, again.callback.id, again.callback.state], [false, first.callback.id, 'done']);
    }
    assert.equal((await add(ANA, { key: 'wacid.3' })).added, true);
    assert.deepEqual(await states(), ['done', 'open', 'open']);
    assert.deepEqual(await events(), ['callback_added', 'callback_added', 'callback_done', 'callback_added']);
  });

  it('wished for at the same moment are one', async () => {
    const wishes = await Promise.all(Array.from({ length: 8 }, (_, nr) => add(ANA, { key: `wacid.${nr % 2}` })));
    assert.equal(wishes.filter(({ added }) => added).length, 1);
    assert.equal(new Set(wishes.map(({ callback }) => callback.id)).size, 1);
  });

  it('are claimed oldest first, when due, by one claimer each', async () => {
    const { clock } = stand;
    const later = await add(ANA, { dueAt: stand.now + HOUR });
    clock.pass(SECOND);
    const ben = await add(BEN);
    clock.pass(SECOND);
    const cat = await add(CAT);
    const claimed = await Promise.all([claim('one'), claim('two'), claim('three')]);
    assert.deepEqual(claimed.map((entry) => entry?.id).sort(), [ben.callback.id, cat.callback.id, undefined].sort());
    clock.pass(HOUR);
    const due = await claim('four', { leaseSeconds: 60 });
    assert.deepEqual(
      [due?.id, due?.state, due?.claimedBy, due?.claimedUntil, due?.attempts],
      [later.callback.id, 'claimed', 'four', stand.now + MINUTE, 1],
    );
  });

  it('are free again when a claim lapses, and are shown so', async () => {
    await add();
    const first = await claim('one', { leaseSeconds: 60 });
    stand.clock.pass(MINUTE - 1);
    assert.equal(await claim('two'), undefined);
    assert.deepEqual(
      (await list({ state: 'claimed' })).map(({ claimedBy }) => claimedBy),
      ['one'],
    );
    stand.clock.pass(1);
    const [shown] = await list({ state: 'open' });
    assert.deepEqual([shown?.state, shown?.claimedBy, shown?.claimedUntil], ['open', undefined, undefined]);
    assert.deepEqual(await list({ state: 'claimed' }), []);
    const second = await claim('two');
    assert.deepEqual([second?.id, second?.claimedBy, second?.attempts], [first?.id, 'two', 2]);
  });

  it('can be taken by name before they are due, but not from somebody who has them', async () => {
    const { callback } = await add(ANA, { dueAt: stand.now + DAY });
    assert.equal(await claim('one'), undefined);
    assert.equal((await claim('one', { id: callback.id }))?.id, callback.id);
    assert.equal(await claim('two', { id: callback.id }), undefined);
    assert.equal(await claim('two', { id: 'nobody' }), undefined);
    const other = await stand.ledger.claimCallback({ businessNumberId: 'another', by: 'x', id: callback.id });
    assert.equal(other, undefined);
  });

  it('end as done, open again or cancelled; what is over stays so', async () => {
    const { ledger } = stand;
    const { callback } = await add();
    await claim();
    const open = await ledger.finishCallback(callback.id, { state: 'open', note: 'no answer' });
    assert.deepEqual([open.state, open.note, open.claimedBy, open.attempts], ['open', 'no answer', undefined, 1]);
    await claim();
    assert.equal((await ledger.finishCallback(callback.id, { state: 'cancelled' })).state, 'cancelled');
    assert.equal((await ledger.finishCallback(callback.id, { state: 'open' })).state, 'cancelled');
    assert.equal(await claim(), undefined);
    await assert.rejects(ledger.finishCallback('nobody', { state: 'done' }), { code: 'bad_input' });
    await assert.rejects(ledger.finishCallback(callback.id, { state: 'done', callId: 'nobody' }), {
      code: 'bad_input',
    });
    assert.deepEqual(await events(), [
      'callback_added',
      'callback_claimed',
      'callback_reopened',
      'callback_claimed',
      'callback_cancelled',
    ]);
  });

  it('are done by a conversation of either direction, and linked with its record', async () => {
    const { ledger, clock } = stand;
    await stand.granted();
    const [ana, ben] = [await add(ANA), await add(BEN)];
    await claim();
    clock.pass(MINUTE);
    await stand.conversation('wacid.1');
    await ledger.append([stand.terminated('wacid.in', { contact: BEN, direction: 'inbound', durationSeconds: 9 })]);
    const records = (await ledger.callRecords({ businessNumberId: NUMBER.id })).entries;
    assert.deepEqual(
      records.map(({ callbackId }) => callbackId),
      [ana.callback.id, ben.callback.id],
    );
    assert.deepEqual(
      (await list()).map(({ state, callId }) => [state, callId]),
      records.map(({ id }) => ['done', id]),
    );
  });

  it('are done when we conclude a conversation ourselves, and linked by who says so', async () => {
    const { ledger, clock } = stand;
    await stand.granted();
    await add();
    clock.pass(MINUTE);
    const first = await stand.placed('wacid.1');
    clock.pass(MINUTE);
    await ledger.finishCall(first, { outcome: 'completed', at: stand.now });
    assert.deepEqual(await states(), ['done']);
    const { callback } = await add();
    const second = await stand.placed('wacid.2');
    const done = await ledger.finishCallback(callback.id, { state: 'done', callId: second });
    assert.deepEqual([done.state, done.callId], ['done', second]);
    const [, record] = (await ledger.callRecords({ businessNumberId: NUMBER.id })).entries;
    assert.equal(record?.callbackId, callback.id);
  });

  it('stay open after calls that reached nobody, and after a conversation from before the wish', async () => {
    const { ledger, clock } = stand;
    await stand.granted();
    await stand.placed('wacid.1');
    const startedAt = stand.now;
    await ledger.append([stand.event('call.accepted', 'wacid.1')]);
    clock.pass(MINUTE);
    await add(ANA, { note: 'asked during the call' });
    clock.pass(MINUTE);
    await ledger.append([stand.terminated('wacid.1', { startedAt, endedAt: stand.now, durationSeconds: 120 })]);
    await stand.unanswered('wacid.2');
    assert.deepEqual(await states(), ['open']);
  });

  it('are cancelled by an opt-out, and nobody who has opted out is claimed or added', async () => {
    const { ledger } = stand;
    await add();
    await claim();
    await add(BEN);
    await ledger.append([stand.message({ text: 'STOP' })]);
    await ledger.doNotCall(NUMBER.id, BEN, { listed: true, source: 'import' });
    assert.deepEqual(await states(), ['cancelled', 'cancelled']);
    assert.equal(await claim(), undefined);
    await assert.rejects(add(ANA), { code: 'do_not_call' });
    await ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'asked' });
    assert.equal((await add(ANA)).added, true);
    const rows = await ledger.audit({});
    assert.equal(rows.filter(({ event }) => event === 'callback_cancelled').length, 2);
  });

  it('are planned calls with a purpose: several of a person, each claimable exactly when it is due', async () => {
    const { clock } = stand;
    const start = stand.now;
    const soon = { purpose: 'delivery 4471', dueAt: start + HOUR };
    const first = await add(ANA, soon);
    assert.deepEqual([first.added, first.callback.purpose, first.callback.dueAt], [true, 'delivery 4471', soon.dueAt]);
    assert.deepEqual(await add(ANA, { ...soon, note: 'again' }), { callback: first.callback, added: false });
    const later = await add(ANA, { ...soon, dueAt: start + 3 * HOUR });
    const other = await add(ANA, { ...soon, purpose: 'invoice 7' });
    const wish = await add(ANA, { source: 'missed_call' });
    assert.deepEqual([later.added, other.added, wish.added, (await add(ANA)).added], [true, true, true, false]);
    assert.equal((await claim())?.id, wish.callback.id);
    await stand.ledger.finishCallback(wish.callback.id, { state: 'done' });
    clock.pass(start + HOUR - 1 - stand.now);
    assert.equal(await claim(), undefined, 'a millisecond too early');
    clock.pass(1);
    const due = [await claim(), await claim(), await claim()];
    assert.deepEqual(
      due.map((entry) => [entry?.id, entry?.purpose]),
      [
        [first.callback.id, 'delivery 4471'],
        [other.callback.id, 'invoice 7'],
        [undefined, undefined],
      ],
    );
  });

  it('are cancelled by an opt-out message, due within the next hour or later, and never claimed', async () => {
    const { ledger, clock } = stand;
    const start = stand.now;
    const due = [10 * MINUTE, 59 * MINUTE, 2 * HOUR, 3 * DAY];
    const planned: string[] = [];
    for (const after of due)
      planned.push((await add(ANA, { purpose: 'appointment', dueAt: start + after })).callback.id);
    const ben = await add(BEN, { purpose: 'appointment', dueAt: start + 10 * MINUTE });
    await ledger.append([stand.message({ text: 'please stop calls' })]);
    assert.deepEqual(
      (await list({ state: 'cancelled' })).map(({ id }) => id),
      planned,
    );
    for (const id of planned) assert.equal(await claim('agent', { id }), undefined);
    await assert.rejects(add(ANA, { purpose: 'appointment', dueAt: start + DAY }), { code: 'do_not_call' });
    clock.pass(4 * DAY);
    assert.equal((await claim())?.id, ben.callback.id);
    assert.equal(await claim(), undefined);
    // Releasing the person does not bring back what was cancelled.
    await ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'asked' });
    assert.equal(await claim(), undefined);
  });

  it('are done by a conversation, but a planned call only if somebody had claimed it', async () => {
    const { ledger, clock } = stand;
    await stand.granted();
    const wish = await add();
    const now = await add(ANA, { purpose: 'delivery 4471', dueAt: stand.now });
    const tomorrow = await add(ANA, { purpose: 'delivery 4471', dueAt: stand.now + DAY });
    clock.pass(MINUTE);
    await claim('agent', { id: now.callback.id });
    await stand.conversation('wacid.1');
    const [record] = (await ledger.callRecords({ businessNumberId: NUMBER.id })).entries;
    assert.deepEqual(
      (await list()).map(({ id, state, callId }) => [id, state, callId]),
      [
        [wish.callback.id, 'done', record?.id],
        [now.callback.id, 'done', record?.id],
        [tomorrow.callback.id, 'open', undefined],
      ],
    );
  });

  it('of a person who turns out to be one who opted out are cancelled', async () => {
    const { ledger } = stand;
    await ledger.doNotCall(NUMBER.id, { userId: 'BR.1' }, { listed: true, source: 'crm' });
    await add(ANA);
    // The provider tells that both names are one person's.
    await ledger.append([stand.message({ contact: { ...ANA, userId: 'BR.1' }, text: 'hello' })]);
    assert.deepEqual(await states(), ['cancelled']);
    assert.equal(await claim(), undefined);
  });

  it('stay with a person who turns out to be two rows', async () => {
    await add({ userId: 'BR.1' }, { key: 'a' });
    await add(ANA, { key: 'b' });
    await stand.ledger.append([stand.message({ contact: { ...ANA, userId: 'BR.1' }, text: 'hello' })]);
    assert.deepEqual(
      (await list({ contact: ANA })).map(({ contact }) => contact),
      [
        { ...ANA, userId: 'BR.1' },
        { ...ANA, userId: 'BR.1' },
      ],
    );
    stand.clock.pass(MINUTE);
    await stand.ledger.append([stand.terminated('wacid.in', { direction: 'inbound', durationSeconds: 5 })]);
    assert.deepEqual(await states(), ['done', 'done']);
  });

  it('go with the person who is erased; the next wish is a new one', async () => {
    const { ledger } = stand;
    await add(ANA, { note: 'about the broken lamp', key: 'k' });
    await add(BEN);
    assert.equal((await ledger.erase(NUMBER.id, ANA)).callbacks, 1);
    assert.deepEqual(
      (await list()).map(({ contact }) => contact),
      [BEN],
    );
    assert.equal((await ledger.verifyAudit()).ok, true);
    const again = await add(ANA, { key: 'k' });
    assert.deepEqual([again.added, again.callback.contact], [true, ANA]);
  });

  it('are listed by pages, by state and by person', async () => {
    for (let nr = 0; nr < 7; nr++) await add({ phone: `4915${10_000_000 + nr}` });
    await claim();
    const ids: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<Stand['ledger']['callbacks']>> = await stand.ledger.callbacks({
        businessNumberId: NUMBER.id,
        limit: 3,
        ...(after === '' ? {} : { after }),
      });
      ids.push(...page.entries.map(({ id }) => id));
      after = page.next;
    }
    assert.deepEqual(
      ids,
      (await list()).map(({ id }) => id),
    );
    assert.equal(ids.length, 7);
    assert.equal((await list({ state: 'open' })).length, 6);
    assert.equal((await list({ contact: { phone: '491510000003' } })).length, 1);
    assert.deepEqual(await list({ contact: CAT }), []);
    assert.deepEqual(await list({ businessNumberId: 'another' }), []);
  });
});

onEveryEngine('callback requests in a store that is opened again', (engine) => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  it('are there, with their claims, and go by retention', async () => {
    let stand = await Stand.open({ engine, path: folder.file });
    const { clock } = stand;
    const contact = ANA;
    const { callback } = await stand.ledger.addCallback({
      businessNumberId: NUMBER.id,
      contact,
      source: 'button',
      key: 'k',
    });
    const far = { phone: '4915112345678' };
    clock.pass(1);
    const dueAt = stand.now + 60 * DAY;
    await stand.ledger.addCallback({
      businessNumberId: NUMBER.id,
      contact: far,
      source: 'flow',
      purpose: 'check-up',
      dueAt,
    });
    await stand.ledger.claimCallback({ businessNumberId: NUMBER.id, by: 'one' });
    await stand.crash();
    stand = await Stand.open({ engine, path: folder.file, clock, retentionDays: 30 });
    const entries = async () => (await stand.ledger.callbacks({ businessNumberId: NUMBER.id })).entries;
    assert.deepEqual(
      (await entries()).map(({ state, claimedBy }) => [state, claimedBy]),
      [
        ['claimed', 'one'],
        ['open', undefined],
      ],
    );
    clock.pass(29 * DAY);
    await stand.ledger.sweep();
    assert.equal((await entries()).length, 2);
    clock.pass(3 * DAY);
    await stand.ledger.sweep();
    // The one that is due later stays, and with it its person.
    assert.deepEqual(
      (await entries()).map((entry) => [entry.contact, entry.purpose]),
      [[far, 'check-up']],
    );
    assert.notEqual((await entries())[0]?.id, callback.id);
    const again = await stand.ledger.addCallback({ businessNumberId: NUMBER.id, contact, source: 'button', key: 'k' });
    assert.equal(again.added, true);
    await stand.ledger.close();
  });
});
