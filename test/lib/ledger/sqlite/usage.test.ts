import { strict as assert } from 'node:assert';
import { NUMBER, Stand } from '../stand.ts';

describe('statistics of many people on SQLite', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  });
  after(() => stand.ledger.close());

  it('add up over the parts in which they are counted, and let others through in between', async function () {
    this.timeout(60_000);
    const people = 4_501;
    const ask = async (index: number): Promise<void> => {
      const contact = { phone: `49151${String(index).padStart(8, '0')}` };
      const reservation = await stand.request(contact);
      if (!reservation.ok) throw new Error(reservation.reason.code);
      const providerId = `wamid.${index}`;
      await stand.ledger.settle(reservation.reservationId, { state: 'consumed', providerId });
      if (index % 3 === 0) await stand.ledger.append([stand.reply('accept', { contact, contextId: providerId })]);
    };
    for (let from = 0; from < people; from += 500) {
      await Promise.all(Array.from({ length: Math.min(500, people - from) }, (_, index) => ask(from + index)));
    }
    const order: string[] = [];
    const [counted] = await Promise.all([
      stand.ledger.statistics({ businessNumberId: NUMBER.id }).finally(() => order.push('statistics')),
      stand.ledger.status(NUMBER.id, { phone: '4915100000000' }).then(() => order.push('another')),
    ]);
    assert.deepEqual(order, ['another', 'statistics']);
    assert.deepEqual([counted.requests, counted.granted, counted.people], [people, Math.ceil(people / 3), people]);
  });
});
