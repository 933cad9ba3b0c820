import { strict as assert } from 'node:assert';
import type { Finding } from '../../lib/doctor/finding.ts';
import { helper } from './helper.ts';
import { Questions } from './questions.ts';
import { CONFIG, RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1 };
const BOXES = ['fine', 'problems', 'caught'];
const check = (id: string, more: object = {}): object => ({
  id,
  type: 'wa-call-check',
  ...at,
  config: 'number',
  wires: [['fine'], ['problems']],
  ...more,
});
const FLOW = [
  TAB,
  CONFIG,
  check('check'),
  check('strict', { from: 'fail' }),
  check('by-message', { publicUrl: 'address', publicUrlType: 'msg' }),
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];
type Told = { payload: Finding[]; summary: string; text: string };

describe('the check node, against the simulator', function () {
  this.timeout(40_000);
  const number = new RealNumber();
  let questions: Questions;

  before(async () => {
    await number.start();
    await number.load(FLOW);
    await number.ready();
    questions = new Questions(BOXES);
  });
  after(async () => {
    await helper.unload();
    await number.stop();
  });
  beforeEach(() => number.control('account', { reset: true }));

  const ask = async (node: string, msg: object = {}) => {
    const { output, msg: answer } = await questions.ask(node, msg, BOXES);
    return { output, told: answer as unknown as Told, msg: answer };
  };

  it('says that everything is fine, and keeps what came with the message', async () => {
    const { output, told, msg } = await ask('check', { kept: 7, payload: 'before' });
    assert.equal(output, 'fine', JSON.stringify(told));
    assert.equal(msg.kept, 7);
    assert.match(told.summary, /^no faults, no warnings, \d+ right$/);
    assert.equal(told.text, '');
    for (const id of ['api_reached', 'webhook_round_trip', 'webhook_handshake', 'media', 'disk', 'store', 'clock'])
      assert.ok(
        told.payload.some((one) => one.id === id && one.level === 'ok'),
        id,
      );
    const seen = JSON.stringify(told);
    const { settings } = (await number.read('state')) as { settings?: object };
    for (const secret of Object.values(settings ?? {}).filter((one) => String(one).length > 20))
      assert.ok(!seen.includes(String(secret)));
    assert.deepEqual(JSON.parse(seen), told);
  });

  it('tells a fault on the second output: what, why, what to do, worst first', async () => {
    await number.control('account', { fields: ['messages'], quality: 'YELLOW' });
    const { output, told } = await ask('check');
    assert.equal(output, 'problems');
    assert.deepEqual(
      told.payload.slice(0, 2).map(({ id, level }) => [id, level]),
      [
        ['field_calls_missing', 'fail'],
        ['number_quality', 'warn'],
      ],
    );
    assert.match(told.summary, /^1 fault, 1 warning, \d+ right$/);
    assert.match(told.text, /^✖ The app does not get the webhook field "calls"\.\n {2}Without it .*\n {2}→ Subscribe/);
  });

  it('lets a warning pass where only faults are problems', async () => {
    await number.control('account', { quality: 'YELLOW' });
    assert.equal((await ask('check')).output, 'problems');
    assert.equal((await ask('strict')).output, 'fine');
  });

  it('takes the public address from the message, and refuses one that is none', async () => {
    const { output, told } = await ask('by-message', { address: 'http://127.0.0.1:9/whatsapp-calling' });
    assert.deepEqual([output, told.payload[0]?.id], ['problems', 'webhook_unreachable']);
    const wrong = await ask('by-message', { address: 'flows.example.com' });
    assert.equal(wrong.output, 'caught');
    assert.equal((wrong.msg.error as { code: string }).code, 'public_url_invalid');
  });

  it('answers the dialog for a deployed number, and says what to do for another', async () => {
    const post = (body: object) => helper.request().post('/wa-call-config/check').send(body);
    const { body } = await post({ config: 'number' }).expect(200);
    assert.ok((body.findings as Finding[]).length > 10);
    const none = await post({ config: 'not-there' }).expect(404);
    assert.equal(none.body.code, 'number_not_deployed');
    assert.match(none.body.nextStep, /deploy/);
    await post({}).expect(400);
  });
});

describe('the check node, for a number in the cloud that cannot start', function () {
  this.timeout(40_000);
  const number = new RealNumber();
  before(() => number.start());
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  it('names what is missing in the settings', async () => {
    await number.load([
      TAB,
      {
        id: 'number',
        type: 'wa-call-config',
        provider: 'meta',
        phoneNumberId: '123456',
        businessNumber: '+351211000100',
      },
      check('check'),
      ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
    ]);
    const questions = new Questions(BOXES);
    const { output, msg } = await questions.ask('check', {}, BOXES);
    const [first] = msg.payload as Finding[];
    assert.deepEqual([output, first?.id], ['problems', 'settings_invalid']);
    assert.match(first?.why ?? '', /Access token, App secret, Verify token/);
  });
});
