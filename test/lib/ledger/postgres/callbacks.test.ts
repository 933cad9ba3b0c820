import { strict as assert } from 'node:assert';
import type { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { freshSchema } from '../../../postgres.ts';
import { ANA, MINUTE, NUMBER, Stand, TestClock } from '../stand.ts';

/** Several instances on one schema: what one of them has, the others do not. */
describe('callbacks and incoming calls of several instances on one PostgreSQL store', () => {
  let clock: TestClock;
  let stands: Stand<PostgresEngine>[];
  beforeEach(async () => {
    clock = new TestClock();
    const path = freshSchema();
    stands = [];
    for (let nr = 0; nr < 3; nr++) {
      stands.push((await Stand.open({ engine: 'postgres', path, clock })) as Stand<PostgresEngine>);
    }
  });
  afterEach(() => Promise.all(stands.map(({ ledger }) => ledger.close())));
  const at = (nr: number): Stand<PostgresEngine> => {
    const stand = stands[nr];
    assert.ok(stand !== undefined);
    return stand;
  };

  it('of sixty requests and ninety claims at once each request is claimed once, thirty claims get none', async function () {
    this.timeout(60_000);
    for (let nr = 0; nr < 60; nr++) {
      const contact = { phone: `4915${10_000_000 + nr}` };
      await at(nr % 3).ledger.addCallback({ businessNumberId: NUMBER.id, contact, source: 'flow' });
      clock.pass(1);
    }
    const claims = await Promise.all(
      Array.from({ length: 90 }, (_, nr) =>
        at(nr % 3).ledger.claimCallback({ businessNumberId: NUMBER.id, by: `claimer ${nr}` }),
      ),
    );
    const got = claims.filter((entry) => entry !== undefined);
    assert.deepEqual([got.length, new Set(got.map(({ id }) => id)).size], [60, 60]);
    const { entries } = await at(0).ledger.callbacks({ businessNumberId: NUMBER.id, state: 'claimed' });
    assert.deepEqual(
      entries.map(({ id, claimedBy, attempts }) => [id, claimedBy, attempts]),
      got.map(({ id, claimedBy }) => [id, claimedBy, 1]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });

  it('a wish that comes in at every instance at once is one entry', async () => {
    const wish = { businessNumberId: NUMBER.id, contact: ANA, source: 'missed_call' as const, key: 'wacid.in' };
    const wishes = await Promise.all(
      Array.from({ length: 12 }, (_, nr) =>
        at(nr % 3).ledger.addCallback({ ...wish, ...(nr < 6 ? { key: `k${nr}` } : {}) }),
      ),
    );
    assert.equal(wishes.filter(({ added }) => added).length, 1);
    assert.equal((await at(1).ledger.callbacks({ businessNumberId: NUMBER.id })).entries.length, 1);
  });

  it('an incoming call is claimed by one instance, its events go there, and its death leaves it to another', async () => {
    const connect = {
      ...at(0).event('call.ringing', 'wacid.in'),
      type: 'call.connect' as const,
      direction: 'inbound' as const,
    };
    const [appended] = await at(0).ledger.append([connect]);
    assert.equal(appended?.owner, undefined);
    const claims = await Promise.all(stands.map(({ ledger }) => ledger.claimCall('wacid.in', 'support')));
    const winner = claims.findIndex((claim) => claim !== undefined);
    assert.equal(claims.filter((claim) => claim !== undefined).length, 1);
    const holder = at(winner);
    const other = at((winner + 1) % 3);
    const accepted = other.event('call.accepted', 'wacid.in', { id: 'accepted' });
    const [news] = await other.ledger.append([accepted]);
    assert.equal(news?.owner, holder.ledger.owner);
    assert.deepEqual(await other.ledger.take(NUMBER.id), []);
    assert.ok((await holder.ledger.take(NUMBER.id)).some(({ event }) => event.id === 'accepted'));
    await holder.crash();
    clock.pass(MINUTE);
    await other.ledger.heartbeat();
    assert.ok((await other.ledger.heartbeat()).dead.includes(holder.ledger.owner));
    const [left] = await other.ledger.liveCalls(NUMBER.id);
    assert.deepEqual([left?.callId, left?.direction], ['wacid.in', 'inbound']);
    await other.ledger.adopt([left?.reservationId ?? '']);
    assert.equal((await other.ledger.findCall({ callId: 'wacid.in' }))?.owner, other.ledger.owner);
  });
});
