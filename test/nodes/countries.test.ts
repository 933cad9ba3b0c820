import { strict as assert } from 'node:assert';
import { permissionReply } from '../system/meta-webhook.ts';
import { helper, until } from './helper.ts';
import { Questions, refusal } from './questions.ts';
import { RawProvider, SECRETS } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1 };
const OUTPUTS = ['asked', 'have', 'refused', 'answered', 'ended', 'needs', 'blocked', 'granted', 'caught'];

/** Business numbers that may not call, and whom the rule names. */
const EXCLUDED = {
  US: '+12025550143',
  CA: '+14165550143',
  EG: '+201012345678',
  VN: '+84912345678',
  NG: '+2348031234567',
};
/** They may: the Caribbean shares +1, and Turkey left WhatsApp's list in 2026. */
const ALLOWED = { JM: '+18765550143', BB: '+12465550143', DE: '+4915112345678', TR: '+905321234567' };
const AMERICAN = '12025550199';

describe('R9: the country of the business number decides, through the nodes', function () {
  this.timeout(20_000);
  const number = new RealNumber();
  let provider: RawProvider;
  let questions: Questions;
  const all = { ...EXCLUDED, ...ALLOWED };
  const idOf = (country: string) => `70000000000${String(Object.keys(all).indexOf(country))}`;

  before(async () => {
    await number.start();
    provider = await RawProvider.start();
    provider.webhookUrl = `${helper.url()}/whatsapp-calling`;
    const store = { id: 'store', type: 'wa-call-permission-store', overrides: '' };
    const nodes = Object.entries(all).flatMap(([country, phone]) => [
      { ...provider.config(`n-${country}`, idOf(country), phone), store: 'store' },
      {
        id: `ask-${country}`,
        type: 'wa-call-request-permission',
        ...at,
        config: `n-${country}`,
        template: 'call_permission',
        wires: [['asked'], ['have'], ['refused']],
      },
      {
        id: `call-${country}`,
        type: 'wa-call-initiate',
        ...at,
        config: `n-${country}`,
        wires: [['answered'], ['ended'], ['needs'], ['blocked']],
      },
      {
        id: `in-${country}`,
        type: 'wa-call-permission-in',
        ...at,
        config: `n-${country}`,
        wires: [['granted'], [], []],
      },
    ]);
    const others = [
      { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
      ...OUTPUTS.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
    ];
    await number.load(
      [TAB, store, ...nodes, ...others],
      Object.fromEntries(Object.keys(all).map((country) => [`n-${country}`, SECRETS])),
    );
    for (const country of Object.keys(all)) await number.ready(`n-${country}`);
    questions = new Questions(OUTPUTS);
  });
  after(async () => {
    await helper.unload();
    await provider.close();
    await number.stop();
  });

  it('blocks requests and calls from excluded countries, although the person has given permission', async () => {
    for (const country of Object.keys(EXCLUDED)) {
      const reply = permissionReply(
        idOf(country),
        { phone: '4915199999999', name: 'Jana' },
        'accept',
        `grant-${country}`,
      );
      assert.equal(await provider.post(reply), 200);
      const granted = questions.box('granted').messages;
      await until(() => granted.length === Object.keys(EXCLUDED).indexOf(country) + 1);
      const wanted = { code: 'country_not_supported', rule: 'business-country' } as const;
      const msg = { contact: '+4915199999999', purpose: 'delivery' };
      const asked = refusal(await questions.ask(`ask-${country}`, { ...msg, contact: '+4915199999998' }, OUTPUTS), {
        output: 'refused',
        ...wanted,
      });
      const called = refusal(await questions.ask(`call-${country}`, msg, OUTPUTS), { output: 'blocked', ...wanted });
      for (const { text, nextStep } of [asked, called]) {
        assert.ok(text.includes(`(${country})`), text);
        assert.match(nextStep, /Let the person call you instead/);
      }
    }
    assert.deepEqual(provider.requests, [], 'nothing was on the wire');
  });

  it('lets Caribbean and other numbers ask, people in the United States too', async () => {
    for (const country of Object.keys(ALLOWED)) {
      const msg = { contact: AMERICAN, purpose: 'delivery' };
      refusal(await questions.ask(`call-${country}`, msg, OUTPUTS), {
        output: 'needs',
        code: 'permission_not_requested',
      });
      assert.equal((await questions.ask(`ask-${country}`, msg, OUTPUTS)).output, 'asked');
      assert.deepEqual(
        [provider.requests.at(-1)?.path, provider.requests.at(-1)?.body.to],
        [`/${idOf(country)}/messages`, AMERICAN],
      );
    }
    const sent = provider.requests.filter(({ path }) => path.endsWith('/messages'));
    assert.equal(sent.length, Object.keys(ALLOWED).length);
    assert.deepEqual(questions.box('caught').messages, []);
  });
});
