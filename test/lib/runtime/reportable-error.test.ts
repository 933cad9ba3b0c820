import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { ProviderError } from '../../../lib/provider/provider.ts';
import { redact, toReportable } from '../../../lib/runtime/reportable-error.ts';

const TOKEN = 'EAAGcanary0123456789abcdefghij';

describe('toReportable', () => {
  it('keeps code and next step of our own errors', () => {
    const error = new ProviderError('The token is not valid.', 'Enter a new one.', {
      code: 'provider_token_invalid',
      kind: 'operator',
      outcome: 'refused',
    });
    const reportable = toReportable(error);
    assert.equal(reportable.code, 'provider_token_invalid');
    assert.equal(reportable.message, 'The token is not valid. Enter a new one.');
    assert.match(reportable.stack ?? '', /^ReportableError: The token is not valid/);
  });

  it('lets nothing of a foreign error through but its sentence', () => {
    const foreign = Object.assign(new Error(`Request failed, Authorization: Bearer ${TOKEN}`), {
      config: { headers: { Authorization: `Bearer ${TOKEN}` } },
      cause: new Error(TOKEN),
    });
    const reportable = toReportable(foreign);
    assert.equal(reportable.code, 'internal_error');
    assert.equal(reportable.cause, undefined);
    assert.ok(!inspect(reportable, { depth: 9, showHidden: true }).includes('canary'));
  });

  it('takes anything that was thrown', () => {
    for (const thrown of [undefined, null, 7, {}, Symbol('x')]) {
      assert.equal(toReportable(thrown).message, 'Something unexpected happened.');
    }
    assert.equal(toReportable('plain words').message, 'plain words');
  });

  it('leaves an error that is reportable already as it is', () => {
    const once = toReportable(new Error('x'));
    assert.equal(toReportable(once), once);
  });
});

describe('redact', () => {
  it('masks phone numbers and keeps small numbers', () => {
    assert.equal(redact('call +5511955500123 at 10:15, limit 5'), 'call +55119…0123 at 10:15, limit 5');
    assert.equal(redact('call 5511955500123.'), 'call +55119…0123.');
    assert.equal(redact('code 138006'), 'code 138006');
  });

  it('takes out tokens, passwords in addresses and SDP secrets', () => {
    for (const [text, secret] of [
      [`access_token=${TOKEN}&x=1`, 'canary'],
      [`"app_secret": "hush-hush"`, 'hush'],
      ['postgres://me:hush@db/x', 'hush'],
      ['a=ice-pwd:hushhushhush', 'hushhush'],
      ['Bearer hush.hush', 'hush'],
    ] as const) {
      assert.ok(!redact(text).includes(secret), `${secret} in ${redact(text)}`);
    }
  });
});
