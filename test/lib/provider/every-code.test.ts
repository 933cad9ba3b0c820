import { strict as assert } from 'node:assert';
import { META_ERRORS, metaError, webhookError } from '../../../lib/provider/error-table.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { type Provider, ProviderError } from '../../../lib/provider/provider.ts';
import { type FaultServer, json, serve } from './fault-server.ts';
import { CALLING_CODES, EVERY_CODE, GENERAL_CODES, UNKNOWN_CODES } from './reference-codes.ts';

const KIND = { N: 'never', T: 'transient', W: 'wait', O: 'operator' } as const;
const DETAILS = 'What exactly was wrong';
/** Where the document's letter and what we do part, and why. */
const DECIDED: Record<number, string> = {
  131009: 'a value may be corrected by the flow, so it is the same as 100',
};

describe('every documented error code', () => {
  it('is in the table, and nothing else is', () => {
    const documented = [...CALLING_CODES, ...GENERAL_CODES].map(({ code }) => String(code)).sort();
    assert.deepEqual(Object.keys(META_ERRORS).sort(), documented);
  });

  it('has a stable code of ours, a plain sentence, a next step and the documented retry rule', () => {
    for (const { code, http = 400, retry } of EVERY_CODE) {
      const { code: ours, kind, text, nextStep } = metaError(String(code), http);
      assert.match(ours, /^provider_[a-z_]+$/);
      assert.match(text, /^[A-Z].{15,}\.$/, String(code));
      assert.match(nextStep, /^[A-Z].{10,}\.$/, String(code));
      assert.doesNotMatch(`${text} ${nextStep}`, /undefined|\d{6,}|error \d/);
      if (retry !== undefined && !(code in DECIDED)) assert.equal(kind, KIND[retry], String(code));
    }
  });

  it('means the same without an HTTP status, in a webhook', () => {
    for (const { code } of [...CALLING_CODES, ...GENERAL_CODES])
      assert.equal(webhookError(String(code)), metaError(String(code), 400));
    for (const { code, http = 400 } of UNKNOWN_CODES)
      assert.equal(webhookError(String(code)).code, metaError(String(code), http).code);
    for (const odd of ['__proto__', 'constructor', '', 'NaN', '1e3'])
      assert.equal(webhookError(odd).code, 'provider_refused');
  });

  describe('from a reply of the API', () => {
    let server: FaultServer | undefined;
    afterEach(async () => {
      await server?.close();
    });

    const OFFER = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n';
    const ana = { phone: '5511955500123' };
    const doing: Record<string, (provider: Provider) => Promise<unknown>> = {
      connect: (provider) => provider.placeCall({ contact: ana, offer: OFFER, correlationId: 'r-1' }),
      accept: (provider) => provider.answerCall('wacid.1', OFFER, { preAccept: false }),
      terminate: (provider) => provider.terminateCall('wacid.1'),
      request: (provider) => provider.requestPermission({ contact: ana, via: 'freeform' }),
      query: (provider) => provider.queryPermission(ana),
    };
    for (const [name, act] of Object.entries(doing)) {
      it(`to ${name}: our code and sentence, Meta’s code, words and trace; repeated only where that may help`, async () => {
        let http = 0;
        let code = 0;
        server = await serve((request, response, seen, count) => {
          const error = { message: `(#${code}) x`, code, error_subcode: 7, error_data: { details: DETAILS } };
          json(http, { error: { ...error, fbtrace_id: 'Atrace' } })(request, response, seen, count);
        });
        const settings = {
          profile: 'custom',
          baseUrl: server.url,
          phoneNumberId: '1',
          accessToken: 'EAAtokenOfEveryCode',
        } as const;
        const provider = createProvider(
          { ...settings, appSecrets: ['secret-of-every-code'] },
          { sleep: () => Promise.resolve(), random: () => 0 },
        );
        const relevant = EVERY_CODE.filter(({ where }) => (where as readonly string[]).includes(name));
        assert.ok(relevant.length >= 20, `${relevant.length} codes`);
        for (const one of relevant) {
          http = one.http ?? 400;
          code = one.code;
          const before = server.seen.length;
          const error: unknown = await act(provider).then(
            () => assert.fail(`${name} with ${code} succeeded`),
            (thrown: unknown) => thrown,
          );
          assert.ok(error instanceof ProviderError, String(error));
          const entry = metaError(String(code), http);
          assert.deepEqual(
            [error.code, error.kind, error.message, error.nextStep],
            [entry.code, entry.kind, entry.text, entry.nextStep],
          );
          assert.deepEqual(
            [error.providerCode, error.subcode, error.details, error.traceId],
            [String(code), '7', DETAILS, 'Atrace'],
          );
          const sent: number = server.seen.length - before;
          if (name === 'connect' || name === 'accept')
            assert.equal(sent, 1, `${name} must not be repeated after ${code}`);
          else if (error.kind !== 'transient') assert.equal(sent, 1, `${code} will not change by asking again`);
          else if (name === 'request') assert.equal(sent, http === 429 || entry.undelivered ? 4 : 1, String(code));
          else assert.equal(sent, http === 429 || http >= 500 ? 4 : 1, String(code));
        }
      });
    }
  });
});
