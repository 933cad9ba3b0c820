import { strict as assert } from 'node:assert';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema, postgresServer } from '../../../postgres.ts';
import { ANA, NUMBER } from '../stand.ts';
import { OtherTransaction } from './other-transaction.ts';

/** Another instance is in the middle of a transaction; what it does counts before anything is decided here. */
describe('what a decision on PostgreSQL rests on, while another transaction is open', () => {
  const BEN = { phone: '4915112345678' };
  const STRANGER = { phone: '351912000456' };
  let ledger: PostgresEngine;
  let schema: string;
  let other: OtherTransaction;
  const open = async (): Promise<void> => {
    const profile = findProfile('meta-2026', { concurrentCalls: 1 });
    assert.ok(profile);
    schema = freshSchema();
    ledger = await PostgresEngine.open({ connection: (await postgresServer()).url(), schema, profile });
  };
  before(() => postgresServer());
  beforeEach(async () => {
    await open();
    const grant = (contact: typeof ANA, id: string) => ({
      type: 'permission.replied' as const,
      id,
      at: Date.now(),
      businessNumberId: NUMBER.id,
      contact,
      response: 'accept' as const,
      permanent: true,
      source: 'user_action' as const,
    });
    await ledger.append([grant(ANA, 'ana'), grant(BEN, 'ben')]);
    other = await OtherTransaction.begin(schema);
  });
  afterEach(async () => {
    await other.close();
    await ledger.close();
  });
  const call = (contact = ANA) => ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: 'x' });
  const request = (contact = STRANGER) =>
    ledger.reserveRequest({ businessNumber: NUMBER, contact, purpose: 'x', via: 'template', hasTemplate: true });
  /** A reservation that was given back: of no account, until somebody finds out that it was sent after all. */
  const released = async (reserving: ReturnType<typeof call> | ReturnType<typeof request>): Promise<string> => {
    const reservation = await reserving;
    assert.ok(reservation.ok);
    await ledger.settle(reservation.reservationId, { state: 'released', why: 'not sent' });
    return reservation.reservationId;
  };

  it('a request to a person whom it has locked is counted after it, not before', async () => {
    const id = await released(request());
    await other.query(`SELECT FROM pair WHERE phone = '${STRANGER.phone}' FOR UPDATE`);
    await other.query(`UPDATE request SET state = 1 WHERE reservation_id = '${id}'`);
    const asked = request();
    assert.equal(await other.holdsUp(asked), true, 'nobody waits for the person');
    await other.commit();
    const answer = await asked;
    assert.equal(answer.ok || answer.reason.code, 'request_limit_day');
  });

  it('a call of the same business number to somebody else is counted after it, not before', async () => {
    const id = await released(call(BEN));
    await other.query(`SELECT FROM number WHERE id = '${NUMBER.id}' FOR UPDATE`);
    await other.query(`UPDATE call SET state = 1, live = 1, counts = 1 WHERE reservation_id = '${id}'`);
    const asked = call(ANA);
    assert.equal(await other.holdsUp(asked), true, 'nobody waits for the number');
    await other.commit();
    const answer = await asked;
    assert.equal(answer.ok || answer.reason.code, 'number_concurrent_call_limit');
  });

  it('the time is that after the wait, so that no window begins before it', async () => {
    await other.query("SELECT FROM pair WHERE phone = '5511955500123' FOR UPDATE");
    const asked = call();
    await other.holdsUp(asked);
    await other.query('SELECT pg_sleep(0.05)');
    const [row] = await other.query('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
    await other.commit();
    const answer = await asked;
    assert.ok(answer.ok);
    const found = await ledger.findCall({ reservationId: answer.reservationId });
    assert.ok(Number(found?.reservedAt) >= Number(row?.now), `${found?.reservedAt} is before ${row?.now}`);
  });
});
