import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import type { AccountNode } from '../../lib/runtime/account.ts';
import { helper, Inbox } from './helper.ts';
import { ANA, RealNumber } from './real-number.ts';

const CANARY = 'EAAGcanary0123456789abcdefghijklmnop';
const SECRET = 'canary-app-secret-4711';
const CLOUD = {
  id: 'number',
  type: 'wa-call-config',
  provider: 'custom',
  // Nobody listens there: the discard port of this machine.
  baseUrl: 'http://127.0.0.1:9',
  phoneNumberId: '106540352242922',
  businessNumber: '+351 21 100 0100',
};
const SECRETS = {
  number: { accessToken: CANARY, appSecret: SECRET, previousAppSecret: '', verifyToken: 'canary-verify' },
};
const at = { z: 'tab', x: 1, y: 1 };
const inbox = (id: string): object => ({ id, type: 'helper', ...at, wires: [] });
const flowWith = (...configs: object[]): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  ...configs,
  {
    id: 'ask',
    type: 'wa-call-request-permission',
    ...at,
    config: 'number',
    purpose: 'delivery',
    purposeType: 'str',
    kind: 'template',
    template: 'call_permission',
    wires: [['asked'], ['have'], ['refused']],
  },
  { id: 'events', type: 'wa-call-permission-in', ...at, config: 'number', wires: [['granted'], [], []] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['asked', 'have', 'refused', 'granted', 'caught'].map(inbox),
];

describe('config node', function () {
  this.timeout(20_000);
  const number = new RealNumber();
  beforeEach(() => number.start());
  afterEach(async () => {
    await helper.unload();
    await number.stop();
  });

  const ask = (): void => helper.getNode('ask').receive({ contact: ANA });
  const caughtCode = async (): Promise<{ code: string; message: string }> => {
    const caught = new Inbox('caught');
    ask();
    return (await caught.at(0)).error as { code: string; message: string };
  };
  const failsWith = async (
    flow: object[],
    code: string,
    says: RegExp,
    secrets: Record<string, object> = SECRETS,
  ): Promise<void> => {
    await number.load(flow, secrets);
    const error = await caughtCode();
    assert.equal(error.code, code);
    assert.match(error.message, says);
  };

  it('names what is missing for a number in the cloud', () =>
    failsWith(flowWith({ ...CLOUD, phoneNumberId: '' }), 'config_invalid', /Number id, Access token, App secret/, {}));

  it('names a property that cannot be used', () =>
    failsWith(flowWith({ ...CLOUD, mediaPortMin: 'soon' }), 'config_invalid', /mediaPortMin/));

  it('needs the store that it names', () =>
    failsWith(flowWith({ ...CLOUD, store: 'gone' }), 'config_invalid', /permission store/));

  it('passes on what is wrong with the store', () =>
    failsWith(
      flowWith({ id: 'store', type: 'wa-call-permission-store', overrides: '[1]' }, { ...CLOUD, store: 'store' }),
      'config_invalid',
      /JSON object/,
    ));

  it('lets a number be configured in one way only', async () => {
    await number.load(flowWith({ ...CLOUD, id: 'first' }, { ...CLOUD, wabaId: '102290129340398' }), {
      ...SECRETS,
      first: SECRETS.number,
    });
    assert.equal((await caughtCode()).code, 'number_configured_twice');
    await number.ready('first');
  });

  it('does not listen where settings.js closed the door', async () => {
    helper.settings({ userDir: number.userDir, httpNodeRoot: false });
    await failsWith(flowWith(CLOUD), 'http_disabled', /httpNodeRoot/);
  });

  it('keeps its secrets to itself, whatever happens', async () => {
    await number.load(flowWith(CLOUD), SECRETS);
    await number.ready();
    const error = await caughtCode();
    assert.match(error.code, /^provider_/);
    const node = helper.getNode('number') as unknown as AccountNode;
    const seen = [error, node, node.account, helper.log().args, new Inbox('caught').messages].map((thing) =>
      inspect(thing, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    );
    for (const text of seen)
      assert.ok(!text.includes('canary'), text.slice(text.indexOf('canary') - 300, text.indexOf('canary') + 50));
  });

  describe('webhook', () => {
    const reply = (numberId: string): string =>
      JSON.stringify({
        object: 'whatsapp_business_account',
        entry: [
          {
            id: '102290129340398',
            changes: [
              {
                field: 'messages',
                value: {
                  messaging_product: 'whatsapp',
                  metadata: { display_phone_number: '351211000100', phone_number_id: numberId },
                  contacts: [{ profile: { name: 'Ana' }, wa_id: '5511955500123' }],
                  messages: [
                    {
                      from: '5511955500123',
                      id: `wamid.${numberId}`,
                      timestamp: String(Math.floor(Date.now() / 1000)),
                      type: 'interactive',
                      interactive: {
                        type: 'call_permission_reply',
                        call_permission_reply: {
                          response: 'accept',
                          is_permanent: true,
                          response_source: 'user_action',
                        },
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      });
    const post = (body: string): Promise<Response> =>
      fetch(`${helper.url()}/whatsapp-calling`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
        },
        body,
      });

    it('emits what concerns this number and ignores others, with 200 for both', async () => {
      await number.load(flowWith(CLOUD), SECRETS);
      await number.ready();
      const granted = new Inbox('granted');
      assert.equal((await post(reply('999999999999999'))).status, 200);
      assert.equal((await post(reply(CLOUD.phoneNumberId))).status, 200);
      assert.equal((await post(reply(CLOUD.phoneNumberId))).status, 200);
      const message = await granted.at(0);
      assert.deepEqual((message.permission as { kind: string }).kind, 'permanent');
      const have = new Inbox('have');
      ask();
      await have.at(0);
      assert.equal(granted.messages.length, 1);
    });

    it('answers the handshake with the challenge only for the right token', async () => {
      await number.load(flowWith(CLOUD), SECRETS);
      await number.ready();
      const shake = (token: string): Promise<Response> =>
        fetch(`${helper.url()}/whatsapp-calling?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=${token}`);
      assert.equal(await (await shake('canary-verify')).text(), '4711');
      assert.equal((await shake('wrong')).status, 403);
    });

    it('leaves a path alone that another node answers', async () => {
      number.onHttpNode = (app) => app.post('/whatsapp-calling', (_request, response) => response.end('mine'));
      await failsWith(flowWith(CLOUD), 'webhook_path_taken', /Choose another webhook path/);
      assert.equal(await (await post('{}')).text(), 'mine');
    });
  });
});
