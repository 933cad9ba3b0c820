import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { storeOf } from '../../lib/runtime/store-nodes.ts';
import { helper, Inbox } from './helper.ts';
import { RealNumber } from './real-number.ts';

const PASSWORD = 'canary-pw-0815';
/** Nobody listens at the discard port. */
const CONNECTION = `postgresql://calls:${PASSWORD}@127.0.0.1:9/calls`;
const at = { z: 'tab', x: 1, y: 1 };
const FLOW = [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'store', type: 'wa-call-permission-store', engine: 'postgres', schema: 'calls_2' },
  { id: 'number', type: 'wa-call-config', provider: 'simulator', store: 'store' },
  {
    id: 'ask',
    type: 'wa-call-request-permission',
    ...at,
    config: 'number',
    purpose: 'p',
    purposeType: 'str',
    wires: [],
  },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  { id: 'caught', type: 'helper', ...at, wires: [] },
];

describe('a permission store in a database', function () {
  this.timeout(20_000);
  const number = new RealNumber();
  beforeEach(() => number.start());
  afterEach(async () => {
    delete process.env.CALLS_DATABASE;
    await helper.unload();
    await number.stop();
  });

  async function complaint(): Promise<{ code: string; message: string }> {
    const caught = new Inbox('caught');
    helper.getNode('ask').receive({ contact: '+55 11 95550-0123' });
    return (await caught.at(0)).error as { code: string; message: string };
  }

  it('takes its connection from an environment variable, and says where it cannot be reached, without the password', async () => {
    process.env.CALLS_DATABASE = CONNECTION;
    await number.load(FLOW, { store: { connection: `$${'{CALLS_DATABASE}'}` } });
    const node = helper.getNode('store');
    const store = storeOf(node);
    assert.ok(store?.engine === 'postgres');
    assert.deepEqual([store.connection, store.schema], [CONNECTION, 'calls_2']);
    const { code, message } = await complaint();
    assert.equal(code, 'store_unavailable', message);
    assert.match(message, /127\.0\.0\.1/);
    assert.ok(!message.includes(PASSWORD), message);
    const seen = inspect(node, { depth: 6, showHidden: true, maxStringLength: null, maxArrayLength: null });
    assert.ok(!seen.includes(PASSWORD));
  });

  it('says what is missing when it has no connection', async () => {
    await number.load(FLOW, { store: {} });
    const { code, message } = await complaint();
    assert.equal(code, 'config_invalid');
    assert.match(message, /lacks its connection to PostgreSQL/);
  });
});
