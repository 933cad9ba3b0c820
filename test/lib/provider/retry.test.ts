import { strict as assert } from 'node:assert';
import { ProviderError, type ProviderErrorFields } from '../../../lib/provider/provider.ts';
import { mayRetry, readRetryAt, retryDelay } from '../../../lib/provider/retry.ts';

const error = (fields: Partial<ProviderErrorFields>): ProviderError =>
  new ProviderError('x', 'y', { code: 'provider_server_error', kind: 'transient', outcome: 'unknown', ...fields });
const NOW = 1795300000000;

describe('retry', () => {
  it('never means never', () => {
    for (const fields of [
      { httpStatus: 429 },
      { httpStatus: 500 },
      { code: 'provider_unreachable', outcome: 'not_sent' as const },
    ]) {
      assert.equal(mayRetry(error(fields), 'never'), false);
      assert.equal(retryDelay(error(fields), 'never', 1, NOW, 0), undefined);
    }
  });
  it('messages only where nothing was delivered', () => {
    assert.equal(mayRetry(error({ code: 'provider_unreachable', outcome: 'not_sent' }), 'when_unsent'), true);
    assert.equal(mayRetry(error({ httpStatus: 429, outcome: 'refused' }), 'when_unsent'), true);
    for (const providerCode of ['1', '2', '131016'])
      assert.equal(mayRetry(error({ providerCode, httpStatus: 500 }), 'when_unsent'), true);
    for (const fields of [
      { code: 'provider_timeout' },
      { code: 'provider_connection_lost' },
      { httpStatus: 500 },
      { httpStatus: 503, providerCode: '131000' },
      { code: 'provider_aborted', outcome: 'not_sent' as const },
      { code: 'provider_tls_failed', outcome: 'not_sent' as const },
    ]) {
      assert.equal(mayRetry(error(fields), 'when_unsent'), false);
    }
  });
  it('0.5 s × 2^n with full jitter, four tries', () => {
    const failed = error({ httpStatus: 500 });
    assert.deepEqual(
      [1, 2, 3, 4].map((tried) => retryDelay(failed, 'idempotent', tried, NOW, 1)),
      [500, 1000, 2000, undefined],
    );
    assert.deepEqual(
      [1, 2, 3].map((tried) => retryDelay(failed, 'idempotent', tried, NOW, 0)),
      [0, 0, 0],
    );
  });
  it('never before the time the provider names, and not at all if that is far', () => {
    assert.equal(retryDelay(error({ httpStatus: 429, retryAt: NOW + 3000 }), 'idempotent', 1, NOW, 0), 3000);
    assert.equal(retryDelay(error({ httpStatus: 429, retryAt: NOW + 3000 }), 'idempotent', 1, NOW, 1), 3500);
    assert.equal(retryDelay(error({ httpStatus: 429, retryAt: NOW + 11_000 }), 'idempotent', 1, NOW, 0), undefined);
    assert.equal(retryDelay(error({ httpStatus: 429, retryAt: NOW - 5 }), 'idempotent', 1, NOW, 1), 500);
  });
  it('reads the headers, and nonsense in them as nothing', () => {
    const read = (headers: Record<string, string>) => readRetryAt((name) => headers[name], NOW);
    assert.equal(read({ 'retry-after': '7' }), NOW + 7000);
    assert.equal(read({ 'retry-after': new Date(NOW + 9000).toUTCString() }), NOW + 9000);
    assert.equal(read({ 'retry-after': new Date(NOW - 9000).toUTCString() }), undefined);
    const usage =
      '{"1":[{"type":"messaging","estimated_time_to_regain_access":3},{"estimated_time_to_regain_access":5}]}';
    assert.equal(read({ 'x-business-use-case-usage': usage }), NOW + 300_000);
    assert.equal(read({ 'x-business-use-case-usage': usage, 'retry-after': '600' }), NOW + 600_000);
    assert.equal(read({ 'x-business-use-case-usage': usage.replaceAll(/[35]/g, '0') }), undefined);
    for (const odd of ['', 'soon', '-5', '1e99', '99999999999', '{}']) {
      assert.equal(read({ 'retry-after': odd, 'x-business-use-case-usage': odd }), undefined, odd);
    }
  });
});
