import { strict as assert } from 'node:assert';
import type { PermissionListQuery, PermissionPage } from '../../../lib/ledger/ledger.ts';
import { ANA, DAY, MINUTE, NUMBER, onEveryEngine, Stand } from './stand.ts';

const person = (index: number): { phone: string } => ({ phone: `4915112${String(index).padStart(6, '0')}` });

onEveryEngine('the list of people', (engine) => {
  let stand: Stand;
  const open = async (): Promise<Stand> => {
    stand = await Stand.open({ engine });
    return stand;
  };
  afterEach(() => stand.ledger.close());

  const phones = ({ entries }: PermissionPage): (string | undefined)[] => entries.map(({ contact }) => contact.phone);
  const list = (query: Partial<PermissionListQuery> = {}): Promise<PermissionPage> =>
    stand.ledger.list({ businessNumberId: NUMBER.id, ...query });

  it('refuses nonsense', async () => {
    await open();
    for (const bad of [
      { status: 'allowed' },
      { limit: 0 },
      { limit: 1_001 },
      { limit: 1.5 },
      { after: -1 },
      { after: 'x' },
    ]) {
      await assert.rejects(list(bad as Partial<PermissionListQuery>), { code: 'bad_input' });
    }
    await assert.rejects(stand.ledger.list(undefined as unknown as PermissionListQuery), { code: 'bad_input' });
    assert.deepEqual(await stand.ledger.list({ businessNumberId: 'nobody' }), { entries: [] });
  });

  it('shows everybody by their status as the rules see it now, swept or not', async () => {
    await open();
    await stand.asked('wamid.1', person(1));
    await stand.granted(person(2));
    await stand.ledger.append([stand.reply('reject', { contact: person(3) })]);
    await stand.ledger.append([stand.message({ contact: person(4) })]);
    await stand.granted(person(5));
    await stand.ledger.doNotCall(NUMBER.id, person(5), { listed: true, source: 'keypad' });
    const optedOutAt = stand.now;
    await stand.granted(person(6), { permanent: true });
    // A grant under an opt-out is stored, and is none.
    await stand.granted(person(5));
    const by = async (status: 'granted' | 'pending' | 'denied' | 'not_requested') => phones(await list({ status }));
    const of = (...people: number[]): string[] => people.map((index) => person(index).phone);
    assert.deepEqual(await by('pending'), of(1));
    assert.deepEqual(await by('granted'), of(2, 6));
    assert.deepEqual(await by('denied'), of(3, 5));
    assert.deepEqual(await by('not_requested'), of(4));
    assert.deepEqual(phones(await list()), of(1, 2, 3, 4, 5, 6));
    const [, denied] = (await list({ status: 'denied' })).entries;
    assert.deepEqual(denied?.doNotCall, { since: optedOutAt, source: 'keypad' });
    assert.deepEqual([denied?.permission.status, denied?.permission.ended], ['denied', 'opt_out']);
    stand.clock.pass(7 * DAY + MINUTE);
    for (const swept of [false, true]) {
      if (swept) await stand.ledger.sweep();
      assert.deepEqual(await by('pending'), []);
      assert.deepEqual(await by('granted'), of(6));
      assert.deepEqual(await by('not_requested'), of(1, 2, 4));
      assert.deepEqual(await by('denied'), of(3, 5));
    }
  });

  it('shows one person once: neither merged nor erased rows', async () => {
    await open();
    const userId = 'BR.48219037716650284417';
    await stand.granted(ANA);
    await stand.granted({ userId });
    await stand.granted(person(1));
    await stand.ledger.append([stand.message({ contact: { ...ANA, userId } })]);
    assert.deepEqual(phones(await list({ status: 'granted' })), [ANA.phone, person(1).phone]);
    await stand.ledger.erase(NUMBER.id, person(1));
    assert.deepEqual(phones(await list()), [ANA.phone]);
  });

  it('comes in pages, in the order in which people became known, whole also where few of many belong on them', async () => {
    await open();
    const count = 1_300;
    const events = Array.from({ length: count }, (_, index) =>
      index % 100 === 7
        ? stand.reply('accept', { contact: person(index), permanent: true })
        : stand.reply('accept', { contact: person(index), expiresAt: stand.now + DAY }),
    );
    await stand.ledger.append(events);
    const all = async (query: Partial<PermissionListQuery>): Promise<{ phones: unknown[]; pages: number }> => {
      const found: unknown[] = [];
      let pages = 0;
      let after = 0;
      for (;;) {
        const page = await list({ ...query, after });
        found.push(...phones(page));
        pages++;
        if (page.next === undefined) return { phones: found, pages };
        assert.equal(page.entries.length, query.limit);
        after = page.next;
      }
    };
    const everybody = Array.from({ length: count }, (_, index) => person(index).phone);
    assert.deepEqual(await all({ status: 'granted', limit: 100 }), { phones: everybody, pages: 13 });
    assert.deepEqual(await all({ limit: 1_000 }), { phones: everybody, pages: 2 });
    assert.equal((await list()).entries.length, 100);
    stand.clock.pass(2 * DAY);
    const permanent = everybody.filter((_, index) => index % 100 === 7);
    assert.deepEqual(await all({ status: 'granted', limit: 5 }), { phones: permanent, pages: 3 });
    assert.deepEqual((await all({ status: 'not_requested', limit: 500 })).phones.length, count - permanent.length);
  });
});
