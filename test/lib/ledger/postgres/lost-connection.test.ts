import { strict as assert } from 'node:assert';
import type { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { freshSchema, type PostgresServer, postgresServer } from '../../../postgres.ts';
import { ANA, NUMBER, word } from '../stand.ts';
import { call, grant, open } from './ledgers.ts';
import { TripWire } from './trip-wire.ts';

const RUI = { phone: '351912000456' };

describe('a PostgreSQL connection that is lost', () => {
  let server: PostgresServer;
  let wire: TripWire;
  let ledger: PostgresEngine | undefined;
  before(async () => {
    server = await postgresServer();
  });
  beforeEach(async () => {
    wire = await TripWire.to(server.port);
  });
  afterEach(async () => {
    await ledger?.close();
    ledger = undefined;
    wire.close();
  });

  it('between the round trips of a transaction takes the locks along: the decision is made again', async () => {
    const schema = freshSchema();
    const other = await open(server.url(), schema);
    ledger = await open(server.url('postgres', 'postgres', wire.port), schema);
    await ledger.append([grant('g')]);
    const meanwhile: string[] = [];
    wire.onTrip = ({ state, statements }) => {
      if (state !== 'T') return 'pass';
      wire.onTrip = () => 'pass';
      assert.ok(statements.some((text) => text.includes('FOR UPDATE')));
      // The lock is free again; before the first one is back another instance calls.
      wire.gate = call(other).then((answer) => void meanwhile.push(word(answer)));
      return 'between';
    };
    const answer = word(await call(ledger));
    assert.deepEqual([...meanwhile, answer], ['ok', 'call_in_progress']);
    assert.equal((await other.verifyAudit()).ok, true);
    await other.close();
  });

  it('while a schema is made leaves nothing of it, and it can be made afterwards', async () => {
    const schema = freshSchema();
    let trips = 0;
    wire.onTrip = ({ state }) => (state === 'T' && ++trips === 3 ? 'between' : 'pass');
    await assert.rejects(open(server.url('postgres', 'postgres', wire.port), schema), {
      code: 'store_unavailable',
      message: /in the middle of a transaction/,
    });
    assert.deepEqual(await server.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]), []);
    ledger = await open(server.url('postgres', 'postgres', wire.port), schema);
    assert.equal(word(await call(ledger)), 'permission_not_requested');
  });

  it('before a commit was answered costs nobody their place: the next person gets a new one', async () => {
    ledger = await open(server.url('postgres', 'postgres', wire.port));
    wire.onTrip = ({ statements }) => {
      if (statements.at(-1) !== 'COMMIT' || !statements.some((text) => text.includes('INSERT INTO'))) return 'pass';
      wire.onTrip = () => 'pass';
      return 'unanswered';
    };
    await assert.rejects(ledger.append([grant('a')]), { code: 'store_unavailable', nextStep: /may or may not/ });
    // It was stored, and nobody knows.
    const next = await ledger.append([grant('r', RUI)]).then(
      () => 'stored',
      (error: Error) => error.message,
    );
    assert.equal(next, 'stored');
    const { entries } = await ledger.list({ businessNumberId: NUMBER.id, status: 'granted' });
    assert.deepEqual(entries.map(({ contact }) => contact.phone).sort(), [RUI.phone, ANA.phone]);
    // What the provider sends again, because it was not acknowledged, is known.
    assert.equal((await ledger.append([grant('a')]))[0]?.fresh, false);
    assert.equal((await ledger.verifyAudit()).ok, true);
  });
});
