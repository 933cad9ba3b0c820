import { strict as assert } from 'node:assert';
import { metaError } from '../../lib/provider/error-table.ts';
import { readyTemplate } from '../../lib/template/ready.ts';
import { EVERY_CODE } from '../lib/provider/reference-codes.ts';
import { refusesWith, tellsEverything, tellsNoSecret } from './code-told.ts';
import { helper } from './helper.ts';
import { Questions } from './questions.ts';
import { json, RawProvider, SECRETS, type WireRequest } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';

const at = { z: 'tab', x: 1, y: 1 };
const BOXES = ['settings', 'result', 'news', 'refused', 'caught'];
/** About what was wished for, so it is an output; by the meaning that Meta's document gives the code. Everything else is caught. */
const REFUSED = [100, 131008, 131009, 132000, 132005, 132007, 132012, 138015, 138018];
const CALLING = { status: 'DISABLED', call_icon_visibility: 'DEFAULT', callback_permission_status: 'DISABLED' };
const THERE = {
  id: '901',
  name: 'old_one',
  language: 'en_US',
  status: 'APPROVED',
  category: 'UTILITY',
  components: [],
};

type Request = 'read settings' | 'write settings' | 'list templates' | 'create template' | 'delete template';

/** By what is on the wire alone: the test's own reading of Meta's interface. */
function requestOf({ path, body }: WireRequest): Request | undefined {
  if (path.includes('/settings')) return body.calling === undefined ? 'read settings' : 'write settings';
  if (!path.includes('/message_templates')) return undefined;
  if (body.name !== undefined) return 'create template';
  return path.includes('fields=') ? 'list templates' : 'delete template';
}

describe('every error code in replies to settings and templates, through the nodes', function () {
  this.timeout(60_000);
  const number = new RealNumber();
  let provider: RawProvider;
  let questions: Questions;

  before(async () => {
    await number.start();
    provider = await RawProvider.start();
    await number.load(
      [
        { id: 'tab', type: 'tab', label: 'Test' },
        provider.config('number', '700000000031', '+351211000100'),
        {
          ...{ id: 'set', type: 'wa-call-settings', ...at, config: 'number', action: 'message', from: 'message' },
          wires: [['settings'], ['refused']],
        },
        {
          ...{ id: 'template', type: 'wa-call-template', ...at, config: 'number', action: 'message', from: 'message' },
          ...{ template: 'name', templateType: 'msg', draft: 'draft' },
          wires: [['result'], ['refused'], ['news']],
        },
        { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
        ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
      ],
      { number: SECRETS },
    );
    await number.ready('number');
    questions = new Questions(BOXES);
  });
  after(async () => {
    await helper.unload();
    await provider.close();
    await number.stop();
  });

  const enable = { action: 'change', settings: { status: 'enabled' } };
  const create = { action: 'create', draft: { ...readyTemplate('general', 'en_US'), name: 'new_one' } };
  const cases: { title: string; refused: Request; node: string; msg: object; before: Request[]; wish: boolean }[] = [
    {
      title: 'reading settings',
      refused: 'read settings',
      node: 'set',
      msg: { action: 'read' },
      before: [],
      wish: false,
    },
    {
      title: 'changing settings',
      refused: 'write settings',
      node: 'set',
      msg: enable,
      before: ['read settings'],
      wish: true,
    },
    {
      title: 'the look before changing settings',
      refused: 'read settings',
      node: 'set',
      msg: enable,
      before: [],
      wish: true,
    },
    {
      title: 'listing templates',
      refused: 'list templates',
      node: 'template',
      msg: { action: 'list' },
      before: [],
      wish: true,
    },
    {
      title: 'creating a template',
      refused: 'create template',
      node: 'template',
      msg: create,
      before: ['list templates'],
      wish: true,
    },
    {
      ...{ title: 'deleting a template', refused: 'delete template', node: 'template', before: ['list templates'] },
      ...{ msg: { action: 'delete', name: THERE.name }, wish: true },
    },
  ];
  for (const { title, refused, node, msg, before, wish } of cases) {
    it(`${title}: right output, sentence and Meta’s code; asked once`, async () => {
      for (const one of EVERY_CODE) {
        provider.behave = (request, response, socket) => {
          const what = requestOf(request);
          if (what === refused) refusesWith(one)(request, response, socket);
          else if (what === 'read settings') json(response, 200, { calling: CALLING });
          else if (what === 'list templates')
            json(response, 200, { data: request.path.includes(THERE.name) ? [THERE] : [] });
          else json(response, 500, { error: { message: 'not expected', code: 1 } });
        };
        const sent = provider.requests.length;
        const answer = await questions.ask(node, { ...msg, kept: one.code }, BOXES);
        const entry = metaError(String(one.code), one.http ?? 400);
        tellsEverything(answer, one, [wish && REFUSED.includes(one.code) ? 'refused' : 'caught', entry.code]);
        assert.equal(answer.msg.kept, one.code);
        tellsNoSecret(answer.msg);
        // A server's fault leaves open whether the settings were written: they are read once more.
        const doubt = refused === 'write settings' && (one.http ?? 400) >= 500 ? ['read settings'] : [];
        assert.deepEqual(
          provider.requests.slice(sent).map(requestOf),
          [...before, refused, ...doubt],
          String(one.code),
        );
      }
    });
  }

  it('a server’s fault after the change was made: it is told as made', async () => {
    let written = false;
    provider.behave = (request, response, socket) => {
      const what = requestOf(request);
      if (what === 'read settings')
        return json(response, 200, { calling: written ? { ...CALLING, status: 'ENABLED' } : CALLING });
      written = what === 'write settings';
      refusesWith({ code: 131000, http: 500, where: ['settings'] })(request, response, socket);
    };
    const { output, msg } = await questions.ask('set', enable, BOXES);
    assert.equal(output, 'settings');
    assert.deepEqual([(msg.settings as { status: string }).status, msg.notApplied], ['enabled', undefined]);
  });

  it('nothing of it is in the log with a secret or a whole phone number', () => {
    const { args } = helper.log();
    assert.ok(args.length > EVERY_CODE.length, 'the errors are in the log');
    tellsNoSecret(args);
  });
});
