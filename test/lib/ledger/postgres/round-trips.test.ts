import { strict as assert } from 'node:assert';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { ANA, MINUTE, Stand } from '../stand.ts';

/** Over a slow network a round trip is what an operation costs: at most three each, and batches share them. */
describe('round trips of the PostgreSQL ledger', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine: 'postgres' });
    await stand.granted();
  });
  afterEach(() => stand.ledger.close());

  async function trips(step: () => Promise<unknown>): Promise<number> {
    assert.ok(stand.ledger instanceof PostgresEngine);
    const before = await stand.ledger.roundTrips();
    await step();
    return (await stand.ledger.roundTrips()) - before;
  }

  it('are two for what happens all the time', async () => {
    const bea = { phone: '5511955500777' };
    const counted: [string, number][] = [];
    const count = async (what: string, step: () => Promise<unknown>): Promise<void> => {
      counted.push([what, await trips(step)]);
    };
    let request = '';
    await count('reserveRequest, stranger', async () => {
      const reservation = await stand.request(bea);
      assert.ok(reservation.ok);
      request = reservation.reservationId;
    });
    await count('settle a request, with another name', () =>
      stand.ledger.settle(request, {
        state: 'consumed',
        providerId: 'wamid.1',
        contact: { ...bea, userId: 'BR.48219037716650284417' },
      }),
    );
    await count('reply', () => stand.granted(bea, { contextId: 'wamid.1' }));
    let call = '';
    await count('reserveCall', async () => {
      const reservation = await stand.call();
      assert.ok(reservation.ok);
      call = reservation.reservationId;
    });
    await count('settle a call', () => stand.ledger.settle(call, { state: 'consumed', providerId: 'wacid.1' }));
    const about = { correlationId: call };
    await count('ringing', () => stand.ledger.append([stand.event('call.ringing', 'wacid.1', about)]));
    await count('accepted', () => stand.ledger.append([stand.event('call.accepted', 'wacid.1', about)]));
    stand.clock.pass(MINUTE);
    const end = stand.terminated('wacid.1', { ...about, durationSeconds: 60 });
    await count('terminated', () => stand.ledger.append([end]));
    await count('opt-out', () => stand.ledger.append([stand.message({ text: 'stop' })]));
    await count('refusal', () => stand.call());
    await count('several kinds of events', () =>
      stand.ledger.append([stand.message(), stand.reply('reject', { contact: bea }), stand.terminated('foreign.1')]),
    );
    assert.deepEqual(
      counted.filter(([, n]) => n !== 2),
      [],
    );
    // A duplicate changes nothing: nobody waits for the end of its transaction.
    assert.ok((await trips(() => stand.ledger.append([end]))) <= 2);
  });

  it('are at most three for what is rare: a new number, two people who turn out to be one', async () => {
    const other = { id: 'pn2', phone: '4930123456' };
    const ask = () =>
      stand.ledger.reserveRequest({
        businessNumber: other,
        contact: ANA,
        purpose: 'x',
        via: 'template',
        hasTemplate: true,
      });
    assert.ok((await trips(ask)) <= 3);
    const byId = { userId: 'BR.48219037716650284417' };
    await stand.granted(byId);
    const joined = await trips(() => stand.ledger.append([stand.message({ contact: { ...ANA, ...byId } })]));
    assert.ok(joined <= 3, `${joined}`);
  });

  it('are shared by whatever is asked for at the same time', async () => {
    const people = Array.from({ length: 64 }, (_, index) => ({ phone: `55119556${String(index).padStart(5, '0')}` }));
    await stand.ledger.append(people.map((contact) => stand.reply('accept', { contact })));
    const spent = await trips(async () => {
      const answers = await Promise.all(people.map((contact) => stand.call(contact)));
      assert.ok(answers.every(({ ok }) => ok));
    });
    assert.ok(spent <= 3, `${spent} for 64 reservations`);
  });
});
