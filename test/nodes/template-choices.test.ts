import { strict as assert } from 'node:assert';
import type { TemplateChoice } from '../../lib/runtime/template/choices.ts';
import { readyTemplate } from '../../lib/template/ready.ts';
import { helper, Inbox } from './helper.ts';
import { CONFIG, RealNumber } from './real-number.ts';

const AT = { z: 'tab', x: 1, y: 1 };
const PATH = '/wa-call-request-permission/templates';

describe('the templates among which the request dialog lets choose', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  before(() => number.start({ relay: false, accessToken: 'real-number', pace: 0.01 }));
  after(() => number.stop());
  afterEach(() => helper.unload());

  const load = async (): Promise<Inbox> => {
    const maker = {
      id: 'maker',
      ...AT,
      type: 'wa-call-template',
      config: CONFIG.id,
      action: 'create',
      from: 'message',
    };
    await number.load([
      { id: 'tab', type: 'tab' },
      CONFIG,
      { ...maker, wires: [['made'], ['made'], []] },
      { id: 'ask', ...AT, type: 'wa-call-request-permission', config: CONFIG.id, wires: [[], [], []] },
      { id: 'made', ...AT, type: 'helper', wires: [] },
    ]);
    const made = new Inbox('made');
    await number.ready();
    return made;
  };
  const ask = (body: object, status: number) => helper.request().post(PATH).send(body).expect(status);

  it('are what WhatsApp has, those that can be sent first', async () => {
    const made = await load();
    await number.control('number', { templateReview: 'hold' });
    const template = { ...readyTemplate('general', 'en_US'), name: 'a_first_by_name' };
    helper.getNode('maker').receive({ template });
    assert.equal((await made.at(0)).payload, 'pending');
    const { templates } = (await ask({ config: CONFIG.id }, 200)).body as { templates: TemplateChoice[] };
    assert.deepEqual(
      templates.map(({ name, status, fit }) => [name, status, fit]),
      [
        ['call_permission', 'approved', true],
        ['a_first_by_name', 'pending', false],
      ],
    );
    assert.deepEqual(templates[0], {
      ...{ name: 'call_permission', language: 'en_US', status: 'approved', fit: true },
      ...{ body: 'Hello {{1}}, may we call you about {{2}}?', variables: ['1', '2'] },
    });
    await number.control('number', { templateReview: 'approve' });
  });

  it('are told as a fault with its code where WhatsApp refuses to list them', async () => {
    await load();
    await number.control('faults', { graph: [{ kind: 'error', status: 403, code: 10, path: 'message_templates' }] });
    assert.equal((await ask({ config: CONFIG.id }, 503)).body.code, 'provider_grants_missing');
  });

  it('need a number that is deployed', async () => {
    await load();
    assert.equal((await ask({ config: 'nobody' }, 404)).body.code, 'number_not_deployed');
    assert.equal((await ask({}, 400)).body.code, 'question_invalid');
    assert.equal((await ask({ config: 7 }, 400)).body.code, 'question_invalid');
  });
});
