import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { LedgerError } from '../../lib/ledger/ledger.ts';
import type { Contact } from '../../lib/permission/model.ts';
import { ReportableError } from '../../lib/runtime/reportable-error.ts';
import { ANA } from './fake-number.ts';
import { helper } from './helper.ts';
import { DO_NOT_CALL, explained, PermissionBench } from './permission-bench.ts';

/** One person at a time. */
describe('the permission node', () => {
  const bench = PermissionBench.here();
  const { load, send, box, code, shows, status } = bench;

  describe('look up', () => {
    it('gives permission and explanation, and passes the message on', async () => {
      await load();
      send({ contact: '+55 11 95550-0123', purpose: ' delivery ', order: 4471, payload: 'mine' });
      const msg = await box('result').at(0);
      assert.deepEqual(bench.heard, [['explain', ANA, 'delivery']]);
      assert.deepEqual([msg.order, msg.payload, msg.contact], [4471, 'mine', { phone: '+5511955500123' }]);
      assert.deepEqual(msg.permission, {
        status: 'granted',
        kind: 'temporary',
        grantedAt: '2026-11-20T17:45:00.000Z',
        expiresAt: '2026-11-20T17:45:01.000Z',
        purpose: 'delivery',
        canRequest: true,
        canCall: true,
      });
      const { call, request } = msg.explanation as Record<string, { allowed: boolean; limits: { used: number }[] }>;
      assert.deepEqual([call?.allowed, call?.limits[0]?.used, request?.allowed], [true, 3, true]);
      assert.equal(msg.reason, undefined);
      await shows('granted', 'green');
    });

    it('takes the contact from where the dialog says', async () => {
      await load({ contact: 'BR.48219037716650284417', contactType: 'str', purpose: '' });
      send({ contact: 'somebody else', purpose: 'x' });
      await box('result').at(0);
      assert.deepEqual(bench.heard, [['explain', { userId: 'BR.48219037716650284417' }]]);
    });

    for (const [what, msg] of Object.entries<object>({
      'no contact': {},
      'an empty contact': { contact: '' },
      'ten million characters': { contact: '5'.repeat(10_000_000) },
      'a word': { contact: 'somebody' },
      'a list': { contact: [ANA.phone] },
      'a prototype': JSON.parse('{"contact":{"__proto__":{"phone":"5511955500123"}}}'),
    })) {
      it(`refuses ${what}, by the second output and without asking`, async () => {
        await load();
        send({ ...msg, order: 1 });
        const { reason, order } = await box('refused').at(0);
        const { code: found, text, nextStep } = reason as Record<string, string>;
        assert.deepEqual([found, order], ['contact_invalid', 1]);
        assert.ok(text && nextStep && text.length < 200);
        assert.deepEqual(bench.heard, []);
        await shows('refused', 'yellow');
      });
    }

    it('gives Catch nodes the fault of the store, and the next message is answered', async () => {
      let broken = true;
      const explain = async (contact: Contact) => {
        if (broken) throw new ReportableError('store_full', 'The disk is full.');
        return explained(contact);
      };
      await load({}, { explain });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'store_full');
      await shows('failed', 'red');
      broken = false;
      send({ contact: ANA.phone });
      await box('result').at(0);
    });
  });

  describe('refresh', () => {
    it('asks the provider first, then explains, and tells the differences', async () => {
      const differences = ['WhatsApp says granted until tomorrow, the store said denied.'];
      const refresh = async (contact: Contact) => {
        bench.heard.push(['refresh', contact]);
        return { permission: { status: 'granted' }, canRequest: true, canCall: true, differences };
      };
      await load({ action: 'refresh' }, { refresh });
      send({ contact: ANA.phone, order: 1 });
      const msg = await box('result').at(0);
      assert.deepEqual(bench.heard, [
        ['refresh', ANA],
        ['explain', ANA],
      ]);
      assert.deepEqual([msg.differences, msg.order], [differences, 1]);
      assert.equal((msg.permission as { status: string }).status, 'granted');
      await shows('granted', 'green');
    });

    it('is a fault if the provider cannot be asked', async () => {
      const refresh = async () => {
        throw new ReportableError('provider_unreachable', 'No answer.');
      };
      await load({ action: 'refresh' }, { refresh });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'provider_unreachable');
    });
  });

  describe('what the message says to do', () => {
    it('is done if the node leaves it to the message, and only then', async () => {
      await load({ action: 'message' });
      send({ action: 'importDoNotCall', payload: 'x' });
      await box('result').at(0);
      assert.equal(bench.heard[0]?.[0], 'importDoNotCall');
      await helper.unload();
      bench.heard = [];
      await load({ action: 'lookup' });
      send({ action: 'erase', confirm: true, contact: ANA.phone });
      await box('result').at(0);
      assert.equal(bench.heard[0]?.[0], 'explain');
    });

    for (const action of [
      '',
      undefined,
      'Erase everything',
      '__proto__',
      'constructor',
      7,
      {},
      'x'.repeat(10_000_000),
    ]) {
      it(`is a fault if it is ${inspect(action, { maxStringLength: 20 })}`, async () => {
        await load({ action: 'message' });
        send({ action, contact: ANA.phone });
        assert.equal(await code(), 'action_unknown');
        const { message } = (await box('caught').at(0)).error as { message: string };
        assert.ok(message.length < 400 && message.includes('importDoNotCall'));
        assert.deepEqual(bench.heard, []);
      });
    }
  });

  describe('do not call, and release', () => {
    it('lists a person with who and why, and shows what follows', async () => {
      await load({ action: 'doNotCall' });
      send({ contact: ANA.phone, source: ' Maria, by phone ' });
      const msg = await box('result').at(0);
      assert.deepEqual(bench.heard[0], ['doNotCall', ANA, { listed: true, source: 'Maria, by phone' }]);
      assert.deepEqual((msg.permission as { canCall: boolean }).canCall, false);
      const { call } = msg.explanation as { call: { reason: unknown } };
      assert.deepEqual(call.reason, DO_NOT_CALL);
      await shows('on_list', 'grey');
    });

    it('releases a person only if somebody stands for it', async () => {
      bench.listed = true;
      await load({ action: 'release' });
      send({ contact: ANA.phone });
      assert.equal(await code(), 'source_missing');
      assert.ok(!bench.heard.some(([method]) => method === 'doNotCall'));
      send({ contact: ANA.phone, source: 'Maria: asked to be called again' });
      const msg = await box('result').at(0);
      assert.deepEqual(
        bench.heard.find(([method]) => method === 'doNotCall'),
        ['doNotCall', ANA, { listed: false, source: 'Maria: asked to be called again' }],
      );
      assert.equal((msg.permission as { canCall: boolean }).canCall, true);
      await shows('released', 'grey');
    });

    it('says if the person is not on the list', async () => {
      await load({ action: 'release', source: 'Maria', sourceType: 'str' });
      send({ contact: ANA.phone });
      const { reason, permission: told } = await box('refused').at(0);
      assert.equal((reason as { code: string }).code, 'not_on_list');
      assert.equal((told as { status: string }).status, 'granted');
      assert.ok(!bench.heard.some(([method]) => method === 'doNotCall'));
    });

    it('refuses a source that cannot be kept', async () => {
      await load({ action: 'doNotCall' });
      send({ contact: ANA.phone, source: 'x'.repeat(10_000_000) });
      assert.equal(await code(), 'source_invalid');
    });
  });

  describe('erase', () => {
    let known: boolean;
    const eraser = {
      erase: async (contact: Contact) => {
        bench.heard.push(['erase', contact]);
        return { known, auditRows: 5, requests: 2, calls: 1, keepsDoNotCall: true };
      },
    };
    beforeEach(() => {
      known = true;
    });

    for (const confirm of [undefined, false, 'true', 1, {}]) {
      it(`asks for a confirmation: ${inspect(confirm)} is none`, async () => {
        await load({ action: 'erase' }, eraser);
        send({ contact: ANA.phone, confirm });
        assert.equal(((await box('refused').at(0)).reason as { code: string }).code, 'confirmation_missing');
        assert.deepEqual(bench.heard, []);
      });
    }

    it('forgets with a confirmation of the message, which is used up by it', async () => {
      await load({ action: 'erase' }, eraser);
      send({ contact: ANA.phone, confirm: true });
      const msg = await box('result').at(0);
      assert.deepEqual(bench.heard, [['erase', ANA]]);
      assert.deepEqual(msg.payload, { auditRows: 5, requests: 2, calls: 1, keepsDoNotCall: true });
      assert.equal('confirm' in msg, false);
      await shows('erased', 'grey');
    });

    it('is refused while a call with the person goes on', async () => {
      const erase = async () => {
        throw new LedgerError(
          'call_in_progress',
          'A call with this person is going on.',
          'Erase them when it is over.',
        );
      };
      await load({ action: 'erase' }, { erase });
      send({ contact: ANA.phone, confirm: true });
      assert.deepEqual((await box('refused').at(0)).reason, {
        code: 'call_in_progress',
        text: 'A call with this person is going on.',
        nextStep: 'Erase them when it is over.',
      });
    });

    it('forgets without one if the dialog says so, and tells if nobody was known', async () => {
      known = false;
      await load({ action: 'erase', confirm: true }, eraser);
      send({ contact: ANA.phone });
      assert.equal(((await box('refused').at(0)).reason as { code: string }).code, 'contact_unknown');
      assert.deepEqual(bench.heard, [['erase', ANA]]);
    });
  });

  describe('the dialog’s look up', () => {
    const ask = (body: object | string) =>
      helper.request().post('/wa-call-permission/lookup').set('content-type', 'application/json').send(body);

    it('answers what the message says, about a masked person', async () => {
      await load();
      send({ contact: ANA.phone });
      const { explanation } = await box('result').at(0);
      const { status: http, headers, text } = await ask({ config: 'number', contact: '+55 11 95550-0123' });
      assert.deepEqual([http, headers['cache-control']], [200, 'no-store']);
      const body = JSON.parse(text) as { contact: string; explanation: object };
      assert.equal(body.contact, '+55119…0123');
      const timeless = (told: unknown): object => ({ ...(told as object), at: '' });
      assert.deepEqual(timeless(body.explanation), timeless(explanation));
      assert.ok(!text.includes('95550'), text);
    });

    for (const [what, [body, expected, words]] of Object.entries<[object | string, number, string]>({
      'a number that is none': [{ config: 'number', contact: 'nobody' }, 422, 'contact_invalid'],
      'a number that is not deployed': [{ config: 'other', contact: ANA.phone }, 404, 'number_not_deployed'],
      'a node that is no number': [{ config: 'node', contact: ANA.phone }, 404, 'number_not_deployed'],
      'a long text': [{ config: 'number', contact: '5'.repeat(100_000) }, 400, 'question_invalid'],
      'other types': [{ config: 7, contact: {} }, 400, 'question_invalid'],
      'a prototype': ['{"__proto__":{"config":"number","contact":"5511955500123"}}', 400, 'question_invalid'],
      'an empty question': [[], 400, 'question_invalid'],
    })) {
      it(`says what is wrong with ${what}`, async () => {
        await load();
        const answer = await ask(body);
        const { code: found, text } = answer.body as { code: string; text: string };
        assert.deepEqual([answer.status, found], [expected, words]);
        assert.match(text, /^[A-Z].*\.$/);
        assert.deepEqual(bench.heard, []);
      });
    }

    it('says why a number is not ready', async () => {
      bench.number.state = {
        name: 'failed',
        error: new ReportableError('store_locked', 'Another program uses the file.'),
      };
      await load();
      const answer = await ask({ config: 'number', contact: ANA.phone });
      const body = { code: 'store_locked', text: 'Another program uses the file.' };
      assert.deepEqual([answer.status, answer.body], [503, body]);
    });
  });

  it('has a red status and an error for every message if its settings cannot be used', async () => {
    await load({ limit: '5000' });
    send({ contact: ANA.phone });
    assert.equal(await code(), 'config_invalid');
    assert.deepEqual([status()?.text, status()?.fill], ['wa-call-permission.status.bad_config', 'red']);
  });
});
