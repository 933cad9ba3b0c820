import { strict as assert } from 'node:assert';
import { metaError } from '../../../lib/provider/error-table.ts';

describe('error table', () => {
  it('says of the ones that decide what is to be done', () => {
    const kinds = {
      138006: 'never',
      138009: 'wait',
      138012: 'wait',
      138014: 'wait',
      138013: 'operator',
      190: 'operator',
      138002: 'transient',
      131047: 'never',
      138003: 'wait',
      131055: 'operator',
    };
    for (const [code, kind] of Object.entries(kinds)) assert.equal(metaError(code, 400).kind, kind, code);
  });
  it('knows what to do with codes it does not know', () => {
    assert.equal(metaError('200', 403).code, 'provider_grants_missing');
    assert.equal(metaError('299', 403).code, 'provider_grants_missing');
    assert.equal(metaError('138099', 400).code, 'provider_calling_error');
    assert.equal(metaError('999999', 400).code, 'provider_refused');
    assert.equal(metaError('999999', 401).code, 'provider_token_invalid');
    assert.equal(metaError('999999', 403).code, 'provider_grants_missing');
    assert.equal(metaError('999999', 404).code, 'provider_not_found');
    assert.equal(metaError('999999', 429).code, 'provider_rate_limit');
    assert.equal(metaError('999999', 500).code, 'provider_server_error');
    assert.equal(metaError(undefined, 400).code, 'provider_refused');
    for (const odd of ['__proto__', 'constructor', 'toString', ''])
      assert.equal(metaError(odd, 400).code, 'provider_refused');
  });
});
