import { strict as assert } from 'node:assert';
import { createProvider } from '../../../../lib/provider/meta/create.ts';
import { parseWebhook } from '../../../../lib/provider/meta/parse.ts';
import { templateChange } from '../../../../lib/provider/meta/templates.ts';
import { ProviderError } from '../../../../lib/provider/provider.ts';
import type { ProviderTemplates } from '../../../../lib/provider/provider-templates.ts';
import { readyTemplate } from '../../../../lib/template/ready.ts';
import { Business } from '../../../simulator/business.ts';
import { type FaultServer, json, metaError, type Reply, serve } from '../fault-server.ts';

const base = { profile: 'simulator' as const, phoneNumberId: '7246', accessToken: 'token', appSecrets: ['secret'] };
let server: FaultServer;
async function start(reply: Reply): Promise<ProviderTemplates> {
  server = await serve(reply);
  const provider = createProvider({ ...base, wabaId: '209', baseUrl: server.url }, { sleep: async () => undefined });
  return provider.templates ?? assert.fail('no templates');
}
const failure = async (run: Promise<unknown>): Promise<ProviderError> => {
  const error = await run.then(
    () => assert.fail('no failure'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof ProviderError, String(error));
  return error;
};

describe('templates on the wire', () => {
  afterEach(() => server?.close());

  it('cannot be had without the account’s id, or from a provider with an interface of its own', () => {
    assert.equal(createProvider({ ...base, baseUrl: 'http://127.0.0.1:9' }).templates, undefined);
    assert.equal(createProvider({ ...base, profile: '360dialog', wabaId: '209' }).templates, undefined);
  });

  it('one that is there already is a refusal; an answer without a list is unreadable; creating is not repeated', async () => {
    let templates = await start(metaError(400, 100, { error_subcode: 2388024 }));
    const error = await failure(templates.create(readyTemplate('general', 'de')));
    assert.deepEqual([error.providerCode, error.subcode, error.outcome], ['100', '2388024', 'refused']);
    assert.equal(server.seen.length, 1);
    await server.close();
    templates = await start(json(200, { templates: [] }));
    assert.equal((await failure(templates.list())).code, 'provider_reply_unreadable');
    await server.close();
    templates = await start((request) => void request.socket.destroy());
    assert.equal((await failure(templates.create(readyTemplate('general', 'de')))).outcome, 'unknown');
    assert.equal(server.seen.length, 1);
  });

  it('creates with numbered and with named variables, and with the permission component', async () => {
    const templates = await start(json(200, { id: 77, status: 'PENDING', category: 'UTILITY' }));
    assert.deepEqual(await templates.create(readyTemplate('follow_up', 'en_US')), {
      id: '77',
      status: 'pending',
      category: 'utility',
    });
    assert.equal(server.seen[0]?.url, '/v25.0/209/message_templates');
    const draft = readyTemplate('follow_up', 'en_US');
    assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), {
      name: 'call_permission_follow_up',
      language: 'en_US',
      category: 'UTILITY',
      parameter_format: 'positional',
      components: [
        { type: 'BODY', text: draft.body, example: { body_text: [['changing your plan']] } },
        { type: 'FOOTER', text: draft.footer },
        { type: 'call_permission_request' },
      ],
    });
    const body = 'Oi {{first_name}}, podemos ligar sobre {{order}}?';
    await templates.create({ ...draft, body, header: 'Oi', examples: { order: '4471', first_name: 'Ana' } });
    const named = JSON.parse(server.seen[1]?.body ?? '');
    assert.equal(named.parameter_format, 'named');
    assert.deepEqual(named.components.slice(0, 2), [
      { type: 'HEADER', format: 'TEXT', text: 'Oi' },
      {
        type: 'BODY',
        text: body,
        example: {
          body_text_named_params: [
            { param_name: 'first_name', example: 'Ana' },
            { param_name: 'order', example: '4471' },
          ],
        },
      },
    ]);
  });

  it('reads every page, whatever the entries look like', async () => {
    const pages = [
      {
        data: [{ id: 1, name: 'a', language: 'de', status: 'APPROVED', category: 'UTILITY' }, { id: 2 }, 7],
        paging: { cursors: { after: 'x' }, next: 'u' },
      },
      {
        data: [
          {
            id: '3',
            name: 'ab',
            language: 'en_US',
            status: 'REJECTED',
            category: 'MARKETING',
            rejected_reason: 'TAG_CONTENT_MISMATCH',
            components: [
              { type: 'BODY', text: 'Hi {{1}}!' },
              {
                type: 'BUTTONS',
                buttons: [
                  { type: 'QUICK_REPLY', text: 'Yes' },
                  { type: 'URL', text: 'Shop' },
                ],
              },
              { type: 'CALL_PERMISSION_REQUEST' },
              null,
            ],
          },
        ],
        paging: { cursors: { after: 'y' } },
      },
    ];
    let at = 0;
    const templates = await start((request, response, seen, count) =>
      json(200, pages[at++])(request, response, seen, count),
    );
    const all = await templates.list();
    assert.deepEqual(
      all.map(({ name, status, asksPermission }) => [name, status, asksPermission]),
      [
        ['a', 'approved', false],
        ['ab', 'rejected', true],
      ],
    );
    assert.deepEqual(
      [all[1]?.reason, all[1]?.variables, all[1]?.quickReplies],
      ['TAG_CONTENT_MISMATCH', ['1'], ['Yes']],
    );
    assert.ok(server.seen[1]?.url.includes('after=x'));
    at = 0;
    assert.deepEqual(
      (await templates.list({ name: 'a' })).map(({ name }) => name),
      ['a'],
      'names that begin so are others',
    );
  });
});

describe('news about templates', () => {
  const webhook = (value: object) =>
    parseWebhook(
      Buffer.from(
        JSON.stringify({
          entry: [{ id: '209', time: 1795176600, changes: [{ field: 'message_template_status_update', value }] }],
        }),
      ),
      1,
    );
  it('are read from the webhook', () => {
    const [event] = webhook({
      event: 'REJECTED',
      message_template_id: 12345,
      message_template_name: 'a',
      message_template_language: 'pt_BR',
      reason: 'INCORRECT_CATEGORY',
    });
    assert.deepEqual(event && templateChange(event), {
      name: 'a',
      language: 'pt_BR',
      status: 'rejected',
      id: '12345',
      reason: 'INCORRECT_CATEGORY',
    });
  });
  it('are none if a name is missing, or another field speaks', () => {
    const [event] = webhook({ event: 'APPROVED' });
    assert.equal(event && templateChange(event), undefined);
    const other = {
      type: 'unknown' as const,
      id: '1',
      at: 1,
      businessNumberId: '',
      field: 'flows',
      raw: { event: 'APPROVED' },
    };
    assert.equal(templateChange(other), undefined);
  });
});

describe('templates of the simulated account', () => {
  let business: Business;
  let templates: ProviderTemplates;
  before(async () => {
    business = await Business.start();
    const { url, settings: played } = business.simulator;
    templates =
      createProvider({ ...base, baseUrl: url, ...played, appSecrets: [played.appSecret], profile: 'simulator' })
        .templates ?? assert.fail();
  });
  after(() => business.close());

  it('are created, approved, listed in pages and deleted in one language or all', async () => {
    for (const language of ['en_US', 'de'] as const) {
      const created = await templates.create(readyTemplate('support', language));
      assert.equal(created.status, 'pending');
    }
    const error = await failure(templates.create(readyTemplate('support', 'de')));
    assert.equal(error.providerCode, '100');
    await business.event('message_template_status_update', 2);
    const versions = await templates.list({ name: 'call_permission_support' });
    assert.deepEqual(versions.map(({ language }) => language).sort(), ['de', 'en_US']);
    assert.ok(versions.every(({ asksPermission, variables }) => asksPermission && variables.length === 2));
    const german = versions.find(({ language }) => language === 'de');
    await templates.remove('call_permission_support', german?.id);
    assert.deepEqual(
      (await templates.list({ name: 'call_permission_support' })).map(({ language }) => language),
      ['en_US'],
    );
    await templates.remove('call_permission_support');
    assert.deepEqual(await templates.list({ name: 'call_permission_support' }), []);
    assert.equal((await failure(templates.remove('call_permission_support'))).providerCode, '100');
  });
});
