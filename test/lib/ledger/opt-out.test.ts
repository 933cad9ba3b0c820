import { strict as assert } from 'node:assert';
import type { Effect, OptedOut } from '../../../lib/ledger/ledger.ts';
import {
  ANA,
  DAY,
  HOUR,
  MINUTE,
  NUMBER,
  onEveryEngine,
  SECOND,
  Stand,
  TestClock,
  temporaryFolder,
  word,
} from './stand.ts';

const optedOut = (effects: Effect[] | undefined): OptedOut => {
  const found = effects?.find((effect) => effect.kind === 'opted_out');
  assert.ok(found?.kind === 'opted_out', 'no opt-out');
  return found;
};

onEveryEngine('opt-out in the ledger', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  const says = async (text: string, more: Parameters<Stand['message']>[0] = {}) =>
    (await stand.ledger.append([stand.message({ text, ...more })]))[0]?.effects;
  const audited = async (event: string) =>
    (await stand.ledger.audit({ businessNumberId: NUMBER.id, limit: 1_000 })).filter((row) => row.event === event);

  it('R7: revokes and lists in the transaction of the message, with audit; a later grant does not lift it, a release does', async () => {
    await stand.granted();
    const effect = optedOut(await says('Pare de me ligar!!', { messageId: 'wamid.stop' }));
    assert.deepEqual(
      [effect.source, effect.first, effect.language, effect.permission.status, effect.permission.ended],
      ['message', true, 'pt', 'denied', 'opt_out'],
    );
    assert.equal(word(await stand.call()), 'do_not_call');
    assert.equal(word(await stand.request()), 'do_not_call');
    const [row] = await audited('do_not_call_listed');
    assert.deepEqual(row?.detail, { source: 'message', phrase: 'pare de me ligar', messageId: 'wamid.stop' });
    stand.clock.pass(HOUR);
    assert.deepEqual((await stand.ledger.append([stand.reply('accept')]))[0]?.effects, []);
    await stand.ledger.correct({ businessNumber: NUMBER, contact: ANA, says: 'permanent' });
    assert.equal(word(await stand.call()), 'do_not_call');
    assert.deepEqual(await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'operator' }), []);
    assert.equal((await audited('do_not_call_released')).length, 1);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('hears a template button, a quick reply by its title or payload, and nothing in other messages', async () => {
    assert.equal(optedOut(await says('Stop calls', { payload: 'x1' })).source, 'button');
    const other = { contact: { phone: '5511955500124' } };
    assert.equal(optedOut(await says('Não, obrigado', { ...other, payload: 'STOP_CALLS' })).source, 'button');
    for (const text of ['please call me, don’t stop', 'stop by', '', 'x'.repeat(100_000)])
      assert.deepEqual(await says(text, { contact: { phone: '5511955500125' } }), []);
    assert.deepEqual(
      (await stand.ledger.append([stand.message({ contact: { phone: '5511955500125' } })]))[0]?.effects,
      [],
    );
  });

  it('wins over a grant that is younger by its time, whichever comes first', async () => {
    const at = stand.now - HOUR;
    await stand.granted();
    optedOut(await says('stop', { at }));
    assert.equal(word(await stand.call()), 'do_not_call');
    const rui = { phone: '5511955500124' };
    optedOut(await says('stop', { contact: rui, at }));
    await stand.granted(rui);
    assert.equal(word(await stand.call(rui)), 'do_not_call');
  });

  it('takes a message once: a repeated delivery after a release lists nobody again, another message does', async () => {
    const message = stand.message({ text: 'STOP' });
    assert.equal(optedOut((await stand.ledger.append([message]))[0]?.effects).first, true);
    assert.equal(optedOut(await says('STOP')).first, false, 'said again');
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'operator' });
    assert.deepEqual((await stand.ledger.append([message]))[0], { event: message, fresh: false, effects: [] });
    await stand.granted();
    assert.equal(word(await stand.call()), 'ok');
    stand.clock.pass(3 * DAY);
    optedOut(await says('STOP', { at: stand.now - 3 * DAY - SECOND }));
    assert.equal(word(await stand.call()), 'do_not_call', 'late, but never heard before: in doubt nobody is called');
  });

  it('knows people by their user id alone, and by both names once a webhook has joined them', async () => {
    const [byId, byPhone] = [{ userId: 'BR.48219037716650284417' }, ANA];
    optedOut(await says('stop calling me', { contact: byId }));
    assert.equal(word(await stand.call(byId)), 'do_not_call');
    await stand.ledger.append([stand.message({ contact: { ...byId, ...byPhone }, text: 'hello' })]);
    await stand.granted(byPhone);
    assert.equal(word(await stand.call(byPhone)), 'do_not_call');
    assert.deepEqual(
      (await stand.ledger.doNotCallList({ businessNumberId: NUMBER.id })).entries.map(({ contact }) => contact),
      [{ ...byId, ...byPhone }],
    );
  });

  it('names the calls and requests that must not go on, and refuses those that have not left', async () => {
    await stand.granted();
    const call = await stand.call();
    assert.ok(call.ok);
    const rui = { phone: '5511955500124' };
    const request = await stand.request(rui);
    assert.ok(request.ok);
    for (const id of [call.reservationId, request.reservationId, 'nobody'])
      assert.equal(await stand.ledger.stillAllowed(id), undefined);
    assert.deepEqual(optedOut(await says('stop')).calls, [call.reservationId]);
    assert.deepEqual(optedOut(await says('stop', { contact: rui })).requests, [request.reservationId]);
    for (const id of [call.reservationId, request.reservationId])
      assert.equal((await stand.ledger.stillAllowed(id))?.code, 'do_not_call');
    await stand.ledger.settle(call.reservationId, { state: 'released', why: 'the person has opted out' });
    assert.deepEqual(optedOut(await says('stop')).calls, []);
  });

  it('frees one confirmation in a day, inside the service window, while the person is listed', async () => {
    const claim = () => stand.ledger.claimOptOutConfirmation(NUMBER.id, ANA);
    assert.equal(await claim(), false, 'nobody is known');
    await says('hello');
    assert.equal(await claim(), false, 'not listed');
    await says('stop');
    assert.deepEqual(await Promise.all([claim(), claim(), claim()]), [true, false, false]);
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'operator' });
    stand.clock.pass(DAY - 2 * MINUTE);
    await says('stop');
    assert.equal(await claim(), false, 'not even after a release');
    stand.clock.pass(2 * MINUTE);
    assert.equal(await claim(), true);
    stand.clock.pass(DAY);
    assert.equal(await claim(), false, 'the window has closed');
    const rui = { phone: '5511955500124' };
    await stand.ledger.doNotCall(NUMBER.id, rui, { listed: true, source: 'operator' });
    assert.equal(await stand.ledger.claimOptOutConfirmation(NUMBER.id, rui), false, 'he has never written');
  });

  it('keeps it through a restart: listed, claimed, and the effect waits for who hands it out', async () => {
    const folder = temporaryFolder();
    const clock = new TestClock();
    try {
      const before = await Stand.open({ engine, path: folder.file, clock });
      await before.granted();
      await before.ledger.append([before.message({ id: 'm1', text: 'stop' })]);
      assert.equal(await before.ledger.claimOptOutConfirmation(NUMBER.id, ANA), true);
      await before.crash();
      const after = await Stand.open({ engine, path: folder.file, clock });
      const waiting = (await after.ledger.undispatched(NUMBER.id)).find(({ event }) => event.id === 'm1');
      assert.equal(optedOut(waiting?.effects).first, true);
      assert.equal(await after.ledger.claimOptOutConfirmation(NUMBER.id, ANA), false);
      assert.equal(word(await after.call()), 'do_not_call');
      await after.ledger.close();
    } finally {
      folder.remove();
    }
  });

  it('uses the words of its own store', async () => {
    const optOut = { added: ['cancelar'], removed: ['sair'] };
    const { ledger } = await Stand.open({ engine, clock: stand.clock, optOut });
    try {
      const kinds = async (text: string) =>
        (await ledger.append([stand.message({ text })]))[0]?.effects.map(({ kind }) => kind);
      assert.deepEqual(
        [await kinds('sair'), await kinds('Cancelar!'), await kinds('stop')],
        [[], ['opted_out'], ['opted_out']],
      );
    } finally {
      await ledger.close();
    }
  });

  describe('importing a list', () => {
    const PHONES = [
      '+55 11 95550-0123',
      '0055 11 95550 0124',
      '(11) 95550-0125',
      5511955500126,
      { phone: '+55 11 95550-0127', name: 'Bia' },
      'BR.48219037716650284417',
    ];

    it('takes any format, says which lines are bad, and changes nothing when repeated', async () => {
      await stand.granted();
      const list = [...PHONES, 'phone', '', null, '+999 1', ['x'], { phone: {} }, 'x'.repeat(10_000), PHONES[0]];
      const options = { source: 'crm', defaultCountry: 'BR' };
      const report = await stand.ledger.importDoNotCall(NUMBER.id, list, options);
      assert.deepEqual(
        [report.listed, report.already, report.bad.map(({ line }) => line)],
        [6, 1, [7, 8, 9, 10, 11, 12, 13]],
      );
      assert.ok(report.bad.every(({ why }) => why.length > 10 && !why.includes('999')));
      assert.deepEqual(
        report.effects.map((effect) => [effect.kind, optedOut([effect]).contact.phone]),
        [['opted_out', ANA.phone]],
      );
      assert.equal(word(await stand.call()), 'do_not_call');
      const again = await stand.ledger.importDoNotCall(NUMBER.id, list, options);
      assert.deepEqual([again.listed, again.already, again.effects], [0, 7, []]);
      assert.equal((await audited('do_not_call_listed')).length, 6, 'one audit row for each person');
      assert.equal((await audited('do_not_call_imported')).length, 2);
      await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'operator' });
      assert.equal(word(await stand.call()), 'permission_revoked', 'the permission does not come back');
    });

    it('reads a text with one contact per line, the first of several columns', async () => {
      const text = '\uFEFFphone;name\r\n+55 11 95550-0123;Ana\r\n\r\n"+55 11 95550-0124",Rui\n+55 11 95550-0125\tBia\n';
      const report = await stand.ledger.importDoNotCall(NUMBER.id, text, { source: 'file' });
      assert.deepEqual([report.listed, report.bad.map(({ line }) => line)], [3, [1]]);
    });

    it('does not lift what was there, and leaves an opt-out with its first source', async () => {
      await says('stop');
      await stand.ledger.importDoNotCall(NUMBER.id, [ANA.phone], { source: 'crm' });
      const { entries } = await stand.ledger.doNotCallList({ businessNumberId: NUMBER.id });
      assert.deepEqual(
        entries.map(({ source, since }) => [source, since]),
        [['message', stand.now]],
      );
    });

    it('lists both when a line names two people that are known here', async () => {
      const rui = { userId: 'BR.48219037716650284417' };
      await stand.granted();
      await stand.granted(rui);
      const report = await stand.ledger.importDoNotCall(NUMBER.id, [{ ...ANA, ...rui }], { source: 'crm' });
      assert.equal(report.listed, 2);
      assert.deepEqual([word(await stand.call()), word(await stand.call(rui))], ['do_not_call', 'do_not_call']);
    });

    it('imports thousands in parts, so that others are served in between, and lists them by pages', async () => {
      const many = Array.from({ length: 3_000 }, (_, index) => `+55 11 9${String(60_000_000 + index)}`);
      const importing = stand.ledger.importDoNotCall(NUMBER.id, many, { source: 'crm' });
      let served = 0;
      let done = false;
      void importing.finally(() => {
        done = true;
      });
      while (!done) {
        await stand.ledger.status(NUMBER.id, ANA);
        served += 1;
      }
      assert.equal((await importing).listed, 3_000);
      assert.ok(served > 5, `served ${served}`);
      const seen: string[] = [];
      let after: number | undefined;
      do {
        const page = await stand.ledger.doNotCallList({
          businessNumberId: NUMBER.id,
          limit: 700,
          ...(after === undefined ? {} : { after }),
        });
        seen.push(...page.entries.map(({ contact }) => contact.phone ?? ''));
        after = page.next;
      } while (after !== undefined);
      assert.equal(new Set(seen).size, 3_000);
      assert.equal(seen.length, 3_000);
      assert.deepEqual(await stand.ledger.doNotCallList({ businessNumberId: 'nobody' }), { entries: [] });
    });

    it('refuses what is no list', async () => {
      const bad = { code: 'bad_input' };
      await assert.rejects(stand.ledger.importDoNotCall(NUMBER.id, 7 as never, { source: 'x' }), bad);
      await assert.rejects(stand.ledger.importDoNotCall(NUMBER.id, [], { source: '' }), bad);
      await assert.rejects(stand.ledger.importDoNotCall(7 as never, [], { source: 'x' }), bad);
      await assert.rejects(stand.ledger.doNotCallList({ businessNumberId: NUMBER.id, limit: 0 }), bad);
      await assert.rejects(stand.ledger.doNotCallList({ businessNumberId: NUMBER.id, after: Number.NaN }), bad);
      const report = await stand.ledger.importDoNotCall(
        NUMBER.id,
        [() => 1, Symbol('x'), { __proto__: { phone: '+5511955500123' } }],
        { source: 'x' },
      );
      assert.deepEqual([report.listed, report.bad.length], [0, 3]);
      const country = await stand.ledger.importDoNotCall(NUMBER.id, ['11 95550-0123'], {
        source: 'x',
        defaultCountry: 'ZZ',
      });
      assert.deepEqual([country.listed, country.bad.length], [0, 1]);
    });
  });
});
